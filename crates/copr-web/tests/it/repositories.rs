//! Repositories and their generations: what clients say and are told. What happens to them is tested in `copr-app`.

use crate::server::{FEDORA, FEDORA_32, Server};
use serde_json::{Value, json};

fn of_chroot(more: Value) -> Value {
    let mut body = json!({"ownername": "alice", "projectname": "p", "chrootname": FEDORA});
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn generations_are_listed_compared_pinned_and_brought_back() {
    let server = Server::start().await;
    server.project("p").await;
    let listed = server.get("/repository/list?ownername=alice&projectname=p").await.ok();
    let repository = |chroot: &str| {
        let baseurl = format!("{}/results/alice/p/{chroot}/", server.url);
        let created_on = &listed["repositories"][0]["generations"][0]["created_on"];
        json!({
            "chroot": chroot, "baseurl": baseurl, "generation": 1, "wanted": 1, "devel_packages": 0,
            "generations": [{
                "number": 1, "created_on": created_on, "superseded_on": null, "cause": "new", "packages": 0,
                "pinned": null, "baseurl": format!("{baseurl}gen/1/"),
            }],
        })
    };
    let mut expected = json!({
        "ownername": "alice", "projectname": "p", "project_dirname": "p",
        "repositories": [repository(FEDORA_32), repository(FEDORA)],
    });
    for n in 0..2 {
        let created_on = listed["repositories"][n]["generations"][0]["created_on"].clone();
        assert!(created_on.is_i64());
        expected["repositories"][n]["generations"][0]["created_on"] = created_on;
    }
    assert_eq!(listed, expected);

    let pinned = server.post(&server.alice, "/repository/pin", of_chroot(json!({"name": "v1"}))).await.ok();
    assert_eq!(pinned["repositories"].as_array().map(Vec::len), Some(1));
    assert_eq!(pinned["repositories"][0]["generations"][0]["pinned"], "v1");
    let again = server.post(&server.alice, "/repository/pin", of_chroot(json!({"name": "v1"}))).await;
    assert_eq!(again.refusal(), (409, format!("A generation of alice/p/{FEDORA} is pinned as 'v1' already.").as_str()));
    let back = server.post(&server.alice, "/repository/roll-back", of_chroot(json!({"generation": "v1"}))).await.ok();
    assert_eq!(back["repositories"][0]["wanted"], 2);
    let address = format!("/repository/diff?ownername=alice&projectname=p&chrootname={FEDORA}&from=v1&to=1");
    let diff = server.get(&address).await.ok();
    assert_eq!(diff, json!({"chroot": FEDORA, "from": 1, "to": 1, "added": [], "removed": []}));
    let free = server.post(&server.alice, "/repository/unpin", of_chroot(json!({"name": "v1"}))).await.ok();
    assert_eq!(free["repositories"][0]["generations"][0]["pinned"], Value::Null);
    let promoted = server.post(&server.alice, "/repository/promote", of_chroot(json!({}))).await.ok();
    assert_eq!(promoted["repositories"][0]["wanted"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let server = Server::start().await;
    server.project("p").await;
    let all = json!({"ownername": "alice", "projectname": "p", "generation": "1"});
    let vague = server.post(&server.alice, "/repository/roll-back", all).await;
    let why = "Each chroot counts its own generations: say which chroot is meant, or the name of a pin.";
    assert_eq!(vague.refusal(), (400, why));
    let gone = server.post(&server.alice, "/repository/roll-back", of_chroot(json!({"generation": 7}))).await;
    assert_eq!(gone.status.as_u16(), 404);
    let name = server.post(&server.alice, "/repository/pin", of_chroot(json!({"name": "1st"}))).await;
    assert_eq!(name.status.as_u16(), 400);
    let none = server.get("/repository/diff?ownername=alice&projectname=p&from=1").await;
    assert_eq!(none.refusal(), (400, "Missing argument chrootname"));
    assert_eq!(server.get("/repository/list?ownername=alice&projectname=gone").await.status.as_u16(), 404);
}
