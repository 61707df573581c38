//! Bodies in the three encodings, and how their values are read.

use crate::server::{Answer, FEDORA, FEDORA_32, Server, send};
use reqwest::Method;
use serde_json::json;

const BOUNDARY: &str = "7f0e8a1b2c3d";

/// A form as python-copr writes it: its JSON is the last part, and a file.
fn python_form(parts: &[(&str, &str)], json: &str) -> String {
    let mut body = String::new();
    for (name, text) in parts {
        body += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    }
    body += &format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
         Content-Type: application/json\r\n\r\n{json}\r\n--{BOUNDARY}--\r\n"
    );
    body
}

async fn add(server: &Server, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = server.request(Method::POST, "/project/add/alice").header("content-type", content_type);
    send(request.basic_auth(&server.alice.login, Some(&server.alice.token)).body(body.into())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_project_can_be_said_in_three_encodings() {
    let server = Server::start().await;
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let object = json!({"name": "b", "chroots": [FEDORA, FEDORA_32], "enable_net": true}).to_string();
    let ways = [
        ("application/json; charset=utf-8", object.replace("\"b\"", "\"a\"")),
        (multipart.as_str(), python_form(&[("name", "ignored")], &object)),
        ("application/x-www-form-urlencoded", format!("name=c&chroots={FEDORA}+{FEDORA_32}&enable_net=1&name=ignored")),
        (
            multipart.as_str(),
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nd\r\n--{BOUNDARY}\r\n\
                 Content-Disposition: form-data; name=\"chroots\"\r\n\r\n{FEDORA} {FEDORA_32}\r\n--{BOUNDARY}\r\n\
                 Content-Disposition: form-data; name=\"enable_net\"\r\n\r\ny\r\n--{BOUNDARY}\r\n\
                 Content-Disposition: form-data; name=\"name\"\r\n\r\nignored\r\n--{BOUNDARY}--\r\n"
            ),
        ),
    ];
    for ((kind, body), name) in ways.into_iter().zip(["a", "b", "c", "d"]) {
        let project = add(&server, kind, body).await.ok();
        let chroots = project["chroot_repos"].as_object().map(serde_json::Map::len);
        assert_eq!(
            (&project["name"], &project["enable_net"], chroots),
            (&json!(name), &json!(true), Some(2)),
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_object_counts_as_an_empty_one() {
    let server = Server::start().await;
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let bodies = [
        ("application/json", "{".to_owned()),
        ("application/json", String::new()),
        ("application/json", "null".to_owned()),
        ("application/json", "[1]".to_owned()),
        ("application/json", "\"x\"".to_owned()),
        ("application/json", "{\"name\": \"\\ud800\"}".to_owned()),
        ("text/plain", json!({"name": "a", "chroots": [FEDORA]}).to_string()),
        ("multipart/form-data", "x".to_owned()),
        (multipart.as_str(), python_form(&[("name", "a"), ("chroots", FEDORA)], "null")),
    ];
    let empty = "name: This field is required.\nchroots: At least one chroot must be selected";
    for (kind, body) in bodies {
        assert_eq!(add(&server, kind, body.clone()).await.refusal(), (400, empty), "{kind} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_ends_too_early_is_refused() {
    let server = Server::start().await;
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let whole = python_form(&[], &json!({"name": "a", "chroots": [FEDORA]}).to_string());
    let half = add(&server, &multipart, &whole[..whole.len() - 40]).await;
    assert_eq!(half.refusal(), (400, "The form in the request is not complete."));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_larger_than_words_are_refused_in_json() {
    let server = Server::start().await;
    let text = "x".repeat(9 << 20);
    let multipart = format!("multipart/form-data; boundary={BOUNDARY}");
    let object = json!({"name": "a", "description": text}).to_string();
    for (kind, body) in [
        ("application/json", object.clone()),
        ("application/x-www-form-urlencoded", format!("name={text}")),
        (multipart.as_str(), python_form(&[], &object)),
        (multipart.as_str(), python_form(&[("description", &text)], "{}")),
    ] {
        assert_eq!(add(&server, kind, body).await.status.as_u16(), 413, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_no_database_holds_are_refused() {
    let server = Server::start().await;
    let answer = add(&server, "application/json", "{\"name\": \"a\\u0000b\"}").await;
    assert_eq!(answer.refusal(), (400, "a value can not hold a NUL character"));
    let path = server.post(&server.alice, "/project/add/al%00ice", json!({})).await;
    assert_eq!(path.refusal(), (404, "Such API endpoint doesn't exist"));
    let bytes = server.post(&server.alice, "/project/add/%ff", json!({})).await;
    assert_eq!(bytes.refusal(), (404, "Such API endpoint doesn't exist"));
    for path in ["/rpmrepo/alice/%ff/fedora-42", "/rpmrepo/alice/p/fedora%00"] {
        assert_eq!(server.get(path).await.refusal(), (404, "Such API endpoint doesn't exist"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn old_clients_say_bootstrap_with_a_switch() {
    let server = Server::start().await;
    for (name, extra, bootstrap) in
        [("a", json!(true), "on"), ("b", json!(false), "off"), ("c", json!(null), "default")]
    {
        let body = json!({"name": name, "chroots": [FEDORA], "use_bootstrap_container": extra});
        let made = server.post(&server.alice, "/project/add/alice", body).await.ok();
        assert_eq!(made["bootstrap"], bootstrap);
    }
    // The newer word counts when it says something.
    for (name, word, bootstrap) in [("d", "image", "image"), ("e", "None", "on"), ("f", "", "on")] {
        let body = json!({"name": name, "chroots": [FEDORA], "use_bootstrap_container": true, "bootstrap": word});
        assert_eq!(server.post(&server.alice, "/project/add/alice", body).await.ok()["bootstrap"], bootstrap, "{word}");
    }
}
