//! Projects and their chroots.

use super::follow;
use crate::api_v2::{assert_links, build, column, delete, get, post, project, put};
use crate::server::{EPEL, FEDORA, FEDORA_32, Server};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn v2_01_a_client_is_made_from_the_root() {
    let server = Server::start().await;
    for path in ["/api_2", "/api_2/", "//api_2", "//api_2/"] {
        let root = get(&server, path).await.ok();
        assert_links(
            &root,
            &[
                ("self", "/api_2/".to_owned()),
                ("projects", "/api_2/projects".to_owned()),
                ("builds", "/api_2/builds".to_owned()),
                ("build_tasks", "/api_2/build_tasks".to_owned()),
                ("mock_chroots", "/api_2/mock_chroots".to_owned()),
            ],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_02_projects_are_listed() {
    let server = Server::start().await;
    let (id, path) = project(&server, "tools").await;
    project(&server, "other").await;
    let query = "search_query=tool&owner=alice&name=tools&limit=10&offset=0";
    let list = get(&server, &format!("/api_2/projects?{query}")).await.ok();
    assert_eq!(column(&list, "projects", "project", "id"), [id]);
    assert_links(&list["projects"][0], &project_links(id));
    assert_links(&list, &[("self", format!("/api_2/projects?{query}"))]);
    assert_eq!(list["projects"][0], get(&server, &path).await.ok());
}

fn project_links(id: i64) -> [(&'static str, String); 4] {
    [
        ("self", format!("/api_2/projects/{id}")),
        ("builds", format!("/api_2/builds?project_id={id}")),
        ("chroots", format!("/api_2/projects/{id}/chroots")),
        ("build_tasks", format!("/api_2/build_tasks?project_id={id}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_03_a_project_is_read() {
    let server = Server::start().await;
    let (id, path) = project(&server, "tools").await;
    let one = get(&server, &path).await.ok();
    let expected = json!({"id": id, "name": "tools", "owner": "alice", "group": null, "description": "", "instructions": "",
        "homepage": null, "contact": null, "disable_createrepo": false, "build_enable_net": true, "repos": []});
    assert_eq!(one["project"], expected);
    assert_links(&one, &project_links(id));
    assert_eq!(one.as_object().map(serde_json::Map::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_04_a_project_is_created_and_read_at_once() {
    let server = Server::start().await;
    let all = json!({"name": "tools", "owner": "alice", "chroots": [FEDORA], "description": null, "instructions": null,
        "homepage": null, "contact": null, "disable_createrepo": null, "build_enable_net": null, "repos": null,
        "id": null, "last_modified": null});
    let made = post(&server, "/api_2/projects", all.clone()).await;
    let one = follow(&server, &made).await;
    assert_eq!((&one["project"]["name"], &one["project"]["owner"]), (&json!("tools"), &json!("alice")));
    assert_eq!(
        (&one["project"]["build_enable_net"], &one["project"]["disable_createrepo"]),
        (&json!(true), &json!(false))
    );
    let chroots = get(&server, &format!("{}/chroots", made.made(&server))).await.ok();
    assert_eq!(column(&chroots, "chroots", "chroot", "name"), [FEDORA]);
    let full = json!({"name": "full", "owner": "nobody", "chroots": [FEDORA, FEDORA_32], "description": "d", "instructions": "i",
        "homepage": "http://h.example", "contact": "a@b.example", "disable_createrepo": true, "build_enable_net": false,
        "repos": ["http://r.example/$chroot/", "copr://alice/tools"], "id": 99, "last_modified": "x", "unknown": {}});
    let one = follow(&server, &post(&server, "/api_2/projects", full.clone()).await).await;
    for key in [
        "name",
        "description",
        "instructions",
        "homepage",
        "contact",
        "disable_createrepo",
        "build_enable_net",
        "repos",
    ] {
        assert_eq!(one["project"][key], full[key], "{key}");
    }
    assert_eq!(one["project"]["owner"], "alice", "whoever asks owns it");
    // Newer clients name the group beside an owner that nobody looks at.
    let ours = json!({"name": "ours", "owner": "@devs", "group": "devs", "chroots": []});
    let one = follow(&server, &post(&server, "/api_2/projects", ours).await).await;
    assert_eq!((&one["project"]["owner"], &one["project"]["group"]), (&json!("@devs"), &json!("devs")));
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_05_a_project_is_updated_by_sending_all_of_it() {
    let server = Server::start().await;
    let (_, path) = project(&server, "tools").await;
    let mut entity = get(&server, &path).await.ok()["project"].clone();
    for (key, value) in [
        ("description", json!("new")),
        ("homepage", json!("http://h.example/")),
        ("repos", json!(["http://r.example/"])),
        ("build_enable_net", json!(false)),
        ("disable_createrepo", json!(true)),
    ] {
        entity[key] = value;
    }
    let mut sent = entity.clone();
    sent["last_modified"] = Value::Null;
    put(&server, &path, sent).await.done();
    assert_eq!(get(&server, &path).await.ok()["project"], entity);
    // What can not change is not looked at.
    put(&server, &path, json!({"id": 77, "name": "x", "owner": "bob", "group": "devs", "chroots": 5})).await.done();
    assert_eq!(get(&server, &path).await.ok()["project"], entity);
    let nulls = json!({"description": null, "instructions": null, "homepage": null, "contact": null,
        "disable_createrepo": null, "build_enable_net": null, "repos": null});
    put(&server, &path, nulls).await.done();
    for (key, value) in [("description", json!("")), ("homepage", Value::Null), ("repos", json!([]))] {
        entity[key] = value;
    }
    assert_eq!(get(&server, &path).await.ok()["project"], entity);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_06_a_project_is_deleted() {
    let server = Server::start().await;
    let (id, path) = project(&server, "tools").await;
    let build = build(&server, id, &[]).await;
    assert!(delete(&server, &path).await.refusal(400).contains("still running"));
    put(&server, &format!("/api_2/builds/{build}"), json!({"state": "canceled"})).await.done();
    delete(&server, &path).await.done();
    let gone = format!("Project {id} does not exist.");
    for answer in
        [get(&server, &path).await, delete(&server, &path).await, get(&server, &format!("{path}/chroots")).await]
    {
        assert_eq!(answer.refusal(404), gone);
    }
    get(&server, &format!("/api_2/builds/{build}")).await.refusal(404);
    assert_eq!(get(&server, "/api_2/builds").await.ok()["builds"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_07_the_chroots_of_a_project_are_listed() {
    let server = Server::start().await;
    let (id, path) = project(&server, "tools").await;
    let list = get(&server, &format!("{path}/chroots")).await.ok();
    assert_eq!(column(&list, "chroots", "chroot", "name"), [FEDORA_32, FEDORA]);
    assert_links(&list, &[("self", format!("/api_2/projects/{id}/chroots"))]);
    assert_eq!(list["chroots"][1], get(&server, &format!("{path}/chroots/{FEDORA}")).await.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_08_a_chroot_of_a_project_is_read() {
    let server = Server::start().await;
    let (id, path) = project(&server, "tools").await;
    let one = get(&server, &format!("{path}/chroots/{FEDORA}")).await.ok();
    let expected = json!({"name": FEDORA, "buildroot_pkgs": [], "comps": null, "comps_name": null, "comps_len": 0});
    assert_eq!(one["chroot"], expected);
    assert_links(
        &one,
        &[("project", format!("/api_2/projects/{id}")), ("self", format!("/api_2/projects/{id}/chroots/{FEDORA}"))],
    );
    get(&server, &format!("{path}/chroots/{EPEL}")).await.refusal(404);
    get(&server, &format!("{path}/chroots/fedora-1-x86_64")).await.refusal(404);
    get(&server, &format!("{path}/chroots/fedora")).await.refusal(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_09_a_chroot_is_enabled_for_a_project() {
    let server = Server::start().await;
    let (_, path) = project(&server, "tools").await;
    let body = json!({"name": EPEL, "buildroot_pkgs": ["gcc", "make"], "comps": null, "comps_name": null});
    let made = post(&server, &format!("{path}/chroots"), body.clone()).await;
    let one = follow(&server, &made).await;
    assert_eq!(made.made(&server), format!("{path}/chroots/{EPEL}"));
    assert_eq!((&one["chroot"]["buildroot_pkgs"], &one["chroot"]["comps"]), (&json!(["gcc", "make"]), &Value::Null));
    let list = get(&server, &format!("{path}/chroots")).await.ok();
    assert_eq!(column(&list, "chroots", "chroot", "name"), [EPEL, FEDORA_32, FEDORA]);
    let repomd = format!("/results/alice/tools/{EPEL}/repodata/repomd.xml");
    let there = server.anywhere(Method::GET, &repomd).send().await.expect("an answer");
    assert_eq!(there.status().as_u16(), 200, "the repository is not there");
    post(&server, &format!("{path}/chroots"), body).await.refusal(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_10_a_chroot_is_updated_by_sending_all_of_it() {
    let server = Server::start().await;
    let (_, project) = project(&server, "tools").await;
    let path = format!("{project}/chroots/{FEDORA}");
    let sent = json!({"name": "ignored", "buildroot_pkgs": ["gcc"], "comps": "<comps/>é", "comps_name": "c.xml"});
    let changed = put(&server, &path, sent).await.ok();
    let full = json!({"name": FEDORA, "buildroot_pkgs": ["gcc"], "comps": "<comps/>é", "comps_name": "c.xml", "comps_len": 10});
    assert_eq!(changed["chroot"], full);
    assert_eq!(get(&server, &path).await.ok(), changed);
    assert_eq!(put(&server, &path, json!({})).await.ok(), changed, "what is not sent stays");
    let other = put(&server, &path, json!({"comps_name": "d.xml"})).await.ok();
    assert_eq!((&other["chroot"]["comps_name"], &other["chroot"]["comps"]), (&json!("d.xml"), &json!("<comps/>é")));
    let none = put(&server, &path, json!({"comps": null, "comps_name": null})).await.ok();
    let expected =
        json!({"name": FEDORA, "buildroot_pkgs": ["gcc"], "comps": null, "comps_name": null, "comps_len": 0});
    assert_eq!(none["chroot"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_11_a_chroot_is_disabled_as_often_as_one_likes() {
    let server = Server::start().await;
    let (id, project) = project(&server, "tools").await;
    let path = format!("{project}/chroots/{FEDORA}");
    let running = build(&server, id, &[FEDORA]).await;
    let text = format!("Can't drop chroot from project, related build {running} is still in progress");
    assert_eq!(delete(&server, &path).await.refusal(400), text);
    put(&server, &format!("/api_2/builds/{running}"), json!({"state": "canceled"})).await.done();
    for _ in 0..2 {
        delete(&server, &path).await.done();
        get(&server, &path).await.refusal(404);
    }
    delete(&server, &format!("{project}/chroots/fedora-1-x86_64")).await.done();
    delete(&server, &format!("{project}/chroots/{FEDORA_32}")).await.done();
    assert_eq!(get(&server, &format!("{project}/chroots")).await.ok()["chroots"], json!([]));
    // What it had comes back with it.
    post(&server, &format!("{project}/chroots"), json!({"name": FEDORA})).await.made(&server);
    get(&server, &path).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_12_builds_of_a_project_are_listed() {
    let server = Server::start().await;
    let ((id, _), (other, _)) = (project(&server, "tools").await, project(&server, "other").await);
    let (mine, _) = (build(&server, id, &[]).await, build(&server, other, &[]).await);
    let list = get(&server, &format!("/api_2/builds?project_id={id}&owner=nobody&limit=5")).await.ok();
    assert_eq!(column(&list, "builds", "build", "id"), [mine]);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_13_tasks_of_a_project_are_listed() {
    let server = Server::start().await;
    let ((id, _), (other, _)) = (project(&server, "tools").await, project(&server, "other").await);
    let mine = build(&server, id, &[FEDORA, FEDORA_32]).await;
    build(&server, other, &[FEDORA]).await;
    let list = get(&server, &format!("/api_2/build_tasks?project_id={id}&state=pending")).await.ok();
    assert_eq!(column(&list, "build_tasks", "build_task", "build_id"), [mine, mine]);
    assert_eq!(column(&list, "build_tasks", "build_task", "chroot_name"), [FEDORA_32, FEDORA]);
}
