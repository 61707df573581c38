//! Where documentation and code of Copr differ, or neither says anything: what holds here.

use super::Sent::{Form, Json, Multipart, Nothing};
use super::{PKGS, get, no, ok, post, with_tools};
use crate::packages::finish;
use crate::server::{EPEL, FEDORA, FEDORA_32, OLD, Server, send};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn new_builds_have_their_number_under_both_names() {
    let server = with_tools().await;
    let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_build/", Form(&[PKGS])).await);
    assert_eq!(made["ids"], json!([made["id"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_in_detail_and_in_the_list_that_was_documented_first() {
    let server = with_tools().await;
    let found = ok(get(&server, "/coprs/alice/tools/detail/").await);
    assert_eq!(found["repos"], json!([found["detail"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_has_objects_and_null_where_nothing_was_built() {
    let server = with_tools().await;
    let empty = ok(get(&server, "/coprs/alice/tools/monitor/").await);
    assert_eq!(empty, json!({"output": "ok", "chroots": [FEDORA_32, FEDORA], "builds": [], "packages": []}));
    let id = server.build("tools", json!({"chroots": [FEDORA]})).await;
    finish(&server, id, "hello", &[(FEDORA, State::Failed)]).await;
    let monitor = ok(get(&server, "/coprs/alice/tools/monitor/").await);
    let result = json!({"build_id": id, "status": "failed", "pkg_version": "2.8-1"});
    let package = json!({"pkg_name": "hello", "pkg_version": "2.8-1", "results": {FEDORA: result, FEDORA_32: null}});
    assert_eq!(monitor["packages"], json!([package]));
    let build = &monitor["builds"][0];
    assert_eq!((&build["id"], &build["state"], &build["status"]), (&json!(id), &json!("failed"), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_build_is_public() {
    let server = with_tools().await;
    let id = server.build("tools", json!({})).await;
    let path = format!("/coprs/build_status/{id}/");
    assert_eq!(ok(get(&server, &path).await), json!({"output": "ok", "status": "pending"}));
    let wrong = server.anywhere(Method::GET, &format!("/api{path}")).basic_auth("None", Some("None"));
    ok(send(wrong).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_that_was_documented_searches() {
    let server = with_tools().await;
    let expected = ok(get(&server, "/coprs/search/tools/").await);
    assert_eq!(expected["repos"][0]["coprname"], "tools");
    for path in [
        "/coprs/?search=tools",
        "/coprs/?search=%22tools%22",
        "/coprs?search=\"tools\"",
        "/coprs/search/?project=tools",
        "/coprs/search/?project=%22tools%22",
        "/coprs/search/nothing/?project=tools",
        "/coprs/search/alice/tools/",
        "/coprs/search/alice%2Ftools/",
        "/coprs/search/?project=alice/tools",
    ] {
        assert_eq!(ok(get(&server, path).await), expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chroots_are_chosen_by_switches_and_by_lists() {
    let server = Server::start().await;
    let both = json!([FEDORA_32, FEDORA]);
    let two = format!("{FEDORA}\n{FEDORA_32}");
    for (name, sent) in [
        ("a", Form(&[("name", "a"), (FEDORA, "y"), (FEDORA_32, "True"), (EPEL, "")])),
        ("b", Form(&[("name", "b"), ("chroots", &two)])),
        ("c", Form(&[("name", "c"), ("chroots", FEDORA), ("chroots", FEDORA_32)])),
        ("d", Form(&[("name", "d"), ("chroots", FEDORA), (FEDORA_32, "y"), (EPEL, "no")])),
        ("e", Multipart(&[("name", "e"), (FEDORA, "y"), ("chroots", FEDORA_32)], None)),
        ("f", Json(json!({"name": "f", "chroots": [FEDORA, FEDORA_32]}))),
        ("g", Json(json!({"name": "g", FEDORA: true, FEDORA_32: "y", EPEL: false}))),
    ] {
        ok(post(&server, &server.alice, "/coprs/alice/new/", sent).await);
        assert_eq!(
            ok(post(&server, &server.alice, &format!("/coprs/alice/{name}/modify/"), Nothing).await)["chroots"],
            both,
            "{name}"
        );
        let made = ok(post(
            &server,
            &server.alice,
            &format!("/coprs/alice/{name}/new_build/"),
            Form(&[PKGS, (FEDORA, "y"), (FEDORA_32, "")]),
        )
        .await);
        assert_eq!(
            ok(get(&server, &format!("/coprs/build/{}/", made["id"])).await)["results_by_chroot"],
            json!({FEDORA: null})
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_nobody_knows_are_ignored_but_not_chroots() {
    let server = with_tools().await;
    let odd = [("colour", "red"), ("id", "7"), ("group_id", ""), ("username", "bob"), ("chroot-x", "y"), PKGS];
    ok(post(&server, &server.alice, "/coprs/alice/tools/new_build/", Form(&odd)).await);
    for chroot in ["fedora-99-x86_64", OLD, EPEL] {
        let error = format!("chroots: '{chroot}' is not a valid choice for this field.");
        let build = post(&server, &server.alice, "/coprs/alice/tools/new_build/", Form(&[PKGS, (chroot, "y")])).await;
        assert_eq!(no(&build), (400, error.as_str()));
        if chroot == EPEL {
            continue;
        }
        let fields = [("name", "new"), (FEDORA, "y"), (chroot, "y")];
        assert_eq!(no(&post(&server, &server.alice, "/coprs/alice/new/", Form(&fields)).await), (400, error.as_str()));
    }
    assert_eq!(no(&get(&server, "/coprs/alice/new/detail/").await).0, 404, "half of it was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_statuses_that_say_whose_fault_it_is() {
    let server = with_tools().await;
    let (alice, bob) = (&server.alice, &server.bob);
    let id = server.build("tools", json!({})).await;
    let delete = format!("/coprs/delete_build/{id}/");
    let taken = [("name", "tools"), (FEDORA, "y")];
    let persistent = [("name", "x"), (FEDORA, "y"), ("persistent", "y")];
    let package = [("package_name", "hello"), ("gem_name", "a")];
    let add = "/coprs/alice/tools/package/add/rubygems/";
    ok(post(&server, alice, add, Form(&package)).await);
    for (who, path, sent, status) in [
        (alice, "/coprs/alice/new/", Form(&taken), 400),
        (alice, "/coprs/alice/new/", Form(&persistent), 403),
        (alice, "/coprs/alice/tools/delete/", Form(&[("verify", "yes")]), 400),
        (alice, add, Form(&package), 409),
        (alice, delete.as_str(), Nothing, 409),
        (bob, "/coprs/alice/tools/modify/", Form(&[("description", "x")]), 403),
        (bob, "/coprs/alice/tools/new_build/", Form(&[PKGS]), 403),
        (bob, "/coprs/@devs/new/", Form(&taken), 403),
        (bob, "/coprs/@nope/new/", Form(&taken), 404),
        (bob, add, Form(&package), 403),
        (bob, delete.as_str(), Nothing, 403),
    ] {
        assert_eq!(no_or_fields(&post(&server, who, path, sent).await), status, "{path}");
    }
}

/// The status of a refusal, whose reason may be an object.
fn no_or_fields(answer: &crate::server::Answer) -> u16 {
    assert_eq!((&answer.json["output"], answer.json["error"].is_null()), (&json!("notok"), false), "{}", answer.json);
    answer.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_build_has_one_l() {
    let server = with_tools().await;
    let id = server.build("tools", json!({"chroots": [FEDORA]})).await;
    ok(post(&server, &server.alice, &format!("/coprs/cancel_build/{id}/"), Nothing).await);
    let build = ok(get(&server, &format!("/coprs/build/{id}/")).await);
    assert_eq!((&build["status"], &build["chroots"]), (&json!("canceled"), &json!({FEDORA: "canceled"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_is_told_with_401() {
    let server = with_tools().await;
    for path in ["/auth_check/", "/coprs/alice/new/", "/coprs/cancel_build/1/", "/coprs/alice/tools/package/add/scm/"] {
        let answer = send(server.anywhere(Method::POST, &format!("/api{path}"))).await;
        let (status, error) = no(&answer);
        assert_eq!((status, error.starts_with("Login invalid/expired.")), (401, true), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_is_there_with_a_slash_at_the_end_and_without_and_none_leads_elsewhere() {
    let server = with_tools().await;
    for path in
        ["/status", "/coprs/alice", "/coprs/alice/tools/detail", "/coprs/alice/tools/monitor", "/playground/list"]
    {
        assert_eq!(ok(get(&server, path).await), ok(get(&server, &format!("{path}/")).await));
    }
    for (name, slash) in [("a", ""), ("b", "/")] {
        let path = format!("/coprs/alice/new{slash}");
        ok(post(&server, &server.alice, &path, Form(&[("name", name), (FEDORA, "y")])).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fixed_words_win_over_owners() {
    let server = with_tools().await;
    assert_eq!(ok(get(&server, "/coprs/search/tools/").await)["repos"][0]["coprname"], "tools");
    for word in ["build", "build_status", "build_detail"] {
        assert_eq!(no(&get(&server, &format!("/coprs/{word}/999/")).await), (404, "Build 999 does not exist."));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_playground_and_the_queue_can_be_looked_at() {
    let server = with_tools().await;
    assert_eq!(ok(get(&server, "/playground/list/").await)["repos"], json!([]));
    server.build("tools", json!({})).await;
    let expected = json!({"output": "ok", "importing": 0, "waiting": 1, "running": 0});
    assert_eq!(ok(get(&server, "/status").await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_takes_for_a_login_page_is_never_in_an_answer() {
    let server = with_tools().await;
    let magic = "<title>Sign in Copr</title>";
    ok(post(&server, &server.alice, "/coprs/alice/tools/modify/", Form(&[("description", magic)])).await);
    for path in ["/coprs/alice/", "/coprs/alice/tools/detail/", "/coprs/search/tools/"] {
        let answer = server.anywhere(Method::GET, &format!("/api{path}")).send().await.expect("an answer");
        let text = answer.text().await.expect("a text");
        assert!(!text.contains(magic), "{text}");
        let json: Value = serde_json::from_str(&text).expect("JSON");
        assert!(json.to_string().contains(magic), "the description was changed");
    }
    let refused = post(&server, &server.alice, "/coprs/alice/new/", Form(&[("name", "x"), ("chroots", magic)])).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_hold_letters_of_ascii_alone_as_clients_guess_what_others_mean() {
    let server = with_tools().await;
    let said = "Dépôt <title>Sign in Copr</title> €";
    let modify = "/coprs/alice/tools/modify/";
    let changed = ok(post(&server, &server.alice, modify, Form(&[("description", said)])).await);
    assert_eq!(changed["description"], said);
    for path in ["/api/coprs/alice/tools/detail/", "/api/coprs/Dépôt/nope/detail/"] {
        let answer = server.anywhere(Method::GET, path).send().await.expect("an answer");
        let text = answer.text().await.expect("a body");
        assert!(text.is_ascii() && text.contains("D\\u00e9p\\u00f4t") && !text.contains("<title>"), "{text}");
    }
}
