//! GitLab, and people's own git servers.

use super::{BEFORE, COMMIT, GONE, Hooked, commit};
use crate::server::Server;
use serde_json::{Value, json};

const URL: &str = "https://gitlab.com/ada/engine.git";
const PUSH: &[(&str, &str)] = &[("x-gitlab-event", "Push Hook"), ("content-type", "application/json")];
const TAG: &[(&str, &str)] = &[("x-gitlab-event", "Tag Push Hook"), ("content-type", "application/json")];

fn push(kind: &str, git_ref: &str, commits: &[Value]) -> Value {
    json!({
        "object_kind": kind, "event_name": kind, "before": BEFORE, "after": COMMIT, "ref": git_ref,
        "ref_protected": true, "checkout_sha": COMMIT, "user_id": 4, "user_name": "Ada Lovelace", "user_username": "ada",
        "project_id": 15,
        "project": {
            "id": 15, "name": "engine", "web_url": "https://gitlab.com/ada/engine",
            "git_ssh_url": "git@gitlab.com:ada/engine.git", "git_http_url": URL, "namespace": "ada",
            "path_with_namespace": "ada/engine", "default_branch": "main", "url": "git@gitlab.com:ada/engine.git",
        },
        "commits": commits, "total_commits_count": commits.len(),
        "repository": {"name": "engine", "url": "git@gitlab.com:ada/engine.git", "git_http_url": URL},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_and_tags_build_the_right_packages() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({"committish": "main"})).await;
        hooked.package("below", "ssh://git@gitlab.com/ada/engine", json!({"subdirectory": "rpm"})).await;
        hooked.package("other", "https://gitlab.com/ada/other.git", json!({})).await;
        let change = |file| [commit(COMMIT, &[], &[], &[file])];
        hooked.report("gitlab", PUSH, &push("push", "refs/heads/main", &change("src/a"))).await;
        assert_eq!(hooked.built().await, [format!("engine {COMMIT}")]);
        let build = &hooked.builds().await[0].build;
        assert_eq!(build.submitted_by.as_deref(), Some("gitlab.com:ada"));
        assert_eq!(build.scm_object_url, Some(format!("https://gitlab.com/ada/engine/-/commit/{COMMIT}")));
        hooked.report("gitlab", PUSH, &push("push", "refs/heads/dev", &change("rpm/a"))).await;
        assert_eq!(hooked.built().await[1..], [format!("below {COMMIT}")]);
        hooked.report("gitlab", TAG, &push("tag_push", "refs/tags/below-1.0", &[])).await;
        assert_eq!(hooked.built().await[2..], ["below below-1.0"]);
        let named = hooked.door("gitlab", "engine");
        let tag = push("tag_push", "refs/tags/releases/2026", &[]).to_string();
        assert_eq!(hooked.call(&named, TAG, tag).await, (200, "OK".to_owned()));
        assert_eq!(hooked.built().await[3..], ["engine releases/2026"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_commits_than_are_told_may_have_changed_anything() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({"subdirectory": "rpm"})).await;
    let twenty = vec![commit(COMMIT, &["src/a"], &[], &[]); 20];
    let mut payload = push("push", "refs/heads/main", &twenty);
    hooked.report("gitlab", PUSH, &payload).await;
    assert_eq!(hooked.built().await.len(), 0);
    payload["total_commits_count"] = json!(21);
    hooked.report("gitlab", PUSH, &payload).await;
    assert_eq!(hooked.built().await.len(), 1);
    // Old versions name no files at all.
    payload["ref"] = json!("refs/heads/old");
    (payload["commits"], payload["total_commits_count"]) = (json!([{"id": COMMIT, "message": "x"}]), json!(1));
    hooked.report("gitlab", PUSH, &payload).await;
    assert_eq!(hooked.built().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_git_server_of_ones_own_sends_what_it_knows() {
    for hooked in Hooked::on_each_engine().await {
        hooked
            .package(
                "engine",
                "https://git.example.org/engine.git",
                json!({"committish": "main", "subdirectory": "rpm"}),
            )
            .await;
        let sent = |git_ref: &str, more: Value| {
            let mut body = json!({"ref": git_ref, "project": {"git_http_url": "https://git.example.org/engine.git"}});
            for (key, value) in more.as_object().expect("an object") {
                body[key] = value.clone();
            }
            body
        };
        let json = &[("content-type", "application/json")][..];
        hooked.report("gitlab", json, &sent("refs/heads/main", json!({"after": COMMIT, "user_username": "ada"}))).await;
        hooked.report("gitlab", json, &sent("refs/heads/dev", json!({"after": COMMIT}))).await;
        hooked
            .report("gitlab", json, &sent("refs/tags/engine-1.0", json!({"object_kind": "push", "after": COMMIT})))
            .await;
        let expected = [format!("engine {COMMIT}"), "engine engine-1.0".to_owned()];
        assert_eq!(hooked.built().await, expected);
        assert_eq!(hooked.builds().await[0].build.submitted_by.as_deref(), Some("git.example.org:ada"));
        // The least: the branch is built as it is then.
        hooked.package("least", "https://git.example.org/least.git", json!({})).await;
        let least = json!({"ref": "main", "project": {"git_http_url": "https://git.example.org/least.git"}});
        hooked.report("gitlab", json, &least).await;
        assert_eq!(hooked.built().await[2..], ["least main"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_or_no_push_builds_nothing() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    let mut gone = push("tag_push", "refs/tags/engine-1.0", &[]);
    (gone["before"], gone["after"], gone["checkout_sha"]) = (json!(COMMIT), json!(GONE), json!(null));
    let request = json!({"object_kind": "merge_request", "project": {"git_http_url": URL}, "object_attributes": {}});
    for (payload, reason) in [
        (gone, "a branch or tag was deleted"),
        (request, "GitLab's event `merge_request` builds nothing"),
        (push("push", "refs/heads/new", &[]), "`engine`: no file changed"),
    ] {
        hooked.report("gitlab", PUSH, &payload).await;
        assert_eq!(hooked.reason().await, reason);
    }
    for lacking in [
        json!({"ref": "refs/heads/main"}),
        json!({"ref": "main", "project": {}}),
        json!({"project": {"git_http_url": URL}}),
    ] {
        let answer = hooked.call(&hooked.door("gitlab", ""), PUSH, lacking.to_string()).await;
        assert_eq!(answer, (400, "Bad Request".to_owned()), "{lacking}");
    }
    assert_eq!(hooked.built().await, [""; 0]);
}
