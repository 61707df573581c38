//! How builds end by request.

use super::stopping::stop;
use super::{Shown, load, missing};
use crate::{App, Kind, Refusal, access, removal};
use copr_db::Conn;
use copr_db::account::Account;
use copr_types::permission::Standing;
use copr_types::{BuildId, state};
use std::collections::HashSet;

async fn standing(conn: &mut Conn, who: &Account, shown: &Shown) -> Result<(Standing, bool), Refusal> {
    let project = copr_db::project::by_id(conn, shown.build.project_id).await?;
    let project = project.ok_or_else(|| missing(shown.build.id))?;
    Ok((access::standing(conn, who, &project).await?, project.settings.persistent))
}

/// Sees to it that a build is canceled: one that is already stays as it is.
pub async fn ensure_canceled(app: &App, who: &Account, id: BuildId) -> Result<Shown, Refusal> {
    match cancel(app, who, id).await {
        Err(refusal) if refusal.kind == Kind::Conflict => {
            let shown = super::find(app, id).await?;
            if shown.build.canceled { Ok(shown) } else { Err(refusal) }
        }
        other => other,
    }
}

/// Cancels a build: queued tasks vanish, running ones are told to stop, each unfinished chroot is canceled. Packages
/// that are on their way into a repository get there.
pub async fn cancel(app: &App, who: &Account, id: BuildId) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let shown = load(&mut tx, id).await?;
    if !standing(&mut tx, who, &shown).await?.0.can_build() {
        return Err(Refusal::forbidden("You are not allowed to cancel this build."));
    }
    if !stop(app, &mut tx, id).await? {
        // All of it is over, or what is not is on its way into a repository: too late.
        return Err(Refusal::conflict(format!("Cannot cancel build {id}")));
    }
    let shown = load(&mut tx, id).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Deletes a build: its rows at once, its packages from the repositories next, its files after that.
pub async fn delete(app: &App, who: &Account, id: BuildId) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let shown = load(&mut tx, id).await?;
    let (standing, persistent) = standing(&mut tx, who, &shown).await?;
    if !standing.can_edit() {
        return Err(Refusal::forbidden(format!("User '{}' doesn't have permissions to delete build {id}", who.name)));
    }
    if persistent {
        return Err(Refusal::forbidden(format!("User '{}' can not delete a persistent build {id}", who.name)));
    }
    if !can_go(&shown) {
        return Err(Refusal::conflict(format!("User '{}' can not delete build {id}", who.name)));
    }
    remove(app, &mut tx, &shown).await?;
    tx.commit().await?;
    Ok(shown)
}

/// Ended, and nothing of it is on its way into a repository.
pub(crate) fn can_go(shown: &Shown) -> bool {
    shown.is_finished()
        && shown.chroots.iter().all(|chroot| chroot.state.has_ended() || shown.build.canceled)
        && shown.chroots.iter().all(|chroot| chroot.state != state::State::Publishing)
}

/// A build's rows go at once, its packages from the repositories next, its files after that.
pub(crate) async fn remove(app: &App, tx: &mut Conn, shown: &Shown) -> Result<(), Refusal> {
    let now = app.clock.now();
    // A builder may still hold a task of a canceled build: it hears that the lease is over.
    for (task, fence) in copr_db::task::remove_build(tx, shown.build.id).await? {
        removal::doom_lease(app, tx, task, fence, now).await?;
    }
    if shown.chroots.iter().any(|chroot| chroot.state == state::State::Forking) {
        // Whoever puts the copies in place holds these as well: either it is done, or it finds the build gone.
        copr_db::repo::hold(tx, shown.build.dir_id).await?;
    }
    removal::doom_build(app, tx, shown, now).await?;
    copr_db::build::delete(tx, shown.build.id).await?;
    let about = copr_db::event::Subject {
        project: Some(shown.build.project_id),
        build: Some(shown.build.id),
        build_chroot: None,
    };
    Ok(copr_db::event::append(tx, "build.deleted", about, "{}", now).await?)
}

/// Deletes several builds of one project, all or none. One that is named twice counts once.
pub async fn delete_list(app: &App, who: &Account, ids: &[BuildId]) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let (mut found, mut forbidden, mut running, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut named = HashSet::new();
    for id in ids.iter().filter(|id| named.insert(**id)) {
        match load(&mut tx, *id).await {
            Ok(shown) => {
                let (standing, persistent) = standing(&mut tx, who, &shown).await?;
                if !standing.can_edit() || persistent {
                    forbidden.push(id.to_string());
                } else if !can_go(&shown) {
                    running.push(id.to_string());
                }
                found.push(shown);
            }
            Err(refusal) if refusal.kind == crate::Kind::NotFound => gone.push(id.to_string()),
            Err(refusal) => return Err(refusal),
        }
    }
    let mut text = String::new();
    for (list, before, after) in [
        (&forbidden, "You don't have permissions to delete build(s) ", ".\n"),
        (&running, "Build(s) ", " are still running.\n"),
        (&gone, "Build(s) ", " don't exist.\n"),
    ] {
        if !list.is_empty() {
            text.push_str(&format!("{before}{}{after}", list.join(", ")));
        }
    }
    if !text.is_empty() {
        return Err(Refusal::invalid(text));
    }
    if found.windows(2).any(|pair| pair[0].build.project_id != pair[1].build.project_id) {
        return Err(Refusal::invalid("Can not delete builds from more projects"));
    }
    for shown in &found {
        remove(app, &mut tx, shown).await?;
    }
    Ok(tx.commit().await?)
}
