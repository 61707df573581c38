//! Addresses, methods, who is logged in.

use crate::packages::finish;
use crate::server::{EPEL, FEDORA, FEDORA_32, Server, send};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn check_01_the_root_answers_with_and_without_a_slash() {
    let server = Server::start().await;
    for path in ["", "/"] {
        assert_eq!(server.get(path).await.ok(), json!({"version": 3}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_endpoint_says_so() {
    let server = Server::start().await;
    let no_route = (404, "Such API endpoint doesn't exist");
    for path in ["/nope", "/build/abc", "/build/-1", "/build/1x/", "/project/x/y/z", "/build-chroot/x/y", "/monitor/x"]
    {
        assert_eq!(server.get(path).await.refusal(), no_route, "{path}");
    }
    for path in ["/module/build/alice/p", "/build/create/nope", "/package/add/a/b/c", "/package/add/a/b/c/scm/x"] {
        assert_eq!(server.post(&server.alice, path, json!({})).await.refusal(), no_route, "{path}");
    }
    assert_eq!(send(server.request(Method::PUT, "/build/cancel/abc")).await.refusal(), no_route);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_an_endpoint_lacks_is_405_without_allow() {
    let server = Server::start().await;
    let wrong = [
        (Method::POST, "/auth-check"),
        (Method::POST, "/project"),
        (Method::PATCH, "/project/"),
        (Method::PUT, "/project/add/alice"),
        (Method::PUT, "/build/create/url"),
        (Method::GET, "/build/cancel/1"),
        (Method::PUT, "/build/delete/1"),
        (Method::POST, "/rpmrepo/alice/p/fedora-42"),
        (Method::DELETE, "/rpmrepo/alice/p/fedora-42/"),
    ];
    for (method, path) in wrong {
        let request = server.request(method.clone(), path);
        let response = request.send().await.expect("an answer");
        assert!(!response.headers().contains_key("allow"), "{method} {path}");
        let answer = crate::server::read(response).await;
        assert_eq!(answer.refusal(), (405, "The method is not allowed for the requested URL."), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_works_like_get_and_options_is_empty() {
    let server = Server::start().await;
    for path in ["/", "/project/list", "/mock-chroots/list/"] {
        let head = server.request(Method::HEAD, path).send().await.expect("an answer");
        assert_eq!((head.status().as_u16(), head.text().await.expect("a body").as_str()), (200, ""), "{path}");
    }
    for path in ["/", "/project/list", "/project/add/alice", "/build/cancel/1", "/rpmrepo/alice/p/fedora-42/"] {
        let options = server.request(Method::OPTIONS, path).send().await.expect("an answer");
        assert_eq!((options.status().as_u16(), options.text().await.expect("a body").as_str()), (200, ""), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_who_one_is() {
    let server = Server::start().await;
    let check = || server.request(Method::GET, "/auth-check/");
    let me = send(check().basic_auth(&server.bob.login, Some(&server.bob.token))).await.ok();
    assert_eq!(me["name"], "bob");
    // The login is not the user's name, and the scheme's word is not looked at.
    let public = server.url.as_str();
    let text = format!("Login invalid/expired. Please visit {public}/api to get or renew your API token.");
    let nobody = json!({"output": "notok", "error": text});
    let wrong = [
        check(),
        check().basic_auth("bob", Some(&server.bob.token)),
        check().basic_auth(&server.bob.login, Some(&server.alice.token)),
        check().basic_auth(&server.bob.login, Some("")),
        check().header("authorization", "Basic ???"),
        check().header("authorization", "nonsense"),
        check().header("authorization", b"Basic \xff".as_slice()),
    ];
    for request in wrong {
        let answer = send(request).await;
        assert_eq!((answer.status.as_u16(), &answer.json), (401, &nobody));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_03_every_endpoint_that_changes_something_wants_a_login() {
    let server = Server::start().await;
    let closed = [
        (Method::GET, "/auth-check"),
        (Method::POST, "/project/add/alice"),
        (Method::PUT, "/project/edit/alice/p"),
        (Method::DELETE, "/project/delete/alice/p"),
        (Method::PUT, "/project/regenerate-repos/alice/p"),
        (Method::PUT, "/project-chroot/edit/alice/p/fedora-42-x86_64"),
        (Method::PUT, "/build/cancel/1"),
        (Method::DELETE, "/build/delete/1"),
        (Method::DELETE, "/build/delete/list"),
        (Method::POST, "/build/check-before-build"),
        (Method::POST, "/build/create/url"),
        (Method::POST, "/build/create/upload"),
    ];
    for (method, path) in closed {
        let nobody = send(server.request(method.clone(), path)).await;
        let stranger = send(server.request(method.clone(), path).basic_auth("no", Some("body"))).await;
        for answer in [nobody, stranger] {
            assert_eq!((answer.status.as_u16(), &answer.json["output"]), (401, &json!("notok")), "{method} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chroots_that_are_switched_on_are_listed_with_their_remarks() {
    let server = Server::start().await;
    let listed = server.get("/mock-chroots/list").await.ok();
    assert_eq!(listed, json!({EPEL: "A short comment", FEDORA_32: "", FEDORA: ""}));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_13_every_address_answers_with_a_trailing_slash_too() {
    for server in Server::on_each_engine().await {
        all_addresses(&server).await;
    }
}

async fn all_addresses(server: &Server) {
    server.project("p").await;
    let id = server.build("p", json!({"chroots": [FEDORA]})).await;
    let other = server.build("p", json!({"chroots": [FEDORA]})).await;
    finish(server, other, "hello", &[(FEDORA, State::Succeeded)]).await;
    let project = "ownername=alice&projectname=p";
    let reads = [
        ("/mock-chroots/list".to_owned(), String::new()),
        ("/project".to_owned(), project.to_owned()),
        ("/project/list".to_owned(), "ownername=alice".to_owned()),
        ("/project/search".to_owned(), "query=alice/p".to_owned()),
        ("/project-chroot".to_owned(), format!("{project}&chrootname={FEDORA}")),
        ("/project-chroot/build-config".to_owned(), format!("{project}&chrootname={FEDORA}")),
        (format!("/build/{id}"), String::new()),
        ("/build/list".to_owned(), project.to_owned()),
        (format!("/build/source-chroot/{id}"), String::new()),
        (format!("/build/source-build-config/{id}"), String::new()),
        (format!("/build/built-packages/{id}"), String::new()),
        ("/build-chroot".to_owned(), format!("build_id={id}&chrootname={FEDORA}")),
        ("/build-chroot/list".to_owned(), format!("build_id={id}")),
        ("/build-chroot/build-config".to_owned(), format!("build_id={id}&chrootname={FEDORA}")),
        ("/build-chroot/built-packages".to_owned(), format!("build_id={id}&chrootname={FEDORA}")),
        (format!("/build-chroot/{id}/{FEDORA}"), String::new()),
        (format!("/build-chroot/list/{id}"), "order=name".to_owned()),
        (format!("/build-chroot/build-config/{id}/{FEDORA}"), String::new()),
        ("/package".to_owned(), format!("{project}&packagename=hello&with_latest_build=1")),
        ("/package/list".to_owned(), format!("{project}&with_latest_build=1&with_latest_succeeded_build=1")),
        ("/monitor".to_owned(), project.to_owned()),
        ("/rpmrepo/alice/p/fedora-42".to_owned(), String::new()),
    ];
    for (path, query) in reads {
        let plain: Value = server.get(&format!("{path}?{query}")).await.ok();
        let slashed: Value = server.get(&format!("{path}/?{query}")).await.ok();
        assert_eq!(plain, slashed, "{path}");
    }
    for (method, path) in [
        (Method::PUT, "/project/edit/alice/p/".to_owned()),
        (Method::POST, "/build/check-before-build/".to_owned()),
        (Method::PUT, format!("/build/cancel/{id}/")),
        (Method::DELETE, "/build/delete/list/".to_owned()),
        (Method::DELETE, "/project/delete/alice/p/".to_owned()),
    ] {
        let body = json!({"ownername": "alice", "projectname": "p", "builds": []});
        server.call(&server.alice, method, &path, body).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_12_older_methods_do_the_same_and_are_told_to_be_old() {
    for server in Server::on_each_engine().await {
        older_methods(&server).await;
    }
}

async fn older_methods(server: &Server) {
    let warned = |canonical: &str| Some(format!("This method is deprecated: Use {canonical} method instead of POST"));
    for (method, expected) in [(Method::POST, [warned("PUT"), warned("DELETE")]), (Method::PUT, [None, None])] {
        let canonical = method == Method::PUT;
        let delete = if canonical { Method::DELETE } else { Method::POST };
        server.project("p").await;
        let first = server.build("p", json!({})).await;
        let second = server.build("p", json!({})).await;
        let third = server.build("p", json!({})).await;
        for id in [first, second, third] {
            let answer = server.call(&server.alice, method.clone(), &format!("/build/cancel/{id}"), json!({})).await;
            assert_eq!(answer.warning, expected[0]);
            assert_eq!(answer.ok()["state"], "canceled");
        }
        let edit =
            server.call(&server.alice, method.clone(), "/project/edit/alice/p", json!({"description": "d"})).await;
        assert_eq!(edit.warning, expected[0]);
        assert_eq!(edit.ok()["description"], "d");
        let path = format!("/project-chroot/edit/alice/p/{FEDORA}");
        let chroot = server.call(&server.alice, method.clone(), &path, json!({"with_opts": "a b"})).await;
        assert_eq!(chroot.ok()["with_opts"], json!(["a", "b"]));
        server.call(&server.alice, method.clone(), "/project/regenerate-repos/alice/p", json!({})).await.ok();
        let one = server.call(&server.alice, delete.clone(), &format!("/build/delete/{first}"), json!({})).await;
        assert_eq!(one.warning, expected[1]);
        assert_eq!(one.ok()["id"], first);
        let body = json!({"builds": [second, third]});
        let list = server.call(&server.alice, delete.clone(), "/build/delete/list", body.clone()).await.ok();
        assert_eq!(list, body);
        let gone = server.call(&server.alice, delete, "/project/delete/alice/p", json!({"verify": true})).await;
        assert_eq!(gone.warning, expected[1]);
        assert_eq!(gone.ok()["full_name"], "alice/p");
    }
}
