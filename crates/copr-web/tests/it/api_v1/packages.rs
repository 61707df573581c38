//! Packages: what each word of a form does, and the builds that are shown with them.

use super::Sent::{Form, Nothing};
use super::{get, has_shape_of, no, ok, post, with_tools};
use crate::packages::finish;
use crate::server::{FEDORA, Server};
use copr_types::State;
use serde_json::{Value, json};

async fn add(server: &Server, kind: &str, fields: &[(&str, &str)]) -> Value {
    let fields = [&[("package_name", "hello")], fields].concat();
    let path = format!("/coprs/alice/tools/package/add/{kind}/");
    ok(post(server, &server.alice, &path, Form(&fields)).await)["package"].clone()
}

async fn edit(server: &Server, kind: &str, fields: &[(&str, &str)]) -> Value {
    let path = format!("/coprs/alice/tools/package/hello/edit/{kind}/");
    ok(post(server, &server.alice, &path, Form(fields)).await)["package"].clone()
}

fn source(package: &Value) -> Value {
    serde_json::from_str(package["source_json"].as_str().expect("a text")).expect("JSON in the text")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_keeps_what_is_not_said() {
    let server = with_tools().await;
    let more =
        [("clone_url", "https://x.example/a.git"), ("committish", "c"), ("webhook_rebuild", "y"), ("max_builds", "9")];
    let added = add(&server, "scm", &[more.as_slice(), &[("chroot_blacklist", "fedora-*, epel-*")]].concat()).await;
    assert_eq!((&added["webhook_rebuild"], &added["max_builds"]), (&json!(true), &json!(9)));
    assert_eq!(added["chroot_blacklist_raw"], "fedora-*,epel-*");
    let edited = edit(&server, "scm", &[("subdirectory", "s")]).await;
    let expected = json!({
        "type": "git", "clone_url": "https://x.example/a.git", "committish": "c", "subdirectory": "s", "spec": null,
        "srpm_build_method": "rpkg"
    });
    assert_eq!(source(&edited), expected);
    for key in ["webhook_rebuild", "max_builds", "chroot_blacklist_raw", "id", "copr_id", "enable_net"] {
        assert_eq!(edited[key], added[key], "{key}");
    }
    let edited = edit(&server, "scm", &[("webhook_rebuild", ""), ("max_builds", "0")]).await;
    assert_eq!((&edited["webhook_rebuild"], &edited["max_builds"]), (&json!(false), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn older_kinds_are_kept_as_the_one_that_took_their_place() {
    let server = with_tools().await;
    let git = ("git_url", "https://x.example/a.git");
    let added = add(&server, "git_and_tito", &[git, ("git_directory", "d"), ("tito_test", "y")]).await;
    assert_eq!((&added["source_type"], &source(&added)["srpm_build_method"]), (&json!("scm"), &json!("tito_test")));
    let edited = edit(&server, "git_and_tito", &[("tito_test", "")]).await;
    assert_eq!(
        (&source(&edited)["srpm_build_method"], &source(&edited)["subdirectory"]),
        (&json!("tito"), &json!("d"))
    );
    let edited = edit(&server, "mock_scm", &[("scm_type", "svn"), ("spec", "a.spec")]).await;
    assert_eq!(
        ["type", "clone_url", "spec", "srpm_build_method"].map(|key| source(&edited)[key].clone()),
        ["svn", git.1, "a.spec", "rpkg"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_from_a_dist_git_has_its_address_there() {
    let server = with_tools().await;
    let added = add(&server, "distgit", &[("namespace", "forks/me"), ("committish", "f42")]).await;
    assert_eq!(source(&added)["clone_url"], "https://src.fedoraproject.org/forks/me/rpms/hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_from_pypi_is_for_both_pythons_and_an_edit_leaves_that_alone() {
    let server = with_tools().await;
    let added = add(&server, "pypi", &[("pypi_package_name", "rich")]).await;
    assert_eq!(source(&added)["python_versions"], json!(["3", "2"]));
    edit(&server, "pypi", &[("python_versions", "3")]).await;
    let edited = edit(&server, "pypi", &[("pypi_package_version", "9")]).await;
    assert_eq!(
        (&source(&edited)["python_versions"], &source(&edited)["pypi_package_version"]),
        (&json!(["3"]), &json!("9"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_without_a_source_is_not_built_and_a_missing_one_neither() {
    let server = with_tools().await;
    add(&server, "rubygems", &[("gem_name", "a")]).await;
    ok(post(&server, &server.alice, "/coprs/alice/tools/package/reset/hello/", Nothing).await);
    let build = post(&server, &server.alice, "/coprs/alice/tools/package/build/hello/", Nothing).await;
    assert!(no(&build).0 == 400 && no(&build).1.contains("doesn't have the default source method set"));
    let missing = post(&server, &server.alice, "/coprs/alice/tools/package/build/nope/", Nothing).await;
    assert_eq!(no(&missing), (404, "No package with name nope in copr tools"));
    let missing = post(&server, &server.alice, "/coprs/alice/tools/package/nope/edit/scm/", Nothing).await;
    assert_eq!(no(&missing), (404, "Package nope does not exists in copr alice/tools."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_whose_build_is_at_work_is_not_deleted() {
    let server = with_tools().await;
    add(&server, "rubygems", &[("gem_name", "a")]).await;
    let made = ok(post(&server, &server.alice, "/coprs/alice/tools/package/build/hello/", Nothing).await);
    let refused = post(&server, &server.alice, "/coprs/alice/tools/package/delete/hello/", Nothing).await;
    assert_eq!(no(&refused), (400, format!("Build(s) {} are still running.\n", made["id"]).as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_called_like_words_of_addresses_are_reached() {
    let server = with_tools().await;
    for name in ["add", "list", "edit", "get"] {
        let path = "/coprs/alice/tools/package/add/rubygems/";
        ok(post(&server, &server.alice, path, Form(&[("package_name", name), ("gem_name", "a")])).await);
        assert_eq!(ok(get(&server, &format!("/coprs/alice/tools/package/get/{name}/")).await)["package"]["name"], name);
        let path = format!("/coprs/alice/tools/package/{name}/edit/rubygems/");
        ok(post(&server, &server.alice, &path, Form(&[("gem_name", "b")])).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nested_build_has_what_the_contract_lists() {
    let server = with_tools().await;
    let id = server.build("tools", json!({"chroots": [FEDORA]})).await;
    finish(&server, id, "hello", &[(FEDORA, State::Succeeded)]).await;
    let flags = "with_latest_build=y&with_latest_succeeded_build=True&with_all_builds=1";
    let package = ok(get(&server, &format!("/coprs/alice/tools/package/get/hello/?{flags}")).await)["package"].clone();
    let model = json!({
        "id": 1, "state": "succeeded", "pkg_version": "2.8-1", "src_pkg": "u", "source_type": "link", "source_json": "{}",
        "submitted_on": 1, "canceled": false, "repos": null, "built_packages": null, "timeout": 1, "enable_net": false,
        "chroots": {FEDORA: "succeeded"}
    });
    for build in [&package["latest_build"], &package["latest_succeeded_build"], &package["builds"][0]] {
        assert_eq!(has_shape_of(build, &model), Ok(()));
        assert_eq!((&build["id"], build["chroots"][FEDORA].as_str()), (&json!(id), Some("succeeded")));
    }
    let flags = "with_latest_build=False&with_latest_succeeded_build=&with_all_builds=n";
    let plain = ok(get(&server, &format!("/coprs/alice/tools/package/get/hello/?{flags}")).await)["package"].clone();
    assert!(["latest_build", "latest_succeeded_build", "builds"].iter().all(|key| plain.get(key).is_none()));
}
