//! What python-copr 1.101 does beyond 1.63, call by call. It adds `username` to every form.

use super::Sent::{Form, Multipart, Nothing};
use super::{get, no, ok, post, text, with_tools};
use crate::packages::finish;
use crate::server::{EPEL, FEDORA, FEDORA_32, Server, send};
use copr_types::State;
use reqwest::Method;
use serde_json::{Value, json};

const USER: (&str, &str) = ("username", "alice");
const GIT: &str = "https://git.example.org/hello.git";

async fn v3(server: &Server, project: &str) -> Value {
    server.get(&format!("/project?ownername=alice&projectname={project}")).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_30_a_project_is_made_with_all_its_switches() {
    let server = Server::start().await;
    let fields = [
        USER,
        ("name", "tools"),
        (FEDORA, "y"),
        ("unlisted_on_hp", "y"),
        ("build_enable_net", ""),
        ("persistent", ""),
        ("auto_prune", "y"),
        ("use_bootstrap_container", ""),
        ("disable_createrepo", "true"),
    ];
    ok(post(&server, &server.alice, "/coprs/alice/new/", Form(&fields)).await);
    let made = v3(&server, "tools").await;
    let switches = ["unlisted_on_hp", "enable_net", "persistent", "auto_prune", "devel_mode"].map(|key| &made[key]);
    assert_eq!(switches, [&json!(true), &json!(false), &json!(false), &json!(true), &json!(true)]);
    let fields = [USER, ("name", "ours"), (FEDORA, "y"), ("disable_createrepo", "false"), ("auto_prune", "y")];
    ok(post(&server, &server.alice, "/coprs/@devs/new/", Form(&fields)).await);
    let ours = ok(get(&server, "/coprs/@devs/ours/detail/").await);
    assert_eq!(ours["detail"]["auto_createrepo"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_31_a_project_changes_its_switches_and_its_chroots() {
    let server = with_tools().await;
    let chroots = format!("{FEDORA} {EPEL}");
    let fields = [
        USER,
        ("unlisted_on_hp", "y"),
        ("build_enable_net", "y"),
        ("auto_prune", "y"),
        ("use_bootstrap_container", "y"),
        ("chroots", chroots.as_str()),
    ];
    let changed = ok(post(&server, &server.alice, "/coprs/alice/tools/modify/", Form(&fields)).await);
    assert_eq!(changed["chroots"], json!([EPEL, FEDORA]));
    let made = v3(&server, "tools").await;
    assert_eq!(["unlisted_on_hp", "enable_net", "auto_prune"].map(|key| &made[key]), [&json!(true); 3]);
    let detail = &ok(get(&server, "/coprs/alice/tools/detail/").await)["detail"];
    assert_eq!((&detail["use_bootstrap_container"], &made["bootstrap"]), (&json!(true), &json!("on")));
    let unknown = post(&server, &server.alice, "/coprs/alice/tools/modify/", Form(&[("chroots", "nope-1-x")])).await;
    assert_eq!(no(&unknown), (400, "chroots: 'nope-1-x' is not a valid choice for this field."));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_32_a_token_can_be_tried() {
    let server = Server::start().await;
    assert_eq!(ok(post(&server, &server.alice, "/auth_check/", Nothing).await), json!({"output": "ok"}));
    let nobody = send(server.anywhere(Method::POST, "/api/auth_check/")).await;
    assert_eq!(no(&nobody).0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_33_a_build_is_deleted_when_it_has_ended() {
    let server = with_tools().await;
    let id = server.build("tools", json!({})).await;
    let delete = async || post(&server, &server.alice, &format!("/coprs/delete_build/{id}/"), Nothing).await;
    assert_eq!(no(&delete().await), (409, format!("User 'alice' can not delete build {id}").as_str()));
    ok(post(&server, &server.alice, &format!("/coprs/cancel_build/{id}/"), Nothing).await);
    assert_eq!(ok(delete().await), json!({"output": "ok", "status": "Build deleted"}));
    assert_eq!(no(&delete().await).0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_34_a_build_can_wait_behind_the_others() {
    let server = with_tools().await;
    let pkgs = ("pkgs", "http://x.example/a.spec");
    let fields = [pkgs, ("timeout", ""), ("memory_reqs", ""), ("background", "y"), USER];
    let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_build/", Multipart(&fields, None)).await);
    assert_eq!(server.get(&format!("/build/{}", made["id"])).await.ok()["is_background"], true);
}

/// What a build that was submitted so is made of.
async fn source(server: &Server, kind: &str, fields: &[(&str, &str)]) -> (Value, Value) {
    let fields = [&[USER, (FEDORA, "y"), ("timeout", "")], fields].concat();
    let path = format!("/coprs/alice/tools/new_build_{kind}/");
    let made = ok(post(server, &server.alice, &path, Form(&fields)).await);
    assert_eq!(made["ids"].as_array().map(Vec::len), Some(1));
    let found = server.get(&format!("/build/source-build-config/{}", made["id"])).await.ok();
    (found["source_type"].clone(), found["source_dict"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_35_builds_come_from_seven_more_kinds_of_sources() {
    let server = with_tools().await;
    let scm = |kind: &str, committish: Value, subdirectory: Value, spec: Value, method: &str| {
        json!({
            "type": kind, "clone_url": GIT, "committish": committish, "subdirectory": subdirectory, "spec": spec,
            "srpm_build_method": method
        })
    };
    let pypi =
        [("pypi_package_name", "rich"), ("spec_template", ""), ("python_versions", "3"), ("python_versions", "2")];
    let (kind, dict) = source(&server, "pypi", &pypi).await;
    assert_eq!((&kind, &dict["python_versions"]), (&json!("pypi"), &json!(["3", "2"])));
    let tito = [("git_url", GIT), ("git_directory", "d"), ("git_branch", "b"), ("tito_test", "y")];
    let (kind, dict) = source(&server, "tito", &tito).await;
    assert_eq!((&kind, dict), (&json!("scm"), scm("git", json!("b"), json!("d"), json!(null), "tito_test")));
    let (_, dict) = source(&server, "tito", &[("git_url", GIT), ("tito_test", "")]).await;
    assert_eq!(dict["srpm_build_method"], "tito");
    let mock =
        [("scm_type", "svn"), ("scm_url", GIT), ("scm_branch", "b"), ("scm_subdir", "d"), ("spec", "hello.spec")];
    let (kind, dict) = source(&server, "mock", &mock).await;
    assert_eq!((&kind, dict), (&json!("scm"), scm("svn", json!("b"), json!("d"), json!("hello.spec"), "rpkg")));
    let fields = [("clone_url", GIT), ("committish", "c"), ("srpm_build_method", "make_srpm")];
    let (kind, dict) = source(&server, "scm", &fields).await;
    assert_eq!((&kind, dict), (&json!("scm"), scm("git", json!("c"), json!(null), json!(null), "make_srpm")));
    assert_eq!(source(&server, "rubygems", &[("gem_name", "a")]).await, (json!("rubygems"), json!({"gem_name": "a"})));
    let (kind, dict) = source(&server, "custom", &[("script", "true\n"), ("chroot", EPEL), ("builddeps", "a b")]).await;
    assert_eq!((&kind, &dict["chroot"], &dict["builddeps"]), (&json!("custom"), &json!(EPEL), &json!("a b")));
    let (kind, dict) = source(&server, "distgit", &[("clone_url", GIT), ("branch", "f20")]).await;
    assert_eq!((&kind, dict), (&json!("scm"), scm("git", json!("f20"), json!(null), json!(null), "rpkg")));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_36_packages_of_six_kinds_are_added_and_edited() {
    let server = with_tools().await;
    for (kind, stored, fields, other) in [
        ("git_and_tito", "scm", ("git_url", GIT), ("git_branch", "b")),
        ("pypi", "pypi", ("pypi_package_name", "rich"), ("pypi_package_version", "2")),
        ("mock_scm", "scm", ("scm_url", GIT), ("scm_branch", "b")),
        ("scm", "scm", ("clone_url", GIT), ("committish", "b")),
        ("rubygems", "rubygems", ("gem_name", "a"), ("gem_name", "b")),
        ("custom", "custom", ("script", "true"), ("resultdir", "b")),
    ] {
        let name = format!("a{kind}");
        let name = name.as_str();
        let fields = [USER, ("package_name", name), ("webhook_rebuild", "y"), ("chroot", FEDORA), fields];
        let path = format!("/coprs/alice/tools/package/add/{kind}/");
        let added = ok(post(&server, &server.alice, &path, Form(&fields)).await);
        assert_eq!(text(&added, "message"), format!("Package {name} was added to alice/tools."));
        let package = &added["package"];
        assert_eq!((&package["source_type"], &package["webhook_rebuild"]), (&json!(stored), &json!(true)), "{kind}");
        let path = format!("/coprs/alice/tools/package/{name}/edit/{kind}/");
        let edited = ok(post(&server, &server.alice, &path, Form(&[USER, ("package_name", name), other])).await);
        assert_eq!(edited["package"]["webhook_rebuild"], true, "{kind}");
        assert!(text(&edited["package"], "source_json").contains(&format!("\"{}\"", other.1)), "{kind}: {edited}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_37_packages_are_listed_with_the_builds_that_are_asked_for() {
    let server = with_tools().await;
    let good = server.build("tools", json!({"chroots": [FEDORA]})).await;
    finish(&server, good, "hello", &[(FEDORA, State::Succeeded)]).await;
    let bad = server.build("tools", json!({"chroots": [FEDORA]})).await;
    finish(&server, bad, "hello", &[(FEDORA, State::Failed)]).await;
    let ask = async |path: &str, flag: &str| {
        let query = format!("with_latest_build={flag}&with_latest_succeeded_build={flag}&with_all_builds={flag}");
        let request = server.anywhere(Method::GET, &format!("/api/coprs/alice/tools/package/{path}/?{query}"));
        ok(send(request.basic_auth(&server.alice.login, Some(&server.alice.token))).await)
    };
    let listed = ask("list", "").await;
    let plain = &listed["packages"][0];
    let keys: Vec<&str> = plain.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected = [
        "id",
        "name",
        "copr_id",
        "source_type",
        "source_json",
        "webhook_rebuild",
        "enable_net",
        "max_builds",
        "chroot_blacklist_raw",
    ];
    assert_eq!(keys, expected, "the client takes keys as names of arguments");
    assert_eq!(&ask("get/hello", "").await["package"], plain);
    let full = &ask("get/hello", "y").await["package"];
    assert_eq!((&full["latest_build"]["id"], &full["latest_succeeded_build"]["id"]), (&json!(bad), &json!(good)));
    let ids: Vec<&Value> = full["builds"].as_array().expect("builds").iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [&json!(bad), &json!(good)]);
    assert_eq!(&ask("list", "y").await["packages"][0], full);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_38_packages_are_reset_and_deleted_without_a_body() {
    let server = with_tools().await;
    let fields = [("package_name", "hello"), ("gem_name", "a")];
    ok(post(&server, &server.alice, "/coprs/alice/tools/package/add/rubygems/", Form(&fields)).await);
    let change = async |what: &str| {
        post(&server, &server.alice, &format!("/coprs/alice/tools/package/{what}/hello/"), Nothing).await
    };
    let reset = ok(change("reset").await);
    assert_eq!(
        (text(&reset, "message"), &reset["package"]["source_type"]),
        ("Package hello has no source any more in alice/tools.", &json!("unset"))
    );
    let deleted = ok(change("delete").await);
    assert_eq!(
        (text(&deleted, "message"), &deleted["package"]["name"]),
        ("Package hello was deleted from alice/tools.", &json!("hello"))
    );
    assert_eq!(no(&change("delete").await), (404, "No package with name hello in copr tools"));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_39_a_package_is_built_in_the_chroots_that_are_named() {
    let server = with_tools().await;
    let fields = [("package_name", "hello"), ("gem_name", "a")];
    ok(post(&server, &server.alice, "/coprs/alice/tools/package/add/rubygems/", Form(&fields)).await);
    let path = "/coprs/alice/tools/package/build/hello/";
    let made = ok(post(&server, &server.alice, path, Form(&[USER, (FEDORA_32, "y"), ("timeout", "50")])).await);
    assert_eq!(made["ids"], json!([made["id"]]));
    let build = ok(get(&server, &format!("/coprs/build/{}/", made["id"])).await);
    assert_eq!(build["results_by_chroot"], json!({FEDORA_32: null}));
    let config = server.get(&format!("/build/source-build-config/{}", made["id"])).await.ok();
    assert_eq!(config["timeout"], 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_40_a_project_is_forked() {
    let server = with_tools().await;
    let fields =
        [("name", "copy"), ("owner", "bob"), ("source", "alice/tools"), ("confirm", "True"), ("username", "bob")];
    let made = ok(post(&server, &server.bob, "/coprs/alice/tools/fork/", Form(&fields)).await);
    assert!(text(&made, "message").starts_with("Project alice/tools is being forked into bob/copy: http"));
    ok(get(&server, "/coprs/bob/copy/detail/").await);
    let again =
        post(&server, &server.bob, "/coprs/alice/tools/fork/", Form(&[("name", "copy"), ("confirm", "False")])).await;
    assert!(no(&again).1.starts_with("You are about to fork into existing project: copy"));
    let same = post(&server, &server.alice, "/coprs/alice/tools/fork/", Form(&[("confirm", "True")])).await;
    assert_eq!(no(&same), (400, "Source project should not be same as destination"));
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_41_a_chroot_is_edited_with_a_comps_file_and_without() {
    let server = with_tools().await;
    let path = format!("/coprs/alice/tools/chroot/edit/{FEDORA}/");
    let fields = [USER, ("buildroot_pkgs", "a b"), ("repos", "http://r.example/ copr://alice/tools")];
    let edited = ok(post(&server, &server.alice, &path, Form(&fields)).await);
    assert!(text(&edited, "message").ends_with(FEDORA));
    let file = Some(("upload_comps", "comps.xml", "<comps/>"));
    let edited = ok(post(&server, &server.alice, &path, Multipart(&[USER], file)).await);
    let expected = json!({
        "mock_chroot": FEDORA, "copr_id": edited["chroot"]["copr_id"], "buildroot_pkgs": "a b",
        "repos": "http://r.example/ copr://alice/tools", "comps_name": "comps.xml", "with_opts": "", "without_opts": ""
    });
    assert_eq!(edited["chroot"], expected);
    let found = ok(get(&server, &format!("/coprs/alice/tools/chroot/get/{FEDORA}/")).await);
    assert_eq!(found, json!({"output": "ok", "chroot": expected}));
    let gone = ok(post(&server, &server.alice, &path, Form(&[("delete_comps", "y")])).await);
    assert_eq!(gone["chroot"]["comps_name"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_42_a_build_configuration_is_found_without_a_slash_at_the_end() {
    let server = with_tools().await;
    let found = ok(get(&server, &format!("/coprs/alice/tools/build-config/{FEDORA}")).await);
    let config = &found["build_config"];
    assert_eq!((text(config, "project_id"), text(config, "chroot")), ("alice-tools", FEDORA));
    let url = format!("{}/results/alice/tools/{FEDORA}/", server.url);
    let own = json!({"id": "copr_base", "name": "Copr repository", "baseurl": url, "url": url});
    assert_eq!(config["repos"], json!([own]));
    assert_eq!((&config["additional_packages"], &config["use_bootstrap_container"]), (&json!([]), &json!(false)));
    assert_eq!(ok(get(&server, &format!("/coprs/alice/tools/build-config/{FEDORA}/")).await), found);
    assert_eq!(no(&get(&server, &format!("/coprs/alice/tools/build-config/{EPEL}")).await).0, 404);
    server.post(&server.alice, "/project/add/@devs", json!({"name": "ours", "chroots": [FEDORA]})).await.ok();
    let of_group = ok(get(&server, &format!("/g/devs/ours/build-config/{FEDORA}/")).await);
    assert_eq!(of_group["build_config"]["project_id"], "group_devs-ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_43_a_new_secret_for_web_hooks_ends_the_message() {
    let server = with_tools().await;
    let renew = async || {
        let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_webhook_secret/", Nothing).await);
        text(&made, "message").rsplit(' ').next().expect("a word").to_owned()
    };
    let (one, other) = (renew().await, renew().await);
    assert_ne!(one, other);
    let lengths: Vec<usize> = one.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
    let stranger = post(&server, &server.bob, "/coprs/alice/tools/new_webhook_secret/", Nothing).await;
    assert_eq!(no(&stranger).0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_44_modules_are_not_built_and_the_client_hears_so() {
    let server = with_tools().await;
    let fields = [("scmurl", GIT), ("branch", "master")];
    let text = "This service builds no modules: there is no such API endpoint.";
    for sent in [Multipart(&fields, None), Multipart(&[], Some(("modulemd", "a.yaml", "document: modulemd")))] {
        let answer = post(&server, &server.alice, "/coprs/alice/tools/module/build/", sent).await;
        assert_eq!(no(&answer), (404, text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_45_nor_has_a_module_a_repository() {
    let server = Server::start().await;
    for path in ["/module/repo/", "/module/build/", "/coprs/alice/tools/module/make/"] {
        let answer = send(server.anywhere(Method::POST, &format!("/api{path}"))).await;
        assert_eq!(no(&answer), (404, "This service builds no modules: there is no such API endpoint."), "{path}");
    }
    let profile = get(&server, &format!("/coprs/alice/tools/mock-profile/{FEDORA}/")).await;
    assert!(no(&profile).1.starts_with("There are no mock profiles any more"));
}
