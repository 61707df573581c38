//! Builds and their tasks.

use super::{links, project_path, words};
use crate::Web;
use crate::api_v2::PREFIX;
use copr_app::Refusal;
use copr_app::build::Detailed;
use copr_db::build;
use copr_db::build_chroot::BuildChroot;
use copr_types::{BuildId, SourceKind, State};
use copr_wire::v2::{Build, BuildOne, BuildTask, BuildTaskOne, BuiltPackage, EmbeddedTask};
use serde_json::{Map, Value};

/// Where a build is.
pub fn path(id: BuildId) -> String {
    format!("{PREFIX}/builds/{id}")
}

/// Where the list of tasks is.
pub fn tasks_path() -> String {
    format!("{PREFIX}/build_tasks")
}

/// The word for a state. Clients of this version know no copies and nothing that waits.
fn word(state: State) -> &'static str {
    match state {
        State::Forking | State::Forked => State::Succeeded.as_str(),
        State::Waiting => State::Pending.as_str(),
        other => other.on_the_wire(),
    }
}

/// The states that a word of a request means: those that it is shown for, and those that version 3 shows it for.
pub fn task_states(said: &str) -> Result<Vec<State>, Refusal> {
    let said = if said == "cancelled" { State::Canceled.as_str() } else { said };
    let states = State::ALL.into_iter().filter(|state| word(*state) == said || state.on_the_wire() == said);
    let states: Vec<State> = states.collect();
    if states.is_empty() && said != "unknown" {
        return Err(Refusal::field("state", format!("There is no state `{said}`.")));
    }
    Ok(states)
}

/// Kind of a build's source, and what that kind needs: as the documents show them for addresses and uploads.
fn source(build: &build::Build) -> (&'static str, Map<String, Value>) {
    let mut stored: Map<String, Value> = serde_json::from_str(&build.source).unwrap_or_default();
    let mut only = |keys: &[&str]| keys.iter().filter_map(|key| stored.remove_entry(*key)).collect();
    match build.source_kind {
        SourceKind::Link => ("srpm_link", only(&["url"])),
        SourceKind::Upload => ("srpm_upload", only(&["tmp", "pkg"])),
        other => (other.as_str(), stored),
    }
}

/// A build.
pub fn build(detailed: &Detailed) -> BuildOne {
    let (shown, build) = (&detailed.shown, &detailed.shown.build);
    let (source_type, source_metadata) = source(build);
    let package = |(name, version): &(String, String)| BuiltPackage { name: name.clone(), version: version.clone() };
    let entity = Build {
        id: build.id.0,
        state: shown.state().map_or("unknown", word).to_owned(),
        submitter: build.submitter.clone().unwrap_or_default(),
        submitted_on: build.submitted_on,
        started_on: shown.started_on(),
        ended_on: shown.ended_on(),
        package_name: build.package.clone(),
        package_version: build.version.clone(),
        built_packages: detailed.packages.iter().map(package).collect(),
        repos: words(&build.repos),
        enable_net: build.enable_net,
        source_type: source_type.to_owned(),
        source_metadata,
    };
    let links = links([
        ("self", path(build.id)),
        ("project", project_path(build.project_id)),
        ("build_tasks", format!("{}?build_id={}", tasks_path(), build.id)),
    ]);
    BuildOne { build: entity, links, build_tasks: None }
}

/// A build with its tasks, by the names of their chroots.
pub fn build_with_tasks(web: &Web, detailed: &Detailed) -> BuildOne {
    let one = build(detailed);
    let mut chroots: Vec<&BuildChroot> = detailed.shown.chroots.iter().collect();
    chroots.sort_by(|a, b| a.name.cmp(&b.name));
    let embedded = |chroot: &BuildChroot| {
        let one = task(web, &detailed.shown.build, chroot);
        EmbeddedTask { tasks: one.build_task.clone(), one }
    };
    let itself = links([("self", format!("{}?show_build_tasks=True", path(detailed.shown.build.id)))]);
    let build_tasks = Some(chroots.into_iter().map(embedded).collect());
    BuildOne { links: one.links.into_iter().chain(itself).collect(), build_tasks, build: one.build }
}

/// A task: one chroot of a build.
pub fn task(web: &Web, build: &build::Build, chroot: &BuildChroot) -> BuildTaskOne {
    let place =
        |dir: &String| format!("{}/{}/{}/{}/{dir}", web.app.rules.results_url, build.owner, build.dir, chroot.name);
    let task = BuildTask {
        chroot_name: chroot.name.to_string(),
        build_id: build.id.0,
        state: word(chroot.state).to_owned(),
        started_on: chroot.started_on,
        ended_on: chroot.ended_on,
        git_hash: chroot.git_hash.clone(),
        result_dir_url: chroot.result_dir.as_ref().map(place),
    };
    let links = links([
        ("project", project_path(build.project_id)),
        ("build", path(build.id)),
        ("self", format!("{}/{}/{}", tasks_path(), build.id, chroot.name)),
    ]);
    BuildTaskOne { build_task: task, links }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_only_states_that_they_know_and_find_each_by_its_word() {
        let known = "failed succeeded canceled running pending skipped starting importing";
        for state in State::ALL {
            assert!(known.split(' ').any(|one| one == word(state)), "{state}");
            assert!(task_states(word(state)).expect("a state").contains(&state), "{state}");
        }
        for (said, states) in [
            ("forked", &[State::Forking, State::Forked][..]),
            ("waiting", &[State::Waiting]),
            ("cancelled", &[State::Canceled]),
            ("running", &[State::Running, State::Publishing]),
            ("unknown", &[]),
        ] {
            assert_eq!(task_states(said).expect("a state"), states, "{said}");
        }
        for said in ["", "publishing", "forking", "Succeeded", "x"] {
            assert!(task_states(said).is_err(), "{said}");
        }
    }
}
