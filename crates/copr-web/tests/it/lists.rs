//! Lists and their pages.

use crate::server::{FEDORA, FEDORA_32, Server};
use serde_json::{Value, json};

fn column<'a>(list: &'a Value, key: &str) -> Vec<&'a Value> {
    list["items"].as_array().expect("a list").iter().map(|item| &item[key]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_11_projects_come_in_pages_and_in_the_order_that_was_asked_for() {
    let server = Server::start().await;
    for name in ["c", "a", "d", "b"] {
        server.project(name).await;
    }
    let list = async |query: &str| server.get(&format!("/project/list?{query}")).await.ok();
    let all = list("").await;
    assert_eq!(column(&all, "name"), ["c", "a", "d", "b"]);
    assert_eq!(all["meta"], json!({"limit": null, "offset": 0, "order": "id", "order_type": "ASC"}));
    let page = list("limit=2&offset=2&order=name&order_type=DESC").await;
    assert_eq!(column(&page, "name"), ["b", "a"]);
    assert_eq!(page["meta"], json!({"limit": 2, "offset": 2, "order": "name", "order_type": "DESC"}));
    let past = list("limit=2&offset=9").await;
    assert_eq!(past, json!({"items": [], "meta": {"limit": 2, "offset": 9, "order": "id", "order_type": "ASC"}}));
    assert_eq!(column(&list("limit=0&offset=3").await, "name"), ["b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_listed_by_owner_and_unknown_owners_have_none() {
    let server = Server::start().await;
    server.project("mine").await;
    server.post(&server.alice, "/project/add/@devs", json!({"name": "ours", "chroots": [FEDORA]})).await.ok();
    for (owner, names) in
        [("", vec!["mine", "ours"]), ("alice", vec!["mine"]), ("@devs", vec!["ours"]), ("zoe", vec![])]
    {
        let list = server.get(&format!("/project/list?ownername={owner}")).await.ok();
        assert_eq!(column(&list, "name"), names, "{owner}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_10_builds_come_newest_first_whatever_is_asked_for() {
    let server = Server::start().await;
    server.project("p").await;
    let (first, second) = (server.build("p", json!({})).await, server.build("p", json!({})).await);
    let list = async |query: &str| server.get(&format!("/build/list?ownername=alice&projectname=p{query}")).await.ok();
    let all = list("").await;
    assert_eq!(column(&all, "id"), [second, first]);
    assert_eq!(all["meta"], json!({"limit": null, "offset": 0, "order": "id", "order_type": "ASC"}));
    assert_eq!(column(&list("&limit=1").await, "id"), [second]);
    assert_eq!(column(&list("&limit=1&offset=1").await, "id"), [first]);
    assert_eq!(list("&limit=1&offset=2").await["items"], json!([]));
    // copr-cli 1.85 looks for the newest build like this.
    let newest = list("&limit=1&order=id&order_type=DESC").await;
    assert_eq!((column(&newest, "id"), &newest["meta"]["order_type"]), (vec![&json!(second)], &json!("DESC")));
    server.put(&server.alice, &format!("/build/cancel/{first}"), json!({})).await.ok();
    assert_eq!(column(&list("&status=canceled").await, "id"), [first]);
    assert_eq!(column(&list("&status=pending").await, "id"), [second]);
    assert_eq!(list("&status=nonsense").await["items"], json!([]));
    assert_eq!(list("&packagename=nope").await["items"], json!([]));
    let nobody = server.get("/build/list?ownername=alice&projectname=q").await;
    assert_eq!(nobody.refusal(), (404, "Project alice/q does not exist."));
}

#[tokio::test(flavor = "multi_thread")]
async fn chroots_of_a_build_can_be_cut_and_turned() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"chroots": ["fedora-*"]})).await;
    let list = async |query: &str| server.get(&format!("/build-chroot/list?build_id={id}{query}")).await.ok();
    let all = list("").await;
    let names = column(&all, "name");
    assert_eq!(names.len(), 2);
    let turned = list("&order_type=DESC").await;
    assert_eq!(column(&turned, "name"), [names[1], names[0]]);
    assert_eq!(column(&list("&limit=1&offset=1").await, "name"), [names[1]]);
    for order in ["name", "started_on", "ended_on", "status"] {
        assert_eq!(list(&format!("&order={order}")).await["items"].as_array().map(Vec::len), Some(2), "{order}");
    }
    // A build that is not there has no chroots.
    for path in ["?build_id=999", "/999", "?build_id=x"] {
        assert_eq!(server.get(&format!("/build-chroot/list{path}")).await.ok()["items"], json!([]), "{path}");
    }
    assert!(names.contains(&&json!(FEDORA)) && names.contains(&&json!(FEDORA_32)));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pages_are_refused_with_the_contracts_texts() {
    let server = Server::start().await;
    server.project("p").await;
    let project = "ownername=alice&projectname=p";
    let lists = [
        ("/project/list?".to_owned(), "copr"),
        ("/project/search?query=&".to_owned(), "copr"),
        (format!("/build/list?{project}&"), "build"),
        ("/build-chroot/list?build_id=1&".to_owned(), "build_chroot"),
        (format!("/package/list?{project}&"), "package"),
    ];
    for (path, table) in lists {
        for (query, text) in [
            ("limit=x", "{'limit': ['Not a valid integer value.']}".to_owned()),
            ("offset=1.5", "{'offset': ['Not a valid integer value.']}".to_owned()),
            ("order_type=desc", "{'order_type': ['Not a valid choice.']}".to_owned()),
            ("order=colour", format!("Cannot order by colour, {table} doesn't have such property")),
            ("order=id;drop", format!("Cannot order by id;drop, {table} doesn't have such property")),
        ] {
            assert_eq!(server.get(&format!("{path}{query}")).await.refusal(), (400, text.as_str()), "{path}{query}");
        }
    }
}
