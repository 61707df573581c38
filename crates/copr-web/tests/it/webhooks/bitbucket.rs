//! Bitbucket Cloud.

use super::{COMMIT, Hooked};
use crate::server::Server;
use serde_json::{Value, json};

const URL: &str = "https://bitbucket.org/ada/engine.git";
const PUSH: &[(&str, &str)] = &[
    ("x-event-key", "repo:push"),
    ("x-hook-uuid", "{hook}"),
    ("content-type", "application/json"),
    ("user-agent", "Bitbucket-Webhooks/2.0"),
];

fn named(kind: &str, name: &str) -> Value {
    let html = format!("https://bitbucket.org/ada/engine/commits/{COMMIT}");
    json!({
        "new": {"type": kind, "name": name, "target": {"type": "commit", "hash": COMMIT, "links": {"html": {"href": html}}}},
        "old": null, "created": true, "closed": false, "forced": false, "truncated": false,
    })
}

fn gone(kind: &str, name: &str) -> Value {
    json!({"new": null, "old": {"type": kind, "name": name}, "created": false, "closed": true})
}

fn push(changes: &[Value]) -> Value {
    let page = "https://bitbucket.org/ada/engine";
    json!({
        "push": {"changes": changes},
        "repository": {
            "type": "repository", "full_name": "ada/engine", "name": "engine",
            "links": {"self": {"href": "https://api.bitbucket.org/2.0/repositories/ada/engine"}, "html": {"href": page}},
        },
        "actor": {"display_name": "Ada", "links": {"html": {"href": "https://bitbucket.org/%7Bada%7D/"}}},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_build_although_no_files_are_told() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({"committish": "main", "subdirectory": "rpm"})).await;
        hooked.package("tools", "https://ada@bitbucket.org/ada/engine", json!({"committish": "tools"})).await;
        hooked.package("other", "https://bitbucket.org/ada/other", json!({})).await;
        hooked.report("bitbucket", PUSH, &push(&[named("branch", "main")])).await;
        assert_eq!(hooked.built().await, [format!("engine {COMMIT}")]);
        let build = &hooked.builds().await[0].build;
        assert_eq!(build.submitted_by.as_deref(), Some("https://bitbucket.org/%7Bada%7D/"));
        assert_eq!(build.scm_object_url, Some(format!("https://bitbucket.org/ada/engine/commits/{COMMIT}")));
        // One call may tell of many changes.
        let many =
            push(&[gone("branch", "old"), named("branch", "tools"), named("tag", "tools-1.0"), named("tag", "x")]);
        hooked.report("bitbucket", PUSH, &many).await;
        assert_eq!(hooked.built().await[1..], [format!("tools {COMMIT}"), "tools tools-1.0".to_owned()]);
        let history = hooked.history().await;
        let lines: Vec<_> = history.iter().map(|call| (call["ref"].as_str(), call["outcome"].as_str())).collect();
        assert_eq!(
            lines,
            [
                (Some("refs/tags/x"), Some("nothing")),
                (Some("refs/tags/tools-1.0"), Some("built")),
                (Some("refs/heads/tools"), Some("built")),
                (Some("refs/heads/main"), Some("built")),
            ]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_no_push_builds_nothing() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    hooked.report("bitbucket", PUSH, &push(&[gone("branch", "main")])).await;
    assert_eq!(hooked.reason().await, "a branch or tag was deleted");
    let mut other = push(&[]);
    other.as_object_mut().expect("an object").remove("push");
    hooked.report("bitbucket", &[("x-event-key", "pullrequest:created")], &other).await;
    assert_eq!(hooked.reason().await, "Bitbucket's event `pullrequest:created` builds nothing");
    hooked.report("bitbucket", &[("x-event-key", "diagnostics:ping")], &json!({"test": true})).await;
    let bad = (400, "Bad Request".to_owned());
    assert_eq!(hooked.call(&hooked.door("bitbucket", ""), PUSH, other.to_string()).await, bad);
    assert_eq!(
        hooked.call(&hooked.door("bitbucket", ""), PUSH, json!({"push": {"changes": []}}).to_string()).await,
        bad
    );
    assert_eq!(hooked.built().await, [""; 0]);
}
