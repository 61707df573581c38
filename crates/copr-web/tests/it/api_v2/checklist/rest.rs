//! Chroots of the service, who may, and what is not there.

use crate::api_v2::{SRPM, assert_links, build, call, column, get, number, project, put, request, send};
use crate::server::{EPEL, FEDORA, FEDORA_32, OLD, Person, Server};
use reqwest::Method;
use serde_json::{Value, json};

fn wrong(server: &Server) -> Person {
    Person { token: "wrong".to_owned(), ..server.alice.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_32_chroots_of_the_service_are_listed() {
    let server = Server::start().await;
    for (query, names) in [
        ("?active_only=True", vec![EPEL, FEDORA_32, FEDORA]),
        ("?active_only=False", vec![EPEL, OLD, FEDORA_32, FEDORA]),
        ("", vec![EPEL, OLD, FEDORA_32, FEDORA]),
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
    let old = get(&server, &format!("/api_2/mock_chroots/{}", OLD)).await.ok();
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
