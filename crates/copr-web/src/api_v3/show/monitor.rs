//! The monitor.

use crate::Web;
use copr_db::build_chroot::Monitored;
use copr_db::project::Project;
use copr_types::State;
use copr_wire::v3::{Monitor, MonitoredChroot, MonitoredPackage};

/// The monitor of one directory; `rows` come by package.
pub fn monitor(web: &Web, project: &Project, dir: &str, rows: Vec<Monitored>, asked: &[&str]) -> Monitor {
    let base = format!("{}/{}/{dir}", web.app.rules.results_url, project.owner);
    let mut packages: Vec<MonitoredPackage> = Vec::new();
    for row in rows {
        let log = |name: &str, live: &[State]| log_url(&base, &row, name, live);
        let chroot = MonitoredChroot {
            state: row.state.on_the_wire().to_owned(),
            status: row.state.number(),
            build_id: row.build_id.0,
            url_build_log: asked
                .contains(&"url_build_log")
                .then(|| log("builder-live.log", &[State::Running, State::Publishing])),
            url_backend_log: asked
                .contains(&"url_backend_log")
                .then(|| log("backend.log", &[State::Starting, State::Running, State::Publishing])),
            pkg_version: row.version.clone(),
        };
        let name = row.chroot.to_string();
        match packages.last_mut().filter(|last| last.name == row.package) {
            Some(last) => {
                last.chroots.insert(name, chroot);
            }
            None => packages.push(MonitoredPackage { name: row.package, chroots: [(name, chroot)].into() }),
        }
    }
    let message = "Project monitor request successful".to_owned();
    Monitor { output: "ok".to_owned(), message, packages }
}

/// Address of a log: as it is while the builder writes it, compressed after the end; none while there is none.
fn log_url(base: &str, row: &Monitored, name: &str, live: &[State]) -> Option<String> {
    let dir = format!("{base}/{}/{}", row.chroot, row.result_dir.as_ref()?);
    match row.state {
        state if live.contains(&state) => Some(format!("{dir}/{name}")),
        State::Failed | State::Succeeded | State::Canceled => Some(format!("{dir}/{name}.gz")),
        _ => None,
    }
}
