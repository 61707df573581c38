//! Forgejo and Gitea.

use super::{BEFORE, COMMIT, GONE, Hooked, commit};
use crate::server::Server;
use serde_json::{Value, json};

const URL: &str = "https://codeberg.org/ada/engine.git";
const FORGEJO: &[(&str, &str)] = &[
    ("x-forgejo-event", "push"),
    ("x-gitea-event", "push"),
    ("x-github-event", "push"),
    // Both send these when they are told no secret.
    ("x-hub-signature-256", "sha256="),
    ("x-gitea-signature", ""),
    ("content-type", "application/json"),
];
const GITEA: &[(&str, &str)] = &[("x-gitea-event", "push"), ("content-type", "application/json")];

fn push(git_ref: &str, commits: &[Value]) -> Value {
    json!({
        "ref": git_ref, "before": BEFORE, "after": COMMIT, "compare_url": "https://codeberg.org/ada/engine/compare/a...b",
        "commits": commits, "total_commits": commits.len(), "head_commit": commits.last(),
        "repository": {
            "id": 140, "name": "engine", "full_name": "ada/engine", "html_url": "https://codeberg.org/ada/engine",
            "ssh_url": "ssh://git@codeberg.org/ada/engine.git", "clone_url": URL, "default_branch": "main",
        },
        "pusher": {"login": "ada"},
        "sender": {"id": 1, "login": "ada", "html_url": "https://codeberg.org/ada"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_of_branches_and_tags_build_the_right_packages() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({"committish": "main"})).await;
        hooked.package("below", "ssh://git@codeberg.org/ada/engine.git", json!({"subdirectory": "rpm"})).await;
        let change = |file| [commit(COMMIT, &[file], &[], &[])];
        hooked.report("forgejo", FORGEJO, &push("refs/heads/main", &change("src/a"))).await;
        assert_eq!(hooked.built().await, [format!("engine {COMMIT}")]);
        let build = &hooked.builds().await[0].build;
        assert_eq!(build.submitted_by.as_deref(), Some("https://codeberg.org/ada"));
        assert_eq!(build.scm_object_url, Some(format!("https://codeberg.org/ada/engine/commit/{COMMIT}")));
        hooked.report("forgejo", GITEA, &push("refs/tags/below-1.0", &[])).await;
        assert_eq!(hooked.built().await[1..], ["below below-1.0"]);
        // Fewer commits are told than there are.
        let mut many = push("refs/heads/dev", &change("src/a"));
        hooked.report("forgejo", GITEA, &many).await;
        assert_eq!(hooked.built().await.len(), 2);
        many["total_commits"] = json!(9);
        hooked.report("forgejo", GITEA, &many).await;
        assert_eq!(hooked.built().await[2..], [format!("below {COMMIT}")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_no_push_builds_nothing() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    let mut gone = push("refs/heads/main", &[]);
    gone["after"] = json!(GONE);
    hooked.report("forgejo", FORGEJO, &gone).await;
    assert_eq!(hooked.reason().await, "a branch or tag was deleted");
    let created = json!({"ref": "engine-1.0", "ref_type": "tag", "repository": {"clone_url": URL}});
    hooked.report("forgejo", &[("x-gitea-event", "create")], &created).await;
    assert_eq!(hooked.reason().await, "the event `create` builds nothing; tags come as `push`, too");
    let answer = hooked.call(&hooked.door("forgejo", ""), &[], gone.to_string()).await;
    assert_eq!(answer, (400, "Bad Request".to_owned()));
    assert_eq!(hooked.built().await, [""; 0]);
}
