//! The builder protocol, call by call.

use crate::service::{FEDORA, Service, header};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A builder that speaks the protocol by hand.
struct Builder<'a> {
    service: &'a Service,
    token: String,
}

impl Builder<'_> {
    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
        let mut request = self.service.request(method, &format!("/builder/v1/{path}")).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).send().await.expect("an answer")
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, &[("content-type", "application/json")], body.to_string().into()).await
    }

    async fn lease(&self) -> Value {
        let answer = self.post("lease", request(0)).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.expect("a lease")
    }

    async fn log(&self, task: &Value, fence: i64, offset: u64, text: &str) -> (u16, Value) {
        let path = format!("tasks/{task}/log?fence={fence}&offset={offset}");
        status_and_json(self.send(Method::PUT, &path, &[], text.into()).await).await
    }

    async fn upload(&self, task: &Value, fence: i64, name: &str, content: &[u8], digest: &str) -> (u16, String) {
        let path = format!("tasks/{task}/files/{name}?fence={fence}");
        let answer = self.send(Method::PUT, &path, &[("x-content-sha256", digest)], content.to_vec()).await;
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }
}

fn request(wait_seconds: u64) -> Value {
    json!({"builder": "b1/1", "arches": ["x86_64"], "isolation": "none", "wait_seconds": wait_seconds})
}

fn digest(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

async fn status_and_json(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_task_from_lease_to_finish() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let build = service.build("hello").await;
    let builder = Builder { service: &service, token: service.builder().await };
    let lease = builder.lease().await;
    let (task, fence) = (&lease["task_id"], lease["fence"].as_i64().expect("a number"));
    assert_eq!((&lease["task"]["kind"], &lease["task"]["build_id"]), (&json!("source"), &json!(build)));
    assert_eq!(builder.post("lease", request(0)).await.status(), 204);

    let beat = builder.post(&format!("tasks/{task}/heartbeat"), json!({"fence": fence, "phase": "fetch"})).await;
    assert_eq!(status_and_json(beat).await.1["cancel"], json!(false));

    assert_eq!(builder.log(task, fence, 0, "one\n").await, (200, json!({"size": 4})));
    assert_eq!(builder.log(task, fence, 9, "three\n").await, (409, json!({"size": 4})));
    assert_eq!(builder.log(task, fence, 4, "two\n").await, (200, json!({"size": 8})));
    assert_eq!(builder.log(task, fence, 4, "two\n").await, (200, json!({"size": 8})));
    let live = format!("/results/alice/hello/srpm-builds/{build:08}/builder-live.log");
    assert_eq!(service.page(&live).await, "one\ntwo\n");

    let srpm = vec![7; 3_000_000];
    let wrong = builder.upload(task, fence, "hello-1-1.src.rpm", &srpm, &digest(b"other")).await;
    assert_eq!(wrong.0, 400, "{}", wrong.1);
    let staging = service.app.store.staging_dir(task.as_i64().expect("a number"), fence);
    assert_eq!(std::fs::read_dir(&staging).expect("a directory").count(), 0, "nothing half is left behind");
    for _ in 0..2 {
        assert_eq!(builder.upload(task, fence, "hello-1-1.src.rpm", &srpm, &digest(&srpm)).await.0, 204);
    }
    assert!(std::fs::read(staging.join("hello-1-1.src.rpm")).expect("the file") == srpm);

    let file = json!({"name": "hello-1-1.src.rpm", "size": srpm.len(), "sha256": digest(&srpm)});
    let outcome = json!({"result": "succeeded", "srpm": "hello-1-1.src.rpm"});
    let finish = json!({"fence": fence, "outcome": outcome, "files": [file]});
    assert_eq!(builder.post(&format!("tasks/{task}/finish"), finish).await.status(), 204);
    let shown = copr_app::build::find(&service.app, build.into()).await.expect("the build");
    assert_eq!(shown.build.source_state, copr_types::State::Importing);
    let late = builder.log(task, fence, 8, "late\n").await;
    assert_eq!((late.0, late.1["error"].is_string()), (409, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_fence_is_refused_everywhere() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    service.build("hello").await;
    let builder = Builder { service: &service, token: service.builder().await };
    let first = builder.lease().await;
    let (task, old) = (&first["task_id"], first["fence"].as_i64().expect("a number"));
    let back = json!({"fence": old, "outcome": {"result": "returned"}, "files": []});
    assert_eq!(builder.post(&format!("tasks/{task}/finish"), back.clone()).await.status(), 204);
    let second = builder.lease().await;
    assert_eq!(&second["task_id"], task);
    assert!(second["fence"].as_i64().expect("a number") > old);

    assert_eq!(builder.log(task, old, 0, "x").await.0, 409);
    assert_eq!(builder.upload(task, old, "a.log", b"x", &digest(b"x")).await.0, 409);
    let beat = json!({"fence": old, "phase": null});
    assert_eq!(builder.post(&format!("tasks/{task}/heartbeat"), beat).await.status(), 409);
    assert_eq!(builder.post(&format!("tasks/{task}/finish"), back).await.status(), 409);
    let source = builder.send(Method::GET, &format!("tasks/{task}/source?fence={old}"), &[], Vec::new()).await;
    assert_eq!(source.status(), 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_builder_hears_of_a_new_task_at_once() {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let builder = Builder { service: &service, token: service.builder().await };
    let (answer, build) = tokio::join!(builder.post("lease", request(30)), service.build("hello"));
    let lease: Value = answer.json().await.expect("a lease");
    assert_eq!(lease["task"]["build_id"], json!(build));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_deliveries_are_refused_in_words() {
    let small = |rules: &mut copr_app::Rules| (rules.file_mib, rules.upload_mib) = (1, 1);
    let service = Service::start_with(small).await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    service.build("hello").await;
    let builder = Builder { service: &service, token: service.builder().await };
    let lease = builder.lease().await;
    let (task, fence) = (&lease["task_id"], lease["fence"].as_i64().expect("a number"));
    let large = vec![0; (1 << 20) + 1];
    assert_eq!(builder.upload(task, fence, "big.rpm", &large, &digest(&large)).await.0, 413);
    let fits = &large[1..];
    assert_eq!(builder.upload(task, fence, "big.rpm", fits, &digest(fits)).await.0, 204);
    for name in ["..%2fx", ".hidden", "a%2fb", "a%00b"] {
        let (status, text) = builder.upload(task, fence, name, b"x", &digest(b"x")).await;
        assert!(status == 400 && text.contains("\"error\""), "{name}: {status} {text}");
    }
    assert_eq!(builder.upload(task, fence, "a.log", b"x", "no digest").await.0, 400);
    let garbage = builder.post("lease", json!({"builder": 5})).await;
    assert!(garbage.status().is_client_error());
    assert!(garbage.json::<Value>().await.expect("JSON")["error"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_builders_come_in() {
    let service = Service::start().await;
    for token in ["", "wrong"] {
        let builder = Builder { service: &service, token: token.to_owned() };
        let (status, json) = status_and_json(builder.post("lease", request(0)).await).await;
        assert!(status == 401 && json["error"].is_string(), "{status} {json}");
        for (method, path) in [
            (Method::POST, "tasks/1/heartbeat"),
            (Method::PUT, "tasks/1/log?fence=1&offset=0"),
            (Method::GET, "tasks/1/source?fence=1"),
            (Method::PUT, "tasks/1/files/x?fence=1"),
            (Method::POST, "tasks/1/finish"),
        ] {
            assert_eq!(builder.send(method, path, &[], Vec::new()).await.status(), 401, "{path}");
        }
    }
}

/// A service with a build of an uploaded `hello.spec`, in the directory `abc123`.
async fn with_upload(content: &[u8]) -> (Service, copr_types::BuildId) {
    let service = Service::start().await;
    service.project("alice", "hello", &[FEDORA], |_| {}).await;
    let name = |text: &str| text.parse().expect("a name");
    let place = service.app.store.upload_dir(&name("abc123")).join("hello.spec");
    service.app.store.write(&place, content).expect("an upload");
    let upload =
        copr_app::build::Upload { upload: name("abc123"), file: name("hello.spec"), size: content.len() as u64 };
    let options = copr_app::build::Options::default();
    let made =
        copr_app::build::by_upload(&service.app, &service.alice, "alice", "hello", Some(&upload), &options).await;
    let id = made.expect("a build").build.id;
    (service, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_builder_and_everyone_else_fetch_an_uploaded_source() {
    let content = b"Name: hello\n";
    let (service, _) = with_upload(content).await;
    let builder = Builder { service: &service, token: service.builder().await };
    let lease = builder.lease().await;
    let path = format!("tasks/{}/source?fence={}", lease["task_id"], lease["fence"]);
    let answer = builder.send(Method::GET, &path, &[], Vec::new()).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-length")), (200, Some("12")));
    assert_eq!(answer.bytes().await.expect("a body").as_ref(), content);
    assert_eq!(service.page("/tmp/abc123/hello.spec").await.as_bytes(), content);
    for path in ["/tmp/abc123/other", "/tmp/other/hello.spec", "/tmp/%2e%2e/hello.spec", "/tmp/abc123/%2e%2e"] {
        assert_eq!(service.status_of_raw(path).await, "HTTP/1.1 404 Not Found", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_of_a_build_that_was_canceled_is_not_there_any_more() {
    let (service, id) = with_upload(b"Name: hello\n").await;
    let builder = Builder { service: &service, token: service.builder().await };
    let lease = builder.lease().await;
    copr_app::build::cancel(&service.app, &service.alice, id).await.expect("canceled");
    let path = format!("tasks/{}/source?fence={}", lease["task_id"], lease["fence"]);
    let (status, error) = status_and_json(builder.send(Method::GET, &path, &[], Vec::new()).await).await;
    assert_eq!((status, &error["error"]), (409, &json!("the build was canceled")));
    let beat = json!({"fence": lease["fence"]});
    let beat = builder.post(&format!("tasks/{}/heartbeat", lease["task_id"]), beat).await;
    assert_eq!(status_and_json(beat).await.1["cancel"], json!(true));
}
