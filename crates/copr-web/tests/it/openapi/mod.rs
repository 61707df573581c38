//! The description of the API against the API: by its own words, and by schemathesis, which makes requests of all
//! kinds from it and judges the answers.

use crate::packages::finish;
use crate::server::{FEDORA, FEDORA_32, Server};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

/// What answers are judged by.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// A path of the document with something in the place of each parameter.
fn address(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "1" } else { part }).collect::<Vec<_>>().join("/")
}

async fn document(server: &Server) -> Value {
    server.get("/openapi.json").await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_document_is_not_given_it_again() {
    let server = Server::start().await;
    let ask = |tag: &str| server.request(Method::GET, "/openapi.json").header("if-none-match", tag);
    let first = ask("\"other\"").send().await.expect("an answer");
    let tag = first.headers()["etag"].to_str().expect("text").to_owned();
    assert_eq!(first.json::<Value>().await.expect("JSON")["openapi"], "3.1.0");
    let again = ask(&tag).send().await.expect("an answer");
    assert_eq!((again.status().as_u16(), again.text().await.expect("a body").as_str()), (304, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_path_has_the_methods_that_the_document_tells_and_no_others() {
    let server = Server::start().await;
    let document = document(&server).await;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in METHODS {
            let told = item.get(method.as_str().to_lowercase()).is_some();
            let answer = server.request(method.clone(), &address(path)).send().await.expect("an answer");
            assert_eq!(answer.status() != 405, told, "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_needs_a_login_is_told_to_need_one() {
    let server = Server::start().await;
    let document = document(&server).await;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let answer = server.request(method.clone(), &address(path)).send().await.expect("an answer");
            assert_eq!(answer.status() == 401, operation.get("security").is_some(), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_can_read_it_too() {
    let server = Server::start().await;
    let answer = server.request(Method::GET, "/docs/").send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    let page = answer.text().await.expect("a text");
    for path in document(&server).await["paths"].as_object().expect("paths").keys() {
        // Braces are no markup, and nothing else in a path is.
        assert!(page.contains(&format!("/api_3{path}</code>")), "{path}");
    }
    for words in ["Older clients say POST.", "DELETE /api_3/project/delete/", "additional_repos", "ProjectList"] {
        assert!(page.contains(words), "{words}");
    }
}

/// A service with things in it: projects to look at and to delete, builds, a package.
async fn furnished() -> Server {
    let server = Server::start().await;
    for project in ["hello", "q", "s", "t", "u", "v"] {
        server.project(project).await;
    }
    let body = json!({"name": "hello", "chroots": [FEDORA]});
    server.post(&server.alice, "/project/add/@devs", body).await.ok();
    for spare in ["hello", "spare1", "spare2", "spare3"] {
        let body = json!({"package_name": spare, "gem_name": "a"});
        server.post(&server.alice, &format!("/package/add/alice/hello/{spare}/rubygems"), body).await.ok();
    }
    for number in 1..=8 {
        let build = server.build("hello", json!({"chroots": [FEDORA, FEDORA_32]})).await;
        assert_eq!(build, number);
        if build % 2 == 1 {
            finish(&server, build, "greeting", &[(FEDORA, State::Succeeded), (FEDORA_32, State::Failed)]).await;
        }
    }
    server
}

/// Judges a server by a document, as an administrator.
async fn judge(server: &Server, document: &Value, more: &[&str]) -> Output {
    // A session outlives the tokens that are made anew meanwhile.
    let root = copr_app::account::list(&server.app).await.expect("accounts");
    let root = root.into_iter().find(|account| account.admin).expect("an administrator");
    let session = copr_app::session::open(&server.app, &root).await.expect("a session");
    let home = copr_testkit::temp_dir();
    // From a file: schemathesis leaves out the address that it has a document from.
    let file = home.path().join("openapi.json");
    std::fs::write(&file, document.to_string()).expect("a document");
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/openapi/schemathesis.toml");
    let mut command =
        tokio::process::Command::from(copr_testkit::command(copr_testkit::SCHEMATHESIS.program("schemathesis")));
    command.arg("--config-file").arg(configuration).arg("run").arg(file);
    command.args(["--url", &format!("{}/api_3", server.url), "--header", &format!("Cookie: session={session}")]);
    command.args(["--checks", CHECKS, "--phases", "coverage,fuzzing", "--max-examples", "10", "--seed", "1"]);
    command
        .args(["--workers", "1", "--no-shrink", "--no-color", "--warnings", "off", "--max-redirects", "0"])
        .args(more);
    command.current_dir(home.path()).env("HOME", home.path()).env("no_proxy", "*").kill_on_drop(true);
    command.output().await.expect("schemathesis")
}

/// The operations of which a report tells an answer with status 200 to the operation's own method.
fn given(events: &str) -> BTreeSet<String> {
    let mut given = BTreeSet::new();
    for event in events.lines() {
        let event: Value = serde_json::from_str(event).expect("JSON");
        let recorder = &event["ScenarioFinished"]["recorder"];
        let label = recorder["label"].as_str().unwrap_or_default();
        let mut interactions = recorder["interactions"].as_object().into_iter().flat_map(serde_json::Map::values);
        let of_method = |one: &Value| one["request"]["method"].as_str().is_some_and(|method| label.starts_with(method));
        if interactions.any(|one| of_method(one) && one["response"]["status_code"] == 200) {
            given.insert(label.to_owned());
        }
    }
    given
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_outside_of_the_document() {
    let server = furnished().await;
    let document = document(&server).await;
    let report = copr_testkit::temp_dir();
    let events = report.path().join("events");
    let done = judge(&server, &document, &["--report-ndjson-path", events.to_str().expect("a path")]).await;
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}");
    // All that can be read has been read, and not only refused.
    let wanted = document["paths"].as_object().expect("paths").iter().filter(|(_, item)| item.get("get").is_some());
    let wanted = wanted.map(|(path, _)| format!("GET {path}")).filter(|label| label != "GET /gssapi_login/web-ui");
    let given = given(&std::fs::read_to_string(&events).expect("a report"));
    assert_eq!(wanted.filter(|label| !given.contains(label)).collect::<Vec<_>>(), Vec::<String>::new());
    let operations = document["paths"].as_object().expect("paths").values().filter_map(Value::as_object);
    let count: usize = operations.map(serde_json::Map::len).sum();
    assert!(said.contains(&format!("Tested: {count}\n")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_not_true_is_found_out() {
    let server = furnished().await;
    let mut document = document(&server).await;
    document["components"]["schemas"]["Project"]["properties"]["name"]["type"] = json!("integer");
    let done = judge(&server, &document, &["--include-path", "/project/list"]).await;
    let said = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("is not of type \"integer\""), "{said}");
}
