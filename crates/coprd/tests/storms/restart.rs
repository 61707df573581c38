//! Ends that were asked for.

use crate::stage::{Stage, launch, told};
use copr_testkit::run;

#[test]
fn a_service_that_is_told_to_end_ends_and_comes_back_with_everything() {
    let mut stage = Stage::set(launch());
    let project = stage.project("kept");
    let srpm = stage.srpm("hello-noarch");
    let build = told(&stage, project.submit(&srpm));
    told(&stage, project.succeeds(build));

    let status = stage.service.terminate().unwrap();
    assert!(status.success(), "{status}\n{}", stage.service.log_tail());
    stage.service.start_again().unwrap();

    told(&stage, project.succeeds(build));
    let again = told(&stage, project.submit(&srpm));
    told(&stage, project.succeeds(again));
}

#[test]
fn a_second_service_on_the_same_data_is_refused() {
    let stage = Stage::set(launch());
    let mut second = copr_testkit::command(stage.service.binary());
    second.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(stage.service.data_dir());
    let done = run::tried(&mut second).unwrap();
    assert!(!done.status.success());
    let said = run::both(&done);
    assert!(said.contains("another `coprd serve` works on") && said.contains("hint:"), "{said}");
}
