//! `project/fork`: what is asked for, what is answered, and the text of every refusal.

use crate::server::{FEDORA, Server};
use reqwest::Method;
use serde_json::json;

const CONFIRM: &str =
    "You are about to fork into existing project: foo\nPlease use --confirm if you really want to do this";

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_the_requesters_and_has_the_sources_name_unless_said_otherwise() {
    for server in Server::on_each_engine().await {
        let source = server.project("foo").await;
        let fork = async |who, body| server.post(who, "/project/fork/alice/foo", body).await.ok();
        let mine = fork(&server.bob, json!({})).await;
        assert_eq!(mine["full_name"], "bob/foo");
        assert_eq!(
            fork(&server.bob, json!({"name": " bar ", "ownername": "bob", "confirm": false})).await["full_name"],
            "bob/bar"
        );
        assert_eq!(fork(&server.alice, json!({"name": "baz", "ownername": "@devs"})).await["full_name"], "@devs/baz");
        for key in ["description", "enable_net", "bootstrap", "additional_repos", "storage", "auto_prune"] {
            assert_eq!(mine[key], source[key], "{key}");
        }
        let base = format!("{}/results/bob/foo", server.url);
        assert_eq!(mine["chroot_repos"][FEDORA], format!("{base}/{FEDORA}/"));
        let repomd = reqwest::get(format!("{base}/{FEDORA}/repodata/repomd.xml")).await.expect("an answer");
        assert_eq!(repomd.status(), 200, "the repository is not there yet");
        // By the other method, into what exists, and with plain form fields.
        let again = server.call(&server.bob, Method::PUT, "/project/fork/alice/foo/", json!({"confirm": true})).await;
        assert_eq!(again.warning.as_deref(), Some("This method is deprecated: Use POST method instead of PUT"));
        assert_eq!(again.ok()["id"], mine["id"]);
        let form = server
            .request(Method::POST, "/project/fork/alice/foo")
            .basic_auth(&server.bob.login, Some(&server.bob.token));
        let form = crate::server::send(
            form.header("content-type", "application/x-www-form-urlencoded").body("name=form&ownername=bob"),
        )
        .await;
        assert_eq!(form.ok()["full_name"], "bob/form");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_a_fork_has_the_contracts_text() {
    let server = Server::start_with(|rules| rules.fork_packages = 0).await;
    server.project("foo").await;
    let pulp = json!({"name": "pulp", "chroots": [FEDORA], "storage": "pulp"});
    server.post(&server.root, "/project/add/alice", pulp).await.ok();
    server.post(&server.alice, "/project/add/@devs", json!({"name": "foo", "chroots": [FEDORA]})).await.ok();
    let choice = "owner: Not a valid choice.";
    let name = "name: Name must contain only letters, digits, underscores, dashes and dots.";
    let (alice, bob, root) = (&server.alice, &server.bob, &server.root);
    for (who, source, body, status, text) in [
        (bob, "alice/nope", json!({}), 404, "Project alice/nope does not exist."),
        (bob, "@nope/foo", json!({}), 404, "Group nope does not exist."),
        (bob, "alice/foo", json!({"ownername": "alice"}), 400, choice),
        (bob, "alice/foo", json!({"ownername": ""}), 400, choice),
        (bob, "alice/foo", json!({"ownername": "@devs"}), 400, choice),
        (bob, "alice/foo", json!({"ownername": "@nope"}), 400, choice),
        // Not even administrators fork for others.
        (root, "alice/foo", json!({"ownername": "alice"}), 400, choice),
        (bob, "alice/foo", json!({"name": "a b"}), 400, name),
        (bob, "alice/foo", json!({"name": "a:b", "ownername": "zoe"}), 400, &format!("{choice}\n{name}")),
        (bob, "alice/foo", json!({"name": ""}), 400, "name: This field is required."),
        (bob, "alice/foo", json!({"name": "12"}), 400, "name: Project's name can not be just number."),
        (alice, "alice/foo", json!({}), 400, CONFIRM),
        (alice, "alice/foo", json!({"confirm": "false"}), 400, CONFIRM),
        (alice, "alice/foo", json!({"confirm": true}), 400, "Source project should not be same as destination"),
        // The real destination counts, not the requester's own project of that name.
        (alice, "alice/pulp", json!({"name": "foo", "ownername": "@devs"}), 400, CONFIRM),
        (
            alice,
            "@devs/foo",
            json!({"name": "foo", "ownername": "@devs", "confirm": true}),
            400,
            "Source project should not be same as destination",
        ),
        (
            alice,
            "alice/pulp",
            json!({"name": "foo", "confirm": true}),
            400,
            "Cannot fork a project from one storage to another",
        ),
    ] {
        let answer = server.post(who, &format!("/project/fork/{source}"), body.clone()).await;
        assert_eq!(answer.refusal(), (status, text), "{source} {body}");
    }
    let unknown = crate::server::send(server.request(Method::POST, "/project/fork/alice/foo").json(&json!({}))).await;
    assert_eq!(unknown.status, 401);
    let mut tx = server.app.db.begin().await.expect("a transaction");
    let id = copr_db::project::by_name(&mut tx, "alice", "foo").await.expect("a row").expect("the project").id;
    let package = "hello".parse().expect("a name");
    copr_db::package::find_or_create(&mut tx, id, &package, copr_types::SourceKind::Link, "{}", 0)
        .await
        .expect("a package");
    tx.commit().await.expect("committed");
    let large = server.post(bob, "/project/fork/alice/foo", json!({})).await;
    let (status, text) = large.refusal();
    assert!(status == 400 && text.starts_with("This project is too large to be forked, it has 1 packages. "), "{text}");
    server.post(root, "/project/fork/alice/foo", json!({})).await.ok();
}
