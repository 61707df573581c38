//! Addresses that begin with more than one slash.

use crate::server::{FEDORA, Server, send};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn slashes_too_many_at_the_beginning_lead_to_the_same_place() {
    let server = Server::start().await;
    for path in ["//api_3/", "///api_3", "//api_2/", "//api_2", "//assets/style.css", "//", "//api/"] {
        let answer = server.anywhere(Method::GET, path).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
    }
    let missing = server.anywhere(Method::GET, "//nothing/here").send().await.expect("an answer");
    assert_eq!(missing.status().as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_and_a_query_come_along() {
    let server = Server::start().await;
    let body = json!({"name": "p", "chroots": [FEDORA]});
    let request = server.anywhere(Method::POST, "//api_3/project/add/alice?exist_ok=True").json(&body);
    let made = send(request.basic_auth(&server.alice.login, Some(&server.alice.token))).await.ok();
    assert_eq!(made["full_name"], "alice/p");
    let found = send(server.anywhere(Method::GET, "//api_3/project?ownername=alice&projectname=p")).await.ok();
    assert_eq!(found, made);
}
