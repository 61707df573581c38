//! Uploads: whole, refused, broken off.

use crate::server::{Answer, EPEL, FEDORA, FEDORA_32, Person, Server, send};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const BOUNDARY: &str = "7f0e8a1b2c3d";

pub fn head(part: &str, file_name: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{file_name}\"\r\n\
         Content-Type: application/x-rpm\r\n\r\n"
    )
}

pub fn tail(json: &Value) -> String {
    format!(
        "\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"json\"; filename=\"json\"\r\n\
         Content-Type: application/json\r\n\r\n{json}\r\n--{BOUNDARY}--\r\n"
    )
}

fn common(more: Value) -> Value {
    let mut body = json!({"ownername": "alice", "projectname": "p", "project_dirname": null, "timeout": "100"});
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

async fn upload(server: &Server, who: &Person, file_name: &str, bytes: &[u8], json: &Value) -> Answer {
    upload_to(server, who, "/build/create/upload", file_name, bytes, json).await
}

async fn upload_to(server: &Server, who: &Person, path: &str, file_name: &str, bytes: &[u8], json: &Value) -> Answer {
    let body = [head("pkgs", file_name).as_bytes(), bytes, tail(json).as_bytes()].concat();
    send(form_to(server, who, path, body)).await
}

fn form(server: &Server, who: &Person, body: Vec<u8>) -> reqwest::RequestBuilder {
    form_to(server, who, "/build/create/upload", body)
}

fn form_to(server: &Server, who: &Person, path: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let request = server.request(Method::POST, path).header("content-type", kind);
    request.basic_auth(&who.login, Some(&who.token)).body(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn check_06_an_upload_waits_for_the_builders_under_its_address() {
    let server = Server::start().await;
    server.project("p").await;
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 7 % 251) as u8).collect();
    let json = common(json!({"chroots": [FEDORA_32]}));
    let build = upload(&server, &server.alice, "hello-1-1.src.rpm", &bytes, &json).await.ok();
    assert_eq!((&build["state"], &build["chroots"]), (&json!("pending"), &json!([FEDORA_32])));
    let source = server.get(&format!("/build/source-build-config/{}", build["id"])).await.ok();
    assert_eq!((&source["source_type"], &source["timeout"]), (&json!("upload"), &json!(100)));
    let dict = &source["source_dict"];
    let tmp = dict["tmp"].as_str().expect("a directory");
    let url = format!("{}/tmp/{tmp}/hello-1-1.src.rpm", server.url);
    assert_eq!(dict, &json!({"url": url, "pkg": "hello-1-1.src.rpm", "tmp": tmp}));
    assert_eq!(build["source_package"]["url"], url);
    let stored = server.app.store.upload_dir(&tmp.parse().expect("a name")).join("hello-1-1.src.rpm");
    assert!(std::fs::read(stored).expect("the file") == bytes);
    assert_eq!(server.uploads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_are_made_safe_and_checked() {
    let server = Server::start().await;
    server.project("p").await;
    for (name, stored) in [
        ("he llo.spec", "he_llo.spec"),
        ("../../x.spec", "x.spec"),
        ("A-1-1.SRC.RPM", "A-1-1.SRC.RPM"),
        ("b-1-1.nosrc.rpm", "b-1-1.nosrc.rpm"),
    ] {
        let build = upload(&server, &server.alice, name, b"x", &common(json!({}))).await.ok();
        let source = server.get(&format!("/build/source-build-config/{}", build["id"])).await.ok();
        assert_eq!(source["source_dict"]["pkg"], stored);
        let is_spec = stored.ends_with(".spec");
        assert_eq!(build["source_package"]["url"].is_null(), is_spec, "{name}");
    }
    let kept = server.uploads().len();
    for name in ["x.tar.gz", "x.rpm", "..", "spec"] {
        let answer = upload(&server, &server.alice, name, b"x", &common(json!({}))).await;
        let text = "Bad request parameters: {'pkgs': ['You can upload only .src.rpm, .nosrc.rpm, and .spec files']}";
        assert_eq!(answer.refusal(), (400, text), "{name}");
    }
    assert_eq!(server.uploads().len(), kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upload_leaves_nothing_behind() {
    let server = Server::start_with(|rules| rules.upload_mib = 1).await;
    server.project("p").await;
    let name = "hello-1-1.src.rpm";
    let missing = upload(&server, &server.alice, name, b"x", &common(json!({"projectname": "q"}))).await;
    assert_eq!(missing.refusal(), (404, "Project alice/q does not exist."));
    let nameless = upload(&server, &server.alice, name, b"x", &json!({})).await;
    assert_eq!(nameless.refusal(), (400, "Missing argument ownername"));
    let wrong = upload(&server, &server.alice, name, b"x", &common(json!({"timeout": "x"}))).await;
    let text =
        "Bad request parameters: {'timeout': ['Not a valid integer value.', 'Number must be between 0 and 108000.']}";
    assert_eq!(wrong.refusal(), (400, text));
    let stranger = upload(&server, &server.bob, name, b"x", &common(json!({}))).await;
    assert_eq!(stranger.refusal(), (403, "User bob is not allowed to build in the copr: alice/p"));
    let large = upload(&server, &server.alice, name, &vec![0; (1 << 20) + 1], &common(json!({}))).await;
    assert_eq!(large.refusal(), (413, "The file is too large: it can have 1 MiB."));
    assert_eq!(server.uploads(), [""; 0].map(std::path::PathBuf::from));
    upload(&server, &server.alice, name, &vec![0; 1 << 20], &common(json!({}))).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_a_file_says_what_is_missing() {
    let server = Server::start().await;
    server.project("p").await;
    let text = "Bad request parameters: {'pkgs': ['This field is required.']}";
    let plain = server.post(&server.alice, "/build/create/upload", common(json!({}))).await;
    assert_eq!(plain.refusal(), (400, text));
    let other = [head("other", "a.spec").as_bytes(), b"x", tail(&common(json!({}))).as_bytes()].concat();
    assert_eq!(send(form(&server, &server.alice, other)).await.refusal(), (400, text));
    assert_eq!(server.uploads().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_hears_the_refusal_after_a_long_upload() {
    let server = Server::start().await;
    let bytes = vec![7; 40 << 20];
    let nobody = Person { name: "no".into(), login: "no".into(), token: "body".into() };
    let answer = upload(&server, &nobody, "hello-1-1.src.rpm", &bytes, &json!({})).await;
    assert_eq!((answer.status.as_u16(), &answer.json["output"]), (401, &json!("notok")));
    assert_eq!(server.uploads().len(), 0);
}

/// What is answered to the head of an upload by somebody who waits before sending a byte of it (RFC 9110, 10.1.1).
async fn before_the_first_byte(server: &Server, who: &Person, path: &str, first: &str) -> String {
    let credentials = STANDARD.encode(format!("{}:{}", who.login, who.token));
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").expect("http")).await.expect("a connection");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\nExpect: 100-continue\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 10000000\r\n\r\n{first}"
    );
    stream.write_all(request.as_bytes()).await.expect("the head");
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_before_a_byte_of_the_file_is_sent() {
    let server = Server::start().await;
    server.project("p").await;
    let nobody = Person { name: "no".into(), login: "no".into(), token: "body".into() };
    let (v3, v1) = ("/api_3/build/create/upload", "/api/coprs/alice/p/new_build_upload/");
    let named = format!("{v3}?ownername=alice&projectname=p");
    let ready = "/api_3/build/create/rpm-upload?ownername=alice&projectname=p";
    for (who, path, status) in [
        (&nobody, v3, "401"),
        (&nobody, v1, "401"),
        (&server.bob, named.as_str(), "403"),
        (&server.bob, ready, "403"),
        (&server.bob, v1, "403"),
        (&server.alice, "/api_3/build/create/upload?ownername=alice&projectname=nope", "404"),
        (&server.alice, named.as_str(), "100"),
        (&server.alice, v1, "100"),
        // python-copr says where to behind the file only.
        (&server.bob, v3, "100"),
    ] {
        let answer = before_the_first_byte(&server, who, path, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path} as {}: {answer}", who.name);
    }
}

/// A file that is too large is refused as such when it is taken in, and never taken in of somebody who may not send it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_before_the_file_counts_before_the_file_is_taken_in() {
    let server = Server::start_with(|rules| rules.upload_mib = 1).await;
    let id = server.project("p").await["id"].as_i64().expect("a number");
    let part = |name: &str, text: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    };
    let pkgs = || head("pkgs", "a-1-1.src.rpm");
    let v2 = part("metadata", &format!("{{\"project_id\": {id}}}")) + &head("srpm", "a-1-1.src.rpm");
    let v3 = part("ownername", "alice") + &part("projectname", "p") + &pkgs();
    let json = part("json", r#"{"ownername": "alice", "projectname": "p"}"#) + &pkgs();
    let query = "/api_3/build/create/upload?ownername=alice&projectname=p";
    for (path, first, status) in [
        ("/api_2/builds", v2, 403),
        ("/api_3/build/create/upload", v3, 403),
        ("/api_3/build/create/upload", json, 403),
        (query, pkgs(), 403),
        ("/api/coprs/alice/p/new_build_upload/", pkgs(), 403),
        // As python-copr has it.
        ("/api_3/build/create/upload", pkgs(), 413),
    ] {
        let end = tail(&json!({"ownername": "alice", "projectname": "p"}));
        let body = [first.as_bytes(), &vec![7; 2 << 20], end.as_bytes()].concat();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = server.anywhere(Method::POST, path).header("content-type", kind).body(body);
        let request = request.basic_auth(&server.bob.login, Some(&server.bob.token));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path}: {}", answer.text().await.unwrap_or_default());
        assert!(server.uploads().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_breaks_off_leaves_nothing_behind() {
    let server = Server::start().await;
    server.project("p").await;
    let credentials = STANDARD.encode(format!("{}:{}", server.alice.login, server.alice.token));
    let address = server.url.strip_prefix("http://").expect("http");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "POST /api_3/build/create/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 10000000\r\n\r\n{}",
        head("pkgs", "hello-1-1.src.rpm")
    );
    stream.write_all(request.as_bytes()).await.expect("the beginning");
    stream.write_all(&vec![1; 300_000]).await.expect("some of the file");
    wait_until(|| server.uploads().len() == 1).await;
    drop(stream);
    wait_until(|| server.uploads().is_empty()).await;
    // And one that stops sending but listens on is told.
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("the beginning");
    stream.shutdown().await.expect("no more");
    let mut answer = String::new();
    // hyper may close such a connection without a word; what counts is that nothing stays.
    let _ = stream.read_to_string(&mut answer).await;
    wait_until(|| server.uploads().is_empty()).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_behind_goes_after_a_day() {
    let server = Server::start().await;
    server.project("p").await;
    upload(&server, &server.alice, "waits.spec", b"x", &common(json!({}))).await.ok();
    let done = upload(&server, &server.alice, "done.spec", b"x", &common(json!({}))).await.ok();
    server.put(&server.alice, &format!("/build/cancel/{}", done["id"]), json!({})).await.ok();
    for name in ["upload-old", "upload-young"] {
        std::fs::create_dir(server.app.store.upload_dir(&name.parse().expect("a name"))).expect("a directory");
    }
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for path in server.uploads().iter().filter(|path| !path.ends_with("upload-young")) {
        std::fs::File::open(path).expect("a directory").set_modified(long_ago).expect("a new time");
    }
    copr_app::removal::sweep_uploads(&server.app).await.expect("a sweep");
    let mut left = server.uploads();
    left.retain(|path| !path.ends_with("upload-young"));
    let [waits] = &left[..] else { panic!("more than what is used is left: {left:?}") };
    assert!(waits.join("waits.spec").exists());
    assert_eq!(server.uploads().len(), 2);
}

/// Looks again and again for a state that must come; nextest ends what never comes.
async fn wait_until(there: impl Fn() -> bool) {
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(5));
    while !there() {
        ticks.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_05_a_comps_file_comes_with_a_chroots_edit() {
    let server = Server::start().await;
    server.project("p").await;
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let path = format!("/project-chroot/edit/alice/p/{FEDORA}");
    let edit = async |body: Vec<u8>| {
        let request = server.request(Method::PUT, &path).header("content-type", kind.clone());
        send(request.basic_auth(&server.alice.login, Some(&server.alice.token)).body(body)).await
    };
    let only_json = edit(tail(&json!({"additional_packages": "a b", "delete_comps": null})).into_bytes()).await.ok();
    assert_eq!((&only_json["additional_packages"], &only_json["comps_name"]), (&json!(["a", "b"]), &Value::Null));
    let comps = [head("upload_comps", "my comps.xml").as_bytes(), b"<comps/>", tail(&json!({})).as_bytes()].concat();
    let with_comps = edit(comps).await.ok();
    assert_eq!(
        (&with_comps["comps_name"], &with_comps["additional_packages"]),
        (&json!("my comps.xml"), &json!(["a", "b"]))
    );
    let garbage = [head("upload_comps", "x").as_bytes(), b"\xff\xfe", tail(&json!({})).as_bytes()].concat();
    assert_eq!(edit(garbage).await.refusal(), (400, "`x` is not text."));
    let gone = edit(tail(&json!({"delete_comps": true})).into_bytes()).await.ok();
    assert_eq!(gone["comps_name"], Value::Null);
    assert_eq!(server.uploads().len(), 0);
}

const READY: &str = "/build/create/rpm-upload";

/// A noarch package that rpmbuild made just now.
fn ready(dir: &std::path::Path) -> Vec<u8> {
    let spec = dir.join("hello.spec");
    let text = "Name: hello\nVersion: 2.8\nRelease: 1.fc42\nSummary: x\nLicense: MIT\nBuildArch: noarch\n\
                %description\nx\n%files\n";
    std::fs::write(&spec, text).expect("a spec");
    let mut rpmbuild = copr_testkit::command("rpmbuild");
    rpmbuild.args(["-bb", "--nodeps", "--define"]).arg(format!("_topdir {}", dir.display()));
    rpmbuild.arg("--define").arg(format!("_dbpath {}", dir.join("rpmdb").display())).arg(spec).env("HOME", dir);
    copr_testkit::output(&mut rpmbuild);
    std::fs::read(dir.join("RPMS/noarch/hello-2.8-1.fc42.noarch.rpm")).expect("the package")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ready_package_is_pending_and_then_published() {
    let dir = copr_testkit::temp_dir();
    let bytes = ready(dir.path());
    for server in Server::on_each_engine().await {
        server.project("p").await;
        let name = "hello-2.8-1.fc42.noarch.rpm";
        let json = common(json!({"chroots": [FEDORA]}));
        let build = upload_to(&server, &server.alice, READY, name, &bytes, &json).await.ok();
        assert_eq!((&build["state"], &build["chroots"]), (&json!("pending"), &json!([FEDORA])));
        assert_eq!(build["source_package"], json!({"name": "hello", "version": "2.8-1.fc42", "url": null}));
        let source = server.get(&format!("/build/source-build-config/{}", build["id"])).await.ok();
        assert_eq!(source["source_type"], "rpm_upload");
        let tmp = source["source_dict"]["tmp"].as_str().expect("a directory");
        assert_eq!(source["source_dict"], json!({"tmp": tmp, "files": [name]}));
        assert_eq!(server.get(&format!("/build/source-chroot/{}", build["id"])).await.ok()["state"], "succeeded");
        while copr_app::publish::next(&server.app, None).await.expect("a turn") {}
        let done = server.get(&format!("/build/{}", build["id"])).await.ok();
        assert_eq!(done["state"], "succeeded");
        let built = server.get(&format!("/build/built-packages/{}", build["id"])).await.ok();
        let nevra = json!({"name": "hello", "epoch": null, "version": "2.8", "release": "1.fc42", "arch": "noarch"});
        assert_eq!(built, json!({FEDORA: {"packages": [nevra]}}));
        let twice = upload_to(&server, &server.alice, READY, name, &bytes, &json).await;
        let text = format!(
            "Bad request parameters: {{'pkgs': ['`{name}`: build {} has published `hello-2.8-1.fc42.noarch` in this \
             repository already']}}",
            build["id"]
        );
        assert_eq!(twice.refusal(), (400, text.as_str()));
        let again = json!({"ownername": "alice", "projectname": "p", "package_name": "hello"});
        let again = server.post(&server.alice, "/package/build", again).await;
        assert_eq!(again.refusal(), (400, "Direct RPM upload builds cannot be repeated."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_packages_that_are_none_are_refused_and_leave_nothing_behind() {
    let server = Server::start().await;
    server.project("p").await;
    let dir = copr_testkit::temp_dir();
    let bytes = ready(dir.path());
    let only = "You can only upload .rpm files";
    let wrong = |field: &str, text: &str| format!("Bad request parameters: {{'{field}': ['{text}']}}");
    for (name, more, expected) in [
        ("hello-1-1.src.rpm", json!({"chroot": FEDORA}), wrong("pkgs", only)),
        ("hello-1-1.NOSRC.rpm", json!({"chroot": FEDORA}), wrong("pkgs", only)),
        ("hello.spec", json!({"chroot": FEDORA}), wrong("pkgs", only)),
        ("hello.rpm", json!({}), wrong("chroot", "This field is required.")),
        ("hello.rpm", json!({"chroots": null}), wrong("chroot", "This field is required.")),
        ("hello.rpm", json!({"chroot": EPEL}), wrong("chroot", "Not a valid choice.")),
        ("hello.rpm", json!({"chroots": ["fedora-*"]}), wrong("chroots", "Select exactly one chroot for an RPM")),
        (
            "hello.rpm",
            json!({"chroots": [EPEL]}),
            format!("Bad request parameters: {{'chroots': [\"'{EPEL}' is not a valid choice for this field.\"]}}"),
        ),
    ] {
        let answer = upload_to(&server, &server.alice, READY, name, &bytes, &common(more)).await;
        assert_eq!(answer.refusal(), (400, expected.as_str()), "{name}");
    }
    let one = common(json!({"chroot": FEDORA}));
    let fileless = server.post(&server.alice, READY, one.clone()).await;
    assert_eq!(fileless.refusal(), (400, wrong("pkgs", "This field is required.").as_str()));
    let (first, second, end) = (head("pkgs", "a.rpm"), head("pkgs", "b.rpm"), tail(&one));
    let two = [first.as_bytes(), &bytes, b"\r\n", second.as_bytes(), &bytes, end.as_bytes()];
    let two = send(form_to(&server, &server.alice, READY, two.concat())).await;
    let text = "Only one RPM can be uploaded per call for now (multi-RPM upload may be added later).";
    assert_eq!(two.refusal(), (400, text));
    let stranger = upload_to(&server, &server.bob, READY, "hello.rpm", &bytes, &one).await;
    assert_eq!(stranger.refusal(), (403, "User bob is not allowed to build in the copr: alice/p"));
    let rubbish = upload_to(&server, &server.alice, READY, "hello.rpm", b"x", &one).await;
    let (status, said) = rubbish.refusal();
    assert!(status == 400 && said.contains("`hello.rpm` is not an RPM package that can be read"), "{said}");
    let misnamed = upload_to(&server, &server.alice, READY, "hello.rpm", &bytes, &one).await;
    let text = "`hello.rpm` is `hello-2.8-1.fc42.noarch.rpm` inside, and has to be called so";
    assert_eq!(misnamed.refusal(), (400, wrong("pkgs", text).as_str()));
    let name = "hello-2.8-1.fc42.noarch.rpm";
    let cut = upload_to(&server, &server.alice, READY, name, &bytes[..bytes.len() - 1], &one).await;
    let (status, said) = cut.refusal();
    assert!(status == 400 && said.contains(name) && said.contains("cut short in its payload"), "{said}");
    assert_eq!(server.uploads().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_takes_no_ready_packages_has_no_such_endpoint() {
    let server = Server::start_with(|rules| rules.rpm_uploads = false).await;
    server.project("p").await;
    let answer = upload_to(&server, &server.alice, READY, "hello.rpm", b"x", &common(json!({"chroot": FEDORA}))).await;
    assert_eq!(answer.refusal(), (404, "Such API endpoint doesn't exist"));
}
