//! The monitor of a project.

use super::answer::{Answer, Done};
use super::path::At;
use super::show;
use crate::Web;
use axum::extract::State;
use copr_app::{build, monitor};
use copr_db::build_chroot::Monitored;
use copr_wire::v1::{Monitor, MonitoredBuild, MonitoredPackage};
use std::collections::BTreeMap;

/// `GET /coprs/{owner}/{project}/monitor/`
pub async fn show(State(web): State<Web>, At((owner, name)): At<(String, String)>) -> Answer<Monitor> {
    let (project, rows, builds) = monitor::with_builds(&web.app, &owner, &name).await?;
    let ids: Vec<_> = builds.iter().map(|one| one.build.id).collect();
    let produced = build::produced(&web.app, &ids).await?;
    Ok(Done(Monitor {
        packages: packages(&project.chroots, rows),
        chroots: project.chroots,
        builds: builds.iter().map(|one| show::build(&web, one, &produced)).collect(),
    }))
}

/// The packages of rows that come by package. Where one was never built there is nothing.
fn packages(chroots: &[String], rows: Vec<Monitored>) -> Vec<MonitoredPackage> {
    let nowhere = || chroots.iter().map(|chroot| (chroot.clone(), None)).collect::<BTreeMap<_, _>>();
    let (mut packages, mut newest) = (Vec::<MonitoredPackage>::new(), 0);
    for row in rows {
        if packages.last().is_none_or(|last| last.pkg_name != row.package) {
            packages.push(MonitoredPackage { pkg_name: row.package, pkg_version: None, results: nowhere() });
            newest = 0;
        }
        let Some(package) = packages.last_mut() else { continue };
        if row.build_id.0 > newest {
            newest = row.build_id.0;
            package.pkg_version.clone_from(&row.version);
        }
        let status = row.state.on_the_wire().to_owned();
        let result = MonitoredBuild { build_id: row.build_id.0, status, pkg_version: row.version };
        package.results.insert(row.chroot.to_string(), Some(result));
    }
    packages
}
