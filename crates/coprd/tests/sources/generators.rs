//! tito.

use crate::stage::{Stage, launch, program_spec};
use copr_testkit::forge::Repository;
use copr_testkit::{GENERATORS, command, output};

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

#[test]
fn tito_builds_the_last_tag_and_the_last_commit() {
    let tools = GENERATORS.place();
    let stage = Stage::set(launch().setting("builder.tools_dir", tools.to_str().expect("a path")));
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
