//! Builds and their tasks.

use super::follow;
use crate::api_v2::{SRPM, assert_links, build, call, column, delete, end, get, post, project, put, request, send};
use crate::server::{FEDORA, FEDORA_32, Server};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

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
