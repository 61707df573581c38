//! Addresses that lead nowhere good.

use crate::stage::{Stage, Submitted, launch, link, upload};
use crate::web::Web;
use copr_types::FailureClass::{Infrastructure, Resource, User};
use copr_types::Phase::{Fetch, Srpm};
use serde_json::json;

fn spec(source: &str) -> Vec<u8> {
    format!(
        "Name: tiny\nVersion: 1\nRelease: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\nSource0: {source}\n\
         %description\nx\n%install\ninstall -Dm644 %{{SOURCE0}} %{{buildroot}}%{{_docdir}}/tiny/source\n\
         %files\n%{{_docdir}}/tiny\n"
    )
    .into_bytes()
}

#[test]
fn addresses_that_bring_nothing_fail_and_say_why() {
    // Where somebody else's server is at fault, a build is tried again later: not here, where that is half a minute.
    let stage = Stage::set(launch().setting("limits.file_mib", "32").setting("scheduler.max_attempts", "1"));
    let web = Web::of(stage.srpm("hello-noarch"));
    let project = stage.project("fetching");
    let mut all = Submitted::to(&stage, &project);
    let kinds = [
        "good", "404", "500", "page", "short", "huge", "negative", "loop", "to-file", "to-ftp", "to-cloud", "no-http",
        "endless", "headers", "hangs", "stalls",
    ];
    for kind in kinds {
        let options = if matches!(kind, "hangs" | "stalls") { json!({ "timeout": 3 }) } else { json!({}) };
        all.add(kind, link(&project, &web.url(&format!("{kind}/x.src.rpm")), options));
    }
    all.add("large letters", link(&project, &web.url("good/X.SRC.RPM?a=b#c"), json!({})));
    all.add("nobody there", link(&project, "http://127.0.0.1:1/x.src.rpm", json!({})));
    all.add("password", link(&project, &web.url_with("ada:lovelace", "404/x.src.rpm"), json!({})));
    all.add("source", upload(&project, "tiny.spec", &spec(&web.url("good/data.txt"))));
    all.add("SOURCE", upload(&project, "TINY.SPEC", &spec(&web.url("good/data.txt"))));
    all.add("no source", upload(&project, "tiny.spec", &spec(&web.url("404/data.txt"))));
    all.add("local source", upload(&project, "tiny.spec", &spec("data.txt")));
    all.add("file source", upload(&project, "tiny.spec", &spec("file:///etc/passwd")));

    for good in ["good", "large letters", "source", "SOURCE"] {
        all.end(good).succeeded();
    }
    all.failed("404", User, Fetch, &["404 Not Found", "404/x.src.rpm"]);
    all.failed("500", Infrastructure, Fetch, &["500 Internal Server Error"]);
    all.failed("page", User, Srpm, &["not an RPM package"]);
    all.failed("short", Infrastructure, Fetch, &["could not be fetched"]);
    all.failed("huge", Resource, Fetch, &["larger than the limit of 32 MiB"]);
    all.failed("negative", Infrastructure, Fetch, &["content-length"]);
    all.failed("loop", User, Fetch, &["more than 10 redirects"]);
    all.failed("to-file", User, Fetch, &["`file:///etc/passwd`", "only http and https"]);
    all.failed("to-ftp", User, Fetch, &["only http and https"]);
    all.failed("to-cloud", User, Fetch, &["169.254.169.254"]);
    all.failed("no-http", Infrastructure, Fetch, &["could not be fetched"]);
    all.failed("endless", Resource, Fetch, &["larger than the limit of 32 MiB"]);
    all.failed("headers", Infrastructure, Fetch, &["could not be fetched"]);
    all.failed("hangs", Resource, Fetch, &["3 s"]);
    all.failed("stalls", Resource, Fetch, &["3 s"]);
    all.failed("nobody there", Infrastructure, Fetch, &["Connection refused"]);
    all.failed("no source", User, Fetch, &["data.txt", "404 Not Found"]);
    all.failed("local source", User, Fetch, &["`data.txt`", "hint:"]);
    all.failed("file source", User, Fetch, &["only http and https"]);

    // Anybody may read logs, pages and answers: what an address needs to be opened is for the builder alone.
    all.failed("password", User, Fetch, &["404 Not Found", "://…@127.0.0.1"]);
    let shown = project.build(all.end("password").build).expect("the build").to_string();
    assert!(shown.contains("://…@127.0.0.1") && !shown.contains("lovelace"), "{shown}");
    assert!(!all.end("password").log().contains("lovelace"));
    assert!(!stage.log().contains("lovelace"));
    stage.still_builds(&project);
}
