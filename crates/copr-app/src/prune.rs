//! Pruning: old versions leave the repositories, and what lies about of old builds goes away.
//!
//! The rules are those of Copr's pruner. Of each name and architecture the latest version stays, and all that is younger than
//! `prune_days`; a source package goes with the last of its binary packages. Results in which no package is left, those of
//! builds that failed among them, go entirely when they are as old, and so do the results of sources. Builds stay, as
//! what they came to. Projects that are persistent, that switched it off or that publish by hand are left alone.
//!
//! Once a day each repository is looked at in which anything can have become old: see `copr_db::prune`. What goes is
//! found out by reading; the transaction that takes it out begins with the proof that nothing happened in between.

mod plan;

pub use plan::{Held, Plan};

use crate::{App, Refusal, access};
use copr_db::Conn;
use copr_db::event::Subject;
use copr_db::prune::Look;
use copr_db::repo::{Repo, Which};
use copr_rpm::Nevra;
use copr_rpm::repodata::build_time;
use std::collections::HashMap;

/// Seconds between looks at one repository.
const PAUSE: i64 = 86_400;
/// Repositories that are looked at in one turn: the others have theirs a little later.
const AT_ONCE: i64 = 200;

/// Whether something is to happen, or only to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It happens.
    Real,
    /// It would.
    Dry,
}

/// What went from one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// `owner/directory/chroot`.
    pub repository: String,
    /// Paths of the packages, below the repository.
    pub packages: Vec<String>,
    /// Names of the directories with results.
    pub results: Vec<String>,
    /// Names of the directories with results of sources.
    pub sources: Vec<String>,
}

impl Gone {
    /// Whether nothing did.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.results.is_empty() && self.sources.is_empty()
    }
}

/// Looks at the repositories whose time has come, some at a time. One that can not be pruned stops no other. Returns how many
/// were looked at.
pub async fn due(app: &App) -> Result<usize, Refusal> {
    let now = app.clock.now();
    let due = copr_db::prune::due(&mut app.db.read().await?, now - PAUSE, limit(app), AT_ONCE).await?;
    let mut count = 0;
    for look in due {
        match one(app, look, Manner::Real).await {
            Ok(done) => count += usize::from(done.is_some()),
            Err(refusal) => tracing::warn!(repository = look.repo.0, "could not prune: {}", refusal.inside()),
        }
    }
    Ok(count)
}

/// Prunes the repositories of one project, or all, at once. Returns what went, or would go, from those where anything did.
pub async fn now(app: &App, project: Option<(&str, &str)>, manner: Manner) -> Result<Vec<Gone>, Refusal> {
    let mut conn = app.db.read().await?;
    let project = match project {
        Some((owner, name)) => {
            let project = access::project(&mut conn, owner, name).await?;
            if let Some(why) = spared(&project.settings) {
                return Err(Refusal::invalid(format!("{} is never pruned: {why}", project.full_name())));
            }
            Some(project.id)
        }
        None => None,
    };
    let looks = copr_db::prune::candidates(&mut conn, project).await?;
    drop(conn);
    let mut all = Vec::new();
    for look in looks {
        all.extend(one(app, look, manner).await?.filter(|gone| !gone.is_empty()));
    }
    Ok(all)
}

/// Why a project is not pruned.
fn spared(settings: &copr_db::project::Settings) -> Option<&'static str> {
    match settings {
        settings if settings.persistent => Some("it is persistent"),
        settings if !settings.auto_prune => Some("`auto_prune` is off"),
        settings if settings.devel_mode => Some("its repositories are published by hand"),
        _ => None,
    }
}

/// What is from before this moment is old.
fn limit(app: &App) -> i64 {
    app.clock.now() - app.rules.prune_days.saturating_mul(86_400)
}

/// Looks at one repository. None when somebody was at it: it has its turn later.
async fn one(app: &App, look: Look, manner: Manner) -> Result<Option<Gone>, Refusal> {
    let before = limit(app);
    let plan = plan_of(app, look, before).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !copr_db::prune::begin(&mut tx, look, now).await? {
        return Ok(None);
    }
    let Some(repo) = copr_db::repo::by_id(&mut tx, look.repo).await? else { return Ok(None) };
    let mut gone = Gone {
        repository: crate::repository::place(&repo),
        packages: plan.leave.iter().cloned().collect(),
        ..Gone::default()
    };
    let mut oldest = plan.oldest_left;
    if !plan.leave.is_empty() {
        let hrefs: Vec<&str> = plan.leave.iter().map(String::as_str).collect();
        let generation = copr_db::repo::want_for(&mut tx, repo.id, "prune").await?;
        copr_db::repo::withdraw(&mut tx, repo.id, Which::Hrefs(&hrefs), generation).await?;
    }
    let mut keep = |since: i64| oldest = Some(oldest.map_or(since, |oldest| oldest.min(since)));
    results(app, &mut tx, &repo, &mut gone, &mut keep, before).await?;
    sources(app, &mut tx, &repo, &mut gone, &mut keep, before).await?;
    copr_db::prune::note_oldest(&mut tx, repo.id, oldest).await?;
    if manner == Manner::Dry {
        return Ok(Some(gone));
    }
    if !gone.is_empty() {
        let about = Subject { project: Some(repo.project_id), ..Subject::default() };
        let body = serde_json::json!({
            "repo": repo.id.0,
            "packages": gone.packages.len(),
            "results": gone.results.len(),
            "sources": gone.sources.len(),
        });
        copr_db::event::append(&mut tx, "repo.pruned", about, &body.to_string(), now).await?;
    }
    tx.commit().await?;
    Ok(Some(gone))
}

/// Which packages leave. Only what is superseded is read whole.
async fn plan_of(app: &App, look: Look, before: i64) -> Result<Plan, Refusal> {
    let mut conn = app.db.read().await?;
    let held = copr_db::prune::holds(&mut conn, look).await?;
    // What has no name that could be compared is nobody's other version.
    let held: Vec<Held> =
        held.into_iter().filter_map(|(nevra, href)| Some(Held { href, nevra: Nevra::parse(&nevra)? })).collect();
    let superseded: Vec<&str> = plan::superseded(&held).into_iter().map(|one| one.href.as_str()).collect();
    if superseded.is_empty() {
        return Ok(Plan::default());
    }
    let mut built = HashMap::new();
    for (href, primary) in copr_db::prune::described(&mut conn, look.repo, &superseded).await? {
        built.extend(build_time(&primary).map(|time| (href, time)));
    }
    Ok(plan::plan(&held, &built, before))
}

/// Dooms results in which no package is left. `keep` hears since when those are there that stay.
async fn results(
    app: &App,
    tx: &mut Conn,
    repo: &Repo,
    gone: &mut Gone,
    keep: &mut impl FnMut(i64),
    before: i64,
) -> Result<(), Refusal> {
    for one in copr_db::prune::results(tx, repo.id).await? {
        if one.since < before && one.free && copr_db::prune::forget_results(tx, one.build_chroot).await? {
            let path = app.store.build_dir(&repo.owner, &repo.dir, &repo.chroot, &one.result_dir);
            copr_db::doomed::add(tx, &app.store.relative(&path), None, app.clock.now()).await?;
            gone.results.push(one.result_dir);
        } else {
            keep(one.since);
        }
    }
    Ok(())
}

/// Dooms results of sources. The same of those.
async fn sources(
    app: &App,
    tx: &mut Conn,
    repo: &Repo,
    gone: &mut Gone,
    keep: &mut impl FnMut(i64),
    before: i64,
) -> Result<(), Refusal> {
    for one in copr_db::prune::sources(tx, repo.id).await? {
        let id = one.build;
        let address = format!("{}/{}/{}/srpm-builds/{}/", app.rules.results_url, repo.owner, repo.dir, id.padded());
        if one.since < before && one.free && copr_db::prune::forget_source(tx, id, &address).await? {
            let path = app.store.srpm_dir(&repo.owner, &repo.dir, id);
            copr_db::doomed::add(tx, &app.store.relative(&path), None, app.clock.now()).await?;
            gone.sources.push(id.padded());
        } else {
            keep(one.since);
        }
    }
    Ok(())
}
