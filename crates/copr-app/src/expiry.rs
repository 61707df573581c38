//! What goes away by itself: chroots that projects dropped, directories of pull requests, temporary projects, old events.
//!
//! Rows and trees of one thing go together: the transaction that removes the rows moves the tree aside while it holds
//! what everybody else needs who would make it anew. A crash between the two leaves something that is due with its tree
//! gone; so what is due never comes back to use, it is removed first by whoever wants it.

use crate::{App, Refusal, distgit, project, removal, renaming};
use copr_db::Conn;
use copr_db::dir::Dir;
use copr_db::project::Project;
use copr_db::repo::Repo;
use copr_types::{ChrootId, ProjectId, RepoId};

/// Events that are removed in one transaction.
const EVENTS: i64 = 1000;

/// Removes everything whose time is over. One thing that can not be removed stops no other.
pub async fn all(app: &App) -> Result<(), Refusal> {
    chroots(app).await?;
    dirs(app).await?;
    projects(app).await?;
    events(app).await
}

async fn chroots(app: &App) -> Result<(), Refusal> {
    let due = copr_db::expiry::chroots(&mut app.db.read().await?, app.clock.now()).await?;
    for (id, chroot) in due {
        let removed = async {
            let mut tx = app.db.begin().await?;
            let Some(project) = copr_db::project::by_id(&mut tx, id).await? else { return Ok(()) };
            if remove_chroot(app, &mut tx, &project, chroot).await? {
                tx.commit().await?;
            }
            Ok::<_, Refusal>(())
        };
        if let Err(refusal) = removed.await {
            tracing::warn!(project = id.0, chroot = chroot.0, "could not remove a chroot: {}", refusal.inside());
        }
    }
    Ok(())
}

/// Removes a chroot that a project dropped and whose time is over: settings, repositories, what builds did in it, and
/// builds that did nothing else. False, and to be rolled back, when it was chosen again or somebody is at it.
pub(crate) async fn remove_chroot(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    chroot: ChrootId,
) -> Result<bool, Refusal> {
    let now = app.clock.now();
    let repos: Vec<Repo> =
        copr_db::repo::of_project(tx, project.id).await?.into_iter().filter(|repo| repo.chroot_id == chroot).collect();
    if !copr_db::expiry::forget_chroot(tx, project.id, chroot, now).await?
        || !stop(tx, &repos, now).await?
        || copr_db::expiry::chroot_is_busy(tx, project.id, chroot).await?
    {
        return Ok(false);
    }
    for (build, dir) in copr_db::expiry::builds_only_in(tx, project.id, chroot).await? {
        let source = app.store.relative(&app.store.srpm_dir(&project.owner, &dir, build));
        copr_db::doomed::add(tx, &source, None, now).await?;
        copr_db::build::delete(tx, build).await?;
    }
    copr_db::expiry::forget_results(tx, project.id, chroot).await?;
    for repo in repos {
        copr_db::expiry::forget_repo(tx, repo.id).await?;
        let tree = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
        removal::doom_tree(app, tx, tree, &format!("repo-{}", repo.id), now).await?;
        removal::doom_shelved(app, tx, repo.id, now).await?;
    }
    project::note(tx, "chroot.removed", project.id, now).await?;
    Ok(true)
}

/// Holds repositories at which no publisher is; false when there is one at any.
async fn stop(tx: &mut Conn, repos: &[Repo], now: i64) -> Result<bool, Refusal> {
    let ids: Vec<RepoId> = repos.iter().map(|repo| repo.id).collect();
    Ok(copr_db::expiry::stop_publishing(tx, &ids, now).await?)
}

/// Whole days until something goes away, as clients are told: none on the last one. What is to be kept for 40 days has
/// 39 whole ones left from its first moment on, which has begun when anybody asks.
pub fn days_left(app: &App, end: i64) -> i64 {
    (end - app.clock.now() - 1).max(0) / 86_400
}

/// When a directory goes away unless somebody builds into it: pull requests' do.
pub fn end_of(app: &App, dir: &Dir) -> Option<i64> {
    dir.name.is_pull_request().then(|| dir.used_on + app.rules.pr_dir_days * 86_400)
}

/// Whether a directory's time is over.
pub(crate) fn is_due(app: &App, dir: &Dir) -> bool {
    end_of(app, dir).is_some_and(|end| end <= app.clock.now())
}

async fn dirs(app: &App) -> Result<(), Refusal> {
    let moment = app.clock.now() - app.rules.pr_dir_days * 86_400;
    let due = copr_db::expiry::dirs(&mut app.db.read().await?, moment).await?;
    for dir in due {
        let removed = async {
            let mut tx = app.db.begin().await?;
            let Some(project) = copr_db::project::by_id(&mut tx, dir.project_id).await? else { return Ok(()) };
            if remove_dir(app, &mut tx, &project, &dir).await? {
                tx.commit().await?;
            }
            Ok::<_, Refusal>(())
        };
        if let Err(refusal) = removed.await {
            tracing::warn!(directory = %dir.name, "could not remove a directory: {}", refusal.inside());
        }
    }
    Ok(())
}

/// Removes a directory whose time is over, with its builds and repositories. False, with nothing changed that matters,
/// when somebody builds into it.
pub(crate) async fn remove_dir(app: &App, tx: &mut Conn, project: &Project, dir: &Dir) -> Result<bool, Refusal> {
    let moment = app.clock.now() - app.rules.pr_dir_days * 86_400;
    take_dir(app, tx, project, dir, moment).await
}

/// Removes a directory into which nobody built since a moment, with its builds and repositories. False, with nothing
/// changed that matters, when somebody builds or publishes there.
pub(crate) async fn take_dir(
    app: &App,
    tx: &mut Conn,
    project: &Project,
    dir: &Dir,
    moment: i64,
) -> Result<bool, Refusal> {
    let now = app.clock.now();
    let repos = copr_db::repo::of_project(tx, project.id).await?;
    let repos: Vec<Repo> = repos.into_iter().filter(|repo| repo.dir == dir.name).collect();
    // A submission holds the directory's row: its build is seen here, or it waits and finds the directory gone.
    if copr_db::expiry::dir_is_busy(tx, dir.id).await?
        || !stop(tx, &repos, now).await?
        || !copr_db::expiry::forget_dir(tx, dir.id, moment).await?
    {
        return Ok(false);
    }
    let tree = app.store.dir(&project.owner, &dir.name);
    removal::doom_tree(app, tx, tree, &format!("dir-{}", dir.id), now).await?;
    distgit::doom_dir(app, tx, project, dir, now).await?;
    renaming::forget_links_of_dir(app, tx, project, dir).await?;
    project::note(tx, "directory.removed", project.id, now).await?;
    Ok(true)
}

async fn projects(app: &App) -> Result<(), Refusal> {
    let due = copr_db::expiry::projects(&mut app.db.read().await?, app.clock.now()).await?;
    for id in due {
        if let Err(refusal) = remove_project(app, id).await {
            tracing::warn!(project = id.0, "could not delete a temporary project: {}", refusal.inside());
        }
    }
    Ok(())
}

/// Deletes a temporary project as its owner would. While builds run it waits, as with Copr.
async fn remove_project(app: &App, id: ProjectId) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // From here on nobody submits a build.
    let Some(project) = copr_db::project::held(&mut tx, id).await? else { return Ok(()) };
    if !copr_db::build::unfinished(&mut tx, id).await?.is_empty() {
        return Ok(());
    }
    removal::doom_work(app, &mut tx, id, now).await?;
    let marked = copr_db::project::mark_deleted(&mut tx, id, now).await?;
    // Asked once its row is held: its owner may have given it more time just now.
    let end = copr_db::project::by_id(&mut tx, id).await?.and_then(|project| project.settings.delete_on);
    if !marked || end.is_none_or(|end| end > now) {
        return Ok(());
    }
    renaming::forget_former(app, &mut tx, &project).await?;
    project::note(&mut tx, "project.deleted", id, now).await?;
    tx.ring(copr_db::Topic::Remove);
    Ok(tx.commit().await?)
}

async fn events(app: &App) -> Result<(), Refusal> {
    let moment = app.clock.now() - app.rules.event_days * 86_400;
    loop {
        let mut tx = app.db.begin().await?;
        let gone = copr_db::expiry::forget_events(&mut tx, moment, EVENTS).await?;
        tx.commit().await?;
        if gone == 0 {
            return Ok(());
        }
    }
}
