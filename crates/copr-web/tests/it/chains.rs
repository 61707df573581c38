//! Chains: what clients say and are told. What happens to them is tested in `copr-app`.

use crate::server::{FEDORA, Server};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_made_filled_started_and_canceled() {
    let server = Server::start().await;
    server.project("p").await;
    let made = json!({"ownername": "alice", "projectname": "p", "keep_going": true});
    let chain = server.post(&server.alice, "/chain/create", made).await.ok();
    let id = chain["id"].as_i64().expect("a number");
    assert_eq!(
        chain,
        json!({
            "id": id, "state": "open", "ownername": "alice", "projectname": "p", "project_dirname": "p",
            "submitter": "alice", "keep_going": true, "with_dependents": false,
            "submitted_on": chain["submitted_on"], "started_on": null, "ended_on": null,
            "builds": [], "is_ordered": false, "chroots": [],
        })
    );
    let empty = server.put(&server.alice, &format!("/chain/start/{id}"), json!({})).await;
    assert_eq!(empty.refusal(), (400, format!("Chain {id} has no builds").as_str()));

    let build = server.build("p", json!({"chain_id": id})).await;
    let started = server.put(&server.alice, &format!("/chain/start/{id}"), json!({})).await.ok();
    assert_eq!((started["state"].as_str(), started["builds"][0]["id"].as_i64()), (Some("importing"), Some(build)));
    let again = server.put(&server.alice, &format!("/chain/start/{id}"), json!({})).await;
    assert_eq!(again.refusal(), (409, format!("Chain {id} has been started already").as_str()));
    let listed = server.get("/chain/list?ownername=alice&projectname=p&limit=5").await.ok();
    assert_eq!((listed["items"][0]["id"].as_i64(), listed["meta"]["limit"].as_i64()), (Some(id), Some(5)));

    let canceled = server.put(&server.alice, &format!("/chain/cancel/{id}"), json!({})).await.ok();
    assert_eq!((canceled["state"].as_str(), &canceled["builds"][0]["state"]), (Some("canceled"), &json!("canceled")));
    let late =
        json!({"ownername": "alice", "projectname": "p", "pkgs": ["http://x.example/a-1-1.src.rpm"], "chain_id": id});
    let late = server.post(&server.alice, "/build/create/url", late).await;
    assert_eq!(late.refusal(), (400, "Bad request parameters: {'chain_id': ['Chain 1 has been started already']}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_is_not_is_told_apart() {
    let server = Server::start().await;
    server.project("p").await;
    assert_eq!(server.get("/chain/7").await.refusal(), (404, "Chain 7 does not exist."));
    assert_eq!(server.get("/chain/x").await.status.as_u16(), 404);
    assert_eq!(server.get("/chain/list?ownername=alice&projectname=gone").await.status.as_u16(), 404);
    let dependents = |rest: &str| format!("/chain/dependents?ownername=alice&projectname=p{rest}");
    assert_eq!(server.get(&dependents("")).await.refusal(), (400, "Missing argument packagename"));
    let unknown = server.get(&dependents("&packagename=gone")).await;
    assert_eq!(unknown.refusal(), (404, "No package with name gone in copr p"));
    let body = json!({"package_name": "tool", "gem_name": "tool"});
    server.post(&server.alice, "/package/add/alice/p/tool/rubygems", body).await.ok();
    let none = server.get(&dependents("&packagename=tool")).await.ok();
    let chroots = none["chroots"].as_array().expect("chroots");
    assert!(chroots.len() == 2 && chroots.iter().all(|chroot| chroot["packages"] == json!([])), "{none}");
    let one = server.get(&dependents(&format!("&packagename=tool&chroots={FEDORA}"))).await.ok();
    assert_eq!(one, json!({"chroots": [{"name": FEDORA, "packages": []}]}));
    let made = json!({"ownername": "alice", "projectname": "p", "packages": ["tool"]});
    let nothing = server.post(&server.alice, "/chain/create/dependents", made).await;
    assert_eq!(nothing.refusal(), (400, "No package of alice/p needs tool to be built"));
    assert_eq!(server.get("/chain/list?ownername=alice&projectname=p").await.ok()["items"], json!([]));
}
