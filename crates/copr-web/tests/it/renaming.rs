//! Projects that are called otherwise now: the API knows them, and pages and files lead on.

use crate::server::{FEDORA, Server};
use axum::http::header::LOCATION;
use copr_db::dir;
use reqwest::Method;
use serde_json::json;

/// Where an address leads on to; none when it does not.
async fn leads(server: &Server, path: &str) -> Option<String> {
    let answer = server.anywhere(Method::GET, path).send().await.expect("an answer");
    let to = answer.headers().get(LOCATION).map(|to| to.to_str().expect("an address").to_owned());
    assert_eq!(answer.status().as_u16() == 301, to.is_some(), "{path}: {}", answer.status());
    to
}

#[tokio::test(flavor = "multi_thread")]
async fn old_addresses_lead_to_the_same_thing_until_somebody_takes_the_name() {
    for server in Server::on_each_engine().await {
        server.project("old").await;
        let renamed = server.put(&server.alice, "/project/rename/alice/old", json!({"name": "new"})).await.ok();
        assert_eq!((renamed["full_name"].as_str(), renamed["name"].as_str()), (Some("alice/new"), Some("new")));
        let given = server.put(&server.alice, "/project/transfer/alice/new", json!({"ownername": "@devs"})).await.ok();
        assert_eq!(given["ownername"], "@devs");
        let release = FEDORA.trim_end_matches("-x86_64");
        for (old, new) in [
            ("/coprs/alice/old/".to_owned(), "/coprs/g/devs/new/".to_owned()),
            ("/coprs/alice/new/rename/?a=b".to_owned(), "/coprs/g/devs/new/rename/?a=b".to_owned()),
            (
                format!("/coprs/alice/old/repo/{release}/alice-old-{release}.repo?arch=x86_64"),
                format!("/coprs/g/devs/new/repo/{release}/alice-old-{release}.repo?arch=x86_64"),
            ),
            ("/results/alice/old/".to_owned(), "/results/@devs/new/".to_owned()),
            ("/results/alice/old".to_owned(), "/results/@devs/new".to_owned()),
            (
                format!("/results/alice/new/{FEDORA}/repodata/repomd.xml"),
                format!("/results/@devs/new/{FEDORA}/repodata/repomd.xml"),
            ),
            ("/results/alice/old/pubkey.gpg".to_owned(), "/results/@devs/new/pubkey.gpg".to_owned()),
            (
                "/dist-git/alice/old/hello.git/info/refs?service=x".to_owned(),
                "/dist-git/@devs/new/hello.git/info/refs?service=x".to_owned(),
            ),
            (
                format!("/repo/pkgs/alice/old/hello/a.tar/sha512/{0}/a.tar", "0".repeat(128)),
                format!("/repo/pkgs/@devs/new/hello.git/a.tar/sha512/{0}/a.tar", "0".repeat(128)),
            ),
        ] {
            assert_eq!(leads(&server, &old).await.as_deref(), Some(new.as_str()), "{old}");
        }
        // Where they lead to something is.
        for there in ["/coprs/g/devs/new/", "/results/@devs/new/pubkey.gpg"] {
            assert_eq!(server.anywhere(Method::GET, there).send().await.expect("an answer").status(), 200, "{there}");
        }
        let found = server.get("/project?ownername=alice&projectname=old").await.ok();
        assert_eq!(found["full_name"], "@devs/new");
        let refused = server.delete(&server.alice, "/project/delete/alice/old", json!({"verify": true})).await;
        assert_eq!(refused.refusal(), (404, "Project alice/old does not exist. It is called @devs/new now."));
        // The name is free when nobody can have its paths in hand any more.
        let again = json!({"name": "old", "chroots": [FEDORA]});
        assert_eq!(server.post(&server.alice, "/project/add/alice", again.clone()).await.status.as_u16(), 409);
        forget_the_rest(&server).await;
        server.post(&server.alice, "/project/add/alice", again).await.ok();
        for path in ["/coprs/alice/old/", "/results/alice/old/", "/results/alice/old/pubkey.gpg"] {
            assert_eq!(leads(&server, path).await, None, "{path}");
        }
        assert_eq!(leads(&server, "/coprs/alice/new/").await.as_deref(), Some("/coprs/g/devs/new/"));
    }
}

/// Lets the former names be older than they are.
async fn forget_the_rest(server: &Server) {
    let mut tx = server.app.db.begin().await.expect("a transaction");
    let found = copr_db::project::by_name(&mut tx, "@devs", "new").await.expect("an answer").expect("a project");
    for alias in copr_db::rename::aliases(&mut tx, found.id).await.expect("an answer") {
        let long_ago = alias.created_on - 3600;
        copr_db::rename::add_alias(&mut tx, found.id, &alias.owner, &alias.name, long_ago).await.expect("noted");
    }
    assert_eq!(dir::of_project(&mut tx, found.id).await.expect("an answer").len(), 1);
    tx.commit().await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_forms_rename_and_give_away() {
    let server = Server::start().await;
    server.project("old").await;
    let request = |method: Method, path: &str| {
        server.anywhere(method, path).basic_auth(&server.alice.login, Some(&server.alice.token))
    };
    let page = request(Method::GET, "/coprs/alice/old/rename/").send().await.expect("an answer");
    assert_eq!(page.status(), 200);
    let page = page.text().await.expect("a page");
    for text in ["action=\"/coprs/alice/old/rename/\"", "action=\"/coprs/alice/old/transfer/\"", "value=\"old\""] {
        assert!(page.contains(text), "no {text} in {page}");
    }
    let said = |path: &'static str, field: &'static str, value: &'static str| {
        let kind = "application/x-www-form-urlencoded";
        let value = value.replace('/', "%2F").replace('@', "%40");
        request(Method::POST, path).header("content-type", kind).body(format!("{field}={value}")).send()
    };
    let refused = said("/coprs/alice/old/rename/", "name", "a/b").await.expect("an answer");
    assert_eq!(refused.status(), 400);
    let done = said("/coprs/alice/old/rename/", "name", "new").await.expect("an answer");
    assert_eq!((done.status().as_u16(), done.headers()[LOCATION].to_str().ok()), (303, Some("/coprs/alice/new/")));
    let done = said("/coprs/alice/new/transfer/", "owner", "@devs").await.expect("an answer");
    assert_eq!((done.status().as_u16(), done.headers()[LOCATION].to_str().ok()), (303, Some("/coprs/g/devs/new/")));
}
