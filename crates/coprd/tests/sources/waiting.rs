//! Sources that nobody here can make.

use crate::stage::{Stage, launch};

#[test]
fn a_source_that_no_builder_can_make_waits_and_says_why() {
    let stage = Stage::set(launch());
    if copr_testkit::find("gem2rpm").is_some() {
        eprintln!("skipped: this machine has gem2rpm");
        return;
    }
    let build = stage.cli().submit_by("buildgem", &["--gem", "rake"]).expect("it is taken");
    let waiting = stage.service.admin(&["task", "list"]).expect("a list");
    assert!(waiting.contains("no builder with gem2rpm is there"), "{waiting}");
    let builders = stage.service.admin(&["builder", "list"]).expect("a list");
    assert!(builders.contains("git svn"), "{builders}");
    // Others go past it.
    stage.forge.publish(&crate::stage::repository("hello-noarch", ""), "hello.git");
    stage.makes("buildscm", &["--clone-url", &stage.forge.smart("hello.git")]);
    let client = stage.service.client().expect("a client");
    let shown = client.get(&format!("/api_3/build/{build}")).expect("an answer").json().expect("the build");
    assert_eq!(shown["state"], "pending");
}
