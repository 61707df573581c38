//! tito, and rpmautospec.

use crate::stage::{Stage, launch, program_spec};
use copr_testkit::forge::Repository;
use copr_testkit::service::Launch;
use copr_testkit::{GENERATORS, command, output};

/// More commits than are cloned of a repository at first.
const COMMITS: usize = 502;

/// tito as a packager runs it.
fn tito(repository: &Repository, arguments: &[&str]) {
    let mut tito = command(GENERATORS.program("tito"));
    tito.current_dir(repository.path())
        .args(arguments)
        .env("EDITOR", "true")
        .env("HOME", repository.path().join(".git"));
    for (number, (key, value)) in [("user.name", "Ada"), ("user.email", "ada@example.org")].iter().enumerate() {
        tito.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    output(tito.env("GIT_CONFIG_COUNT", "2"));
}

fn with_generators() -> Launch {
    launch().setting("builder.tools_dir", GENERATORS.place().to_str().expect("a path"))
}

#[test]
fn tito_builds_the_last_tag_and_the_last_commit() {
    let stage = Stage::set(with_generators());
    let mut repository = Repository::new();
    repository.write("tagged.spec", program_spec("tagged", "1.0", "Source0: %{name}-%{version}.tar.gz"));
    repository.write("tagged", "#!/bin/sh\necho tagged\n").commit("A program");
    tito(&repository, &["init"]);
    tito(&repository, &["tag", "--keep-version", "--accept-auto-changelog"]);
    repository.write("tagged", "#!/bin/sh\necho later\n").commit("Later");
    stage.forge.publish(&repository, "tagged.git");
    let url = stage.forge.smart("tagged.git");
    let build = stage.makes("buildscm", &["--clone-url", &url, "--method", "tito"]);
    assert_eq!(stage.version_of(build), "tagged 1.0-1");
    let build = stage.makes("buildscm", &["--clone-url", &url, "--method", "tito_test"]);
    assert!(stage.version_of(build).starts_with("tagged 1.0-1.git.1."), "{}", stage.version_of(build));
    let root = stage.installs(&["tagged"]);
    let program = std::fs::read_to_string(root.join("usr/bin/tagged")).expect("the program");
    assert!(program.contains("later"), "{program}");
}

/// A dist-git in which the release and the changelog of `counted` are made from more commits than are cloned at first.
fn counted(stage: &Stage) -> [&'static str; 6] {
    let spec =
        program_spec("counted", "1.0", "Source0: counted").replace("Release: 1%{?dist}", "Release: %autorelease");
    let spec = spec.replace("%setup -q", "cp %{SOURCE0} .").replace("%changelog\n", "%changelog\n%autochangelog\n");
    let mut repository = Repository::new();
    repository.write("counted.spec", spec).write("counted", "#!/bin/sh\necho counted\n").commit("Begin to count");
    for number in 2..=COMMITS {
        let message = format!("Count to {number}");
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", &message]);
    }
    stage.forge.publish(&repository, "rpms/counted");
    ["--name", "counted", "--distgit", "own", "--namespace", "rpms"]
}

#[test]
fn releases_and_changelogs_of_a_dist_git_are_made_from_its_commits() {
    let stage = Stage::set(with_generators());
    let build = stage.makes("build-distgit", &counted(&stage));
    assert_eq!(stage.version_of(build), format!("counted 1.0-{COMMITS}"));
    let root = stage.installs(&["counted"]);
    let mut rpm = command("rpm");
    rpm.arg("--root").arg(&root).args(["--dbpath", "/var/lib/rpm", "-q", "--changelog", "counted"]);
    let told = output(&mut rpm);
    for words in ["Count to 3\n", "Count to 501\n", "Begin to count\n"] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn a_builder_without_what_counts_commits_says_so() {
    let stage = Stage::set(launch());
    let build = stage.cli().submit_by("build-distgit", &counted(&stage)).expect("it is taken");
    stage.ends(build, "failed");
    let logs = stage.cli().all_logs(build);
    assert!(logs.contains("this builder lacks `rpmautospec`"), "{logs}");
    assert!(logs.contains("infrastructure"), "{logs}");
}
