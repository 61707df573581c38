//! Builds: what each word of a form does.

use super::Sent::{Form, Json, Multipart};
use super::{PKGS, get, no, ok, post, with_tools};
use crate::server::{FEDORA, FEDORA_32};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn all_that_can_be_said_of_a_build_is_heeded() {
    let server = with_tools().await;
    let first = server.build("tools", json!({})).await.to_string();
    let fields = [
        PKGS,
        ("timeout", "77"),
        ("memory_reqs", "2048"),
        ("enable_net", "y"),
        ("background", "y"),
        ("project_dirname", "tools:custom:x"),
        ("bootstrap", "on"),
        ("isolation", "simple"),
        ("exclude_chroots", FEDORA_32),
        ("after_build_id", first.as_str()),
    ];
    let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_build/", Multipart(&fields, None)).await);
    let id = made["id"].as_i64().expect("a number");
    let build = ok(get(&server, &format!("/coprs/build/{id}/")).await);
    assert_eq!((&build["project"], &build["project_dirname"]), (&json!("tools"), &json!("tools:custom:x")));
    assert_eq!(build["results"], format!("{}/results/alice/tools:custom:x/", server.url));
    assert_eq!(build["results_by_chroot"], json!({FEDORA: null}));
    let row = copr_app::build::find(&server.app, id.into()).await.expect("the build").build;
    assert_eq!((row.timeout, row.enable_net, row.background), (77, true, true));
    assert_eq!((row.bootstrap.as_deref(), row.isolation.as_str()), (Some("on"), "simple"));
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_come_as_words_or_as_a_list() {
    let server = with_tools().await;
    let two = "http://x.example/a-1-1.src.rpm\n\nhttp://x.example/b.spec ";
    let path = "/coprs/alice/tools/new_build/";
    for sent in [Form(&[("pkgs", two)]), Json(json!({"pkgs": two.split_whitespace().collect::<Vec<_>>()}))] {
        let made = ok(post(&server, &server.alice, path, sent).await);
        let ids = made["ids"].as_array().expect("a list");
        let mut sources = Vec::new();
        for id in ids {
            sources.push(ok(get(&server, &format!("/coprs/build/{id}/")).await)["src_pkg"].clone());
        }
        // A spec file is no source package.
        assert_eq!(sources, ["http://x.example/a-1-1.src.rpm", ""]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_from_pypi_are_for_both_pythons_unless_somebody_says_otherwise() {
    let server = with_tools().await;
    for (versions, expected) in [(&[][..], json!(["3", "2"])), (&[("python_versions", "3")], json!(["3"]))] {
        let fields = [&[("pypi_package_name", "rich")], versions].concat();
        let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_build_pypi/", Form(&fields)).await);
        let config = server.get(&format!("/build/source-build-config/{}", made["id"])).await.ok();
        assert_eq!(config["source_dict"]["python_versions"], expected);
    }
    let unknown = [("pypi_package_name", "rich"), ("python_versions", "4")];
    let refused = post(&server, &server.alice, "/coprs/alice/tools/new_build_pypi/", Form(&unknown)).await;
    assert_eq!(no(&refused), (400, "python_versions: '4' is not a valid choice for this field."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_member_builds_in_the_groups_project() {
    let server = with_tools().await;
    server.post(&server.alice, "/project/add/@devs", json!({"name": "ours", "chroots": [FEDORA]})).await.ok();
    for owner in ["@devs", "%40devs"] {
        let path = format!("/coprs/{owner}/ours/new_build/");
        let made = ok(post(&server, &server.alice, &path, Form(&[PKGS])).await);
        assert_eq!(ok(get(&server, &format!("/coprs/build/{}/", made["id"])).await)["owner"], "@devs");
        let refused = post(&server, &server.bob, &path, Form(&[PKGS])).await;
        assert_eq!(no(&refused), (403, "User bob is not allowed to build in the copr: @devs/ours"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_of_another_source_has_no_source_package_to_show_and_keeps_its_password() {
    let server = with_tools().await;
    let fields = [("clone_url", "https://me:secret@git.example.org/a.git"), (FEDORA, "y")];
    let made = ok(post(&server, &server.alice, "/coprs/alice/tools/new_build_scm/", Form(&fields)).await);
    let build = ok(get(&server, &format!("/coprs/build/{}/", made["id"])).await);
    assert_eq!((&build["src_pkg"], &build["built_pkgs"]), (&json!(""), &Value::Null));
    assert!(!build.to_string().contains("secret"), "{build}");
}
