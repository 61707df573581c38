//! Chroots as administrators see them.

use crate::{App, Kind, Refusal, build};
use copr_db::chroot::Chroot;
use copr_types::{ChrootDefinition, ChrootName};

/// All chroots by name.
pub async fn list(app: &App) -> Result<Vec<Chroot>, Refusal> {
    Ok(copr_db::chroot::list(&mut app.db.read().await?).await?)
}

/// The chroot of a name.
pub async fn find(app: &App, name: &str) -> Result<Chroot, Refusal> {
    let found = copr_db::chroot::by_name(&mut app.db.read().await?, name).await?;
    found.ok_or_else(|| Refusal::not_found(format!("Chroot {name} does not exist")))
}

/// Adds a chroot or replaces its definition. An existing one stays as switched on or off as it was, unless `enable`.
pub async fn put(app: &App, name: &ChrootName, definition: &ChrootDefinition, enable: bool) -> Result<(), Refusal> {
    if matches!(name.as_str(), "error" | "items") {
        // The list of chroots is a flat object in which clients look for these two keys.
        return Err(Refusal::invalid(format!("a chroot can not be called `{name}`")));
    }
    let mut tx = app.db.begin().await?;
    copr_db::chroot::put(&mut tx, name, definition, enable, app.clock.now()).await?;
    if enable {
        copr_db::chroot::set_enabled(&mut tx, name.as_str(), true).await?;
    }
    tx.ring(copr_db::Topic::Publish);
    Ok(tx.commit().await?)
}

/// Switches a chroot on or off.
pub async fn set_enabled(app: &App, name: &str, enabled: bool) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    if !copr_db::chroot::set_enabled(&mut tx, name, enabled).await? {
        return Err(Refusal::not_found(format!("Chroot {name} does not exist")));
    }
    Ok(tx.commit().await?)
}

/// Ends the life of a chroot: it is switched off, and what was still to be built there is canceled with a reason. Returns
/// how many builds that were.
pub async fn retire(app: &App, name: &str) -> Result<usize, Refusal> {
    set_enabled(app, name, false).await?;
    let chroot = find(app, name).await?;
    let reason = format!("Chroot '{name}' has been EOLed");
    let mut count = 0;
    for id in copr_db::build::unfinished_in_chroot(&mut app.db.read().await?, chroot.id).await? {
        let mut tx = app.db.begin().await?;
        let shown = match build::load(&mut tx, id).await {
            Err(refusal) if refusal.kind == Kind::NotFound => continue,
            shown => shown?,
        };
        for one in shown.chroots.iter().filter(|one| one.chroot_id == chroot.id) {
            count += usize::from(build::stop_chroot(app, &mut tx, one, &reason).await?);
        }
        tx.commit().await?;
    }
    Ok(count)
}
