//! Packages: added, changed, reset, built and deleted by the API.

use crate::server::{Answer, FEDORA, FEDORA_32, Server};
use crate::sources::with;
use reqwest::Method;
use serde_json::{Value, json};

const GIT: &str = "https://example.org/a.git";

fn git(more: &Value) -> Value {
    with(json!({"package_name": "hello", "clone_url": GIT}), more)
}

fn of_hello(more: &Value) -> Value {
    with(json!({"ownername": "alice", "projectname": "p", "package_name": "hello"}), more)
}

async fn add(server: &Server, kind: &str, body: Value) -> Answer {
    server.post(&server.alice, &format!("/package/add/alice/p/hello/{kind}"), body).await
}

async fn edit(server: &Server, kind: &str, body: Value) -> Answer {
    server.post(&server.alice, &format!("/package/edit/alice/p/hello{kind}"), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_added_with_a_source_of_each_kind() {
    for server in Server::on_each_engine().await {
        for (kind, said, dict) in [
            (
                "scm",
                json!({"clone_url": GIT, "source_build_method": "make_srpm", "spec": "a.spec"}),
                json!({"type": "git", "clone_url": GIT, "committish": null, "subdirectory": null, "spec": "a.spec",
                       "source_build_method": "make_srpm"}),
            ),
            (
                "pypi",
                json!({"pypi_package_name": "hello"}),
                json!({"pypi_package_name": "hello", "pypi_package_version": null, "spec_generator": "pyp2spec",
                       "spec_template": "", "python_versions": ["3"]}),
            ),
            ("rubygems", json!({"gem_name": "hello"}), json!({"gem_name": "hello"})),
            (
                "custom",
                json!({"script": "make", "script_chroot": "fedora-latest-x86_64", "script_builddeps": "git", "script_resultdir": "out",
                       "script_repos": "http://a.org/"}),
                json!({"script": "make\n", "chroot": "fedora-latest-x86_64", "builddeps": "git", "resultdir": "out",
                       "repos": "http://a.org/"}),
            ),
            ("distgit", json!({}), json!({"clone_url": "https://src.fedoraproject.org/rpms/hello"})),
        ] {
            server.project("p").await;
            let made =
                add(&server, kind, with(said, &json!({"package_name": "hello", "webhook_rebuild": true}))).await.ok();
            let expected = json!({"id": made["id"], "name": "hello", "ownername": "alice", "projectname": "p", "source_type": kind,
                "source_dict": dict, "auto_rebuild": true, "builds": {"latest": null, "latest_succeeded": null}});
            assert_eq!(made, expected);
            let shown = server.get("/package?ownername=alice&projectname=p&packagename=hello").await.ok();
            assert_eq!(shown, expected);
            let again = add(&server, kind, json!({"package_name": "hello", "clone_url": GIT, "pypi_package_name": "a", "gem_name": "a", "script": "x"})).await;
            assert_eq!(again.refusal(), (409, "Package hello already exists in copr alice/p."));
            server.delete(&server.alice, "/project/delete/alice/p", json!({"verify": true})).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_package_is_told_line_by_line() {
    let server = Server::start().await;
    server.project("p").await;
    let name = "package_name: Please enter a valid package name in ^[-+_.a-zA-Z0-9]+$";
    let number = "Not a valid integer value.";
    for (body, expected) in [
        (json!({"clone_url": GIT}), "package_name: This field is required.".to_owned()),
        (json!({"clone_url": GIT, "package_name": "a b"}), name.to_owned()),
        (
            json!({"clone_url": GIT, "package_name": "other"}),
            "package_name: The address names another package: `hello`".to_owned(),
        ),
        (json!({"package_name": "hello"}), "clone_url: This field is required.".to_owned()),
        (git(&json!({"max_builds": "101"})), "max_builds: Number must be between 0 and 100.".to_owned()),
        (
            git(&json!({"max_builds": "x"})),
            format!("max_builds: {number}\nmax_builds: Number must be between 0 and 100."),
        ),
        (git(&json!({"timeout": -1})), "timeout: Number must be between 0 and 108000.".to_owned()),
        (git(&json!({"timeout": "x"})), format!("timeout: {number}\ntimeout: Number must be between 0 and 108000.")),
        (
            git(&json!({"chroot_denylist": "fedora-*, FOO, epel-1-*"})),
            "chroot_denylist: Pattern \"FOO\" does not match \"^[a-z0-9-_*.+]+$\"\n\
             chroot_denylist: no chroot matched by pattern \"epel-1-*\""
                .to_owned(),
        ),
        (
            json!({"package_name": "hello", "max_builds": "x", "spec": "x", "source_build_method": "x"}),
            format!(
                "max_builds: {number}\nmax_builds: Number must be between 0 and 100.\nclone_url: This field is required.\n\
                 spec: RPM spec file must end with .spec\nsrpm_build_method: Not a valid choice."
            ),
        ),
    ] {
        assert_eq!(add(&server, "scm", body.clone()).await.refusal(), (400, expected.as_str()), "{body}");
    }
    for kind in ["link", "upload", "unset", "rpm_upload", "mock_scm", "None"] {
        let text = format!("Unsupported package source type {kind}");
        assert_eq!(add(&server, kind, git(&json!({}))).await.refusal(), (400, text.as_str()));
    }
    let nowhere = server.post(&server.alice, "/package/add/alice/q/hello/scm", git(&json!({}))).await;
    assert_eq!(nowhere.refusal(), (404, "Project alice/q does not exist."));
    // Who may not is told so before anything is looked at.
    let stranger = server.post(&server.bob, "/package/add/alice/p/hello/scm", json!({})).await;
    assert_eq!(stranger.refusal(), (403, "You are not allowed to add or edit packages in this copr."));
    let put = server.call(&server.alice, Method::PUT, "/package/add/alice/p/hello/scm", git(&json!({}))).await;
    assert_eq!(put.status.as_u16(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_changed_with_and_without_the_kind_of_its_source() {
    let server = Server::start().await;
    server.project("p").await;
    assert_eq!(
        edit(&server, "/scm", git(&json!({}))).await.refusal(),
        (404, "Package hello does not exists in copr alice/p.")
    );
    add(&server, "scm", git(&json!({"scm_type": "svn", "committish": "main"}))).await.ok();
    let changed = edit(&server, "", json!({"package_name": "hello", "subdirectory": "sub", "webhook_rebuild": "true"}))
        .await
        .ok();
    let dict = json!({"type": "git", "clone_url": GIT, "committish": "main", "subdirectory": "sub", "spec": null,
                      "source_build_method": "rpkg"});
    assert_eq!((&changed["source_dict"], &changed["auto_rebuild"]), (&dict, &json!(true)));
    let changed = edit(&server, "/None", json!({"package_name": "hello", "spec": "a.spec"})).await.ok();
    assert_eq!((&changed["source_type"], &changed["source_dict"]["spec"]), (&json!("scm"), &json!("a.spec")));
    let changed = edit(&server, "/pypi", json!({"package_name": "hello", "pypi_package_name": "requests"})).await.ok();
    assert_eq!(
        (&changed["source_type"], &changed["source_dict"]["pypi_package_name"]),
        (&json!("pypi"), &json!("requests"))
    );
    let changed = edit(&server, "/pypi", json!({"package_name": "hello", "spec_template": "pld"})).await.ok();
    assert_eq!(changed["source_dict"]["pypi_package_name"], "requests");
    let wrong = edit(&server, "/rubygems", json!({"package_name": "hello"})).await;
    assert_eq!(wrong.refusal(), (400, "gem_name: This field is required."));
    let renamed = edit(&server, "/pypi", json!({"package_name": "other"})).await;
    assert_eq!(renamed.refusal(), (400, "package_name: The address names another package: `hello`"));
    assert_eq!(edit(&server, "/link", json!({})).await.refusal(), (400, "Unsupported package source type link"));
    let stranger = server.post(&server.bob, "/package/edit/alice/p/hello/pypi", json!({})).await;
    assert_eq!(stranger.refusal(), (403, "You are not allowed to add or edit packages in this copr."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_reset_and_deleted_by_new_and_old_clients() {
    let server = Server::start().await;
    server.project("p").await;
    let id = add(&server, "scm", git(&json!({}))).await.ok()["id"].clone();
    for (path, verb) in [("/package/reset", "reset"), ("/package/delete", "delete")] {
        let missing = server.post(&server.alice, path, of_hello(&json!({"package_name": "nope"}))).await;
        assert_eq!(missing.refusal(), (404, "No package with name nope in copr p"));
        let nameless = server.post(&server.bob, path, of_hello(&json!({"package_name": null}))).await;
        assert_eq!(nameless.refusal(), (404, "No package with name None in copr p"));
        let stranger = server.post(&server.bob, path, of_hello(&json!({}))).await;
        assert_eq!(stranger.refusal(), (403, format!("You are not allowed to {verb} package `{id}`.").as_str()));
    }
    for method in [Method::PUT, Method::POST] {
        let reset = server.call(&server.alice, method, "/package/reset", of_hello(&json!({}))).await;
        let reset = reset.ok();
        assert_eq!((&reset["source_type"], &reset["source_dict"]), (&json!("unset"), &json!({})));
    }
    let deleted = server.delete(&server.alice, "/package/delete", of_hello(&json!({}))).await.ok();
    assert_eq!((&deleted["id"], &deleted["source_type"]), (&id, &json!("unset")));
    add(&server, "scm", git(&json!({}))).await.ok();
    let build = server.post(&server.alice, "/package/build", of_hello(&json!({}))).await.ok()["id"].clone();
    let old = server.post(&server.alice, "/package/delete", of_hello(&json!({}))).await;
    assert_eq!(old.refusal(), (400, format!("Build(s) {build} are still running.\n").as_str()));
    assert_eq!(old.warning.as_deref(), Some("This method is deprecated: Use DELETE method instead of POST"));
    server.put(&server.alice, &format!("/build/cancel/{build}"), json!({})).await.ok();
    server.post(&server.alice, "/package/delete", of_hello(&json!({}))).await.ok();
    assert_eq!(server.get(&format!("/build/{build}")).await.status.as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_built_from_its_own_source() {
    let server = Server::start().await;
    server.project("p").await;
    let build = async |who, more: Value| server.post(who, "/package/build", of_hello(&more)).await;
    assert_eq!(build(&server.alice, json!({})).await.refusal(), (404, "No package with name hello in copr p"));
    add(&server, "scm", git(&json!({"chroot_denylist": "*-i386", "timeout": "70"}))).await.ok();
    let made = build(&server.alice, json!({"is_background": true})).await.ok();
    assert_eq!((&made["state"], &made["chroots"]), (&json!("pending"), &json!([FEDORA])));
    assert_eq!((&made["source_package"]["name"], &made["is_background"]), (&json!("hello"), &json!(true)));
    let config = server.get(&format!("/build/source-build-config/{}", made["id"])).await.ok();
    assert_eq!((&config["source_type"], &config["timeout"]), (&json!("scm"), &json!(70)));
    // In builds the key has the other name.
    assert_eq!(config["source_dict"]["srpm_build_method"], "rpkg");
    let chosen = build(&server.alice, json!({"chroots": [FEDORA_32], "project_dirname": "p:custom:x"})).await.ok();
    assert_eq!((&chosen["chroots"], &chosen["project_dirname"]), (&json!([FEDORA_32]), &json!("p:custom:x")));
    for (more, status, text) in [
        (
            json!({"timeout": "x", "chroots": ["nope"]}),
            400,
            "chroots: 'nope' is not a valid choice for this field.\ntimeout: Not a valid integer value.\n\
             timeout: Number must be between 0 and 108000.",
        ),
        (json!({"project_dirname": "q:x"}), 400, "Copr dirname must start with 'p:' prefix"),
        (
            json!({"packit_forge_project": "github.com/a/b"}),
            403,
            "Forge project github.com/a/b can't build in this Copr via Packit.",
        ),
    ] {
        assert_eq!(build(&server.alice, more).await.refusal(), (status, text));
    }
    assert_eq!(
        build(&server.bob, json!({})).await.refusal(),
        (403, "You don't have permissions to build in this copr.")
    );
    server.put(&server.alice, "/package/reset", of_hello(&json!({}))).await.ok();
    let text = "Package 'Unset default source for package hello' doesn't have the default source method set, but it is \
                required for the rebuild request.  Please configure some source  method first";
    assert_eq!(build(&server.alice, json!({})).await.refusal(), (400, text));
}
