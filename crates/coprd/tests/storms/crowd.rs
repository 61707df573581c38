//! Many at once.

use crate::stage::{Stage, launch, told};
use copr_testkit::tiny_srpm;
use std::collections::BTreeSet;

const BUILDS: usize = 30;

#[test]
fn thirty_builds_at_once_are_all_in_the_repository_and_readers_never_notice() {
    let stage = Stage::set(launch().setting("builder.workers", "2"));
    let project = stage.project("crowd");
    let mut reader = stage.reader(&project);
    let srpms: Vec<_> =
        (0..BUILDS).map(|number| tiny_srpm(&format!("tiny-{number:02}"), ":", &stage.path("srpms"))).collect();

    let builds: Vec<u64> = std::thread::scope(|scope| {
        let submitting: Vec<_> = srpms.iter().map(|srpm| scope.spawn(|| project.submit(srpm))).collect();
        submitting.into_iter().map(|one| told(&stage, one.join().unwrap())).collect()
    });
    for build in &builds {
        told(&stage, project.succeeds(*build));
    }

    told(&stage, reader.reads_once_more());
    let seen = told(&stage, reader.stop());
    assert_eq!((seen.absent, seen.packages as usize), (0, BUILDS));
    let names: BTreeSet<String> = (0..BUILDS).map(|number| format!("tiny-{number:02}")).collect();
    assert_eq!(stage.whole_repository(&project), names);
}
