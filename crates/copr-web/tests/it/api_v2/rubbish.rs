//! Requests that are none: each is told what is wrong in this version's own form, and changes nothing.

use super::{build, get, project, request, send};
use crate::server::{FEDORA, Server};
use reqwest::Method;
use serde_json::json;

/// Every address that takes a body.
async fn takers(server: &Server) -> Vec<(Method, String)> {
    let (id, project) = project(server, "tools").await;
    let build = build(server, id, &[FEDORA]).await;
    vec![
        (Method::POST, "/api_2/projects".to_owned()),
        (Method::PUT, project.clone()),
        (Method::POST, format!("{project}/chroots")),
        (Method::PUT, format!("{project}/chroots/{FEDORA}")),
        (Method::POST, "/api_2/builds".to_owned()),
        (Method::PUT, format!("/api_2/builds/{build}")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_objects_are_refused() {
    let server = Server::start().await;
    let deep = "[".repeat(100_000);
    let nested = format!("{}{}", "{\"a\":".repeat(1000), "1");
    for (method, path) in takers(&server).await {
        for text in [
            "",
            " ",
            "x",
            "{",
            "{\"name\": ",
            "[]",
            "null",
            "1",
            "\"x\"",
            "{}x",
            "{'name': 'x'}",
            "{\"a\": 1e999}",
            &deep,
            &nested,
        ] {
            let request =
                request(&server, &server.alice, method.clone(), &path).header("content-type", "application/json");
            let answer = send(request.body(text.to_owned())).await;
            let said = answer.refusal(400);
            assert!(
                said.starts_with("Not JSON") || said.starts_with("Not a JSON object"),
                "{method} {path} {text:.20}: {said}"
            );
        }
        for bytes in [
            &b"{\"name\": \"\xff\"}"[..],
            b"\xfe\xff",
            b"\0",
            b"{\"name\": \"a\\u0000b\"}",
            b"{\"a\\u0000\": 1}",
            b"{\"a\": [{\"b\": \"\\u0000\"}]}",
        ] {
            let request =
                request(&server, &server.alice, method.clone(), &path).header("content-type", "application/json");
            send(request.body(bytes.to_vec())).await.refusal(400);
        }
    }
    assert_eq!(get(&server, "/api_2/projects").await.ok()["projects"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_are_refused() {
    let server = Server::start().await;
    for (method, path) in takers(&server).await {
        let text = format!("{{\"x\": \"{}\"}}", "y".repeat(17 << 20));
        let request = request(&server, &server.alice, method.clone(), &path).header("content-type", "application/json");
        let answer = send(request.body(text)).await;
        assert_eq!(answer.refusal(413), "The request is too large: it can have 16 MiB.", "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_read_whatever_the_request_says_they_are() {
    let server = Server::start().await;
    let (_, project) = project(&server, "tools").await;
    for kind in ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"] {
        let mut put = request(&server, &server.alice, Method::PUT, &project).body("{\"description\": \"x\"}");
        if !kind.is_empty() {
            put = put.header("content-type", kind);
        }
        send(put).await.done();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_an_address_lacks_is_a_405() {
    let server = Server::start().await;
    let (id, project) = project(&server, "tools").await;
    let build = build(&server, id, &[FEDORA]).await;
    for (method, path) in [
        (Method::POST, "/api_2/".to_owned()),
        (Method::PUT, "/api_2/projects".to_owned()),
        (Method::DELETE, "/api_2/projects/".to_owned()),
        (Method::POST, project.clone()),
        (Method::PATCH, project.clone()),
        (Method::PUT, format!("{project}/chroots")),
        (Method::POST, format!("{project}/chroots/{FEDORA}")),
        (Method::DELETE, "/api_2/builds".to_owned()),
        (Method::POST, format!("/api_2/builds/{build}")),
        (Method::POST, "/api_2/build_tasks".to_owned()),
        (Method::POST, "/api_2/builds_tasks".to_owned()),
        (Method::PUT, format!("/api_2/build_tasks/{build}/{FEDORA}")),
        (Method::DELETE, format!("/api_2/build_tasks/{build}/{FEDORA}")),
        (Method::POST, "/api_2/mock_chroots".to_owned()),
        (Method::DELETE, format!("/api_2/mock_chroots/{FEDORA}")),
    ] {
        let answer = send(server.anywhere(method.clone(), &path)).await;
        assert_eq!(answer.refusal(405), "The method is not allowed for the requested URL.", "{method} {path}");
    }
    for path in ["/api_2", "/api_2/projects", "/api_2/build_tasks/"] {
        let options = server.anywhere(Method::OPTIONS, path).send().await.expect("an answer");
        assert_eq!(options.status().as_u16(), 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_lead_nowhere() {
    let server = Server::start().await;
    let (_, project) = project(&server, "tools").await;
    for path in [
        "/api_2/projects/%00".to_owned(),
        "/api_2/projects/1%00".to_owned(),
        "/api_2/projects/+1".to_owned(),
        "/api_2/projects/1.0".to_owned(),
        "/api_2/projects/%D9%A1".to_owned(),
        "/api_2/projects//chroots".to_owned(),
        "/api_2/builds/%FF".to_owned(),
        "/api_2/build_tasks/1".to_owned(),
        format!("{project}/chroots/a/b"),
        format!("{project}/chroots/%00"),
        "/api_2/nothing/here".to_owned(),
    ] {
        get(&server, &path).await.refusal(404);
    }
    for (name, status) in
        [("a%2Fb-1-c", 400), ("'; DROP TABLE build; --", 400), ("%2e%2e%2fx-1-y", 400), ("x-1-y", 404)]
    {
        get(&server, &format!("{project}/chroots/{name}")).await.refusal(status);
    }
    for query in
        ["owner=%FF%FE", "name=';--", "search_query=%25%25%25", "owner=%F0%9F%A6%80", "limit=1&limit=x", "&&&=&x"]
    {
        get(&server, &format!("/api_2/projects?{query}")).await.ok();
    }
    assert_eq!(get(&server, &project).await.ok()["project"]["name"], json!("tools"));
}
