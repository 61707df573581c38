//! Builds that are repeated, and what goes away while they run: by the API and by the pages.

use crate::packages::finish;
use crate::server::{EPEL, FEDORA, FEDORA_32, Person, Server};
use copr_types::State;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

fn of_alice(server: &Server, method: Method, path: &str) -> RequestBuilder {
    as_person(server, &server.alice, method, path)
}

fn as_person(server: &Server, who: &Person, method: Method, path: &str) -> RequestBuilder {
    server.anywhere(method, path).basic_auth(&who.login, Some(&who.token))
}

async fn text(response: Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.expect("a text"))
}

async fn page(request: RequestBuilder) -> (u16, String) {
    text(request.send().await.expect("an answer")).await
}

/// A form that was filled in.
fn filled(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    request.header("content-type", "application/x-www-form-urlencoded").body(body)
}

/// Names of the chroots that a form has chosen.
fn chosen(form: &str) -> Vec<&str> {
    let boxes = form.split("<input type=\"checkbox\" name=\"chroots\" value=\"").skip(1);
    boxes
        .filter_map(|rest| rest.split_once('"'))
        .filter(|(_, rest)| rest.starts_with(" checked"))
        .map(|(name, _)| name)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_repeated_where_it_failed() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"timeout": "100", "chroots": [FEDORA, FEDORA_32]})).await;
    finish(&server, id, "hello", &[(FEDORA, State::Failed), (FEDORA_32, State::Succeeded)]).await;
    let path = format!("/build/resubmit/{id}");
    let again = server.post(&server.alice, &path, json!({"failed": true})).await.ok();
    assert_eq!((&again["resubmitted_from"], &again["chroots"]), (&json!(id), &json!([FEDORA])));
    assert_eq!(again["source_package"]["url"], "http://x.example/hello-1-1.src.rpm");
    let config = server.get(&format!("/build/source-build-config/{}", again["id"])).await.ok();
    assert_eq!(config["timeout"], 100);
    let all = server.post(&server.alice, &path, json!({"timeout": "7", "background": true})).await.ok();
    assert_eq!((&all["chroots"], &all["is_background"]), (&json!([FEDORA_32, FEDORA]), &json!(true)));
    assert_eq!(server.get(&format!("/build/{id}")).await.ok().get("resubmitted_from"), None);
    let wrong = server.post(&server.alice, &path, json!({"chroots": [EPEL]})).await;
    let text = format!("Bad request parameters: {{'chroots': [\"'{EPEL}' is not a valid choice for this field.\"]}}");
    assert_eq!(wrong.refusal(), (400, text.as_str()));
    let stranger = server.post(&server.bob, &path, json!({})).await;
    assert_eq!(stranger.refusal(), (403, "User bob is not allowed to build in the copr: alice/p"));
    let missing = server.post(&server.alice, "/build/resubmit/99", json!({})).await;
    assert_eq!(missing.refusal(), (404, "Build 99 does not exist."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_chooses_what_failed_and_its_build_says_where_it_came_from() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"chroots": [FEDORA, FEDORA_32]})).await;
    finish(&server, id, "hello", &[(FEDORA, State::Failed), (FEDORA_32, State::Succeeded)]).await;
    let (form, sent) =
        (format!("/coprs/alice/p/repeat_build/{id}/"), format!("/coprs/alice/p/new_build_rebuild/{id}/"));
    let (_, build) = page(server.anywhere(Method::GET, &format!("/coprs/alice/p/build/{id}/"))).await;
    assert!(build.contains(&form), "{build}");
    let (status, body) = page(server.anywhere(Method::GET, &form)).await;
    assert!(status == 401 && body.contains("Only who is logged in"), "{status} {body}");
    let (status, body) = page(as_person(&server, &server.bob, Method::GET, &form)).await;
    assert!(status == 403 && body.contains("not allowed to build"), "{status} {body}");
    let (status, body) = page(of_alice(&server, Method::GET, &form)).await;
    assert_eq!((status, chosen(&body)), (200, vec![FEDORA]), "{body}");
    assert!(body.contains(&format!("action=\"{sent}\"")), "{body}");
    let (_, body) = page(of_alice(&server, Method::GET, &format!("{form}?chroot={FEDORA_32}"))).await;
    assert_eq!(chosen(&body), [FEDORA_32]);
    let (status, _) = page(of_alice(&server, Method::GET, &format!("/coprs/alice/q/repeat_build/{id}/"))).await;
    assert_eq!(status, 404);
    let (status, body) = page(filled(of_alice(&server, Method::POST, &sent), &[("timeout", "7")])).await;
    assert!(status == 400 && body.contains("At least one chroot must be selected"), "{status} {body}");
    let fields = [("chroots", FEDORA), ("chroots", FEDORA_32), ("timeout", "7"), ("enable_net", "on")];
    let made = filled(of_alice(&server, Method::POST, &sent), &fields).send().await.expect("an answer");
    let to = made.headers()["location"].to_str().expect("an address").to_owned();
    assert_eq!((made.status().as_u16(), to.as_str()), (303, "/coprs/alice/p/build/2/"));
    let (_, body) = page(server.anywhere(Method::GET, &to)).await;
    assert!(body.contains(&format!("resubmitted from <a href=\"/coprs/build/{id}/\">build {id}</a>")), "{body}");
    let config = server.get("/build/source-build-config/2").await.ok();
    assert_eq!(config["timeout"], 7);
    let config = server.get(&format!("/build-chroot/build-config/2/{FEDORA}")).await.ok();
    assert_eq!(config["enable_net"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_can_not_repeat_a_build() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({})).await;
    let alice = server.app.authenticate(&server.alice.login, &server.alice.token).await.expect("alice");
    let secret = copr_app::session::open(&server.app, &alice).await.expect("a session");
    let sent = |site: &'static str| {
        let request = server
            .anywhere(Method::POST, &format!("/coprs/alice/p/new_build_rebuild/{id}/"))
            .header("cookie", format!("session={secret}"))
            .header("sec-fetch-site", site);
        filled(request, &[("chroots", FEDORA)])
    };
    assert_eq!(page(sent("cross-site")).await.0, 403);
    assert_eq!(page(sent("same-origin")).await.0, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_builds_run_in_goes_away_when_that_is_said() {
    for server in Server::on_each_engine().await {
        server.project("p").await;
        let id = server.build("p", json!({})).await;
        let cancel = || json!({"verify": true, "cancel_builds": true});
        let running = format!("Build(s) {id} are still running.\n");
        // A directory.
        let side = server.build("p", json!({"project_dirname": "p:custom:x"})).await;
        let path = "/project/directory/delete/alice/p:custom:x";
        let refused = server.delete(&server.alice, path, json!({})).await;
        assert_eq!(refused.refusal(), (400, format!("Build(s) {side} are still running.\n").as_str()));
        assert_eq!(server.delete(&server.bob, path, cancel()).await.status.as_u16(), 403);
        let said = server.delete(&server.alice, path, cancel()).await.ok();
        assert_eq!(said, json!({"message": "Directory alice/p:custom:x has been deleted."}));
        let text = "Directory 'p:custom:x' doesn't exist in 'alice/p'";
        assert_eq!(server.delete(&server.alice, path, cancel()).await.refusal(), (404, text));
        // A chroot.
        let named = server.build("p", json!({"chroots": [FEDORA, FEDORA_32]})).await;
        let less = |more: Value| {
            let mut body = json!({"chroots": [FEDORA]});
            body["cancel_builds"] = more;
            body
        };
        assert_eq!(server.put(&server.alice, "/project/edit/alice/p", less(json!(false))).await.status.as_u16(), 409);
        server.put(&server.alice, "/project/edit/alice/p", less(json!(true))).await.ok();
        for (chroot, state) in [(FEDORA, "waiting"), (FEDORA_32, "canceled")] {
            let one = server.get(&format!("/build-chroot?build_id={named}&chrootname={chroot}")).await.ok();
            assert_eq!(one["state"], state, "{chroot}");
        }
        // The project, whose name is free at once.
        let running = running.replace(&id.to_string(), &format!("{id}, {named}"));
        let path = "/project/delete/alice/p";
        assert_eq!(
            server.delete(&server.alice, path, json!({"verify": true})).await.refusal(),
            (400, running.as_str())
        );
        assert_eq!(server.delete(&server.bob, path, cancel()).await.status.as_u16(), 403);
        assert_eq!(server.delete(&server.alice, path, cancel()).await.ok()["full_name"], "alice/p");
        assert_eq!(server.get(&format!("/build/{id}")).await.status.as_u16(), 404);
        server.project("p").await;
    }
}
