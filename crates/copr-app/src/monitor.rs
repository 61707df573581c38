//! The monitor: the newest build of each package in each chroot.

use crate::{App, Refusal, access};
use copr_db::build_chroot::Monitored;
use copr_db::project::Project;

/// The rows of one directory (the main one unless named), by package and chroot.
pub async fn monitor(
    app: &App,
    owner: &str,
    name: &str,
    dir: Option<&str>,
) -> Result<(Project, String, Vec<Monitored>), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let wanted = dir.filter(|dir| !dir.is_empty()).unwrap_or(project.name.as_str()).to_owned();
    let dir = copr_db::dir::by_name(&mut conn, project.id, &wanted).await?.ok_or_else(|| {
        Refusal::not_found(format!("Dirname '{wanted}' doesn't exist in '{}' copr", project.full_name()))
    })?;
    let rows = copr_db::build_chroot::monitor(&mut conn, project.id, dir.id).await?;
    Ok((project, wanted, rows))
}
