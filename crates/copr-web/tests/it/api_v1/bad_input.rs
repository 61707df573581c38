//! What can be wrong with a request. Whatever it is, the answer is an object that says so.

use super::Sent::{Form, Json, Multipart, Nothing};
use super::{get, no, ok, post};
use crate::server::{Answer, FEDORA, Server, send};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

const NO_ENDPOINT: &str = "Such API endpoint doesn't exist";
const NO_METHOD: &str = "The method is not allowed for the requested URL.";
const BUILD: &str = "/coprs/alice/tools/new_build/";

async fn server() -> Server {
    let server = Server::start_with(|rules| rules.upload_mib = 1).await;
    server.project("tools").await;
    server
}

/// A body of any kind.
async fn raw(server: &Server, path: &str, kind: Option<&str>, body: &[u8]) -> Answer {
    let alice = &server.alice;
    let request = server.anywhere(Method::POST, &format!("/api{path}")).basic_auth(&alice.login, Some(&alice.token));
    let request = kind.into_iter().fold(request, |request, kind| request.header("content-type", kind));
    send(request.body(body.to_vec())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_there_and_methods_that_mean_nothing_are_told_as_objects() {
    let server = server().await;
    for path in [
        "/nope",
        "/coprs/alice/tools/",
        "/coprs/alice/tools/nope/",
        "/coprs/build/x/",
        "/coprs/build/-1/",
        "/coprs/build/1.5/",
        "/coprs/build_status/x/",
        "/coprs/alice/tools%00/detail/",
        "/coprs/%ff/tools/detail/",
    ] {
        assert_eq!(no(&get(&server, path).await), (404, NO_ENDPOINT), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        assert_eq!(no(&send(server.anywhere(method.clone(), "/api/nope")).await), (404, NO_ENDPOINT), "{method}");
        for path in ["/api/coprs/alice/tools/detail/", "/api/status", "/api/"] {
            assert_eq!(no(&send(server.anywhere(method.clone(), path)).await), (405, NO_METHOD), "{method} {path}");
        }
    }
    assert_eq!(no(&get(&server, BUILD).await), (405, NO_METHOD));
    let options = server.anywhere(Method::OPTIONS, "/api/status").send().await.expect("an answer");
    assert_eq!(options.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_none_are_nobody() {
    let server = server().await;
    let (login, token) = (&server.alice.login, &server.alice.token);
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for value in [
        String::new(),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic ***".to_owned(),
        basic(""),
        basic(":"),
        basic(login),
        basic(&format!("{login}:")),
        basic(&format!(":{token}")),
        basic(&format!("{login}:{token}:")),
        basic(&format!("{login}:x:{token}")),
        basic(&format!("{login}\0:{token}")),
        basic("alice:x"),
        basic("None:None"),
        format!("Basic {}", STANDARD.encode(b"\xff\xfe:\xff")),
        format!("{login}:{token}"),
    ] {
        let request = server.anywhere(Method::POST, "/api/auth_check/").header("authorization", &value);
        assert_eq!(no(&send(request).await).0, 401, "{value:?}");
    }
    let request = server.anywhere(Method::POST, "/api/auth_check/");
    ok(send(request.header("authorization", basic(&format!("{login}:{token}")))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_expired_is_worth_nothing() {
    let server = Server::start_with(|rules| rules.token_days = -2).await;
    assert_eq!(no(&post(&server, &server.alice, "/auth_check/", Nothing).await).0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_can_not_be_read_are_refused_and_change_nothing() {
    let server = server().await;
    let kinds =
        "The body has to be a form (application/x-www-form-urlencoded or multipart/form-data) or a JSON object.";
    let no_object = "The body is not a JSON object.";
    let path = "/coprs/alice/tools/modify/";
    for (kind, body, status, error) in [
        (Some("application/json"), "{", 400, no_object),
        (Some("application/json"), "[1]", 400, no_object),
        (Some("application/json; charset=utf-8"), "\"description=x\"", 400, no_object),
        (
            Some("application/json"),
            r#"{"description": {"a": 1}}"#,
            400,
            "description: a text, a number, a switch or a list of them is needed",
        ),
        (Some("application/json"), r#"{"description": "a\u0000"}"#, 400, "a value can not hold a NUL character"),
        (Some("application/x-www-form-urlencoded"), "description=%00", 400, "a value can not hold a NUL character"),
        (Some("multipart/form-data"), "--x--", 400, "The form in the request says no boundary between its parts."),
        (
            Some("multipart/form-data; boundary=x"),
            "--x\r\nContent-Disposition: form-data; name=\"description\"\r\n\r\nlost",
            400,
            "The form in the request is not complete.",
        ),
        (Some("text/plain"), "description=x", 415, kinds),
        (None, "description=x", 415, kinds),
    ] {
        assert_eq!(no(&raw(&server, path, kind, body.as_bytes()).await), (status, error), "{kind:?} {body}");
    }
    for (kind, body) in
        [(Some("text/plain"), ""), (None, ""), (Some("application/json"), ""), (Some("application/json"), "{}")]
    {
        assert_eq!(ok(raw(&server, path, kind, body.as_bytes()).await)["description"], "", "{kind:?}");
    }
    let long = format!("description={}", "x".repeat(9 << 20));
    let answer = raw(&server, path, Some("application/x-www-form-urlencoded"), long.as_bytes()).await;
    assert_eq!(no(&answer), (413, "The request is too large: besides a file it can have 8 MiB."));
    // What is not UTF-8 is shown with a mark in its place.
    let odd = ok(raw(&server, path, Some("application/x-www-form-urlencoded"), b"description=a%ffb").await);
    assert_eq!(odd["description"], "a\u{fffd}b");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_wrong_are_told_by_field() {
    let server = server().await;
    let pkgs = ("pkgs", "http://x.example/a.spec");
    let urls = "A list of http[s] URLs separated by whitespace characters is needed ('ftp://x/a.spec' doesn't seem to be a valid URL).";
    for (path, sent, error) in [
        (BUILD, Nothing, "pkgs: URLs to packages are required".to_owned()),
        (BUILD, Form(&[("pkgs", " ")]), "pkgs: URLs to packages are required".to_owned()),
        (BUILD, Form(&[("pkgs", "ftp://x/a.spec")]), format!("pkgs: {urls}")),
        (BUILD, Form(&[pkgs, ("timeout", "x")]), "timeout: Not a valid integer value.\ntimeout: Number must be between 0 and 108000.".to_owned()),
        (BUILD, Form(&[pkgs, ("timeout", "-1")]), "timeout: Number must be between 0 and 108000.".to_owned()),
        (BUILD, Json(json!({"pkgs": ["http://x.example/a.spec"], "timeout": 1.5})), "timeout: Not a valid integer value.\ntimeout: Number must be between 0 and 108000.".to_owned()),
        (BUILD, Form(&[pkgs, ("project_dirname", "other:x")]), "Copr dirname must start with 'tools:' prefix".to_owned()),
        (BUILD, Form(&[pkgs, ("bootstrap", "x")]), "bootstrap: Not a valid choice.".to_owned()),
        (BUILD, Form(&[pkgs, ("isolation", "x")]), "isolation: Not a valid choice.".to_owned()),
        ("/coprs/alice/tools/new_build_upload/", Form(&[pkgs]), "pkgs: This field is required.".to_owned()),
        ("/coprs/alice/tools/new_build_upload/", Multipart(&[], Some(("pkgs", "a.tar.gz", "x"))), "pkgs: You can upload only .src.rpm, .nosrc.rpm, and .spec files".to_owned()),
        ("/coprs/alice/tools/new_build_pypi/", Nothing, "pypi_package_name: This field is required.".to_owned()),
        ("/coprs/alice/tools/new_build_tito/", Nothing, "git_url: This field is required.".to_owned()),
        ("/coprs/alice/tools/new_build_tito/", Form(&[("git_url", "x")]), "git_url: Invalid URL.".to_owned()),
        ("/coprs/alice/tools/new_build_mock/", Form(&[("scm_url", "x"), ("spec", "y")]), "scm_url: Invalid URL.\nspec: RPM spec file must end with .spec".to_owned()),
        ("/coprs/alice/tools/new_build_mock/", Form(&[("scm_url", "https://x.example/a"), ("scm_type", "cvs")]), "scm_type: Not a valid choice.".to_owned()),
        ("/coprs/alice/tools/new_build_rubygems/", Nothing, "gem_name: This field is required.".to_owned()),
        ("/coprs/alice/tools/new_build_distgit/", Nothing, "clone_url: This field is required.".to_owned()),
        ("/coprs/alice/tools/new_build_scm/", Form(&[("clone_url", "https://x.example/a"), ("srpm_build_method", "x")]), "srpm_build_method: Not a valid choice.".to_owned()),
        ("/coprs/alice/tools/new_build_custom/", Form(&[("script", "")]), "script: This field is required.".to_owned()),
        ("/coprs/alice/new/", Nothing, "name: This field is required.\nchroots: At least one chroot must be selected".to_owned()),
        ("/coprs/alice/new/", Form(&[("name", "1"), (FEDORA, "y"), ("repos", "x")]), "name: Project's name can not be just number.\nrepos: A list of http[s] URLs separated by whitespace characters is needed ('x' doesn't seem to be a valid URL).".to_owned()),
        ("/coprs/alice/new/", Form(&[("name", "x"), (FEDORA, "y"), ("initial_pkgs", "ftp://x/a.spec")]), format!("initial_pkgs: {urls}")),
        ("/coprs/alice/tools/modify/fedora-42-x86_64/", Form(&[("buildroot_pkgs", "-x")]), "buildroot_pkgs: '-x' can not begin with a dash".to_owned()),
        ("/coprs/alice/tools/chroot/edit/fedora-42-x86_64/", Form(&[("repos", "x")]), "repos: A list of http[s] URLs separated by whitespace characters is needed ('x' doesn't seem to be a valid URL).".to_owned()),
        ("/coprs/alice/tools/fork/", Form(&[("owner", "bob")]), "owner: Not a valid choice.".to_owned()),
    ] {
        let answer = post(&server, &server.alice, path, sent).await;
        let (status, text) = no(&answer);
        assert!(status == 400 && text.starts_with(&error), "{path}: {status} {text}");
    }
    for path in ["/coprs/", "/coprs/?username=", "/coprs/search/", "/coprs/search/ab/", "/coprs/?username=%00"] {
        assert_eq!(no(&get(&server, path).await).0, 400, "{path}");
    }
    assert_eq!(ok(get(&server, "/coprs/nobody/").await)["repos"], json!([]));
    let builds = server.get("/build/list?ownername=alice&projectname=tools").await.ok();
    assert_eq!(builds["items"], json!([]), "something was built");
    assert_eq!(server.uploads(), [""; 0].map(std::path::PathBuf::from), "an upload was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_refused_leaves_nothing_behind() {
    let server = server().await;
    let large = "x".repeat((1 << 20) + 1);
    let path = "/coprs/alice/tools/new_build_upload/";
    let file = Some(("pkgs", "a.spec", large.as_str()));
    assert_eq!(
        no(&post(&server, &server.alice, path, Multipart(&[], file)).await),
        (413, "The file is too large: it can have 1 MiB.")
    );
    let file = Some(("pkgs", "a.spec", "x"));
    assert_eq!(no(&post(&server, &server.bob, path, Multipart(&[], file)).await).0, 403);
    let wrong = post(&server, &server.alice, path, Multipart(&[("timeout", "x")], file)).await;
    assert_eq!(no(&wrong).0, 400);
    assert_eq!(server.uploads(), [""; 0].map(std::path::PathBuf::from));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comps_file_must_be_text() {
    let server = server().await;
    let path = format!("/coprs/alice/tools/chroot/edit/{FEDORA}/");
    for content in [b"\xff\xfe".as_slice(), b"<comps>\0</comps>"] {
        let head = b"--x\r\nContent-Disposition: form-data; name=\"upload_comps\"; filename=\"c.xml\"\r\n\r\n";
        let body = [head, content, b"\r\n--x--\r\n"].concat();
        let answer = raw(&server, &path, Some("multipart/form-data; boundary=x"), &body).await;
        assert_eq!(no(&answer), (400, "`c.xml` is not text."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_package_is_told_as_an_object() {
    let server = server().await;
    let fields = [("package_name", "a b"), ("git_url", "x"), ("max_builds", "200"), ("chroot_blacklist", "A!")];
    let answer = post(&server, &server.alice, "/coprs/alice/tools/package/add/git_and_tito/", Form(&fields)).await;
    let error = json!({
        "package_name": ["Please enter a valid package name in ^[-+_.a-zA-Z0-9]+$"],
        "max_builds": ["Number must be between 0 and 100."],
        "chroot_blacklist": ["Pattern \"A!\" does not match \"^[a-z0-9-_*.+]+$\""],
        "git_url": ["Invalid URL."],
    });
    assert_eq!((answer.status.as_u16(), &answer.json), (400, &json!({"output": "notok", "error": error})));
    let unknown = post(&server, &server.alice, "/coprs/alice/tools/package/add/cvs/", Nothing).await;
    assert_eq!(no(&unknown), (400, "Unsupported package source type cvs"));
}
