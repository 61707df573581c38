//! The contract's list of smallest checks (§8), by number: `check_01_…` to `check_22_…`.
//!
//! Those that belong to a subject are told there, among the other stories of this crate; the rest is here. Number 22, copr-cli
//! with every one of its sub-commands, is one of the stories of the program's clients.

use crate::server::{FEDORA, FEDORA_32, Server, send};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn check_02_what_is_not_there_is_told_apart_from_what_is_done_otherwise() {
    let server = Server::start().await;
    let no_route = (404, "Such API endpoint doesn't exist");
    assert_eq!(server.get("/nope").await.refusal(), no_route);
    assert_eq!(server.get("/build/abc").await.refusal(), no_route);
    let wrong = send(server.request(Method::POST, "/auth-check")).await;
    assert_eq!(wrong.refusal(), (405, "The method is not allowed for the requested URL."));
}

/// The same object with what clients send besides: `null` for what they do not mean, and keys that nobody knows.
fn padded(mut body: Value) -> Value {
    let more = [
        "description",
        "homepage",
        "contact",
        "repos",
        "additional_repos",
        "runtime_dependencies",
        "enable_net",
        "bootstrap",
        "isolation",
        "timeout",
        "background",
        "exclude_chroots",
        "project_dirname",
        "after_build_id",
        "with_build_id",
        "additional_packages",
        "additional_modules",
        "with_opts",
        "delete_comps",
        "reset_fields",
        "repo_priority",
        "delete_after_days",
        "packit_forge_project",
        "storage",
        "persistent",
        "auto_prune",
        "bootstrap_image",
    ];
    for key in more {
        body.as_object_mut().expect("an object").entry(key).or_insert(Value::Null);
    }
    body["memory"] = json!(2048);
    body["progress_callback"] = Value::Null;
    body["key-of-another-time"] = json!({"x": [1]});
    body
}

/// Without what differs between two things of the same kind.
fn alike(mut answer: Value) -> Value {
    if let Some(items) = answer["items"].as_array() {
        return items.iter().cloned().map(alike).collect();
    }
    for key in ["id", "name", "full_name", "chroot_repos", "submitted_on"] {
        answer.as_object_mut().expect("an object").remove(key);
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn check_07_null_and_unknown_keys_are_as_if_they_were_not_sent() {
    let server = Server::start().await;
    let build = json!({"ownername": "alice", "projectname": "p", "pkgs": ["http://x.example/a-1-1.src.rpm"]});
    let calls = [
        (Method::POST, "/project/add/alice".to_owned(), json!({"name": "p", "chroots": [FEDORA]})),
        (Method::PUT, "/project/edit/alice/p".to_owned(), json!({"instructions": "Use it"})),
        (Method::PUT, format!("/project-chroot/edit/alice/p/{FEDORA}"), json!({"without_opts": "x"})),
        (Method::POST, "/build/create/url".to_owned(), build.clone()),
        (Method::POST, "/build/check-before-build".to_owned(), build),
        (Method::PUT, "/project/regenerate-repos/alice/p".to_owned(), json!({})),
    ];
    for (method, path, body) in calls {
        let plain = server.call(&server.alice, method.clone(), &path, body.clone()).await.ok();
        let again = match body.get("name") {
            Some(_) => json!({"name": "q", "chroots": [FEDORA]}),
            None => body,
        };
        let with_more = server.call(&server.alice, method, &path, padded(again)).await.ok();
        assert_eq!(alike(plain), alike(with_more), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_08_a_number_may_be_text() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"timeout": "100"})).await;
    let config = server.get(&format!("/build/source-build-config/{id}")).await.ok();
    assert_eq!(config["timeout"], 100);
    let body = json!({"ownername": "alice", "projectname": "p", "pkgs": "http://x.example/a.spec", "timeout": "x"});
    let wrong = server.post(&server.alice, "/build/create/url", body).await;
    let text =
        "Bad request parameters: {'timeout': ['Not a valid integer value.', 'Number must be between 0 and 108000.']}";
    assert_eq!(wrong.refusal(), (400, text));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_12_older_methods_do_the_same_for_packages_forks_and_roles() {
    let server = Server::start().await;
    server.project("p").await;
    let package = |name: &str| json!({"ownername": "alice", "projectname": "p", "package_name": name});
    for (name, put, delete, fork) in
        [("new", Method::PUT, Method::DELETE, Method::POST), ("old", Method::POST, Method::POST, Method::PUT)]
    {
        let (alice, bob) = (&server.alice, &server.bob);
        let source = json!({"package_name": name, "gem_name": "rails"});
        server.post(alice, &format!("/package/add/alice/p/{name}/rubygems"), source).await.ok();
        let reset = server.call(alice, put.clone(), "/package/reset", package(name)).await.ok();
        assert_eq!((&reset["name"], &reset["source_type"]), (&json!(name), &json!("unset")));
        let deleted = server.call(alice, delete, "/package/delete", package(name)).await.ok();
        assert_eq!(deleted["name"], name);
        let forked = server.call(bob, fork, "/project/fork/alice/p", json!({"name": name})).await.ok();
        assert_eq!(forked["full_name"], format!("bob/{name}"));
        let wish = json!({"admin": false, "builder": name == "new"});
        let asked = server.call(bob, put.clone(), "/project/permissions/request/alice/p", wish).await.ok();
        assert_eq!(asked, json!({"updated": true}));
        let roles = json!({"bob": {"admin": if name == "new" { "approved" } else { "request" }}});
        let given = server.call(alice, put, "/project/permissions/set/alice/p", roles).await.ok();
        assert_eq!(given, json!({"updated": ["bob"]}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_13_a_trailing_slash_changes_nothing_for_packages_forks_roles_and_secrets() {
    let server = Server::start().await;
    server.project("p").await;
    let common = |more: Value| {
        let mut body = json!({"ownername": "alice", "projectname": "p", "package_name": "a", "gem_name": "rails"});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let custom = json!({"script": "#!/bin/sh\n", "chroot": FEDORA});
    let calls = [
        (Method::POST, "/package/add/alice/p/a/rubygems/", common(json!({}))),
        (Method::POST, "/package/edit/alice/p/a/rubygems/", common(json!({}))),
        (Method::POST, "/package/edit/alice/p/a/", common(json!({}))),
        (Method::POST, "/package/build/", common(json!({}))),
        (Method::PUT, "/package/reset/", common(json!({}))),
        (Method::POST, "/build/create/scm/", common(json!({"clone_url": "https://git.example.org/a.git"}))),
        (Method::POST, "/build/create/pypi/", common(json!({"pypi_package_name": "requests"}))),
        (Method::POST, "/build/create/rubygems/", common(json!({}))),
        (Method::POST, "/build/create/custom/", common(custom)),
        (Method::POST, "/build/create/distgit/", common(json!({}))),
        (Method::PUT, "/project/permissions/set/alice/p/", json!({"bob": {"builder": "approved"}})),
        (Method::GET, "/project/permissions/get/alice/p/", json!({})),
        (Method::GET, "/project/permissions/can_build_in/bob/alice/p/", json!({})),
        (Method::POST, "/webhook/generate/alice/p/", json!({})),
        (Method::POST, "/project/fork/alice/p/", json!({"name": "q"})),
        (Method::POST, "/api-token/", json!({})),
    ];
    for (method, path, body) in calls {
        let answer = server.call(&server.alice, method, path, body).await;
        assert_eq!((answer.status.as_u16(), answer.json.get("error")), (200, None), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_17_paths_and_methods_of_old_clients_still_work() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"chroots": [FEDORA, FEDORA_32]})).await;
    let list = server.get(&format!("/build-chroot/list/{id}?order=name")).await.ok();
    let names: Vec<&Value> = list["items"].as_array().expect("a list").iter().map(|chroot| &chroot["name"]).collect();
    assert!(names.contains(&&json!(FEDORA)) && names.len() == 2, "{names:?}");
    let one = server.get(&format!("/build-chroot/{id}/{FEDORA}")).await.ok();
    assert_eq!(one, server.get(&format!("/build-chroot?build_id={id}&chrootname={FEDORA}")).await.ok());
    let config = server.get(&format!("/build-chroot/build-config/{id}/{FEDORA}")).await.ok();
    assert_eq!(config["repos"][0]["id"], "copr_base");
    let edited = server.post(&server.alice, "/project/edit/alice/p", json!({"description": "d"})).await.ok();
    assert_eq!(edited["description"], "d");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_18_an_admin_of_a_project_gives_roles_but_does_not_delete_it() {
    let server = Server::start().await;
    server.project("p").await;
    let set = "/project/permissions/set/alice/p";
    let refused = (403, "User 'bob' can not see permissions for project 'alice/p' (missing admin rights)");
    assert_eq!(server.put(&server.bob, set, json!({"root": {"builder": "approved"}})).await.refusal(), refused);
    server.put(&server.alice, set, json!({"bob": {"admin": "approved"}})).await.ok();
    let given = server.put(&server.bob, set, json!({"root": {"builder": "approved"}})).await.ok();
    assert_eq!(given, json!({"updated": ["root"]}));
    let delete = server.delete(&server.bob, "/project/delete/alice/p", json!({"verify": true})).await;
    assert_eq!(delete.refusal(), (403, "Only owners may delete their projects."));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_20_dnf5_gets_all_mandatory_keys_for_any_directory_and_release() {
    let server = Server::start().await;
    server.project("p").await;
    let answer = server.get("/rpmrepo/alice/p:custom:zz/whatever/").await.ok();
    for key in ["results_url", "repos", "directories", "dependencies"] {
        assert!(!answer[key].is_null(), "{key} in {answer}");
    }
}
