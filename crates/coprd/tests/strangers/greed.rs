//! Packages that want all of the machine.

use crate::stage::{Stage, Submitted, launch, upload_with};
use copr_types::FailureClass::Resource;
use copr_types::Phase::{Build, Srpm};
use serde_json::json;

#[test]
fn greedy_packages_reach_their_limits_and_harm_nobody() {
    let limited = launch()
        .setting("limits.memory_mib", "512")
        .setting("limits.processes", "200")
        .setting("limits.disk_mib", "300")
        .setting("limits.log_mib", "4");
    let stage = Stage::set(limited);
    let project = stage.project("greed");
    let mut all = Submitted::to(&stage, &project);
    for name in ["endless", "fork-bomb", "disk-filler", "memory-hog", "log-flood"] {
        let timeout = if name == "endless" { 5 } else { 120 };
        all.add(name, upload_with(&project, "x.src.rpm", &stage.srpm(name), json!({ "timeout": timeout })));
    }
    // Macros run programs when a spec file is but read.
    let spec = |value: &str| format!("%global x {value}\nName: x\nSource0: y\n").into_bytes();
    let endless = spec("%{lua: while true do end}");
    all.add("endless macro", upload_with(&project, "loop.spec", &endless, json!({ "timeout": 3 })));
    let large = spec("%(head -c 3000000000 /dev/zero | tr '\\0' a)");
    all.add("large macro", upload_with(&project, "large.spec", &large, json!({})));

    all.failed("endless", Resource, Build, &["5 seconds"]);
    all.failed("fork-bomb", Resource, Build, &["more processes than its limit of 200"]);
    all.failed("disk-filler", Resource, Build, &["limit of 300 MiB to disk"]);
    all.failed("memory-hog", Resource, Build, &["more memory than its limit of 512 MiB"]);
    all.failed("log-flood", Resource, Build, &["log grew past its limit of 4 MiB"]);
    all.failed("endless macro", Resource, Srpm, &["3 seconds"]);
    all.failed("large macro", Resource, Srpm, &["memory"]);
    assert!(all.end("log-flood").log().len() < 6 << 20, "the log that is kept is not much longer than its limit");
    assert!(all.end("endless").log().contains("waiting forever"), "what was logged before is there");
    stage.still_builds(&project);
}
