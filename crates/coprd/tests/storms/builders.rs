//! Two builders for one server, neither of them part of it.

use crate::stage::{Stage, launch, told, until};
use copr_testkit::builder::{Account, Builder};
use copr_testkit::http::Client;
use copr_testkit::project::Project;
use copr_testkit::service::block;
use copr_testkit::{run, tiny_srpm};

/// Any user that owns nothing: the kernel asks for no name.
const NOBODY_IN_PARTICULAR: u32 = 61_234;

/// A project of a new user.
fn project_of(stage: &Stage, user: &str) -> Project {
    let settings = block(&told(stage, stage.service.admin(&["user", "create", user]))).expect("a [copr-cli] block");
    let client = Client::new(stage.service.address()).with_token(&settings["login"], &settings["token"]);
    told(stage, Project::create_as(client, user, "work", &stage.distribution.chroot))
}

/// Who took a chroot of a build, once for each lease, as the server noted.
fn takers(stage: &Stage, project: &Project, build: u64, package: &str) -> Vec<String> {
    let log = stage.server_log(&project.repository(&stage.service).join(format!("{build:08}-{package}")));
    let taken = log.lines().filter_map(|line| line.split_once("leased by builder ")?.1.split_whitespace().next());
    taken.map(str::to_owned).collect()
}

#[test]
fn two_builders_share_the_work_of_three_owners_and_build_nothing_twice() {
    let stage = Stage::set_for_all_users(launch().argument("--no-builder"));
    let root = run::is_root();
    let second = if root { Account::Unprivileged(NOBODY_IN_PARTICULAR) } else { Account::Own };
    if !root {
        eprintln!("SKIPPED: a builder of another user, because this test does not run as root");
    }
    let mut first = Builder::start(&stage.service, "b1", &stage.path("b1"), Account::Own).unwrap();
    let mut second = Builder::start(&stage.service, "b2", &stage.path("b2"), second).unwrap();
    let packages = ["one", "two", "three", "four"].map(|name| (name, tiny_srpm(name, "sleep 1", &stage.path("srpms"))));

    let mut builds = Vec::new();
    for owner in ["ada", "bob", "cy"] {
        let project = project_of(&stage, owner);
        for (name, srpm) in &packages {
            builds.push((project.clone(), told(&stage, project.submit(srpm)), *name));
        }
    }

    let mut workers = Vec::new();
    for (project, build, name) in &builds {
        told(&stage, project.succeeds(*build));
        let takers = takers(&stage, project, *build, name);
        assert_eq!(takers.len(), 1, "build {build} of {}: {takers:?}", project.owner);
        workers.extend(takers);
    }
    for builder in [&mut first, &mut second] {
        builder.must_run().unwrap();
        let share = workers.iter().filter(|worker| *worker == builder.name()).count();
        assert!(share > 0, "{} did nothing; the work was done by {workers:?}\n{}", builder.name(), builder.log());
    }
    for (project, ..) in builds.iter().step_by(packages.len()) {
        assert_eq!(stage.whole_repository(project).len(), packages.len());
    }
}

#[test]
fn what_a_killed_builder_held_is_built_by_another_and_its_log_is_kept() {
    let stage = Stage::set(launch().argument("--no-builder").setting("scheduler.lease_seconds", "5"));
    let mut doomed = Builder::start(&stage.service, "doomed", &stage.path("b1"), Account::Own).unwrap();
    let project = stage.project("handed-over");
    let srpm = tiny_srpm("patient", "echo the build has begun; sleep 3", &stage.path("srpms"));
    let build = told(&stage, project.submit(&srpm));
    let results = project.repository(&stage.service).join(format!("{build:08}-patient"));
    let begun =
        |log: &str| std::fs::read_to_string(results.join(log)).unwrap_or_default().contains("\nthe build has begun");
    until(&stage, "rpmbuild runs", || begun("builder-live.log"));

    doomed.kill().unwrap();
    let _other = Builder::start(&stage.service, "other", &stage.path("b2"), Account::Own).unwrap();

    told(&stage, project.succeeds(build));
    assert_eq!(takers(&stage, &project, build, "patient"), ["doomed", "other"]);
    assert!(begun("prev_build_backup/builder-live.log"), "the log of the first attempt is not there");
    assert_eq!(stage.whole_repository(&project), ["patient".to_owned()].into());
}

#[test]
fn a_builder_that_is_told_to_end_gives_its_task_back_at_once() {
    // So long that nobody would notice a lost builder within the story.
    let stage = Stage::set(launch().argument("--no-builder").setting("scheduler.lease_seconds", "3600"));
    let mut leaving = Builder::start(&stage.service, "leaving", &stage.path("b1"), Account::Own).unwrap();
    let project = stage.project("given-back");
    let srpm = tiny_srpm("patient", "echo the build has begun; sleep 3", &stage.path("srpms"));
    let build = told(&stage, project.submit(&srpm));
    told(&stage, project.wait_for(build, &["running"]));

    let status = leaving.terminate().unwrap();
    assert!(status.success(), "{status}\n{}", leaving.log());
    let _other = Builder::start(&stage.service, "other", &stage.path("b2"), Account::Own).unwrap();

    told(&stage, project.succeeds(build));
}
