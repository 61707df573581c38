//! The examples of the contract and of the oldest documentation: answers have the keys that they show, with values of the
//! same types.

use super::Sent::{Form, Nothing};
use super::{get, has_shape_of, ok, post};
use crate::packages::finish;
use crate::server::{Answer, FEDORA, FEDORA_32, Server};
use copr_types::State;
use serde_json::{Value, json};

/// A service in which much has happened already: its latest build.
async fn busy() -> (Server, i64) {
    let server = Server::start().await;
    server.project("tools").await;
    let id = server.build("tools", json!({"chroots": [FEDORA, FEDORA_32]})).await;
    finish(&server, id, "hello", &[(FEDORA, State::Succeeded), (FEDORA_32, State::Succeeded)]).await;
    let mut tx = server.app.db.begin().await.expect("a transaction");
    for row in copr_db::build_chroot::of_builds(&mut tx, &[id.into()]).await.expect("rows") {
        copr_db::build_chroot::ended(&mut tx, row.id, None, None, 99).await.expect("an end");
        let packages = ["hello", "hello-gui"].map(|name| copr_db::build_chroot::BuiltPackage {
            build_chroot_id: row.id,
            name: name.to_owned(),
            epoch: None,
            version: "2.8".to_owned(),
            release: "1".to_owned(),
            arch: "x86_64".to_owned(),
        });
        copr_db::build_chroot::set_built(&mut tx, row.id, &packages).await.expect("packages");
    }
    tx.commit().await.expect("a commit");
    (server, id)
}

#[track_caller]
fn looks_like(answer: Answer, model: &Value) {
    let json = ok(answer);
    if let Err(error) = has_shape_of(&json, model) {
        panic!("{error}\nin {json}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_reads_look_like_the_examples() {
    let (server, id) = busy().await;
    let repos = json!({FEDORA: "http://h/"});
    let listed = json!({
        "name": "tools", "username": "ann", "description": "d", "instructions": "", "additional_repos": "", "yum_repos": repos,
        "persistent": false, "unlisted_on_hp": false, "auto_prune": true
    });
    let detail = json!({
        "name": "tools", "description": "d", "instructions": "", "additional_repos": "", "last_modified": 1_440_754_058,
        "yum_repos": repos, "auto_createrepo": true, "persistent": false, "unlisted_on_hp": false, "auto_prune": true,
        "use_bootstrap_container": false
    });
    let build = json!({
        "status": "running", "project": "tools", "project_dirname": "tools", "owner": "ann", "results": "http://h/",
        "built_pkgs": ["hello 2.8"], "src_version": "2.8-1", "chroots": {FEDORA: "running"}, "submitted_on": 1,
        "started_on": 1, "ended_on": 1, "src_pkg": "http://h/hello-2.8-1.fc20.src.rpm", "submitted_by": "ann",
        "results_by_chroot": {FEDORA: "http://h/"}, "output": "ok"
    });
    let found = json!({"username": "ann", "coprname": "tests", "description": "Tests"});
    let monitored = json!({
        "id": 9578, "src_pkg": "http://h/", "pkg_version": "1.43", "state": "failed", "status": 0, "canceled": false,
        "repos": null, "submitted_on": 1, "started_on": 1, "ended_on": 1, "results": "http://h/", "memory_reqs": 2048,
        "timeout": 18000, "built_packages": ["a 1.43"]
    });
    let results = json!({FEDORA: {"build_id": 1, "status": "failed", "pkg_version": "1.43"}});
    let monitor = json!({
        "builds": [monitored], "chroots": ["epel-5-x86_64"],
        "packages": [{"pkg_name": "a", "pkg_version": "1.43", "results": results}]
    });
    for (path, model) in [
        ("/coprs/alice/".to_owned(), json!({"output": "ok", "repos": [listed]})),
        ("/coprs/?username=\"alice\"".to_owned(), json!({"output": "ok", "repos": [listed]})),
        ("/coprs/alice/tools/detail/".to_owned(), json!({"output": "ok", "detail": detail, "repos": [detail]})),
        ("/coprs/alice/tools/monitor/".to_owned(), monitor),
        (format!("/coprs/build_status/{id}/"), json!({"output": "ok", "status": "pending"})),
        (format!("/coprs/build/{id}/"), build.clone()),
        (format!("/coprs/build_detail/{id}/"), build),
        (format!("/coprs/alice/tools/detail/{FEDORA}/"), json!({"output": "ok", "buildroot_pkgs": "scl-utils-build"})),
        ("/coprs/search/tools/".to_owned(), json!({"output": "ok", "repos": [found]})),
        ("/coprs/?search=\"tools\"".to_owned(), json!({"output": "ok", "repos": [found]})),
    ] {
        looks_like(get(&server, &path).await, &model);
    }
    let build = ok(get(&server, &format!("/coprs/build/{id}/")).await);
    assert_eq!(build["built_pkgs"], json!(["hello 2.8", "hello-gui 2.8"]));
    assert_eq!((&build["src_version"], &build["ended_on"]), (&json!("2.8-1"), &json!(99)));
    let results = format!("{}/results/alice/tools/{FEDORA}/{id:08}-hello/", server.url);
    assert_eq!(build["results_by_chroot"][FEDORA], results);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_changes_look_like_the_examples() {
    let (server, id) = busy().await;
    let call = async |path: &str, sent, model: Value| {
        looks_like(post(&server, &server.alice, path, sent).await, &model);
    };
    let message = json!({"output": "ok", "message": "New project was successfully created."});
    call("/coprs/alice/new/", Form(&[("name", "log4j"), (FEDORA, "y")]), message.clone()).await;
    let modified = json!({
        "output": "ok", "repos": "foo", "description": "bar", "instructions": "baz", "chroots": [FEDORA],
        "detail": {"name": "log4j", "description": "bar", "instructions": "baz", "last_modified": null}, "buildroot_pkgs": ""
    });
    call("/coprs/alice/log4j/modify/", Form(&[("description", "bar"), ("instructions", "baz")]), modified).await;
    let packages = json!({"output": "ok", "buildroot_pkgs": "scl-utils-build"});
    let path = format!("/coprs/alice/log4j/modify/{FEDORA}/");
    call(&path, Form(&[("buildroot_pkgs", "scl-utils-build")]), packages).await;
    let pkgs = [("pkgs", "http://x.example/hello-2.8-1.fc20.src.rpm")];
    let made = json!({"output": "ok", "message": "Build was added to log4j.", "ids": [5], "id": 5});
    call("/coprs/alice/log4j/new_build/", Form(&pkgs), made).await;
    let newest = server.get("/build/list?ownername=alice&projectname=log4j").await.ok()["items"][0]["id"].clone();
    let canceled = json!({"output": "ok", "status": "Build canceled"});
    call(&format!("/coprs/cancel_build/{newest}/"), Nothing, canceled).await;
    call(&format!("/coprs/delete_build/{id}/"), Nothing, json!({"output": "ok", "status": "Build deleted"})).await;
    call("/coprs/alice/log4j/delete/", Form(&[("verify", "yes")]), message).await;
    let refused = post(&server, &server.alice, "/coprs/alice/log4j/delete/", Form(&[("verify", "yes")])).await;
    let keys: Vec<&str> = refused.json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!((refused.status.as_u16(), keys), (404, vec!["output", "error"]));
}

#[test]
fn what_looks_different_is_noticed() {
    let model = json!({"a": [{"b": 1}], "c": null});
    assert!(has_shape_of(&json!({"a": [{"b": 2, "x": 1}], "c": "x"}), &model).is_ok());
    for other in [json!({"a": [{"b": 1}]}), json!({"a": [], "c": 1}), json!({"a": [{"b": "1"}], "c": 1}), json!([])] {
        assert!(has_shape_of(&other, &model).is_err(), "{other}");
    }
}
