//! Builds: submit by address, look, cancel, delete.

use crate::server::{EPEL, FEDORA, FEDORA_32, Server};
use serde_json::{Value, json};

const SRPM: &str = "http://x.example/hello-1-1.src.rpm";

fn common(more: Value) -> Value {
    let mut body = json!({"ownername": "alice", "projectname": "p", "pkgs": [SRPM]});
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn check_09_one_address_makes_a_list_of_one_build() {
    let server = Server::start().await;
    server.project("p").await;
    let made = server.post(&server.alice, "/build/create/url", common(json!({}))).await.ok();
    assert_eq!(made["meta"], json!({"limit": null, "offset": null, "order": null, "order_type": null}));
    let build = &made["items"][0];
    let expected = json!({
        "id": build["id"], "state": "pending", "ownername": "alice", "projectname": "p", "project_dirname": "p",
        "repo_url": format!("{}/results/alice/p", server.url),
        "source_package": {"name": null, "version": null, "url": SRPM}, "chroots": [],
        "submitted_on": build["submitted_on"], "started_on": null, "ended_on": null, "submitter": "alice",
        "is_background": false
    });
    assert_eq!(build, &expected);
    assert!(build["submitted_on"].is_i64());
    assert_eq!(server.get(&format!("/build/{}", build["id"])).await.ok(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_addresses_make_several_builds() {
    let server = Server::start().await;
    server.project("p").await;
    let pkgs = json!([SRPM, "https://x.example/b.spec", "http://x.example/C-1-1.NOSRC.RPM?x=1"]);
    let made = server.post(&server.alice, "/build/create/url", common(json!({"pkgs": pkgs}))).await.ok();
    let urls: Vec<&Value> =
        made["items"].as_array().expect("a list").iter().map(|build| &build["source_package"]["url"]).collect();
    // A spec file is no source package yet.
    assert_eq!(urls, [&json!(SRPM), &Value::Null, &json!("http://x.example/C-1-1.NOSRC.RPM?x=1")]);
    let text = common(json!({"pkgs": format!("{SRPM} \n {SRPM}")}));
    let made = server.post(&server.alice, "/build/create/url", text).await.ok();
    assert_eq!(made["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_kept() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server
        .build(
            "p",
            json!({"chroots": ["fedora-*-x86_64"], "timeout": "100", "background": true, "enable_net": true,
                   "bootstrap": "on", "isolation": "nspawn", "project_dirname": "p:custom:x",
                   "memory": 1, "progress_callback": null, "after_build_id": null}),
        )
        .await;
    let build = server.get(&format!("/build/{id}")).await.ok();
    assert_eq!(build["chroots"], json!([FEDORA]));
    assert_eq!((&build["is_background"], &build["project_dirname"]), (&json!(true), &json!("p:custom:x")));
    assert_eq!(build["repo_url"], json!(format!("{}/results/alice/p", server.url)));
    let config = server.get(&format!("/build-chroot/build-config?build_id={id}&chrootname={FEDORA}")).await.ok();
    assert_eq!((&config["timeout"], &config["enable_net"]), (&json!(100), &json!(true)));
    assert_eq!((&config["is_background"], &config["bootstrap"]), (&json!(true), &json!("on")));
    let base = format!("{}/results/alice", server.url);
    let repos: Vec<&Value> = config["repos"].as_array().expect("a list").iter().map(|repo| &repo["baseurl"]).collect();
    assert_eq!(repos, [&json!(format!("{base}/p/{FEDORA}/")), &json!(format!("{base}/p:custom:x/{FEDORA}/"))]);
    let source = server.get(&format!("/build/source-build-config/{id}")).await.ok();
    assert_eq!((&source["source_type"], &source["timeout"]), (&json!("link"), &json!(100)));
    assert_eq!((&source["source_dict"], &source["is_background"]), (&json!({"url": SRPM}), &json!(true)));
    assert!(source["memory_limit"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn excluded_chroots_are_left_out() {
    let server = Server::start().await;
    server.project("p").await;
    for (options, chroots) in [
        (json!({"exclude_chroots": ["*-i386"]}), json!([FEDORA])),
        (json!({"exclude_chroots": ["fedora-**-i386"]}), json!([FEDORA])),
        (json!({"chroots": ["*"], "exclude_chroots": [FEDORA]}), json!([FEDORA_32])),
        (json!({"chroots": []}), json!([])),
    ] {
        let id = server.build("p", options.clone()).await;
        assert_eq!(server.get(&format!("/build/{id}")).await.ok()["chroots"], chroots, "{options}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_of_a_build_are_told_as_a_python_dictionary() {
    let server = Server::start().await;
    server.project("p").await;
    let cases = [
        (json!({"pkgs": null}), "{'pkgs': ['URLs to packages are required']}"),
        (json!({"pkgs": []}), "{'pkgs': ['URLs to packages are required']}"),
        (
            json!({"pkgs": vec![SRPM; 1001]}),
            "{'pkgs': ['One request can have 1000 URLs; send the others in further ones.']}",
        ),
        (
            json!({"pkgs": "ftp://x/a.spec"}),
            "{'pkgs': [\"A list of http[s] URLs separated by whitespace characters is needed ('ftp://x/a.spec' doesn't seem to be a valid URL).\"]}",
        ),
        (
            json!({"pkgs": "http://x/a.tgz"}),
            "{'pkgs': [\"URLs must end with .src.rpm, .nosrc.rpm, or .spec ('http://x/a.tgz' doesn't seem to be a valid URL).\"]}",
        ),
        (
            json!({"timeout": "x"}),
            "{'timeout': ['Not a valid integer value.', 'Number must be between 0 and 108000.']}",
        ),
        (json!({"timeout": 108001}), "{'timeout': ['Number must be between 0 and 108000.']}"),
        (json!({"timeout": -1}), "{'timeout': ['Number must be between 0 and 108000.']}"),
        (json!({"chroots": [EPEL]}), "{'chroots': [\"'epel-9-x86_64' is not a valid choice for this field.\"]}"),
        (
            json!({"chroots": ["a*", "b[", FEDORA]}),
            "{'chroots': [\"'a*', 'b[' are not valid choices for this field.\"]}",
        ),
        (json!({"exclude_chroots": ["x"]}), "{'exclude_chroots': [\"'x' is not a valid choice for this field.\"]}"),
        (json!({"isolation": "x"}), "{'isolation': ['Not a valid choice.']}"),
        (json!({"bootstrap": "custom_image"}), "{'bootstrap': ['Not a valid choice.']}"),
        (json!({"after_build_id": "999"}), "{'after_build_id': ['Build 999 not found']}"),
        (
            json!({"after_build_id": 1, "with_build_id": "2"}),
            "{'with_build_id': ['Only one batch option can be specified'], 'after_build_id': ['Only one batch option can be specified']}",
        ),
    ];
    for (change, dictionary) in cases {
        let text = format!("Bad request parameters: {dictionary}");
        let answer = server.post(&server.alice, "/build/create/url", common(change.clone())).await;
        assert_eq!(answer.refusal(), (400, text.as_str()), "{change}");
        if !change.as_object().is_some_and(|change| change.contains_key("pkgs")) {
            let check = server.post(&server.alice, "/build/check-before-build", common(change.clone())).await;
            assert_eq!(check.refusal(), (400, text.as_str()), "{change}");
        }
    }
    let list = server.get("/build/list?ownername=alice&projectname=p").await.ok();
    assert_eq!(list["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_19_directories_follow_the_contracts_examples() {
    let server = Server::start().await;
    server.project("p").await;
    let build = async |dir: &str| {
        server.post(&server.alice, "/build/create/url", common(json!({"project_dirname": dir}))).await
    };
    for good in ["p", "p:custom:x", "p:custom:x-y", "p:custom:a:b", "p:custom:žlutý", "p:pr:12", "p:pr:copr-12"] {
        assert_eq!(build(good).await.ok()["items"][0]["project_dirname"], good);
    }
    let form = "Please use directory format <project>:custom:<SUFFIX_OF_CHOICE> or <project>:pr:<ID> (for automatically removed directories)";
    let wrong = |dir: &str| {
        format!(
            "Wrong directory '{dir}' specified.  Directory name can consist of alpha-numeric strings separated by colons."
        )
    };
    for (bad, text) in [
        ("q:custom:x", "Copr dirname must start with 'p:' prefix".to_owned()),
        ("p:xx", form.to_owned()),
        ("p:custom:", wrong("p:custom:")),
        ("p:custom:a_b", wrong("p:custom:a_b")),
        ("p:custom:a.b", wrong("p:custom:a.b")),
        ("p:pr:12a", form.to_owned()),
        ("p:pr:1:2", form.to_owned()),
    ] {
        assert_eq!(build(bad).await.refusal(), (400, text.as_str()), "{bad}");
        let check =
            server.post(&server.alice, "/build/check-before-build", common(json!({"project_dirname": bad}))).await;
        assert_eq!(check.refusal(), (400, text.as_str()), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_do_not_build_here() {
    let server = Server::start().await;
    server.project("p").await;
    let answer = server.post(&server.bob, "/build/create/url", common(json!({}))).await;
    assert_eq!(answer.refusal(), (403, "User bob is not allowed to build in the copr: alice/p"));
    let check = server.post(&server.bob, "/build/check-before-build", common(json!({}))).await;
    assert_eq!(check.refusal(), (403, "User 'bob' is not allowed to build in 'alice/p'"));
    // The directory comes last, but in the check before a build.
    let aside = json!({"project_dirname": "p:xx"});
    let answer = server.post(&server.bob, "/build/create/url", common(aside.clone())).await;
    assert_eq!(answer.refusal(), (403, "User bob is not allowed to build in the copr: alice/p"));
    let check = server.post(&server.bob, "/build/check-before-build", common(aside)).await;
    assert_eq!(check.status.as_u16(), 400);
    let wrong = json!({"project_dirname": "p:xx", "isolation": "x"});
    let answer = server.post(&server.alice, "/build/create/url", common(wrong)).await;
    assert_eq!(answer.refusal(), (400, "Bad request parameters: {'isolation': ['Not a valid choice.']}"));
    let check = server.post(&server.alice, "/build/check-before-build", common(json!({}))).await.ok();
    assert_eq!(check, json!({"message": "It should be safe to submit a build like this"}));
    for path in ["/build/create/url", "/build/check-before-build"] {
        let missing = server.post(&server.alice, path, common(json!({"projectname": "q"}))).await;
        assert_eq!(missing.refusal(), (404, "Project alice/q does not exist."));
        let nameless = server.post(&server.alice, path, common(json!({"projectname": null}))).await;
        assert_eq!(nameless.refusal(), (400, "Missing argument projectname"));
    }
    let forge = common(json!({"packit_forge_project": "github.com/a/b"}));
    let answer = server.post(&server.alice, "/build/create/url", forge.clone()).await;
    assert_eq!(answer.refusal(), (403, "Forge project github.com/a/b can't build in this Copr via Packit."));
    let allow = json!({"packit_forge_projects_allowed": "https://github.com/a**"});
    server.put(&server.alice, "/project/edit/alice/p", allow).await.ok();
    server.post(&server.alice, "/build/create/url", forge).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn check_15_a_build_is_canceled_once() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"chroots": [FEDORA]})).await;
    let cancel = async |who| server.put(who, &format!("/build/cancel/{id}"), json!({})).await;
    assert_eq!(cancel(&server.bob).await.refusal(), (403, "You are not allowed to cancel this build."));
    assert_eq!(cancel(&server.alice).await.ok()["state"], "canceled");
    assert_eq!(cancel(&server.alice).await.refusal(), (409, format!("Cannot cancel build {id}").as_str()));
    let chroot = server.get(&format!("/build-chroot/{id}/{FEDORA}")).await.ok();
    assert_eq!(chroot["state"], "canceled");
    let missing = server.put(&server.alice, "/build/cancel/99999999999999999999", json!({})).await;
    assert_eq!(missing.status.as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_is_canceled_without_any_body() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({})).await;
    let request = server.request(reqwest::Method::PUT, &format!("/build/cancel/{id}"));
    let request = request.basic_auth(&server.alice.login, Some(&server.alice.token)).header("content-length", "0");
    assert_eq!(crate::server::send(request).await.ok()["state"], "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_has_ended_is_deleted() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({})).await;
    let delete = async |who| server.delete(who, &format!("/build/delete/{id}"), json!({})).await;
    assert_eq!(
        delete(&server.bob).await.refusal(),
        (403, format!("User 'bob' doesn't have permissions to delete build {id}").as_str())
    );
    assert_eq!(
        delete(&server.alice).await.refusal(),
        (409, format!("User 'alice' can not delete build {id}").as_str())
    );
    server.put(&server.alice, &format!("/build/cancel/{id}"), json!({})).await.ok();
    assert_eq!(delete(&server.alice).await.ok()["state"], "canceled");
    assert_eq!(delete(&server.alice).await.refusal(), (404, format!("Build {id} does not exist.").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn check_16_a_list_of_builds_is_deleted_whole_or_not_at_all() {
    let server = Server::start().await;
    server.project("p").await;
    let (ended, running) = (server.build("p", json!({})).await, server.build("p", json!({})).await);
    server.put(&server.alice, &format!("/build/cancel/{ended}"), json!({})).await.ok();
    let delete = async |who, builds: Value| server.delete(who, "/build/delete/list", json!({"builds": builds})).await;
    let mixed = delete(&server.alice, json!([ended, running, 999, running])).await;
    let text = format!("Build(s) {running} are still running.\nBuild(s) 999 don't exist.\n");
    assert_eq!(mixed.refusal(), (400, text.as_str()));
    let stranger = delete(&server.bob, json!([ended, running])).await;
    let text = format!("You don't have permissions to delete build(s) {ended}, {running}.\n");
    assert_eq!(stranger.refusal(), (400, text.as_str()));
    server.get(&format!("/build/{ended}")).await.ok();
    assert_eq!(delete(&server.alice, json!([])).await.ok(), json!({"builds": []}));
    // The same build named twice is still one build.
    assert_eq!(delete(&server.alice, json!([ended, ended])).await.ok(), json!({"builds": [ended, ended]}));
    for bad in [json!(null), json!("x"), json!(["x"]), json!({})] {
        assert_eq!(delete(&server.alice, bad).await.status.as_u16(), 400);
    }
    server.project("q").await;
    let (a, b) = (server.build("p", json!({})).await, server.build("q", json!({})).await);
    for id in [a, b] {
        server.put(&server.alice, &format!("/build/cancel/{id}"), json!({})).await.ok();
    }
    assert_eq!(delete(&server.alice, json!([a, b])).await.refusal(), (400, "Can not delete builds from more projects"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_nobody_started_has_no_results() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"chroots": [FEDORA]})).await;
    let source = server.get(&format!("/build/source-chroot/{id}")).await.ok();
    assert_eq!(source, json!({"state": "pending", "result_url": null}));
    let built = server.get(&format!("/build/built-packages/{id}")).await.ok();
    assert_eq!(built, json!({FEDORA: {"packages": []}}));
    let chroot = server.get(&format!("/build-chroot/built-packages?build_id={id}&chrootname={FEDORA}")).await.ok();
    assert_eq!(chroot, json!({"packages": []}));
    for path in
        ["/build/999", "/build/source-chroot/999", "/build/source-build-config/999", "/build/built-packages/999"]
    {
        assert_eq!(server.get(path).await.refusal(), (404, "Build 999 does not exist."), "{path}");
    }
}
