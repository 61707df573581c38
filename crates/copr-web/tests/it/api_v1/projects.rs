//! Projects: what each word of a form does, and whose they become.

use super::Sent::{Form, Json, Nothing};
use super::{get, no, ok, post};
use crate::server::{FEDORA, FEDORA_32, Server};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_project_becomes_the_askers_whatever_user_the_address_names() {
    let server = Server::start().await;
    let fields = [("name", "tools"), (FEDORA, "y")];
    ok(post(&server, &server.bob, "/coprs/alice/new/", Form(&fields)).await);
    ok(get(&server, "/coprs/bob/tools/detail/").await);
    assert_eq!(no(&get(&server, "/coprs/alice/tools/detail/").await).0, 404);
    for owner in ["@devs", "%40devs"] {
        let name = format!("ours{}", owner.len());
        let fields = [("name", name.as_str()), (FEDORA, "y")];
        ok(post(&server, &server.alice, &format!("/coprs/{owner}/new/"), Form(&fields)).await);
        ok(get(&server, &format!("/coprs/{owner}/{name}/detail/")).await);
    }
    let listed = ok(get(&server, "/coprs/@devs/").await);
    let names: Vec<_> = listed["repos"].as_array().expect("a list").iter().map(|one| &one["username"]).collect();
    assert_eq!(names, [&json!("@devs"), &json!("@devs")]);
    assert_eq!(ok(get(&server, "/coprs/bob/?username=@devs").await), listed);
    let refused = post(&server, &server.bob, "/coprs/@devs/new/", Form(&fields)).await;
    assert!(no(&refused).1.contains("doesn't have access to the copr group 'devs'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_can_be_said_of_a_new_project_is_kept() {
    let server = Server::start().await;
    let body = json!({
        "name": "tools", "chroots": [FEDORA], "description": "d", "instructions": "i", "repos": ["http://r.example/"],
        "homepage": "https://h.example/", "contact": "a@b.example", "delete_after_days": 5, "isolation": "simple",
        "follow_fedora_branching": false, "multilib": true, "module_hotfixes": true, "enable_net": false,
        "runtime_dependencies": "http://d.example/", "appstream": true, "fedora_review": true, "id": 7, "group_id": 8
    });
    ok(post(&server, &server.alice, "/coprs/alice/new/", Json(body)).await);
    let made = server.get("/project?ownername=alice&projectname=tools").await.ok();
    for (key, value) in [
        ("description", json!("d")),
        ("instructions", json!("i")),
        ("additional_repos", json!(["http://r.example/"])),
        ("homepage", json!("https://h.example/")),
        ("contact", json!("a@b.example")),
        ("isolation", json!("simple")),
        ("follow_fedora_branching", json!(false)),
        ("module_hotfixes", json!(true)),
        ("enable_net", json!(false)),
        ("appstream", json!(true)),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn builds_of_a_new_project_have_the_network_unless_somebody_says_no() {
    let server = Server::start().await;
    let net = async |name: &str, more: &[(&str, &str)]| {
        let fields = [&[("name", name), (FEDORA, "y")], more].concat();
        ok(post(&server, &server.alice, "/coprs/alice/new/", Form(&fields)).await);
        server.get(&format!("/project?ownername=alice&projectname={name}")).await.ok()["enable_net"].clone()
    };
    assert_eq!(net("a", &[]).await, true);
    assert_eq!(net("b", &[("build_enable_net", "")]).await, false);
    assert_eq!(net("c", &[("build_enable_net", "False")]).await, false);
    assert_eq!(net("d", &[("enable_net", "n")]).await, false);
    assert_eq!(net("e", &[("build_enable_net", "y"), ("enable_net", "")]).await, true);
    // What is not said in a change stays.
    ok(post(&server, &server.alice, "/coprs/alice/a/modify/", Nothing).await);
    assert_eq!(server.get("/project?ownername=alice&projectname=a").await.ok()["enable_net"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_empty_becomes_empty_and_an_empty_choice_of_chroots_is_none() {
    let server = Server::start().await;
    server.project("tools").await;
    let modify = async |fields| ok(post(&server, &server.alice, "/coprs/alice/tools/modify/", Form(fields)).await);
    modify(&[("description", "d"), ("instructions", "i"), ("repos", "http://r.example/")]).await;
    let changed = modify(&[("description", ""), ("repos", ""), ("chroots", "")]).await;
    assert_eq!((&changed["description"], &changed["repos"]), (&json!(""), &json!("")));
    assert_eq!((&changed["instructions"], &changed["chroots"]), (&json!("i"), &json!([FEDORA_32, FEDORA])));
    let of_project = async || server.get("/project?ownername=alice&projectname=tools").await.ok();
    modify(&[("homepage", "https://h.example/"), ("contact", "a@b.example")]).await;
    assert_eq!(of_project().await["homepage"], "https://h.example/");
    modify(&[("homepage", ""), ("contact", "")]).await;
    assert_eq!((&of_project().await["homepage"], &of_project().await["contact"]), (&json!(null), &json!(null)));
    // Switches choose as the list does.
    assert_eq!(modify(&[(FEDORA, "y")]).await["chroots"], json!([FEDORA]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_with_work_in_it_is_not_deleted() {
    let server = Server::start().await;
    server.project("tools").await;
    let id = server.build("tools", json!({})).await;
    let refused = post(&server, &server.alice, "/coprs/alice/tools/delete/", Form(&[("verify", "yes")])).await;
    assert_eq!(no(&refused), (400, format!("Build(s) {id} are still running.\n").as_str()));
    ok(get(&server, "/coprs/alice/tools/detail/").await);
}
