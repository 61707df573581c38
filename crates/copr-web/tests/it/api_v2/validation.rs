//! What is said about projects, chroots and builds, and whether it is fine: the cases of the last server's own tests, and
//! more of their kind.

use super::{SRPM, get, post, project, put};
use crate::server::{EPEL, FEDORA, OLD, Server};
use serde_json::{Value, json};

/// A body with one key changed.
fn with(body: &Value, key: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[key] = value;
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn t22_projects_that_are_refused() {
    let server = Server::start().await;
    let good = json!({"name": "tools", "chroots": [FEDORA]});
    for (key, value) in [
        ("repos", json!("foobar")),
        ("repos", json!(1)),
        ("repos", json!(["ftp://x.example/"])),
        ("repos", json!([1])),
        ("contact", json!("adsg")),
        ("contact", json!("1")),
        ("contact", json!(1)),
        ("homepage", json!("sdg")),
        ("homepage", json!(1)),
        ("name", json!(null)),
        ("name", json!("")),
        ("name", json!("3abc")),
        ("name", json!("a b")),
        ("name", json!("-a")),
        ("name", json!("_a")),
        ("name", json!("žluť")),
        ("name", json!(["a"])),
        ("name", json!("x".repeat(101))),
        ("chroots", json!("x")),
        ("chroots", json!("")),
        ("chroots", json!({"a": 1})),
        ("chroots", json!([null])),
        ("chroots", json!(["fedora-1-x86_64"])),
        ("chroots", json!([OLD])),
        ("description", json!(1)),
        ("instructions", json!([])),
        ("disable_createrepo", json!("maybe")),
        ("build_enable_net", json!(2)),
        ("group", json!(1)),
    ] {
        let answer = post(&server, "/api_2/projects", with(&good, key, value.clone())).await;
        let text = answer.refusal(400);
        assert!(text.starts_with(&format!("{key}: ")), "{key} {value}: {text}");
        let data = answer.json["data"].as_object().expect("fields");
        let of_key = data.get(key).and_then(Value::as_array).map(Vec::len);
        assert_eq!((data.len(), of_key), (1, Some(1)), "{key} {value}: {data:?}");
    }
    assert_eq!(get(&server, "/api_2/projects").await.ok()["projects"], json!([]));
    post(&server, "/api_2/projects", with(&good, "group", json!("nobodys"))).await.refusal(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn t22_projects_that_are_fine() {
    let server = Server::start().await;
    for (count, (key, value)) in [
        ("repos", json!([])),
        ("repos", json!(null)),
        ("contact", json!("")),
        ("contact", json!(null)),
        ("contact", json!("foo@bar.com")),
        ("contact", json!("http://example.com/me")),
        ("homepage", json!(null)),
        ("homepage", json!("http://example.com")),
        ("chroots", json!([])),
        ("chroots", json!(null)),
        ("description", json!(null)),
        ("disable_createrepo", json!("True")),
        ("group", json!(null)),
        ("group", json!("")),
    ]
    .into_iter()
    .enumerate()
    {
        let body = with(&json!({"name": format!("p{count}"), "chroots": [FEDORA]}), key, value);
        post(&server, "/api_2/projects", body).await.made(&server);
    }
    for name in ["asdas-asdf", "a.b_c-d", "X", "příliš"] {
        post(&server, "/api_2/projects", json!({"name": name})).await.made(&server);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_wrong_fields_are_told_at_once() {
    let server = Server::start().await;
    let answer = post(&server, "/api_2/projects", json!({"name": 1, "repos": "x", "chroots": "y"})).await;
    let data = &answer.json["data"];
    for key in ["name", "repos", "chroots"] {
        assert_eq!(data[key].as_array().map(Vec::len), Some(1), "{key}: {data}");
    }
    assert_eq!(answer.refusal(400).lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_a_project_that_are_refused_change_nothing() {
    let server = Server::start().await;
    let (_, path) = project(&server, "tools").await;
    let before = get(&server, &path).await.ok();
    for (key, value) in [
        ("repos", json!("x")),
        ("repos", json!(["nothing"])),
        ("contact", json!("x")),
        ("homepage", json!("x")),
        ("description", json!(1)),
        ("build_enable_net", json!("x")),
    ] {
        let answer = put(&server, &path, json!({"instructions": "new", key: value})).await;
        assert!(answer.refusal(400).starts_with(key), "{key}");
        assert_eq!(get(&server, &path).await.ok(), before, "{key}");
    }
    put(&server, &path, json!({"homepage": "http://h.example", "contact": "a@b.example"})).await.done();
    put(&server, &path, json!({"description": "only this"})).await.done();
    let changed = &get(&server, &path).await.ok()["project"];
    let said = ["homepage", "contact", "description"].map(|key| changed[key].as_str().unwrap_or_default().to_owned());
    assert_eq!(said, ["http://h.example", "a@b.example", "only this"]);
    put(&server, &path, json!({"homepage": "", "contact": ""})).await.done();
    let changed = &get(&server, &path).await.ok()["project"];
    assert_eq!((&changed["homepage"], &changed["contact"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn t22_chroots_that_are_refused() {
    let server = Server::start().await;
    let (_, project) = project(&server, "tools").await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": null}), "name"),
        (json!({"name": 1}), "name"),
        (json!({"name": "fedora-1-x86_64"}), "name"),
        (json!({"name": OLD}), "name"),
        (json!({"name": EPEL, "buildroot_pkgs": "gcc"}), "buildroot_pkgs"),
        (json!({"name": EPEL, "buildroot_pkgs": null}), "buildroot_pkgs"),
        (json!({"name": EPEL, "buildroot_pkgs": [1]}), "buildroot_pkgs"),
        (json!({"name": EPEL, "buildroot_pkgs": ["--root"]}), "buildroot_pkgs"),
        (json!({"name": EPEL, "comps": 1}), "comps"),
        (json!({"name": EPEL, "comps_name": []}), "comps_name"),
    ] {
        let answer = post(&server, &format!("{project}/chroots"), body.clone()).await;
        assert!(answer.refusal(400).starts_with(field), "{body}: {}", answer.json);
        let mut change = body.clone();
        change.as_object_mut().expect("an object").remove("name");
        if change != json!({}) {
            let answer = put(&server, &format!("{project}/chroots/{FEDORA}"), change).await;
            assert!(answer.refusal(400).starts_with(field), "{body}: {}", answer.json);
        }
    }
    for name in ["fedora", "-", "a--b", "fedora-42-", "x y-1-z"] {
        post(&server, &format!("{project}/chroots"), json!({"name": name})).await.refusal(400);
    }
    post(&server, &format!("{project}/chroots"), json!({"name": FEDORA})).await.refusal(409);
    get(&server, &format!("{project}/chroots/{EPEL}")).await.refusal(404);
    post(&server, "/api_2/projects/999/chroots", json!({"name": EPEL})).await.refusal(404);
    put(&server, &format!("{project}/chroots/{EPEL}"), json!({})).await.refusal(404);
    put(&server, &format!("{project}/chroots/fedora"), json!({})).await.refusal(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn t22_builds_that_are_refused() {
    let server = Server::start().await;
    let (id, _) = project(&server, "tools").await;
    let good = json!({"project_id": id, "srpm_url": SRPM, "chroots": [FEDORA]});
    for (key, value) in [
        ("srpm_url", json!(null)),
        ("srpm_url", json!("")),
        ("srpm_url", json!(1)),
        ("srpm_url", json!("ftp://x.example/a-1-1.src.rpm")),
        ("srpm_url", json!("file:///etc/a.src.rpm")),
        ("srpm_url", json!("a-1-1.src.rpm")),
        ("srpm_url", json!("http://x.example/a.tar.gz")),
        ("project_id", json!(null)),
        ("project_id", json!("x")),
        ("project_id", json!(1.5)),
        ("project_id", json!([])),
        ("chroots", json!("x")),
        ("chroots", json!([EPEL])),
        ("chroots", json!([FEDORA, "nonsense"])),
        ("chroots", json!([1])),
        ("enable_net", json!("maybe")),
    ] {
        let answer = post(&server, "/api_2/builds", with(&good, key, value.clone())).await;
        assert!(answer.refusal(400).starts_with(&format!("{key}: ")), "{key} {value}: {}", answer.json);
        assert!(answer.json["data"][key].is_array(), "{key} {value}: {}", answer.json);
    }
    for key in ["srpm_url", "project_id"] {
        let mut body = good.clone();
        body.as_object_mut().expect("an object").remove(key);
        assert_eq!(post(&server, "/api_2/builds", body).await.refusal(400), format!("{key}: This field is required."));
    }
    for unknown in [json!(999), json!(-1), json!(i64::MAX)] {
        post(&server, "/api_2/builds", with(&good, "project_id", unknown)).await.refusal(404);
    }
    assert_eq!(get(&server, "/api_2/builds").await.ok()["builds"], json!([]));
    let (bare, _) = {
        let path = post(&server, "/api_2/projects", json!({"name": "bare"})).await.made(&server);
        (super::number(&path), path)
    };
    let nowhere = post(&server, "/api_2/builds", json!({"project_id": bare, "srpm_url": SRPM})).await;
    assert_eq!(nowhere.refusal(400), "Can't create build - project alice/bare has no active chroots");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_becomes_canceled_and_nothing_else() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let path = format!("/api_2/builds/{}", super::build(&server, project, &[FEDORA]).await);
    for body in [
        json!({}),
        json!({"state": null}),
        json!({"state": 1}),
        json!({"state": "succeeded"}),
        json!({"state": "Canceled"}),
    ] {
        assert!(put(&server, &path, body.clone()).await.refusal(400).starts_with("state: "), "{body}");
    }
    assert_eq!(get(&server, &path).await.ok()["build"]["state"], "pending");
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_are_refused() {
    let server = Server::start().await;
    let (id, project) = project(&server, "tools").await;
    let build = super::build(&server, id, &[FEDORA]).await;
    for (path, argument) in [
        ("/api_2/projects?limit=x".to_owned(), "limit"),
        ("/api_2/projects?offset=-1".to_owned(), "offset"),
        ("/api_2/projects?offset=1.5".to_owned(), "offset"),
        ("/api_2/builds?limit=".to_owned(), "limit"),
        ("/api_2/builds?project_id=x".to_owned(), "project_id"),
        ("/api_2/builds?is_finished=maybe".to_owned(), "is_finished"),
        ("/api_2/build_tasks?build_id=x".to_owned(), "build_id"),
        ("/api_2/build_tasks?project_id=1x".to_owned(), "project_id"),
        ("/api_2/build_tasks?state=colourful".to_owned(), "state"),
        ("/api_2/mock_chroots?active_only=2".to_owned(), "active_only"),
        (format!("{project}?show_builds=x"), "show_builds"),
        (format!("{project}?show_chroots=x"), "show_chroots"),
        (format!("/api_2/builds/{build}?show_build_tasks=x"), "show_build_tasks"),
    ] {
        let answer = get(&server, &path).await;
        assert!(answer.refusal(400).starts_with(&format!("{argument}: ")), "{path}: {}", answer.json);
    }
    get(&server, "/api_2/projects?name=%00").await.refusal(400);
    get(&server, "/api_2/projects?search_query=ab").await.refusal(400);
}
