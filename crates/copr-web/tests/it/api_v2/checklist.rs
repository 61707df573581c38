//! What each method of the old client sends, and what it needs back: a test for each row of the contract's checklist.

use super::{
    Answer, SRPM, assert_links, build, call, column, delete, end, get, number, post, project, put, request, send,
};
use crate::server::{EPEL, FEDORA, FEDORA_32, Person, Server};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

/// What the client reads of an answer it gets a `Location` with: it asks for that without a login.
async fn follow(server: &Server, answer: &Answer) -> Value {
    get(server, &answer.made(server)).await.ok()
}

fn wrong(server: &Server) -> Person {
    Person { token: "wrong".to_owned(), ..server.alice.clone() }
}

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

#[tokio::test(flavor = "multi_thread")]
async fn v2_20_builds_are_listed() {
    let server = Server::start().await;
    let (id, _) = project(&server, "tools").await;
    let (first, second) = (build(&server, id, &[]).await, build(&server, id, &[]).await);
    let list = get(&server, "/api_2/builds?owner=alice&limit=1&offset=1").await.ok();
    assert_eq!(column(&list, "builds", "build", "id"), [first]);
    assert_links(&list, &[("self", "/api_2/builds?owner=alice&limit=1&offset=1".to_owned())]);
    let all = get(&server, "/api_2/builds").await.ok();
    assert_eq!(column(&all, "builds", "build", "id"), [second, first]);
    assert_eq!(all["builds"][1], get(&server, &format!("/api_2/builds/{first}")).await.ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_21_a_build_is_read() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let id = build(&server, project, &[FEDORA]).await;
    let one = get(&server, &format!("/api_2/builds/{id}")).await.ok();
    let expected = json!({"id": id, "state": "pending", "submitter": "alice", "submitted_on": one["build"]["submitted_on"],
        "started_on": null, "ended_on": null, "package_name": null, "package_version": null, "built_packages": [], "repos": [],
        "enable_net": true, "source_type": "srpm_link", "source_metadata": {"url": SRPM}});
    assert!(one["build"]["submitted_on"].is_i64());
    assert_eq!(one["build"], expected);
    assert_links(
        &one,
        &[
            ("self", format!("/api_2/builds/{id}")),
            ("project", format!("/api_2/projects/{project}")),
            ("build_tasks", format!("/api_2/build_tasks?build_id={id}")),
        ],
    );
    end(&server, id, &[(FEDORA, State::Succeeded)]).await;
    let done = &get(&server, &format!("/api_2/builds/{id}")).await.ok()["build"];
    assert_eq!((&done["state"], &done["started_on"], &done["ended_on"]), (&json!("succeeded"), &json!(10), &json!(20)));
    assert_eq!((&done["package_name"], &done["package_version"]), (&json!("hello"), &json!("2.8-1")));
    let packages = json!([{"name": "hello", "version": "2.8"}, {"name": "hello-doc", "version": "2.8"}]);
    assert_eq!(done["built_packages"], packages);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_22_a_build_is_canceled() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let path = format!("/api_2/builds/{}", build(&server, project, &[FEDORA]).await);
    for _ in 0..2 {
        let canceled = put(&server, &path, json!({"state": "canceled"})).await;
        canceled.done();
        assert_eq!(canceled.location, Some(format!("{}{path}", server.url)));
        assert_eq!(get(&server, &path).await.ok()["build"]["state"], "canceled");
    }
    let stranger = call(&server, &server.bob, Method::PUT, &path, json!({"state": "canceled"})).await;
    assert_eq!(stranger.refusal(403), "You are not allowed to cancel this build.");
    let ended = build(&server, project, &[FEDORA]).await;
    end(&server, ended, &[(FEDORA, State::Succeeded)]).await;
    let late = put(&server, &format!("/api_2/builds/{ended}"), json!({"state": "canceled"})).await;
    assert_eq!(late.refusal(400), format!("Cannot cancel build {ended}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_23_a_build_is_deleted() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let path = format!("/api_2/builds/{}", build(&server, project, &[FEDORA]).await);
    delete(&server, &path).await.refusal(400);
    put(&server, &path, json!({"state": "canceled"})).await.done();
    delete(&server, &path).await.done();
    for answer in [get(&server, &path).await, delete(&server, &path).await] {
        answer.refusal(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_24_a_build_is_created_from_an_address() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let body = json!({"project_id": project, "srpm_url": SRPM, "chroots": [], "enable_net": true});
    let one = follow(&server, &post(&server, "/api_2/builds", body).await).await;
    assert_eq!((&one["build"]["state"], &one["build"]["enable_net"]), (&json!("pending"), &json!(true)));
    let body = json!({"project_id": project, "srpm_url": SRPM, "chroots": [FEDORA], "enable_net": false});
    let one = follow(&server, &post(&server, "/api_2/builds", body).await).await;
    assert_eq!(one["build"]["enable_net"], false);
    let tasks = get(&server, &format!("/api_2/build_tasks?build_id={}", one["build"]["id"])).await.ok();
    assert_eq!(column(&tasks, "build_tasks", "build_task", "chroot_name"), [FEDORA]);
}

/// The body that the client makes of a file: its types are misspelt.
fn upload(server: &Server, project: i64, file: &str) -> reqwest::RequestBuilder {
    let metadata = json!({"project_id": project, "chroots": [], "enable_net": true});
    let body = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"srpm\"; filename=\"{file}\"\r\nContent-Type: appliction/x-rpm\r\n\r\n\
         bytes\r\n--xyz\r\nContent-Disposition: form-data; name=\"metadata\"\r\nContent-Type: application/json\r\n\r\n\
         {metadata}\r\n--xyz--\r\n"
    );
    let request = request(server, &server.alice, Method::POST, "/api_2/builds");
    request.header("content-type", "multipart/form-data; boundary=xyz").body(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_25_a_build_is_created_from_a_file() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let one = follow(&server, &send(upload(&server, project, "hello-1-1.src.rpm")).await).await;
    assert_eq!(one["build"]["source_type"], "srpm_upload");
    let metadata = &one["build"]["source_metadata"];
    let tmp = metadata["tmp"].as_str().expect("a directory");
    assert_eq!(metadata, &json!({"tmp": tmp, "pkg": "hello-1-1.src.rpm"}));
    let stored = server.app.store.upload_dir(&tmp.parse().expect("a name")).join("hello-1-1.src.rpm");
    assert_eq!(std::fs::read(stored).expect("the file"), b"bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_26_a_build_is_created_from_an_open_file_under_another_name() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let one = follow(&server, &send(upload(&server, project, "other name.src.rpm")).await).await;
    assert_eq!(one["build"]["source_metadata"]["pkg"], "other_name.src.rpm");
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_27_a_project_that_was_read_takes_builds() {
    let server = Server::start().await;
    let (_, path) = project(&server, "tools").await;
    let id = get(&server, &path).await.ok()["project"]["id"].as_i64().expect("a number");
    let body = json!({"project_id": id, "srpm_url": SRPM, "chroots": [], "enable_net": true});
    let by_url = follow(&server, &post(&server, "/api_2/builds", body).await).await;
    let by_file = follow(&server, &send(upload(&server, id, "hello-1-1.src.rpm")).await).await;
    for one in [by_url, by_file] {
        assert_eq!(one["_links"]["project"]["href"], path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_28_clients_find_a_build_finished_by_the_words_they_know() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    for (state, word) in [
        (State::Succeeded, "succeeded"),
        (State::Failed, "failed"),
        (State::Skipped, "skipped"),
        (State::Forked, "succeeded"),
        (State::Running, "running"),
        (State::Publishing, "running"),
        (State::Waiting, "pending"),
    ] {
        let id = build(&server, project, &[FEDORA]).await;
        end(&server, id, &[(FEDORA, state)]).await;
        assert_eq!(get(&server, &format!("/api_2/builds/{id}")).await.ok()["build"]["state"], word);
        let task = get(&server, &format!("/api_2/build_tasks/{id}/{FEDORA}")).await.ok();
        assert_eq!(task["build_task"]["state"], word);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_30_tasks_are_listed() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let (first, second) =
        (build(&server, project, &[FEDORA, FEDORA_32]).await, build(&server, project, &[FEDORA]).await);
    end(&server, first, &[(FEDORA, State::Succeeded), (FEDORA_32, State::Failed)]).await;
    let list = async |query: &str| get(&server, &format!("/api_2/build_tasks?{query}")).await.ok();
    let ids =
        |list: &Value| column(list, "build_tasks", "build_task", "build_id").into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&list("owner=alice&limit=10&offset=0").await), [second, first, first]);
    assert_eq!(ids(&list(&format!("build_id={first}&project_id=9999&owner=nobody")).await), [first, first]);
    assert_eq!(ids(&list("state=failed").await), [first]);
    assert_eq!(ids(&list("limit=1&offset=1").await), [first]);
    let of_build = list(&format!("build_id={first}")).await;
    let alone = get(&server, &format!("/api_2/build_tasks/{first}/{FEDORA}")).await.ok();
    assert_eq!(of_build["build_tasks"][1], alone);
    assert_links(&of_build, &[("self", format!("/api_2/build_tasks?build_id={first}&limit=100"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_31_a_task_is_read() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let id = build(&server, project, &[FEDORA]).await;
    let path = format!("/api_2/build_tasks/{id}/{FEDORA}");
    let task = get(&server, &path).await.ok();
    let expected = json!({"chroot_name": FEDORA, "build_id": id, "state": "pending", "started_on": null, "ended_on": null,
        "git_hash": null, "result_dir_url": null});
    assert_eq!(task["build_task"], expected);
    assert_links(
        &task,
        &[
            ("project", format!("/api_2/projects/{project}")),
            ("build", format!("/api_2/builds/{id}")),
            ("self", path.clone()),
        ],
    );
    end(&server, id, &[(FEDORA, State::Succeeded)]).await;
    let done = &get(&server, &path).await.ok()["build_task"];
    let results = format!("{}/results/alice/tools/{FEDORA}/{id:08}-hello", server.url);
    assert_eq!(
        (&done["result_dir_url"], &done["started_on"], &done["ended_on"]),
        (&json!(results), &json!(10), &json!(20))
    );
    get(&server, &format!("/api_2/build_tasks/{id}/{FEDORA_32}")).await.refusal(404);
    get(&server, &format!("/api_2/build_tasks/999/{FEDORA}")).await.refusal(404);
    get(&server, &format!("/api_2/build_tasks/{id}/fedora")).await.refusal(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_32_chroots_of_the_service_are_listed() {
    let server = Server::start().await;
    for (query, names) in [
        ("?active_only=True", vec![EPEL, FEDORA_32, FEDORA]),
        ("?active_only=False", vec![EPEL, crate::server::OLD, FEDORA_32, FEDORA]),
        ("", vec![EPEL, crate::server::OLD, FEDORA_32, FEDORA]),
    ] {
        let list = get(&server, &format!("/api_2/mock_chroots{query}")).await.ok();
        assert_eq!(column(&list, "chroots", "chroot", "name"), names, "{query}");
        assert_links(&list, &[("self", format!("/api_2/mock_chroots{query}"))]);
        assert_eq!(list["chroots"][0], get(&server, &format!("/api_2/mock_chroots/{EPEL}")).await.ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_33_a_chroot_of_the_service_is_read() {
    let server = Server::start().await;
    let one = get(&server, &format!("/api_2/mock_chroots/{EPEL}")).await.ok();
    let expected = json!({"name": EPEL, "os_release": "epel", "os_version": "9", "arch": "x86_64", "is_active": true});
    assert_eq!(one["chroot"], expected);
    assert_links(&one, &[("self", format!("/api_2/mock_chroots/{EPEL}"))]);
    let old = get(&server, &format!("/api_2/mock_chroots/{}", crate::server::OLD)).await.ok();
    assert_eq!(old["chroot"]["is_active"], false);
    for name in ["fedora-1-x86_64", "nonsense", "%00"] {
        get(&server, &format!("/api_2/mock_chroots/{name}")).await.refusal(404);
    }
}

/// Every address that changes something, with a body that is fine.
async fn writes(server: &Server) -> Vec<(Method, String, Value)> {
    let (id, project) = project(server, "mine").await;
    let build = build(server, id, &[]).await;
    vec![
        (Method::PUT, project.clone(), json!({"description": "x"})),
        (Method::DELETE, project.clone(), Value::Null),
        (Method::POST, format!("{project}/chroots"), json!({"name": EPEL})),
        (Method::PUT, format!("{project}/chroots/{FEDORA}"), json!({"buildroot_pkgs": []})),
        (Method::DELETE, format!("{project}/chroots/{FEDORA}"), Value::Null),
        (Method::POST, "/api_2/builds".to_owned(), json!({"project_id": id, "srpm_url": SRPM})),
        (Method::PUT, format!("/api_2/builds/{build}"), json!({"state": "canceled"})),
        (Method::DELETE, format!("/api_2/builds/{build}"), Value::Null),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_40_nothing_is_written_without_a_login() {
    let server = Server::start().await;
    for (method, path, body) in writes(&server).await {
        let nobody = send(server.anywhere(method.clone(), &path).json(&body)).await;
        assert!(nobody.refusal(401).contains("/api to get or renew your API token"), "{method} {path}");
        assert_eq!(nobody.challenge.as_deref(), Some("Basic realm=\"Copr\""), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_41_a_wrong_token_is_refused_where_something_is_written() {
    let server = Server::start().await;
    let wrong = wrong(&server);
    let mut all = writes(&server).await;
    all.push((Method::POST, "/api_2/projects".to_owned(), json!({"name": "new", "chroots": [FEDORA]})));
    for (method, path, body) in all {
        let answer = call(&server, &wrong, method.clone(), &path, body).await;
        assert!(!answer.refusal(401).is_empty(), "{method} {path}");
        assert!(answer.challenge.is_some(), "{method} {path}");
    }
    for header in ["nonsense", "Basic ???", "Basic bm9jb2xvbg=="] {
        let request = server.anywhere(Method::POST, "/api_2/projects").header("authorization", header);
        send(request.json(&json!({"name": "new"}))).await.refusal(401);
    }
    // Whoever reads is not asked who they are.
    for path in ["/api_2/", "/api_2/projects", "/api_2/builds", "/api_2/build_tasks", "/api_2/mock_chroots"] {
        send(request(&server, &wrong, Method::GET, path)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_42_what_is_somebody_elses_is_forbidden() {
    let server = Server::start().await;
    for (method, path, body) in writes(&server).await {
        let answer = call(&server, &server.bob, method.clone(), &path, body).await;
        assert!(!answer.refusal(403).is_empty(), "{method} {path}");
    }
    let ours = json!({"name": "ours", "group": "devs", "chroots": [FEDORA]});
    call(&server, &server.bob, Method::POST, "/api_2/projects", ours).await.refusal(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_43_what_is_not_there_is_said_to_be_so() {
    let server = Server::start().await;
    for id in ["999", "9223372036854775807", "99999999999999999999999"] {
        for path in ["projects/{id}", "projects/{id}/chroots", "builds/{id}", "build_tasks/{id}/fedora-42-x86_64"] {
            let path = format!("/api_2/{}", path.replace("{id}", id));
            let text = get(&server, &path).await.refusal(404).to_owned();
            assert!(text.contains("does not exist"), "{path}: {text}");
        }
        for query in ["builds?project_id={id}", "build_tasks?project_id={id}", "build_tasks?build_id={id}"] {
            get(&server, &format!("/api_2/{}", query.replace("{id}", id))).await.refusal(404);
        }
    }
    for path in ["/api_2/nothing", "/api_2/projects/x", "/api_2/builds/-1", "/api_2/builds/1/x", "/api_2/projects/1x/"]
    {
        assert_eq!(get(&server, path).await.refusal(404), "Such API endpoint doesn't exist", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_44_what_documents_spell_otherwise_is_understood_too() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let id = build(&server, project, &[FEDORA]).await;
    put(&server, &format!("/api_2/builds/{id}"), json!({"state": "cancelled"})).await.done();
    let tasks = get(&server, &format!("/api_2/builds_tasks?build_id={id}&state=cancelled")).await.ok();
    assert_eq!(column(&tasks, "build_tasks", "build_task", "state"), ["canceled"]);
    assert_eq!(number(tasks["build_tasks"][0]["_links"]["build"]["href"].as_str().expect("a path")), id);
    let with_tasks = get(&server, &format!("/api_2/builds/{id}?show_chroots=True")).await.ok();
    assert_eq!(with_tasks["build_tasks"][0]["tasks"]["state"], "canceled");
}
