//! Builds of uploaded files: forms as clients and documents write them, and forms that are none.

use super::{Answer, get, post, project, request, send};
use crate::server::{FEDORA, Person, Server};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A part of a form: what follows `form-data` in its head, and what is in it.
type Part<'a> = (&'a str, &'a [u8]);

const SRPM: &str = "; name=\"srpm\"; filename=\"hello-1-1.src.rpm\"";
const METADATA: &str = "; name=\"metadata\"";
/// As python-requests writes a file that has no name.
const METADATA_FILE: &str = "; name=\"metadata\"; filename=\"\"";

fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(format!("--xyz\r\nContent-Disposition: form-data{head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xyz--\r\n");
    body
}

async fn raw(server: &Server, who: &Person, kind: &str, body: Vec<u8>) -> Answer {
    let request = request(server, who, Method::POST, "/api_2/builds");
    send(if kind.is_empty() { request.body(body) } else { request.header("content-type", kind).body(body) }).await
}

async fn upload(server: &Server, parts: &[Part<'_>]) -> Answer {
    raw(server, &server.alice, "multipart/form-data; boundary=xyz", body(parts)).await
}

fn metadata(project: i64, more: Value) -> Vec<u8> {
    let mut all = json!({"project_id": project, "chroots": [FEDORA]});
    for (key, value) in more.as_object().expect("an object") {
        all[key] = value.clone();
    }
    all.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_come_in_any_order_and_metadata_as_text_or_file() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let about = metadata(project, json!({"enable_net": false}));
    let typed = "; name=\"metadata\"; filename=\"m.json\"\r\nContent-Type: application/json";
    let file = (SRPM, &b"x"[..]);
    for parts in [
        vec![(METADATA, &about[..]), file],
        vec![file, (METADATA, &about)],
        vec![file, (METADATA_FILE, &about)],
        vec![(METADATA_FILE, &about), file],
        vec![(typed, &about), file],
        // One document sends the type of the metadata as a second part of that name.
        vec![(METADATA, &about), (METADATA, b"application/json"), file],
        vec![("; name=\"other\"", b"x"), (METADATA, &about), ("; name=\"more\"; filename=\"x\"", b"x"), file],
        vec![(METADATA, &about), file, file],
    ] {
        let made = upload(&server, &parts).await.made(&server);
        let one = get(&server, &made).await.ok();
        assert_eq!((&one["build"]["source_type"], &one["build"]["enable_net"]), (&json!("srpm_upload"), &json!(false)));
    }
    assert_eq!(server.uploads().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_that_lack_something_are_refused_and_leave_nothing_behind() {
    let server = Server::start_with(|rules| rules.upload_mib = 1).await;
    let (project, _) = project(&server, "tools").await;
    let about = metadata(project, json!({}));
    let file = (SRPM, &b"x"[..]);
    let large = vec![0; (1 << 20) + 1];
    let long = vec![b' '; 9 << 20];
    let of = |more| metadata(project, more);
    for (status, text, parts) in [
        (400, "metadata: This part is missing.", vec![file]),
        (400, "srpm: This field is required.", vec![(METADATA, &about[..])]),
        (400, "srpm: This field is required.", vec![(METADATA, &about), ("; name=\"srpm\"", b"x")]),
        (400, "metadata: This part is missing.", vec![]),
        (400, "Not JSON", vec![(METADATA, b"{"), file]),
        (400, "Not JSON", vec![(METADATA, b""), file]),
        (400, "Not JSON", vec![(METADATA, b"\xff\xfe"), file]),
        (400, "Not a JSON object.", vec![(METADATA, b"[1]"), file]),
        (400, "project_id: This field is required.", vec![(METADATA, b"{}"), file]),
        (400, "project_id: Not a valid integer.", vec![(METADATA, b"{\"project_id\": \"x\"}"), file]),
        (400, "a value can not hold a NUL", vec![(METADATA, b"{\"project_id\": 1, \"x\": \"\\u0000\"}"), file]),
        (404, "Project 999 does not exist.", vec![(METADATA, b"{\"project_id\": 999}"), file]),
        (400, "chroots: 'nope' is not a valid choice", vec![(METADATA, &of(json!({"chroots": ["nope"]}))), file]),
        (
            400,
            "srpm: You can upload only .src.rpm",
            vec![(METADATA, &about), ("; name=\"srpm\"; filename=\"x.tar.gz\"", b"x")],
        ),
        (413, "The file is too large", vec![(METADATA, &about), (SRPM, &large)]),
        (413, "The file is too large", vec![(SRPM, &large), (METADATA, &about)]),
        (413, "The request is too large", vec![(METADATA, &long), file]),
    ] {
        let answer = upload(&server, &parts).await;
        assert!(answer.refusal(status).starts_with(text), "{text}: {}", answer.json);
        assert_eq!(server.uploads().len(), 0, "{text}");
    }
    let whole = body(&[(METADATA, &about), file]);
    let stranger = raw(&server, &server.bob, "multipart/form-data; boundary=xyz", whole.clone()).await;
    assert_eq!(stranger.refusal(403), "User bob is not allowed to build in the copr: alice/tools");
    let nobody = Person { token: "wrong".to_owned(), ..server.alice.clone() };
    raw(&server, &nobody, "multipart/form-data; boundary=xyz", whole.clone()).await.refusal(401);
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/octet-stream",
        "multipart/mixed; boundary=xyz",
    ] {
        raw(&server, &server.alice, kind, whole.clone()).await.refusal(400);
    }
    for (kind, bytes) in [
        ("multipart/form-data", whole.clone()),
        ("multipart/form-data; boundary=other", whole.clone()),
        ("multipart/form-data; boundary=xyz", whole[..whole.len() - 12].to_vec()),
        ("multipart/form-data; boundary=xyz", Vec::new()),
        ("multipart/form-data; boundary=xyz", b"\0\xff rubbish".to_vec()),
        ("application/json", whole.clone()),
    ] {
        raw(&server, &server.alice, kind, bytes).await.refusal(400);
    }
    assert_eq!(server.uploads().len(), 0);
    // And with all that is there, it is a build; types of the whole are found in a longer text.
    raw(&server, &server.alice, "Multipart/Form-Data; boundary=xyz", whole).await.made(&server);
    let by_url = json!({"project_id": project, "srpm_url": super::SRPM});
    let bytes = by_url.to_string().into_bytes();
    raw(&server, &server.alice, "application/json; charset=utf-8", bytes).await.made(&server);
    post(&server, "/api_2/builds", by_url).await.made(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_breaks_off_leaves_no_build_and_no_file() {
    let server = Server::start().await;
    let (project, _) = project(&server, "tools").await;
    let credentials = STANDARD.encode(format!("{}:{}", server.alice.login, server.alice.token));
    let address = server.url.strip_prefix("http://").expect("http");
    let about = metadata(project, json!({}));
    let whole = body(&[(METADATA, &about), (SRPM, &vec![1; 400_000])]);
    let head = format!(
        "POST /api_2/builds HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nContent-Length: {}\r\n\r\n",
        whole.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("the head");
    stream.write_all(&whole[..300_000]).await.expect("some of the body");
    stream.shutdown().await.expect("no more");
    let mut answer = String::new();
    // The connection may be closed without a word; what counts is that nothing stays.
    let _ = stream.read_to_string(&mut answer).await;
    assert!(!answer.contains(" 201 "), "{answer}");
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
    while !server.uploads().is_empty() {
        ticks.tick().await;
    }
    assert_eq!(get(&server, "/api_2/builds").await.ok()["builds"], json!([]));
}
