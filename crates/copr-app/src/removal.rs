//! What goes away with what: paths are doomed in the transaction, removed by a reconciler.

use crate::build::Shown;
use crate::lease::Staged;
use crate::{App, Refusal, shelf};
use copr_db::Conn;
use copr_db::build::Build;
use copr_db::doomed::Place;
use copr_db::project::Project;
use copr_db::repo::Which;
use copr_types::{BuildId, FileName, ProjectId, RepoId, SourceKind, TaskId};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a new project waits for the last publisher of a deleted one of its name.
const NAME_PATIENCE: Duration = Duration::from_secs(20);
/// How often it looks.
const NAME_PAUSE: Duration = Duration::from_millis(50);

/// Dooms a build's files. Packages leave the repositories' next generations; their files wait until no generation that is
/// kept lists them.
pub(crate) async fn doom_build(app: &App, tx: &mut Conn, shown: &Shown, now: i64) -> Result<(), Refusal> {
    let build = &shown.build;
    for (repo, build_chroot) in copr_db::repo::holding(tx, build.id).await? {
        let generation = copr_db::repo::want(tx, repo).await?;
        copr_db::repo::withdraw(tx, repo, Which::Chroot(build_chroot), generation).await?;
    }
    let repos = copr_db::repo::of_project(tx, build.project_id).await?;
    for chroot in &shown.chroots {
        if let Some(result_dir) = &chroot.result_dir {
            let path = app.store.build_dir(&build.owner, &build.dir, &chroot.name, result_dir);
            let repo = repos.iter().find(|repo| repo.dir == build.dir && repo.chroot_id == chroot.chroot_id);
            let after = repo.map(|repo| Place { repo: repo.id, name: result_dir });
            copr_db::doomed::add(tx, &app.store.relative(&path), after, now).await?;
        }
    }
    doom_dir(app, tx, &app.store.srpm_dir(&build.owner, &build.dir, build.id), now).await?;
    doom_upload(app, tx, build, now).await
}

/// Dooms what a client uploaded for a build, or sent for its script: it is needed no more once the source is in or has failed.
pub(crate) async fn doom_upload(app: &App, tx: &mut Conn, build: &Build, now: i64) -> Result<(), Refusal> {
    if !matches!(build.source_kind, SourceKind::Upload | SourceKind::RpmUpload | SourceKind::Custom) {
        return Ok(());
    }
    match upload_of(&build.source)? {
        Some(upload) => doom_dir(app, tx, &app.store.upload_dir(&upload), now).await,
        None => Ok(()),
    }
}

/// Dooms a directory that nothing refers to any more.
async fn doom_dir(app: &App, tx: &mut Conn, dir: &Path, now: i64) -> Result<(), Refusal> {
    Ok(copr_db::doomed::add(tx, &app.store.relative(dir), None, now).await?)
}

/// Name of the upload in the JSON of a source.
pub(crate) fn upload_of(source: &str) -> Result<Option<FileName>, Refusal> {
    let source: serde_json::Value = serde_json::from_str(source)?;
    Ok(source.get("tmp").and_then(|tmp| tmp.as_str()).and_then(|tmp| tmp.parse().ok()))
}

/// Seconds that an upload to which no build refers is left alone: it may be on its way in.
const UPLOAD_GRACE: i64 = 86_400;

/// Removes what lies in the upload area and belongs to no build. Requests that are refused or broken off take their
/// files along; only those that a crash of the server ended leave one behind.
pub async fn sweep_uploads(app: &App) -> Result<(), Refusal> {
    let (store, moment) = (app.store.clone(), app.clock.now() - UPLOAD_GRACE);
    let old = crate::blocking(move || Ok(store.uploads_before(moment)?)).await?;
    if old.is_empty() {
        return Ok(());
    }
    let mut used = Vec::new();
    for source in copr_db::build::uploads_in_use(&mut app.db.read().await?).await? {
        used.extend(upload_of(&source)?);
    }
    for upload in old.into_iter().filter(|upload| !used.contains(upload)) {
        let store = app.store.clone();
        crate::blocking(move || Ok(store.remove(&store.relative(&store.upload_dir(&upload)))?)).await?;
    }
    Ok(())
}

/// Dooms what a builder or a client delivered, once it is taken in or of no use.
pub(crate) async fn doom_staging(app: &App, tx: &mut Conn, staged: Option<&str>, now: i64) -> Result<(), Refusal> {
    let Some(staged) = staged else { return Ok(()) };
    let staged: Staged = serde_json::from_str(staged)?;
    doom_dir(app, tx, &staged.dir(&app.store), now).await
}

/// Dooms what was delivered under one lease.
pub(crate) async fn doom_lease(app: &App, tx: &mut Conn, task: TaskId, fence: i64, now: i64) -> Result<(), Refusal> {
    doom_dir(app, tx, &app.store.staging_dir(task.0, fence), now).await
}

/// Ends all work in a project that is deleted in this transaction: builders that hold tasks of it hear that their leases are
/// over, and what lies anywhere but in the project's own tree is doomed.
pub(crate) async fn doom_work(app: &App, tx: &mut Conn, project: ProjectId, now: i64) -> Result<(), Refusal> {
    for (task, fence) in copr_db::task::remove_project(tx, project).await? {
        doom_lease(app, tx, task, fence, now).await?;
    }
    for id in copr_db::build::unfinished(tx, project).await? {
        let shown = crate::build::load(tx, id).await?;
        let staged = shown.chroots.iter().map(|chroot| chroot.staged.as_deref());
        for staged in staged.chain([shown.build.staged.as_deref()]) {
            doom_staging(app, tx, staged, now).await?;
        }
        doom_upload(app, tx, &shown.build, now).await?;
    }
    Ok(())
}

/// Waits, not for ever, until nobody publishes any more in deleted projects of this name: what such a publisher still
/// writes must not get into a new project's tree.
pub(crate) async fn wait_for_name(app: &App, owner: &str, name: &str) -> Result<(), Refusal> {
    let end = tokio::time::Instant::now() + NAME_PATIENCE;
    while copr_db::project::is_being_published(&mut app.db.read().await?, owner, name, app.clock.now()).await?
        && tokio::time::Instant::now() < end
    {
        tokio::time::sleep(NAME_PAUSE).await;
    }
    Ok(())
}

/// Takes away what was written for a build that was removed meanwhile, and the directories that hold nothing else. Of a build
/// that is there nothing is taken, whatever became of the task in hand: others may have brought it to its end.
pub(crate) async fn clear_late(app: &App, build: BuildId, dir: &Path) -> Result<(), Refusal> {
    if copr_db::build::by_id(&mut app.db.read().await?, build).await?.is_some() {
        return Ok(());
    }
    let (store, dir) = (app.store.clone(), dir.to_owned());
    crate::blocking(move || Ok(store.remove_with_empty(&dir)?)).await
}

/// Moves the trees of deleted projects of this name aside, so that a new project of the name finds an empty place.
/// The caller holds the deleted rows until its transaction ends: nobody else moves at the same time.
pub(crate) async fn clear_name(app: &App, tx: &mut Conn, deleted: &[Project]) -> Result<(), Refusal> {
    for project in deleted {
        for dir in copr_db::dir::of_project(tx, project.id).await? {
            let from = app.store.dir(&project.owner, &dir.name);
            move_aside(app, from, app.store.trash_dir(project.id), dir.id.to_string()).await?;
            let sources = app.store.distgit_dir(&project.owner, &dir.name);
            move_aside(app, sources, app.store.trash_dir(project.id), format!("{}-sources", dir.id)).await?;
        }
    }
    Ok(())
}

/// Moves a tree into the trash under a name of its own.
async fn move_aside(app: &App, from: PathBuf, trash: PathBuf, name: String) -> Result<(), Refusal> {
    let store = app.store.clone();
    crate::blocking(move || {
        // Something may lie there from a removal that was broken off, and a tree can not replace a full one.
        let free = (0_u32..).map(|n| trash.join(format!("{name}-{n}"))).find(|to| to.symlink_metadata().is_err());
        Ok(free.map_or(Ok(()), |to| store.move_aside(&from, &to))?)
    })
    .await
}

/// Takes a tree out of sight at once, and dooms it. The caller holds what keeps others from making it anew meanwhile.
/// `name` tells it from all other trees that ever go this way.
pub(crate) async fn doom_tree(app: &App, tx: &mut Conn, from: PathBuf, name: &str, now: i64) -> Result<(), Refusal> {
    let trash = app.store.trash(name);
    move_aside(app, from, trash.clone(), "tree".to_owned()).await?;
    Ok(copr_db::doomed::add(tx, &app.store.relative(&trash), None, now).await?)
}

/// Dooms all that the bucket has of a repository that goes.
pub(crate) async fn doom_shelved(app: &App, tx: &mut Conn, repo: RepoId, now: i64) -> Result<(), Refusal> {
    if app.shelf.is_some() {
        copr_db::doomed::add(tx, &shelf::doomed(repo, ""), None, now).await?;
    }
    Ok(())
}

/// Removes one doomed path, in the tree or in the bucket. False when it has to wait.
async fn remove(app: &App, path: &str) -> Result<bool, Refusal> {
    if let Some(name) = path.strip_prefix(shelf::DOOMED) {
        return shelf::remove(app, name).await;
    }
    let (store, path) = (app.store.clone(), path.to_owned());
    crate::blocking(move || Ok(store.remove(&path)?)).await?;
    Ok(true)
}

/// Removes what was doomed, and what no generation that is kept needs. One path that can not be removed stops no other. Returns how many are gone.
pub async fn sweep(app: &App) -> Result<usize, Refusal> {
    crate::publish::kept::forget(app).await?;
    let (mut last, mut count) = (0, 0);
    loop {
        let doomed = copr_db::doomed::after(&mut app.db.read().await?, last, 100).await?;
        let Some(end) = doomed.last() else { return Ok(count) };
        last = end.id;
        for one in doomed {
            match remove(app, &one.path).await {
                Ok(false) => {}
                Ok(true) => {
                    let mut tx = app.db.begin().await?;
                    copr_db::doomed::gone(&mut tx, one.id).await?;
                    tx.commit().await?;
                    count += 1;
                }
                Err(refusal) => tracing::warn!(path = one.path, "could not remove: {}", refusal.inside()),
            }
        }
    }
}

/// Removes what was delivered under leases that are over and that nobody takes in. The end of a lease dooms its directory;
/// a file that was on its way just then makes it once more.
pub async fn sweep_staging(app: &App) -> Result<(), Refusal> {
    let store = app.store.clone();
    // In this order: a directory is there after its lease began, and a delivery ends the lease in the transaction that
    // says where the files wait.
    let leases = crate::blocking(move || Ok(store.staged()?)).await?;
    let mut over = Vec::new();
    let mut conn = app.db.read().await?;
    for (id, fence) in leases {
        let row = copr_db::task::by_id(&mut conn, TaskId(id)).await?;
        if !row.is_some_and(|row| row.leased && row.fence == fence) {
            over.push(app.store.staging_dir(id, fence));
        }
    }
    let mut used = Vec::new();
    for staged in copr_db::build::delivered(&mut conn).await? {
        used.push(serde_json::from_str::<Staged>(&staged)?.dir(&app.store));
    }
    drop(conn);
    for dir in over.into_iter().filter(|dir| !used.contains(dir)) {
        let store = app.store.clone();
        crate::blocking(move || Ok(store.remove(&store.relative(&dir))?)).await?;
    }
    Ok(())
}

/// Finishes the deletion of projects: their trees, their keys, their rows.
pub async fn sweep_projects(app: &App) -> Result<(), Refusal> {
    let deleted = copr_db::project::deleted(&mut app.db.read().await?).await?;
    for project in deleted {
        if let Err(refusal) = sweep_project(app, &project).await {
            tracing::warn!(project = project.full_name(), "could not finish a deletion: {}", refusal.inside());
        }
    }
    Ok(())
}

async fn sweep_project(app: &App, project: &Project) -> Result<(), Refusal> {
    let (owner, name) = (project.owner.to_string(), project.name.as_str());
    let mut tx = app.db.begin().await?;
    if copr_db::project::is_being_published(&mut tx, &owner, name, app.clock.now()).await? {
        // It has lost its turn and ends soon, which rings the bell; a dead one's time is over soon.
        return Ok(());
    }
    let deleted = copr_db::project::hold_deleted(&mut tx, &owner, name).await?;
    // The trees of a name that is in use again were moved when it was taken: what lies there now is the new project's.
    // Looked at while the rows are held, for whom takes the name holds them too.
    if copr_db::project::by_name(&mut tx, &owner, name).await?.is_none() {
        clear_name(app, &mut tx, &deleted).await?;
    }
    tx.commit().await?;
    let (store, signer) = (app.store.clone(), app.signer.clone());
    let trash = store.relative(&store.trash_dir(project.id));
    let versions = copr_db::project_key::of_project(&mut app.db.read().await?, project.id).await?;
    // One more than is known: a rotation may have been broken off.
    let last = versions.last().map_or(1, |key| key.version + 1);
    let names = (1..=last).map(|version| crate::key::name(project.id, version)).collect::<Result<Vec<_>, _>>()?;
    crate::blocking(move || {
        store.remove(&trash)?;
        for name in names {
            signer.delete_key(&name).map_err(|error| Refusal::internal("removing a key", error))?;
        }
        Ok(())
    })
    .await?;
    let mut tx = app.db.begin().await?;
    for repo in copr_db::repo::of_project(&mut tx, project.id).await? {
        doom_shelved(app, &mut tx, repo.id, app.clock.now()).await?;
    }
    copr_db::project::purge(&mut tx, project.id).await?;
    Ok(tx.commit().await?)
}
