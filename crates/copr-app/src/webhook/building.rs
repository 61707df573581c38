//! Builds of what forges report.

use super::address::Place;
use super::selection::{Candidate, Objection, objection};
use super::{Caller, Change, NotBuilt, Report, history};
use crate::build::{self, Automatic};
use crate::{App, Kind, Refusal, access, source};
use copr_db::Conn;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_db::webhook::{Origin, ScmObject};
use copr_types::source::Scm;
use copr_types::{BuildId, DirId, HookCallId, HookOutcome, ProjectId, Source, TaskId};

/// Takes a report down and makes the builds that follow from it. `named` is the package in the address that was called.
/// Returns the builds, those of an earlier delivery of the same included.
pub async fn report(
    app: &App,
    project: ProjectId,
    report: &Report,
    named: Option<&str>,
) -> Result<Vec<BuildId>, Refusal> {
    let mut tx = app.db.begin().await?;
    // One call of a project after the other: of two deliveries of the same the second finds the first.
    let project = access::held(&mut tx, project).await?;
    let mut builds = Vec::new();
    if report.changes.is_empty() {
        let call = report.caller.call(None, None);
        let id = copr_db::webhook::record(&mut tx, project.id, &call, app.clock.now()).await?;
        copr_db::webhook::settle(&mut tx, id, HookOutcome::Nothing, &report.nothing).await?;
    }
    for change in &report.changes {
        builds.extend(one(app, &mut tx, &project, report, change, named).await?);
    }
    history::forget(&mut tx, project.id).await?;
    tx.commit().await?;
    Ok(builds)
}

/// One change of a report, which has a line of its own in the history.
async fn one(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    report: &Report,
    change: &Change,
    named: Option<&str>,
) -> Result<Vec<BuildId>, Refusal> {
    let git_ref = change.git_ref();
    let call = report.caller.call(Some(change), Some(&git_ref));
    let before = copr_db::webhook::delivered(tx, project.id, &call).await?;
    let id = copr_db::webhook::record(tx, project.id, &call, app.clock.now()).await?;
    if call.delivery.is_some() && !before.is_empty() {
        history::again(tx, id, &before).await?;
        return Ok(before);
    }
    let (mut builds, mut reasons) = (Vec::new(), Vec::new());
    let (chosen, why_not) = choose(tx, project, report, change, named).await?;
    let main = main_dir(tx, project).await?;
    for (package, scm) in chosen {
        let pushed = Pushed { call: id, caller: &report.caller, change, git_ref: &git_ref };
        match submit(app, tx, project, main, &package, scm, &pushed).await {
            Ok(Some(build)) => builds.push(build),
            Ok(None) => reasons.push(NotBuilt::NoChroots.to_string()),
            // One package that can not be built, for which nothing was written yet, stops no other.
            Err(refusal) if refusal.kind != Kind::Internal => {
                reasons.push(format!("`{}`: {}", package.name, refusal.message));
            }
            Err(refusal) => return Err(refusal),
        }
    }
    reasons.dedup();
    if builds.is_empty() && reasons.is_empty() {
        reasons = why_not;
    }
    let outcome = if builds.is_empty() { HookOutcome::Nothing } else { HookOutcome::Built };
    copr_db::webhook::settle(tx, id, outcome, &history::cut(&reasons.join("; "), history::REASON)).await?;
    Ok(builds)
}

/// The packages that a change is for, with their sources, and why the others are not built.
async fn choose(
    tx: &mut Conn,
    project: &Project,
    report: &Report,
    change: &Change,
    named: Option<&str>,
) -> Result<(Vec<(Package, Scm)>, Vec<String>), Refusal> {
    let places: Vec<Place> = report.addresses.iter().filter_map(|address| Place::of(address)).collect();
    let (mut chosen, mut why_not) = (Vec::new(), Vec::new());
    for package in copr_db::package::automatic(tx, project.id).await? {
        let Source::Scm(scm) = source::of_package(&package)? else { continue };
        match objection(&Candidate::new(package.name.as_str(), &scm), &places, change, named) {
            None => chosen.push((package, scm)),
            // That is the case for most packages, and said once.
            Some(Objection::Elsewhere) => {}
            Some(objection) => why_not.push(format!("`{}`: {objection}", package.name)),
        }
    }
    if why_not.is_empty() {
        let address = report.addresses.first().map(String::as_str).unwrap_or_default();
        why_not.push(format!("no package that is rebuilt automatically is of {address}"));
    }
    Ok((chosen, why_not))
}

async fn main_dir(tx: &mut Conn, project: &Project) -> Result<DirId, Refusal> {
    let dirs = copr_db::dir::of_project(tx, project.id).await?;
    let main = dirs.into_iter().find(|dir| dir.main).map(|dir| dir.id);
    main.ok_or_else(|| Refusal::invalid(format!("Project {} has no directory.", project.full_name())))
}

/// What was pushed, and by whose call.
struct Pushed<'a> {
    call: HookCallId,
    caller: &'a Caller,
    change: &'a Change,
    git_ref: &'a str,
}

impl Pushed<'_> {
    /// What is checked out: a tag by its name, so that its version is seen; of a branch the commit that it had then.
    fn committish(&self) -> String {
        match self.change {
            Change::Push(push) => push.commit.clone().unwrap_or_else(|| push.branch.clone()),
            Change::Tag(tag) => tag.name.clone(),
        }
    }

    fn object(&self) -> Option<ScmObject> {
        match self.change {
            Change::Push(push) => {
                let id = push.commit.clone()?;
                Some(ScmObject { kind: "commit".to_owned(), id, url: push.page.clone() })
            }
            Change::Tag(tag) => Some(ScmObject { kind: "tag".to_owned(), id: tag.name.clone(), url: tag.page.clone() }),
        }
    }
}

/// Submits a build of a package, in place of those of the same branch or tag that nobody works on yet.
async fn submit(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    main: DirId,
    package: &Package,
    scm: Scm,
    pushed: &Pushed<'_>,
) -> Result<Option<BuildId>, Refusal> {
    let earlier = waiting(tx, package, main, pushed.git_ref).await?;
    let source = Source::Scm(Scm { committish: Some(pushed.committish()), ..scm });
    let object = pushed.object();
    let automatic = Automatic {
        words: pushed.caller.sender.as_deref(),
        dir: None,
        origin: Origin { call: pushed.call, git_ref: Some(pushed.git_ref), object: object.as_ref() },
        payload: None,
    };
    let Some(made) = build::by_hook(app, tx, project, package, &source, &automatic).await? else { return Ok(None) };
    let id = made.build.id;
    for (number, (old, task)) in earlier.iter().enumerate() {
        supersede(app, tx, project, *old, id).await?;
        // Or else a branch that is pushed to often would never come up.
        match number {
            0 => copr_db::task::take_place(tx, *task, id).await?,
            _ => copr_db::task::cancel_build(tx, *old).await?,
        }
    }
    Ok(Some(id))
}

/// Builds of a branch or tag whose sources nobody ever had, and their tasks, which nobody gets now.
async fn waiting(
    tx: &mut Conn,
    package: &Package,
    dir: DirId,
    git_ref: &str,
) -> Result<Vec<(BuildId, TaskId)>, Refusal> {
    let mut waiting = Vec::new();
    for id in copr_db::build::waiting_for(tx, package.id, dir, git_ref).await? {
        if let Some(task) = copr_db::task::hold_fresh(tx, id).await? {
            waiting.push((id, task));
        }
    }
    Ok(waiting)
}

/// Ends a build in favour of a newer one.
async fn supersede(app: &App, tx: &mut Conn, project: &Project, old: BuildId, new: BuildId) -> Result<(), Refusal> {
    let now = app.clock.now();
    let reason = format!("Superseded by build {new}, of a later push");
    if copr_db::build::superseded(tx, old, &reason, now).await? {
        let about = copr_db::event::Subject { project: Some(project.id), build: Some(old), build_chroot: None };
        let body = serde_json::json!({ "superseded_by": new.0 }).to_string();
        copr_db::event::append(tx, "build.canceled", about, &body, now).await?;
    }
    Ok(())
}
