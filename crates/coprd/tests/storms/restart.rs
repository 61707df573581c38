//! Ends that were asked for.

use crate::stage::{Stage, launch, told};

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
