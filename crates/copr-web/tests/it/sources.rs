//! Builds of sources that builders make: what is refused, and how, and what is shown.

use crate::server::{FEDORA, Server};
use serde_json::{Value, json};

pub fn with(base: Value, more: &Value) -> Value {
    let mut body = base;
    for (key, value) in more.as_object().expect("an object") {
        body[key] = value.clone();
    }
    body
}

fn common(more: &Value) -> Value {
    with(json!({"ownername": "alice", "projectname": "p", "project_dirname": null, "chroots": null}), more)
}

/// Each body is refused with the dictionary of messages; nothing is made.
async fn refused(endpoint: &str, table: &[(Value, &str)]) {
    let server = Server::start().await;
    server.project("p").await;
    let path = format!("/build/create/{endpoint}");
    for (more, expected) in table {
        let answer = server.post(&server.alice, &path, common(more)).await;
        assert_eq!(answer.refusal(), (400, format!("Bad request parameters: {{{expected}}}").as_str()), "{more}");
    }
    let missing = server.post(&server.alice, &path, json!({"ownername": "alice"})).await;
    assert_eq!(missing.refusal(), (400, "Missing argument projectname"));
    let nowhere = server.post(&server.alice, &path, json!({"ownername": "alice", "projectname": "q"})).await;
    assert_eq!(nowhere.refusal(), (404, "Project alice/q does not exist."));
    let list = server.get("/build/list?ownername=alice&projectname=p").await.ok();
    assert_eq!(list["items"], json!([]));
}

/// A body is taken by alice and by nobody else; gives what the build is of.
async fn taken(endpoint: &str, more: &Value) -> Value {
    let server = Server::start().await;
    server.project("p").await;
    let path = format!("/build/create/{endpoint}");
    let stranger = server.post(&server.bob, &path, common(more)).await;
    assert_eq!(stranger.refusal(), (403, "User bob is not allowed to build in the copr: alice/p"));
    let build =
        server.post(&server.alice, &path, common(&with(more.clone(), &json!({"chroots": [FEDORA]})))).await.ok();
    assert_eq!((&build["state"], &build["chroots"]), (&json!("pending"), &json!([FEDORA])));
    assert_eq!(build["source_package"], json!({"name": null, "version": null, "url": null}));
    let config = server.get(&format!("/build/source-build-config/{}", build["id"])).await.ok();
    assert_eq!(config["source_type"], endpoint);
    config["source_dict"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn scm_sources_are_checked() {
    let required = "'clone_url': ['This field is required.']";
    let url = "'clone_url': ['Invalid URL.']";
    let good = "https://example.org/a.git";
    refused(
        "scm",
        &[
            (json!({}), required),
            (json!({"clone_url": "  "}), required),
            (json!({"clone_url": "git@github.com:a/b.git"}), url),
            (json!({"clone_url": "https://localhost/a.git"}), url),
            (json!({"clone_url": "file:///etc/passwd"}), url),
            (json!({"clone_url": "file://a.b/etc"}), url),
            (json!({"clone_url": "https://…@a.org/x"}), url),
            (json!({"clone_url": "--upload-pack=x://a.b"}), url),
            (json!({"clone_url": good, "scm_type": "hg"}), "'scm_type': ['Not a valid choice.']"),
            (json!({"clone_url": good, "spec": "a.txt"}), "'spec': ['RPM spec file must end with .spec']"),
            (json!({"clone_url": good, "spec": ".spec"}), "'spec': ['RPM spec file must end with .spec']"),
            (json!({"clone_url": good, "source_build_method": "make"}), "'srpm_build_method': ['Not a valid choice.']"),
            (json!({"clone_url": good, "srpm_build_method": "make"}), "'srpm_build_method': ['Not a valid choice.']"),
            (
                json!({"scm_type": "x", "timeout": "x", "chroots": ["nope"]}),
                "'scm_type': ['Not a valid choice.'], 'clone_url': ['This field is required.'], \
                 'chroots': [\"'nope' is not a valid choice for this field.\"], \
                 'timeout': ['Not a valid integer value.', 'Number must be between 0 and 108000.']",
            ),
        ],
    )
    .await;
    for url in ["git://a.org/x", "ssh://git@a.org/x", "http://[::1]/x", "https://192.0.2.1:81/x", "svn://a.org/x"] {
        taken("scm", &json!({"clone_url": url})).await;
    }
    let dict = taken(
        "scm",
        &json!({"clone_url": "https://me:secret@a.org/x", "scm_type": "svn", "spec": "a/b.spec", "source_build_method": "tito",
                "committish": "", "subdirectory": "a", "memory": 1, "progress_callback": null}),
    )
    .await;
    let expected = json!({"type": "svn", "clone_url": "https://…@a.org/x", "committish": "", "subdirectory": "a",
                          "spec": "a/b.spec", "srpm_build_method": "tito"});
    assert_eq!(dict, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn pypi_sources_are_checked() {
    let long = "x".repeat(94);
    refused(
        "pypi",
        &[
            (json!({}), "'pypi_package_name': ['This field is required.']"),
            (json!({"pypi_package_name": long}), "'pypi_package_name': ['Field cannot be longer than 93 characters.']"),
            (json!({"pypi_package_name": "a", "spec_generator": "x"}), "'spec_generator': ['Not a valid choice.']"),
            (json!({"pypi_package_name": "a", "spec_template": "x"}), "'spec_template': ['Not a valid choice.']"),
            (
                json!({"pypi_package_name": "a", "python_versions": [3, 4]}),
                "'python_versions': [\"'4' is not a valid choice for this field.\"]",
            ),
        ],
    )
    .await;
    let dict = taken(
        "pypi",
        &json!({"pypi_package_name": "requests", "pypi_package_version": "2.0", "spec_generator": "pyp2rpm",
                "spec_template": "epel7", "python_versions": [3, 2]}),
    )
    .await;
    let expected = json!({"pypi_package_name": "requests", "pypi_package_version": "2.0", "spec_generator": "pyp2rpm",
                          "spec_template": "epel7", "python_versions": ["3", "2"]});
    assert_eq!(dict, expected);
    // As python-copr sends it when nobody says more.
    let dict = taken(
        "pypi",
        &json!({"pypi_package_name": "requests", "pypi_package_version": null, "spec_template": "", "python_versions": null}),
    )
    .await;
    let expected = json!({"pypi_package_name": "requests", "pypi_package_version": null, "spec_generator": "pyp2spec",
                          "spec_template": "", "python_versions": ["3"]});
    assert_eq!(dict, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn rubygems_sources_are_checked() {
    let long = "x".repeat(93);
    refused(
        "rubygems",
        &[
            (json!({}), "'gem_name': ['This field is required.']"),
            (json!({"gem_name": long}), "'gem_name': ['Field cannot be longer than 92 characters.']"),
        ],
    )
    .await;
    assert_eq!(taken("rubygems", &json!({"gem_name": "rails"})).await, json!({"gem_name": "rails"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn custom_sources_are_checked() {
    let long = "x".repeat(4097);
    refused(
        "custom",
        &[
            (json!({}), "'script': ['This field is required.']"),
            (json!({"script": long}), "'script': ['Maximum script size is 4kB']"),
            (json!({"script": "x", "chroot": "fedora-30-x86_64"}), "'chroot': ['Not a valid choice.']"),
            (json!({"script": "x", "chroot": "fedora-latest-s390x"}), "'chroot': ['Not a valid choice.']"),
            (json!({"script": "x", "repos": ["copr://alice/nope"]}), "'repos': ['copr://alice/nope does not exist.']"),
        ],
    )
    .await;
    let dict = taken(
        "custom",
        &json!({"script": "make", "builddeps": ["git", "make"], "repos": ["http://a.org/", "http://b.org/"]}),
    )
    .await;
    let expected = json!({"script": "make\n", "chroot": FEDORA, "builddeps": "git make", "resultdir": null,
                          "repos": "http://a.org/\nhttp://b.org/"});
    assert_eq!(dict, expected);
    let dict = taken("custom", &json!({"script": "x", "chroot": "epel-9-x86_64", "resultdir": "out"})).await;
    let expected =
        json!({"script": "x\n", "chroot": "epel-9-x86_64", "builddeps": null, "resultdir": "out", "repos": ""});
    assert_eq!(dict, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn distgit_sources_are_checked() {
    let name = "'package_name': ['Please enter a valid package name in ^[-+_.a-zA-Z0-9]+$']";
    refused(
        "distgit",
        &[
            (json!({}), "'package_name': ['This field is required.']"),
            (json!({"package_name": "a b"}), name),
            (json!({"package_name": "../a"}), name),
            (
                json!({"package_name": "a", "distgit": "centos"}),
                "'distgit': ['Not a valid choice.', 'DistGit ID must be one of: fedora']",
            ),
            (
                json!({"package_name": "a", "namespace": "../x"}),
                "'namespace': ['Can not validate DistGit input: `../x` is not a namespace']",
            ),
        ],
    )
    .await;
    let url = |path: &str| format!("https://src.fedoraproject.org/{path}");
    assert_eq!(taken("distgit", &json!({"package_name": "a"})).await, json!({"clone_url": url("rpms/a")}));
    let all = json!({"package_name": "a", "distgit": "fedora", "namespace": "forks/me", "committish": "f44"});
    let expected =
        json!({"clone_url": url("forks/me/rpms/a"), "distgit": "fedora", "namespace": "forks/me", "committish": "f44"});
    assert_eq!(taken("distgit", &all).await, expected);
}
