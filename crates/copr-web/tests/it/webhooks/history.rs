//! What was called, for who set it up: by the API and on the page.

use super::{COMMIT, Hooked, commit};
use crate::server::{Person, Server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const URL: &str = "https://github.com/ada/engine.git";
const HERE: &str = "/coprs/alice/p/integrations/";

fn push(branch: &str) -> Value {
    json!({"ref": format!("refs/heads/{branch}"), "after": COMMIT, "commits": [commit(COMMIT, &["a"], &[], &[])],
           "repository": {"clone_url": URL}, "sender": {"url": "https://api.github.com/users/<b>ada</b>"}})
}

const HEADERS: &[(&str, &str)] =
    &[("x-github-event", "push"), ("x-github-delivery", "d-42"), ("user-agent", "GitHub-Hookshot/1")];

async fn page(server: &Server, who: &Person) -> (StatusCode, String) {
    let request = server.anywhere(Method::GET, HERE).basic_auth(&who.login, Some(&who.token));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status(), answer.text().await.expect("a page"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_accepted_call_is_listed_with_its_builds() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({})).await;
        hooked.report("github", HEADERS, &push("main")).await;
        hooked.report("github", &[("x-github-event", "watch")], &push("main")).await;
        let build = hooked.builds().await[0].build.id;
        let history = hooked.history().await;
        let expected = json!({
            "id": history[1]["id"], "received_on": history[1]["received_on"], "forge": "github", "event": "push",
            "ref": "refs/heads/main", "commit": COMMIT, "delivery": "d-42", "user_agent": "GitHub-Hookshot/1",
            "sender": "https://api.github.com/users/<b>ada</b>", "outcome": "built", "reason": "", "builds": [build],
        });
        assert_eq!(history[1], expected);
        assert_eq!((&history[0]["outcome"], &history[0]["builds"]), (&json!("nothing"), &json!([])));
        let server = &hooked.server;
        let path = "/webhook/list/alice/p?limit=1&offset=1";
        let second = server.call(&server.alice, Method::GET, path, json!({})).await.ok();
        assert_eq!((&second["items"], &second["meta"]["limit"]), (&json!([expected]), &json!(1)));
        let (status, html) = page(server, &server.alice).await;
        assert_eq!(status, 200);
        let href = format!("/coprs/alice/p/build/{build}/");
        for words in [
            &href,
            "&#60;b&#62;ada",
            "d-42",
            "GitHub-Hookshot/1",
            "6dcb09b5b5",
            "GitHub&#39;s event `watch` builds nothing",
        ] {
            assert!(html.contains(words), "no {words} in {html}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_project_has_an_end() {
    let hooked = Hooked::set(Server::start().await).await;
    for number in 0..203 {
        hooked.report("github", HEADERS, &push(&format!("b{number}"))).await;
    }
    let history = hooked.history().await;
    assert_eq!((history.len(), history[0]["ref"].as_str()), (200, Some("refs/heads/b202")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_the_addresses_and_makes_a_new_secret() {
    let hooked = Hooked::set(Server::start().await).await;
    let server = &hooked.server;
    let (_, html) = page(server, &server.alice).await;
    for forge in ["github", "gitlab", "bitbucket", "forgejo"] {
        let address = format!("{}/webhooks/{forge}/{}/{}/", server.url, hooked.id, hooked.secret);
        assert!(html.contains(&address), "no {address} in {html}");
    }
    for address in [
        format!("/webhooks/custom/{}/{}/PACKAGE/", hooked.id, hooked.secret),
        format!("/webhooks/custom-dir/alice/p:custom:SUFFIX/{}/PACKAGE/", hooked.secret),
    ] {
        assert!(html.contains(&address), "no {address} in {html}");
    }
    let button = format!("{HERE}new_webhook_secret/");
    assert!(html.contains(&format!("action=\"{button}\"")), "{html}");
    let press = server.anywhere(Method::POST, &button).basic_auth(&server.alice.login, Some(&server.alice.token));
    let pressed = press.send().await.expect("an answer");
    assert_eq!((pressed.status().as_u16(), &pressed.headers()["location"].to_str().expect("text")), (303, &HERE));
    let (_, html) = page(server, &server.alice).await;
    assert!(!html.contains(&hooked.secret) && html.contains("/webhooks/github/"), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_makes_a_secret_and_others_see_none() {
    let server = Server::start().await;
    let id = server.project("p").await["id"].as_i64().expect("a number");
    for (who, status) in [(&server.bob, 403), (&server.alice, 200), (&server.root, 200)] {
        let (answered, html) = page(&server, who).await;
        assert_eq!(answered, status);
        assert_eq!(html.contains(&format!("/webhooks/github/{id}/")), status == 200, "{html}");
    }
    let (_, once) = page(&server, &server.alice).await;
    assert_eq!(page(&server, &server.root).await.1, once, "the secret stays");
    let nobody = server.anywhere(Method::GET, HERE).send().await.expect("an answer");
    assert_eq!(nobody.status(), 401);
    let none = server.anywhere(Method::GET, "/coprs/alice/none/integrations/");
    let none = none.basic_auth(&server.alice.login, Some(&server.alice.token)).send().await.expect("an answer");
    assert_eq!(none.status(), 404);
}
