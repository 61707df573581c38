//! What need not be sent again, and what need not be made again.

use crate::packages::finish;
use crate::server::{EPEL, FEDORA, Server};
use copr_types::State;
use reqwest::{Method, Response};
use serde_json::{Value, json};

const PROJECT: &str = "ownername=alice&projectname=p";

async fn ask(server: &Server, path: &str, known: &str) -> Response {
    server.request(Method::GET, path).header("if-none-match", known).send().await.expect("an answer")
}

fn tag(response: &Response) -> String {
    response.headers()["etag"].to_str().expect("text").to_owned()
}

fn reads(build: i64) -> Vec<String> {
    vec![
        "/".to_owned(),
        "/mock-chroots/list".to_owned(),
        format!("/project?{PROJECT}"),
        "/project/list?ownername=alice".to_owned(),
        "/project/search?query=alice/".to_owned(),
        format!("/project-chroot?{PROJECT}&chrootname={FEDORA}"),
        format!("/build/{build}"),
        format!("/build/list?{PROJECT}"),
        format!("/build-chroot/list?build_id={build}"),
        format!("/package?{PROJECT}&packagename=hello"),
        format!("/package/list?{PROJECT}&with_latest_build=True"),
        format!("/monitor?{PROJECT}"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_answer_already_gets_no_body() {
    let server = Server::start().await;
    server.project("p").await;
    let build = server.build("p", json!({"chroots": [FEDORA]})).await;
    finish(&server, build, "hello", &[(FEDORA, State::Succeeded)]).await;
    for path in reads(build) {
        let first = ask(&server, &path, "").await;
        assert_eq!(first.status(), 200, "{path}");
        assert_eq!(first.headers()["cache-control"], "private, no-cache", "{path}");
        let (known, body) = (tag(&first), first.text().await.expect("a body"));
        for form in [known.clone(), format!("W/{known}"), format!("\"other\", {known}"), "*".to_owned()] {
            let again = ask(&server, &path, &form).await;
            assert_eq!((again.status().as_u16(), tag(&again)), (304, known.clone()), "{path} {form}");
            assert_eq!(again.text().await.expect("a body"), "", "{path}");
        }
        let other = ask(&server, &path, "\"other\"").await;
        assert_eq!((other.status().as_u16(), tag(&other)), (200, known), "{path}");
        assert_eq!(other.text().await.expect("a body"), body, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_changes_have_no_tag() {
    let server = Server::start().await;
    server.project("p").await;
    for path in ["/nope", "/build/99", "/project?ownername=alice&projectname=x", "/auth-check", "/package?ownername=a"]
    {
        let refused = ask(&server, path, "*").await;
        assert!(refused.status().as_u16() >= 400 && !refused.headers().contains_key("etag"), "{path}");
    }
    let made = server.request(Method::POST, "/build/check-before-build").header("if-none-match", "*");
    let made = made.basic_auth(&server.alice.login, Some(&server.alice.token));
    let made = made.json(&json!({"ownername": "alice", "projectname": "p"})).send().await.expect("an answer");
    assert!(made.status() == 200 && !made.headers().contains_key("etag"));
}

/// Everything that changes what a remembered answer shows, and the read that shows it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_never_old() {
    for server in Server::on_each_engine().await {
        server.project("p").await;
        let build = server.build("p", json!({"chroots": [FEDORA]})).await;
        finish(&server, build, "hello", &[(FEDORA, State::Running)]).await;
        let all = async || -> Vec<Value> {
            let mut found = Vec::new();
            for path in reads(build).into_iter().filter(|path| path.contains(PROJECT)) {
                let (first, second) = (server.get(&path).await.ok(), server.get(&path).await.ok());
                assert_eq!(first, second, "{path}");
                found.push(first);
            }
            found
        };
        let mut before = all().await;
        let edit = "/project/edit/alice/p";
        let steps: [(&str, Value); 4] = [
            (edit, json!({"description": "new"})),
            (edit, json!({"chroots": [FEDORA, EPEL]})),
            ("/build/create/url", json!({"ownername": "alice", "projectname": "p", "pkgs": "http://x.example/a.spec"})),
            (&format!("/build/cancel/{build}"), json!({})),
        ];
        for (path, body) in steps {
            let post = server.post(&server.alice, path, body).await;
            post.ok();
            let after = all().await;
            assert_ne!(after, before, "{path} is not seen");
            before = after;
        }
        let listed = server.get(&format!("/build/list?{PROJECT}&status=canceled")).await.ok();
        assert_eq!(listed["items"][0]["id"], json!(build));
        server.delete(&server.alice, &format!("/build/delete/{build}"), json!({})).await.ok();
        assert_eq!(server.get(&format!("/monitor?{PROJECT}")).await.ok()["packages"], json!([]));
        copr_app::chroot::set_enabled(&server.app, FEDORA, false).await.expect("switched off");
        let project = server.get(&format!("/project?{PROJECT}")).await.ok();
        assert_eq!(project["chroot_repos"].as_object().expect("an object").keys().collect::<Vec<_>>(), [EPEL]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_again_shows_the_new_project() {
    let server = Server::start().await;
    server.project("p").await;
    server.build("p", json!({})).await;
    let path = format!("/build/list?{PROJECT}");
    assert_eq!(server.get(&path).await.ok()["items"].as_array().expect("a list").len(), 1);
    let id = server.get(&path).await.ok()["items"][0]["id"].as_i64().expect("a number");
    server.put(&server.alice, &format!("/build/cancel/{id}"), json!({})).await.ok();
    server.delete(&server.alice, "/project/delete/alice/p", json!({"verify": true})).await.ok();
    assert_eq!(server.get(&path).await.refusal(), (404, "Project alice/p does not exist."));
    server.project("p").await;
    assert_eq!(server.get(&path).await.ok()["items"], json!([]));
}

/// Pages are asked for one after the other; each begins where the last one ended, also when builds come and go meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_builds_fit_together() {
    for server in Server::on_each_engine().await {
        server.project("p").await;
        let mut ids = Vec::new();
        for _ in 0..7 {
            ids.insert(0, server.build("p", json!({})).await);
        }
        let page = async |offset: usize| -> Vec<i64> {
            let list = server.get(&format!("/build/list?{PROJECT}&limit=2&offset={offset}")).await.ok();
            list["items"].as_array().expect("a list").iter().map(|one| one["id"].as_i64().expect("a number")).collect()
        };
        for round in 0..2 {
            for offset in [0, 2, 4, 6, 8, 5] {
                let expected: Vec<i64> = ids.iter().skip(offset).take(2).copied().collect();
                assert_eq!(page(offset).await, expected, "{round} {offset}");
            }
        }
        let gone = ids.remove(1);
        server.put(&server.alice, &format!("/build/cancel/{gone}"), json!({})).await.ok();
        server.delete(&server.alice, &format!("/build/delete/{gone}"), json!({})).await.ok();
        ids.insert(0, server.build("p", json!({})).await);
        for offset in [2, 0, 4, 6] {
            let expected: Vec<i64> = ids.iter().skip(offset).take(2).copied().collect();
            assert_eq!(page(offset).await, expected, "{offset}");
        }
    }
}
