//! Roles, web hook secrets, tokens and batches, as they stand on the wire.

use crate::server::{FEDORA, Server, send};
use reqwest::Method;
use serde_json::{Value, json};

const ROLES: &str = "/project/permissions";

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_asked_for_listed_and_given() {
    for server in Server::on_each_engine().await {
        server.project("p").await;
        let get = async || server.call(&server.alice, Method::GET, &format!("{ROLES}/get/alice/p"), Value::Null).await;
        assert_eq!(get().await.refusal(), (404, "No permissions set on alice/p project"));
        for method in [Method::PUT, Method::POST] {
            let path = format!("{ROLES}/request/alice/p");
            let asked = server.call(&server.bob, method.clone(), &path, json!({"admin": true, "builder": true})).await;
            let old = "This method is deprecated: Use PUT method instead of POST".to_owned();
            assert_eq!(asked.warning, (method == Method::POST).then_some(old));
            assert_eq!(asked.ok(), json!({"updated": method == Method::PUT}));
        }
        let given = json!({"bob": {"admin": "nothing", "builder": "approved"}});
        for (method, updated) in [(Method::PUT, json!(["bob"])), (Method::POST, json!([]))] {
            let path = format!("{ROLES}/set/alice/p/");
            let set = server.call(&server.alice, method, &path, given.clone()).await;
            assert_eq!(set.warning, None, "Copr warns of no method here");
            assert_eq!(set.ok(), json!({"updated": updated}));
        }
        assert_eq!(get().await.ok(), json!({"permissions": given}));
        let may = server.get(&format!("{ROLES}/can_build_in/bob/alice/p")).await.ok();
        let expected = json!({"who": "bob", "ownername": "alice", "projectname": "p", "can_build_in": true});
        assert_eq!(may, expected);
        let nobody = server.get(&format!("{ROLES}/can_build_in/nobody/alice/p")).await;
        assert_eq!(nobody.refusal(), (404, "No such user `nobody'"));
        let body = json!({"name": "g", "chroots": [FEDORA]});
        server.post(&server.alice, "/project/add/@devs", body).await.ok();
        let group = server.get(&format!("{ROLES}/can_build_in/bob/@devs/g")).await.ok();
        assert_eq!((&group["ownername"], &group["can_build_in"]), (&json!("@devs"), &json!(false)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_about_roles_are_refused_in_words() {
    let server = Server::start().await;
    server.project("p").await;
    let dictionary =
        "request is not a dictionary, expected format: {'username': {'admin': 'nothing', 'builder': 'request'} ...}";
    for (body, text) in [
        (json!([]), dictionary),
        (json!("bob"), dictionary),
        (Value::Null, dictionary),
        (json!({"bob": "builder"}), dictionary),
        (json!({}), "no permission change requested"),
        (json!({"bob": {"admin": null}}), "invalid 'admin' permission state 'None', use nothing|request|approved"),
        (json!({"bob": {"admin": true}}), "invalid 'admin' permission state 'True', use nothing|request|approved"),
        (json!({"bob\0": {"admin": "nothing"}}), "a value can not hold a NUL character"),
    ] {
        let answer = server.put(&server.alice, &format!("{ROLES}/set/alice/p"), body.clone()).await;
        assert_eq!(answer.refusal(), (400, text), "{body}");
    }
    for (body, text) in [
        (json!(["admin"]), "invalid 'roles' dict format, expected: {'admin': True, 'builder': False}"),
        (json!({}), "no permission requested"),
        (json!({"admin": 1}), "invalid 'admin' permission request '1', expected True or False"),
        (json!({"admin": "True"}), "invalid 'admin' permission request 'True', expected True or False"),
        (json!({"admin": null}), "invalid 'admin' permission request 'None', expected True or False"),
        (json!({"boss": true}), "invalid permission 'boss', allowed admin|builder"),
    ] {
        let answer = server.put(&server.bob, &format!("{ROLES}/request/alice/p"), body.clone()).await;
        assert_eq!(answer.refusal(), (400, text), "{body}");
    }
    // Whether the project is there, and who may, is told before what is wrong with the body.
    let no_json = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";
    let stranger = "User 'bob' can not see permissions for project 'alice/p' (missing admin rights)";
    for (who, path, refusal) in [
        (&server.alice, "set/alice/p", (415, no_json)),
        (&server.bob, "set/alice/p", (403, stranger)),
        (&server.bob, "set/alice/none", (404, "Project alice/none does not exist.")),
        (&server.bob, "set/@none/p", (404, "Group none does not exist.")),
        (&server.bob, "request/alice/p", (415, no_json)),
        (&server.bob, "request/alice/none", (404, "Project alice/none does not exist.")),
    ] {
        let path = format!("{ROLES}/{path}");
        let request = server.request(Method::PUT, &path).basic_auth(&who.login, Some(&who.token));
        assert_eq!(send(request).await.refusal(), refusal, "{path} without a body");
        if refusal.0 != 415 {
            assert_eq!(server.put(who, &path, json!([])).await.refusal(), refusal, "{path} with a list");
            assert_eq!(server.put(who, &path, json!({})).await.refusal(), refusal, "{path} with nothing said");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_hook_secret_comes_with_the_names_of_its_project() {
    let server = Server::start().await;
    let project = server.project("p").await;
    let path = "/webhook/generate/alice/p";
    let made = server.post(&server.alice, path, Value::Null).await.ok();
    let secret = &made["webhook_secret"];
    assert_eq!(secret.as_str().map(str::len), Some(36));
    let expected = json!({
        "id": project["id"], "name": "p", "ownername": "alice", "full_name": "alice/p", "webhook_secret": secret
    });
    assert_eq!(made, expected);
    assert_eq!(server.put(&server.alice, path, Value::Null).await.refusal().0, 405);
    let shown = server.get("/project?ownername=alice&projectname=p").await.ok();
    assert!(!shown.to_string().contains(secret.as_str().expect("text")), "everybody can read it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_ends_the_one_that_asked_for_it() {
    let server = Server::start().await;
    let made = send(server.request(Method::POST, "/api-token").basic_auth(&server.bob.login, Some(&server.bob.token)))
        .await
        .ok();
    let word = |name: &str| made[name].as_str().expect("text").to_owned();
    assert_eq!(made.as_object().map(|keys| keys.len()), Some(3));
    assert_eq!((word("api_login").len(), word("api_token").len(), word("expiration").len()), (20, 30, 10));
    let check =
        |login: &str, token: &str| send(server.request(Method::GET, "/auth-check").basic_auth(login, Some(token)));
    assert_eq!(check(&server.bob.login, &server.bob.token).await.refusal().0, 401);
    assert_eq!(check(&word("api_login"), &word("api_token")).await.ok()["name"], "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_refused_on_the_field_that_asks_for_them() {
    let server = Server::start().await;
    server.project("p").await;
    let first = server.build("p", json!({})).await;
    let second = server.build("p", json!({"after_build_id": first.to_string()})).await;
    server.build("p", json!({"with_build_id": second})).await;
    assert_eq!(server.get(&format!("/build/{second}")).await.ok()["state"], "pending");
    let body = |more: Value| {
        let mut body = json!({"ownername": "alice", "projectname": "p", "pkgs": ["http://x.example/a-1-1.src.rpm"]});
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    for (more, text) in [
        (json!({"after_build_id": 99}), "{'after_build_id': ['Build 99 not found']}"),
        (json!({"with_build_id": "x"}), "{'with_build_id': ['Not a valid integer value.']}"),
        (
            json!({"with_build_id": 1, "after_build_id": 1}),
            "{'with_build_id': ['Only one batch option can be specified'], 'after_build_id': ['Only one batch option can be specified']}",
        ),
    ] {
        for path in ["/build/create/url", "/build/check-before-build"] {
            let answer = server.post(&server.alice, path, body(more.clone())).await;
            assert_eq!(answer.refusal(), (400, format!("Bad request parameters: {text}").as_str()), "{path}");
        }
    }
}
