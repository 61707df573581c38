//! What python-copr 1.63 does, call by call.

use super::Sent::{Form, Multipart, Nothing};
use super::{get, no, ok, post, text};
use crate::packages::finish;
use crate::server::{FEDORA, FEDORA_32, Server, send};
use copr_types::State;
use reqwest::{Method, header};
use serde_json::{Value, json};

const SRPM: &str = "http://x.example/hello-1-1.src.rpm";

/// A project of alice's, as the client makes it.
async fn create(server: &Server, name: &str) -> Value {
    let fields =
        [("name", name), (FEDORA, "y"), (FEDORA_32, "y"), ("description", "d"), ("repos", "http://r.example/")];
    ok(post(server, &server.alice, "/coprs/alice/new/", Form(&fields)).await)
}

/// A build, as the client submits it: what was not said is sent empty.
async fn submit(server: &Server, project: &str, pkgs: &str, chroots: &[&str]) -> Value {
    let mut fields = vec![("pkgs", pkgs), ("timeout", ""), ("memory_reqs", "")];
    fields.extend(chroots.iter().map(|chroot| (*chroot, "y")));
    ok(post(server, &server.alice, &format!("/coprs/alice/{project}/new_build/"), Multipart(&fields, None)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_02_projects_are_listed_whatever_credentials_come_along() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let ask =
        |login: &str, token: &str| server.anywhere(Method::GET, "/api/coprs/alice/").basic_auth(login, Some(token));
    let expected = ok(get(&server, "/coprs/alice/").await);
    for (login, token) in [(server.alice.login.as_str(), server.alice.token.as_str()), ("None", "None"), ("x", "y")] {
        assert_eq!(ok(send(ask(login, token)).await), expected);
    }
    let entry = &expected["repos"][0];
    for (key, value) in
        [("name", "tools"), ("username", "alice"), ("description", "d"), ("additional_repos", "http://r.example/")]
    {
        assert_eq!(entry[key], value);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_03_a_listed_project_has_the_addresses_of_its_repositories_from_the_start() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let base = format!("{}/results/alice/tools", server.url);
    let repos = &ok(get(&server, "/coprs/alice/").await)["repos"][0]["yum_repos"];
    assert_eq!(repos, &json!({FEDORA: format!("{base}/{FEDORA}/"), FEDORA_32: format!("{base}/{FEDORA_32}/")}));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_04_a_search_names_owner_and_project() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let found = ok(get(&server, "/coprs/search/tools/").await);
    assert_eq!(found["repos"], json!([{"username": "alice", "coprname": "tools", "description": "d"}]));
    assert_eq!(ok(get(&server, "/coprs/search/nothing/").await)["repos"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_05_a_project_is_made_with_a_switch_for_each_chroot_and_builds_at_once() {
    let server = Server::start().await;
    let packages = format!("{SRPM} http://x.example/b.spec");
    let fields = [
        ("name", "tools"),
        ("description", "d"),
        ("instructions", "i"),
        ("repos", "http://r.example/ http://s.example/"),
        ("initial_pkgs", packages.as_str()),
        (FEDORA, "y"),
    ];
    let made = ok(post(&server, &server.alice, "/coprs/alice/new/", Form(&fields)).await);
    let message = text(&made, "message");
    assert!(message.starts_with("New project was successfully created.\nInitial packages"), "{message}");
    assert_eq!(message.matches("/coprs/build/").count(), 2);
    let v3 = server.get("/project?ownername=alice&projectname=tools").await.ok();
    assert_eq!(v3["additional_repos"], json!(["http://r.example/", "http://s.example/"]));
    assert_eq!((&v3["enable_net"], &v3["instructions"]), (&json!(true), &json!("i")));
    let builds = server.get("/build/list?ownername=alice&projectname=tools").await.ok();
    assert_eq!(builds["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_06_a_project_that_was_just_made_can_be_looked_at() {
    let server = Server::start().await;
    assert_eq!(
        create(&server, "tools").await,
        json!({"output": "ok", "message": "New project was successfully created."})
    );
    assert_eq!(ok(get(&server, "/coprs/alice/tools/detail/").await)["detail"]["name"], "tools");
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_07_details_of_a_project_have_what_the_client_reads() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let detail = &ok(get(&server, "/coprs/alice/tools/detail/").await)["detail"];
    assert_eq!((text(detail, "description"), text(detail, "instructions"), text(detail, "name")), ("d", "", "tools"));
    assert_eq!(detail["last_modified"], Value::Null);
    assert!(detail["yum_repos"].as_object().is_some_and(|repos| repos.contains_key(FEDORA)));
    let build = submit(&server, "tools", SRPM, &[FEDORA]).await["id"].as_i64().expect("a number");
    finish(&server, build, "hello", &[(FEDORA, State::Succeeded)]).await;
    let mut tx = server.app.db.begin().await.expect("a transaction");
    let chroots = copr_db::build_chroot::of_builds(&mut tx, &[build.into()]).await.expect("rows");
    copr_db::build_chroot::ended(&mut tx, chroots[0].id, None, None, 77).await.expect("an end");
    tx.commit().await.expect("a commit");
    assert_eq!(ok(get(&server, "/coprs/alice/tools/detail/").await)["detail"]["last_modified"], 77);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_08_a_change_of_nothing_has_no_body_and_returns_what_there_is() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let same = ok(post(&server, &server.alice, "/coprs/alice/tools/modify/", Nothing).await);
    assert_eq!((text(&same, "description"), text(&same, "repos")), ("d", "http://r.example/"));
    assert_eq!(same["chroots"], json!([FEDORA_32, FEDORA]));
    let fields =
        [("description", "new"), ("repos", "http://a.example/ http://b.example/"), ("disable_createrepo", "True")];
    let changed = ok(post(&server, &server.alice, "/coprs/alice/tools/modify/", Form(&fields)).await);
    let detail = json!({"name": "tools", "description": "new", "instructions": "", "last_modified": null});
    assert_eq!((&changed["detail"], &changed["buildroot_pkgs"]), (&detail, &json!("")));
    assert_eq!(changed["repos"], "http://a.example/ http://b.example/");
    assert_eq!(ok(get(&server, "/coprs/alice/tools/detail/").await)["detail"]["auto_createrepo"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_09_a_handle_changes_one_thing_and_the_rest_stays() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let changed = ok(post(&server, &server.alice, "/coprs/alice/tools/modify/", Form(&[("instructions", "i")])).await);
    assert_eq!((text(&changed, "description"), text(&changed, "instructions")), ("d", "i"));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_10_a_project_is_deleted_when_the_client_means_it() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let delete = async |fields| post(&server, &server.alice, "/coprs/alice/tools/delete/", fields).await;
    for unsure in [Nothing, Form(&[("verify", "no")])] {
        assert_eq!(no(&delete(unsure).await), (400, "verify: Type \"yes\" to delete the project"));
    }
    assert_eq!(ok(delete(Form(&[("verify", "yes")])).await)["message"], "Project alice/tools has been deleted.");
    assert_eq!(no(&get(&server, "/coprs/alice/tools/detail/").await).0, 404);
    assert_eq!(no(&delete(Form(&[("verify", "yes")])).await).0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_11_a_chroot_has_packages_even_when_there_are_none() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let found = ok(get(&server, &format!("/coprs/alice/tools/detail/{FEDORA}/")).await);
    assert_eq!(found, json!({"output": "ok", "buildroot_pkgs": ""}));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_12_a_chroot_gets_packages_and_loses_them() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let path = format!("/coprs/alice/tools/modify/{FEDORA}/");
    let packages = "scl-utils-build gcc";
    let set = ok(post(&server, &server.alice, &path, Form(&[("buildroot_pkgs", packages)])).await);
    assert_eq!(set, json!({"output": "ok", "buildroot_pkgs": packages}));
    assert_eq!(ok(post(&server, &server.alice, &path, Nothing).await)["buildroot_pkgs"], packages);
    assert_eq!(ok(post(&server, &server.alice, &path, Form(&[("buildroot_pkgs", "")])).await)["buildroot_pkgs"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_13_chroots_are_reached_from_the_details_of_a_project() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let details = ok(get(&server, "/coprs/alice/tools/detail/").await);
    for chroot in details["detail"]["yum_repos"].as_object().expect("an object").keys() {
        assert_eq!(ok(get(&server, &format!("/coprs/alice/tools/detail/{chroot}/")).await)["buildroot_pkgs"], "");
        let path = format!("/coprs/alice/tools/modify/{chroot}/");
        let set = ok(post(&server, &server.alice, &path, Form(&[("buildroot_pkgs", chroot)])).await);
        assert_eq!(&set["buildroot_pkgs"], chroot);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_14_builds_are_submitted_by_address_with_empty_parts_for_what_is_not_said() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let made = submit(&server, "tools", &format!("{SRPM} http://x.example/b.spec"), &[FEDORA]).await;
    let ids: Vec<i64> = serde_json::from_value(made["ids"].clone()).expect("numbers");
    assert_eq!((ids.len(), &made["id"]), (2, &json!(ids[0])));
    assert!(text(&made, "message").starts_with("Builds were added to tools."));
    let build = server.get(&format!("/build/{}", ids[0])).await.ok();
    assert_eq!(build["chroots"], json!([FEDORA]));
    let fields = [("pkgs", SRPM), ("timeout", "3600"), ("memory_reqs", "4096")];
    let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_build/", Multipart(&fields, None)).await);
    let config = server.get(&format!("/build/source-build-config/{}", made["id"])).await.ok();
    assert_eq!(config["timeout"], 3600);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_15_a_file_is_uploaded_with_the_same_parts() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let fields = [("timeout", ""), ("memory_reqs", ""), (FEDORA_32, "y")];
    let file = Some(("pkgs", "hello-1-1.src.rpm", "an rpm"));
    let path = "/coprs/alice/tools/new_build_upload/";
    let made = ok(post(&server, &server.alice, path, Multipart(&fields, file)).await);
    assert_eq!(made["ids"].as_array().map(Vec::len), Some(1));
    let build = ok(get(&server, &format!("/coprs/build/{}/", made["id"])).await);
    assert_eq!(build["chroots"], json!({FEDORA_32: "waiting"}));
    assert!(text(&build, "src_pkg").ends_with("/hello-1-1.src.rpm"));
    let source = reqwest::get(text(&build, "src_pkg")).await.expect("an answer");
    assert_eq!(source.text().await.expect("a text"), "an rpm");
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_16_a_handle_of_a_project_builds_in_all_its_chroots() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let made = submit(&server, "tools", SRPM, &[]).await;
    assert_eq!(made["ids"].as_array().map(Vec::len), Some(1));
    assert!(text(&made, "message").starts_with("Build was added to tools."));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_17_details_of_a_build_have_what_the_client_reads() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let id = submit(&server, "tools", SRPM, &[FEDORA]).await["id"].clone();
    let build = ok(get(&server, &format!("/coprs/build/{id}/")).await);
    let expected = json!({
        "output": "ok", "status": "pending", "project": "tools", "project_dirname": "tools", "owner": "alice",
        "results": format!("{}/results/alice/tools/", server.url), "built_pkgs": null, "src_version": null,
        "chroots": {FEDORA: "waiting"}, "submitted_on": build["submitted_on"], "started_on": null, "ended_on": null,
        "src_pkg": SRPM, "submitted_by": "alice", "results_by_chroot": {FEDORA: null}
    });
    assert_eq!(build, expected);
    assert!(build["submitted_on"].is_i64());
    assert_eq!(ok(get(&server, &format!("/coprs/build_detail/{id}/")).await), build);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_18_a_build_leads_to_its_project() {
    let server = Server::start().await;
    server.post(&server.alice, "/project/add/@devs", json!({"name": "tools", "chroots": [FEDORA]})).await.ok();
    let build = server.build("tools", json!({"ownername": "@devs"})).await;
    let build = ok(get(&server, &format!("/coprs/build/{build}/")).await);
    let (owner, project) = (text(&build, "owner"), text(&build, "project"));
    assert_eq!((owner, project), ("@devs", "tools"));
    assert_eq!(text(&build, "results"), format!("{}/results/@devs/tools/", server.url));
    ok(get(&server, &format!("/coprs/{owner}/{project}/detail/")).await);
    ok(get(&server, "/coprs/%40devs/tools/detail/").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_19_a_build_is_canceled_without_a_body_and_once() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let id = submit(&server, "tools", SRPM, &[FEDORA]).await["id"].clone();
    let cancel = async || post(&server, &server.alice, &format!("/coprs/cancel_build/{id}/"), Nothing).await;
    assert_eq!(ok(cancel().await), json!({"output": "ok", "status": "Build canceled"}));
    assert_eq!(no(&cancel().await), (409, format!("Cannot cancel build {id}").as_str()));
    assert_eq!(ok(get(&server, &format!("/coprs/build/{id}/")).await)["status"], "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_20_a_loop_over_the_status_ends() {
    let server = Server::start().await;
    create(&server, "tools").await;
    for end in [State::Succeeded, State::Failed, State::Skipped] {
        let id = submit(&server, "tools", SRPM, &[FEDORA, FEDORA_32]).await["id"].as_i64().expect("a number");
        let status = async || text(&ok(get(&server, &format!("/coprs/build/{id}/")).await), "status").to_owned();
        finish(&server, id, "hello", &[(FEDORA, end), (FEDORA_32, State::Pending)]).await;
        let words = ["succeeded", "failed", "skipped", "canceled"];
        assert!(!words.contains(&status().await.as_str()), "it looks over while a chroot is not");
        finish_other(&server, id, end).await;
        assert_eq!(status().await, end.as_str());
    }
}

/// Ends what is left of a build in the same way.
async fn finish_other(server: &Server, id: i64, end: State) {
    let mut tx = server.app.db.begin().await.expect("a transaction");
    for row in copr_db::build_chroot::of_builds(&mut tx, &[id.into()]).await.expect("rows") {
        copr_db::build_chroot::set_state(&mut tx, row.id, row.state, end).await.expect("a change");
    }
    tx.commit().await.expect("a commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_21_a_wrong_token_is_told_in_words() {
    let server = Server::start().await;
    create(&server, "tools").await;
    let mut nobody = server.alice.clone();
    nobody.token = "wrong".to_owned();
    let expected = format!("Login invalid/expired. Please visit {}/api to get or renew your API token.", server.url);
    for path in ["/coprs/alice/new/", "/coprs/alice/tools/modify/", "/coprs/alice/tools/new_build/", "/auth_check/"] {
        assert_eq!(no(&post(&server, &nobody, path, Nothing).await), (401, expected.as_str()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_22_what_is_not_there_is_told_in_words() {
    let server = Server::start().await;
    create(&server, "tools").await;
    for (path, error) in [
        ("/coprs/alice/nope/detail/", "Project alice/nope does not exist."),
        ("/coprs/nope/tools/detail/", "Project nope/tools does not exist."),
        ("/coprs/@nope/tools/detail/", "Group nope does not exist."),
        ("/coprs/build/999/", "Build 999 does not exist."),
        ("/coprs/build_status/999/", "Build 999 does not exist."),
        ("/coprs/build/99999999999999999999/", "Build 9223372036854775807 does not exist."),
        ("/coprs/alice/tools/detail/nope/", "Chroot identification is not valid"),
        ("/coprs/alice/tools/detail/epel-9-x86_64/", "Chroot name epel-9-x86_64 does not exist in Copr alice/tools."),
        ("/coprs/alice/tools/package/get/nope/", "No package with name nope in copr tools"),
        ("/coprs/alice/nope/monitor/", "Project alice/nope does not exist."),
    ] {
        assert_eq!(no(&get(&server, path).await), (404, error), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_23_an_address_that_ends_in_a_slash_is_as_good_for_everything() {
    let server = Server::start().await;
    let slashed = |method, path: &str| {
        let request = server.anywhere(method, &format!("//api/coprs/{path}"));
        request.basic_auth(&server.alice.login, Some(&server.alice.token))
    };
    let form = |text: &'static str| (header::CONTENT_TYPE, "application/x-www-form-urlencoded", text);
    let create = form("name=tools&fedora-42-x86_64=y&initial_pkgs=http%3A%2F%2Fx.example%2Fa.src.rpm");
    for (path, (name, kind, body)) in [("alice/new/", create), ("alice/tools/modify/", form("description=d"))] {
        ok(send(slashed(Method::POST, path).header(name, kind).body(body)).await);
    }
    let upload = ["Content-Disposition: form-data; name=\"pkgs\"; filename=\"a.spec\"", "", "Name: a", "--x--", ""];
    let upload = slashed(Method::POST, "alice/tools/new_build_upload/").body(format!("--x\r\n{}", upload.join("\r\n")));
    let made = ok(send(upload.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")).await);
    ok(send(slashed(Method::POST, &format!("cancel_build/{}/", made["id"]))).await);
    assert_eq!(ok(send(slashed(Method::GET, "alice/tools/detail/")).await)["detail"]["description"], "d");
    assert_eq!(ok(send(slashed(Method::GET, "search/?project=tools")).await)["repos"][0]["coprname"], "tools");
}
