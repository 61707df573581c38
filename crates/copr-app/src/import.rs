//! Taking source packages in: what a builder delivered becomes a package with a version and tasks for its chroots.

mod record;

use crate::build::{allocate, rpm_task};
use crate::lease::{Place, Staged, change_chroot, close_logs, time};
use crate::{App, Kind, Refusal, removal};
use copr_db::Conn;
use copr_db::build::Build;
use copr_db::project_chroot::ProjectChroot;
use copr_rpm::architecture::{Decision, decide};
use copr_rpm::header::Package;
use copr_types::{BuildId, Event, Failure, FailureClass, PackageId, Phase, Role, State, state};
use copr_wire::builder::FileRef;
use record::Recorded;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Imports every source that waits for it. One that can not be imported stops no other. Returns how many were done.
pub async fn all(app: &App) -> Result<usize, Refusal> {
    let waiting = copr_db::build::importing(&mut app.db.read().await?, 100).await?;
    let mut done = 0;
    for id in waiting {
        match one(app, id).await {
            Ok(()) => done += 1,
            Err(refusal) => tracing::warn!(build = id.0, "could not import: {}", refusal.inside()),
        }
    }
    Ok(done)
}

/// A source package as it lies in the result tree.
pub(crate) struct Arrived {
    /// What its header says.
    pub facts: Package,
    /// The file.
    pub srpm: FileRef,
}

async fn one(app: &App, id: BuildId) -> Result<(), Refusal> {
    let Some(build) = copr_db::build::by_id(&mut app.db.read().await?, id).await? else { return Ok(()) };
    let place = Place { dir: app.store.srpm_dir(&build.owner, &build.dir, id), result_dir: build.id.padded() };
    // Somebody else who is at the same build, here or on another server, would move its files away under our hands.
    let (store, dir) = (app.store.clone(), place.dir.clone());
    let Some(_held) = crate::blocking(move || Ok(store.hold_dir(&dir)?)).await? else { return Ok(()) };
    let Some(build) = copr_db::build::by_id(&mut app.db.read().await?, id).await? else { return Ok(()) };
    if build.source_state != State::Importing {
        return Ok(());
    }
    let Some(staged) = &build.staged else {
        return end(app, id, &Failure::new(FailureClass::Infrastructure, Phase::Import, "nothing was delivered")).await;
    };
    let staged: Staged = serde_json::from_str(staged)?;
    let line = format!("[{}] importing {}, {}", time(app.clock.now()), staged.srpm, staged.origin());
    let (store, dir, log) = (app.store.clone(), place.dir.clone(), place.server_log());
    let taken = staged.clone();
    let arrived = crate::blocking(move || {
        log.line_unless_finished(&line)?;
        take(&store, &dir, &taken)
    })
    .await?;
    let failure = match arrived {
        Ok(arrived) => match accept_recorded(app, &build, &place, &arrived).await? {
            Ok(()) => return removal::clear_late(app, id, &place.dir).await,
            Err(failure) => failure,
        },
        Err(failure) => failure,
    };
    // Before the end is told: whoever hears of it finds the logs under their final names.
    close_logs(&place).await?;
    end(app, id, &failure).await?;
    // Whoever removed it meanwhile has removed its files before these were moved.
    removal::clear_late(app, id, &place.dir).await
}

/// Takes the sources into the package's repository, and the package into the build. The inner error ends the build.
async fn accept_recorded(
    app: &App,
    build: &Build,
    place: &Place,
    arrived: &Arrived,
) -> Result<Result<(), Failure>, Refusal> {
    loop {
        let recorded = match record::sources(app, build, place, arrived).await? {
            Ok(recorded) => recorded,
            Err(failure) => return Ok(Err(failure)),
        };
        // Before the end is told: whoever hears of it finds the logs under their final names.
        close_logs(place).await?;
        // Chroots that were enabled meanwhile need a commit, too.
        if accept(app, build, arrived, &recorded).await? {
            return Ok(Ok(()));
        }
    }
}

fn ours(what: impl Into<String>) -> Failure {
    Failure::new(FailureClass::Infrastructure, Phase::Import, what)
}

/// Verifies and moves what was delivered. Whatever was moved by an earlier try stays. The inner error is final; the outer
/// one, of our own files, may pass.
fn take(store: &copr_store::Store, dir: &Path, staged: &Staged) -> Result<Result<Arrived, Failure>, Refusal> {
    let staging = staged.dir(store);
    store.remove_unfinished(dir)?;
    for file in &staged.files {
        let (from, to) = (staging.join(&file.name), dir.join(&file.name));
        if !from.exists() && to.exists() {
            continue;
        }
        if digest(&from).ok().as_deref() != Some(file.sha256.as_str()) {
            return Ok(Err(ours(format!("`{}` did not arrive whole", file.name))));
        }
        store.adopt(&from, &to)?;
    }
    store.write(&dir.join("success"), b"done\n")?;
    store.sync_dir(dir)?;
    Ok(read(&dir.join(&staged.srpm), staged))
}

/// What a source package in its place says of itself.
fn read(path: &Path, staged: &Staged) -> Result<Arrived, Failure> {
    let theirs = |what: String| Failure::new(FailureClass::User, Phase::Import, what);
    let facts = copr_rpm::header::read_package(path).map_err(|error| theirs(error.to_string()))?;
    if !facts.is_source {
        return Err(theirs(format!("`{}` is not a source package", staged.srpm)));
    }
    if facts.lacks_sources {
        return Err(theirs(format!("`{}` lacks its sources (nosrc): it can not be built", staged.srpm)));
    }
    let srpm = staged.files.iter().find(|file| file.name == staged.srpm).cloned();
    let srpm = srpm.ok_or_else(|| ours("the source package was not delivered"))?;
    Ok(Arrived { facts, srpm })
}

/// SHA-256 of a file, hex.
pub(crate) fn digest(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = std::io::Read::read(&mut file, &mut buffer)?;
        if count == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

/// The package is known now: chroots are allocated where nobody chose any, and each gets its task or is skipped. False,
/// with nothing changed, when a chroot's branch was not imported to.
async fn accept(app: &App, build: &Build, arrived: &Arrived, recorded: &Recorded) -> Result<bool, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if !copr_db::project::keep(&mut tx, build.project_id).await? {
        return Ok(true);
    }
    let Ok(to) = state::next(Role::Source, build.source_state, Event::Imported) else { return Ok(true) };
    if !copr_db::build::set_source_state(&mut tx, build.id, build.source_state, to).await? {
        return Ok(true);
    }
    let package = crate::package::of_build(&mut tx, build, &recorded.package, now).await?;
    note(app, &mut tx, build, package.id, arrived).await?;
    let enabled: Vec<ProjectChroot> = copr_db::project_chroot::list(&mut tx, build.project_id)
        .await?
        .into_iter()
        .filter(|chroot| chroot.enabled && chroot.active)
        .collect();
    if build.selection == "all" {
        for chroot in allocate(&enabled, &package.chroot_denylist) {
            copr_db::build_chroot::create(&mut tx, build.id, chroot, State::Waiting).await?;
        }
    }
    if !recorded.note(&mut tx, build.id).await? {
        return Ok(false);
    }
    if start_chroots(app, &mut tx, build.id, &enabled, arrived).await? == 0 {
        drop(tx);
        let what = "none of the chosen chroots is enabled any more";
        end(app, build.id, &Failure::new(FailureClass::User, Phase::Import, what)).await?;
        return Ok(true);
    }
    copr_db::build::source_ended(&mut tx, build.id, None, now).await?;
    removal::doom_staging(app, &mut tx, build.staged.as_deref(), now).await?;
    removal::doom_upload(app, &mut tx, build, now).await?;
    let about = copr_db::event::Subject { project: Some(build.project_id), build: Some(build.id), build_chroot: None };
    copr_db::event::append(&mut tx, "source.state", about, r#"{"state":"succeeded"}"#, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Notes what the source of a build turned out to be.
pub(crate) async fn note(
    app: &App,
    tx: &mut Conn,
    build: &Build,
    package: PackageId,
    arrived: &Arrived,
) -> Result<(), Refusal> {
    let (results, srpm) = (&app.rules.results_url, &arrived.srpm.name);
    let url = format!("{results}/{}/{}/srpm-builds/{}/{srpm}", build.owner, build.dir, build.id.padded());
    Ok(copr_db::build::imported(tx, build.id, package, &arrived.facts.nevra.evr(), srpm, &url).await?)
}

/// A task for each chroot that can build this; the others are skipped with the reason. Returns how many chroots there are.
pub(crate) async fn start_chroots(
    app: &App,
    tx: &mut Conn,
    id: BuildId,
    enabled: &[ProjectChroot],
    arrived: &Arrived,
) -> Result<usize, Refusal> {
    let now = app.clock.now();
    let shown = crate::build::load(tx, id).await?;
    let project = copr_db::project::by_id(tx, shown.build.project_id).await?;
    let project = project.ok_or_else(|| crate::build::missing(id))?;
    // Some may have been canceled, each for itself.
    for one in shown.chroots.iter().filter(|one| one.state == State::Waiting) {
        let chroot = enabled.iter().find(|chroot| chroot.chroot_id == one.chroot_id);
        let skip = match (chroot, decide(&arrived.facts.architectures, one.name.arch())) {
            (None, _) => Some("This chroot is not enabled any more"),
            (_, Decision::Skip { reason }) => Some(reason),
            _ => None,
        };
        let event = if skip.is_some() { Event::Skipped } else { Event::SourceReady };
        let to = state::next(Role::Chroot, one.state, event)?;
        copr_db::build_chroot::set_state(tx, one.id, one.state, to).await?;
        match (skip, chroot) {
            (None, Some(chroot)) => rpm_task(app, tx, &shown.build, &project, chroot, one, &arrived.srpm).await?,
            (reason, _) => {
                copr_db::build_chroot::set_reason(tx, one.id, reason.unwrap_or_default()).await?;
                copr_db::build_chroot::ended(tx, one.id, None, None, now).await?;
            }
        }
    }
    Ok(shown.chroots.len())
}

/// Ends a source that can not be imported.
async fn end(app: &App, id: BuildId, failure: &Failure) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    fail_source(app, &mut tx, id, failure).await?;
    Ok(tx.commit().await?)
}

/// The source failed, and with it every chroot that waited for it.
pub(crate) async fn fail_source(app: &App, tx: &mut Conn, id: BuildId, failure: &Failure) -> Result<(), Refusal> {
    let now = app.clock.now();
    let shown = match crate::build::load(tx, id).await {
        Err(refusal) if refusal.kind == Kind::NotFound => return Ok(()),
        other => other?,
    };
    let Ok(to) = state::next(Role::Source, shown.build.source_state, Event::Failed) else { return Ok(()) };
    if !copr_db::build::set_source_state(tx, id, shown.build.source_state, to).await? {
        return Ok(());
    }
    copr_db::build::source_ended(tx, id, Some(failure), now).await?;
    for chroot in &shown.chroots {
        if change_chroot(tx, chroot.id, Event::Failed).await? {
            copr_db::build_chroot::ended(tx, chroot.id, None, Some(failure), now).await?;
        }
    }
    removal::doom_staging(app, tx, shown.build.staged.as_deref(), now).await?;
    removal::doom_upload(app, tx, &shown.build, now).await?;
    let about = copr_db::event::Subject { project: Some(shown.build.project_id), build: Some(id), build_chroot: None };
    let body = serde_json::json!({ "state": "failed", "failure": failure }).to_string();
    Ok(copr_db::event::append(tx, "source.state", about, &body, now).await?)
}
