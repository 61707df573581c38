//! The monitor: the newest build of each package in each chroot.

use crate::build::{self, Shown};
use crate::{App, Refusal, access, project};
use copr_db::build_chroot::Monitored;
use copr_db::project::Project;
use copr_types::BuildId;
use std::collections::BTreeSet;

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

/// A project, the rows of its main directory, and the builds that they are about, newest first.
pub async fn with_builds(
    app: &App,
    owner: &str,
    name: &str,
) -> Result<(project::Shown, Vec<Monitored>, Vec<Shown>), Refusal> {
    let project = project::find(app, owner, name).await?;
    let (_, _, rows) = monitor(app, owner, name, None).await?;
    let named: BTreeSet<BuildId> = rows.iter().map(|row| row.build_id).collect();
    let named: Vec<BuildId> = named.into_iter().collect();
    let mut conn = app.db.read().await?;
    let mut builds = copr_db::build::by_ids(&mut conn, &named).await?;
    builds.sort_unstable_by_key(|build| std::cmp::Reverse(build.id));
    Ok((project, rows, build::show(&mut conn, builds).await?))
}
