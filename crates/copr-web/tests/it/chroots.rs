//! Chroots of projects and of builds.

use crate::server::{EPEL, FEDORA, FEDORA_32, OLD, Server};
use serde_json::{Value, json};

fn at(chroot: &str) -> String {
    format!("/project-chroot?ownername=alice&projectname=p&chrootname={chroot}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chroot_shows_exactly_the_contracts_keys() {
    let server = Server::start().await;
    server.project("p").await;
    let expected = json!({
        "mock_chroot": FEDORA, "ownername": "alice", "projectname": "p", "additional_packages": [],
        "additional_repos": [], "additional_modules": [], "comps_name": null, "delete_after_days": null,
        "with_opts": [], "without_opts": [], "isolation": "unchanged"
    });
    assert_eq!(server.get(&at(FEDORA)).await.ok(), expected);
    for missing in [EPEL, OLD, "nope-1-x86_64"] {
        let text = format!("Chroot name {missing} does not exist in Copr alice/p.");
        assert_eq!(server.get(&at(missing)).await.refusal(), (404, text.as_str()));
    }
    assert_eq!(server.get(&at("nonsense")).await.refusal(), (404, "Chroot identification is not valid"));
    let nameless = server.get("/project-chroot?ownername=alice&projectname=p").await;
    assert_eq!(nameless.refusal(), (400, "Missing argument chrootname"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_a_chroot_changes_what_it_names() {
    let server = Server::start().await;
    server.project("p").await;
    let path = format!("/project-chroot/edit/alice/p/{FEDORA}");
    let edit = async |body: Value| server.put(&server.alice, &path, body).await.ok();
    let all = edit(json!({
        "additional_packages": ["gcc", "@buildsys-build"], "additional_repos": "http://a.example/ http://b.example/",
        "additional_modules": "nodejs:20, !perl:5", "with_opts": ["x", "y"], "without_opts": "z", "isolation": "nspawn"
    }))
    .await;
    assert_eq!(all["additional_packages"], json!(["gcc", "@buildsys-build"]));
    assert_eq!(all["additional_repos"], json!(["http://a.example/", "http://b.example/"]));
    assert_eq!(all["additional_modules"], json!(["nodejs:20", "!perl:5"]));
    assert_eq!((&all["with_opts"], &all["without_opts"]), (&json!(["x", "y"]), &json!(["z"])));
    assert_eq!(all["isolation"], "nspawn");
    // Nothing said, nothing changed; an empty list of modules is nothing said.
    assert_eq!(edit(json!({"additional_packages": null, "additional_modules": []})).await, all);
    assert_eq!(edit(json!({})).await, all);
    assert_eq!(edit(json!({"additional_modules": ""})).await["additional_modules"], json!([]));
    assert_eq!(edit(json!({"module_toggle": ["a:1"]})).await["additional_modules"], json!(["a:1"]));
    assert_eq!(edit(json!({"buildroot_pkgs": ""})).await["additional_packages"], json!([]));
    let reset = edit(json!({"reset_fields": ["additional_repos", "isolation", "with_opts"], "with_opts": "new"})).await;
    assert_eq!((&reset["additional_repos"], &reset["isolation"]), (&json!([]), &json!("unchanged")));
    assert_eq!((&reset["with_opts"], &reset["without_opts"]), (&json!(["new"]), &json!(["z"])));
    assert_eq!(edit(json!({"reset_fields": "without_opts additional_modules"})).await["without_opts"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_for_the_bootstrap_is_used_unless_something_else_is_said() {
    let server = Server::start().await;
    server.project("p").await;
    let path = format!("/project-chroot/edit/alice/p/{FEDORA}");
    let config = format!("/project-chroot/build-config?ownername=alice&projectname=p&chrootname={FEDORA}");
    for (body, bootstrap, image) in [
        (json!({"bootstrap_image": "fedora:42"}), json!("custom_image"), json!("fedora:42")),
        (json!({"bootstrap": "off", "bootstrap_image": "fedora:43"}), json!("off"), Value::Null),
        (json!({"bootstrap": "custom_image"}), json!("custom_image"), json!("fedora:43")),
        (json!({"reset_fields": "bootstrap_image"}), Value::Null, Value::Null),
        (json!({"bootstrap": "on"}), json!("on"), Value::Null),
        (json!({"reset_fields": ["bootstrap_image"]}), json!("on"), Value::Null),
        (json!({"reset_fields": "bootstrap"}), Value::Null, Value::Null),
    ] {
        server.put(&server.alice, &path, body.clone()).await.ok();
        let shown = server.get(&config).await.ok();
        assert_eq!((&shown["bootstrap"], &shown["bootstrap_image"]), (&bootstrap, &image), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_of_a_chroot_are_told_one_by_one() {
    let server = Server::start().await;
    server.project("p").await;
    let path = format!("/project-chroot/edit/alice/p/{FEDORA}");
    let cases = [
        (
            json!({"additional_repos": "x"}),
            "repos: A list of http[s] URLs separated by whitespace characters is needed ('x' doesn't seem to be a valid URL).",
        ),
        (
            json!({"additional_modules": "x"}),
            "module_toggle: Module name 'x' must consist of two parts separated with colon, e.g. module:stream",
        ),
        (
            json!({"additional_modules": ["a:1:2"]}),
            "module_toggle: Module name 'a:1:2' must consist of two parts separated with colon, e.g. module:stream",
        ),
        (
            json!({"additional_modules": "!!a:1"}),
            "module_toggle: Module name '!a' must contain only letters, digits, dashes, underscores.",
        ),
        (
            json!({"additional_modules": ["a b:1"]}),
            "module_toggle: Module name 'a b' must contain only letters, digits, dashes, underscores.",
        ),
        (json!({"additional_modules": "a:1,!a:2"}), "module_toggle: Module name 'a' specified multiple times"),
        (json!({"bootstrap": "x"}), "bootstrap: Not a valid choice."),
        (json!({"bootstrap": "custom_image"}), "bootstrap_image: Custom image is selected, but not specified"),
        (
            json!({"bootstrap_image": "a b"}),
            "bootstrap_image: Enter valid bootstrap image id (<name>[:<tag>], e.g. fedora:33 or registry.fedoraproject.org/fedora:rawhide).",
        ),
        (json!({"isolation": "x"}), "isolation: Not a valid choice."),
        (
            json!({"reset_fields": ["x"]}),
            "Trying to reset an invalid attribute: x\nSee `copr-cli get-chroot alice/p/fedora-42-x86_64' for all the possible attributes",
        ),
    ];
    for (body, text) in cases {
        assert_eq!(server.put(&server.alice, &path, body.clone()).await.refusal(), (400, text), "{body}");
        // What is wrong is told before who may.
        assert_eq!(server.put(&server.bob, &path, body.clone()).await.refusal(), (400, text), "{body}");
    }
    let stranger = server.put(&server.bob, &path, json!({"with_opts": "x"})).await;
    assert_eq!(stranger.refusal(), (403, "Only owners and admins may update their projects."));
    let missing = server.put(&server.bob, &format!("/project-chroot/edit/alice/p/{EPEL}"), json!({})).await;
    assert_eq!(missing.refusal(), (404, format!("Chroot name {EPEL} does not exist in Copr alice/p.").as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_configuration_names_all_repositories() {
    let server = Server::start().await;
    server.project("other").await;
    server.project("p").await;
    let project = json!({"repos": "http://b.example/$distname/?priority=5 copr://alice/other", "devel_mode": true, "repo_priority": 9,
                         "module_hotfixes": true, "bootstrap": "on", "enable_net": true});
    server.put(&server.alice, "/project/edit/alice/p", project).await.ok();
    let chroot = json!({"additional_repos": "http://c.example/$chroot", "additional_packages": "gcc", "additional_modules": "m:1,!n:2"});
    server.put(&server.alice, &format!("/project-chroot/edit/alice/p/{FEDORA}"), chroot).await.ok();
    let path = format!("/project-chroot/build-config?ownername=alice&projectname=p&chrootname={FEDORA}");
    let config = server.get(&path).await.ok();
    let base = format!("{}/results/alice", server.url);
    let repo = |id: &str, name: &str, url: String, priority: Value, hotfixes: Value, gpgcheck: Value| json!({"id": id, "name": name, "baseurl": url, "priority": priority, "module_hotfixes": hotfixes, "repo_gpgcheck": gpgcheck});
    let null = Value::Null;
    let additional = |id: &str| format!("Additional repo {id}");
    let expected = json!({
        "chroot": FEDORA,
        "repos": [
            repo("copr_base", "Copr repository", format!("{base}/p/{FEDORA}/"), json!(9), json!(true), json!(false)),
            repo("copr_base_devel", "Copr buildroot", format!("{base}/p/{FEDORA}/devel/"), json!(9), json!(true), json!(false)),
            repo("http_b_example_distname_priority_5", &additional("http_b_example_distname_priority_5"),
                 "http://b.example/fedora/".to_owned(), json!(5), null.clone(), null.clone()),
            repo("copr_alice_other", &additional("copr_alice_other"), format!("{base}/other/{FEDORA}/"), null.clone(), null.clone(), json!(false)),
            repo("http_c_example_chroot", &additional("http_c_example_chroot"), format!("http://c.example/{FEDORA}"),
                 null.clone(), null.clone(), null),
        ],
        "additional_repos": ["copr://alice/p", "http://c.example/$chroot", "http://b.example/$distname/?priority=5",
                             "copr://alice/other", "copr://alice/p/devel"],
        "additional_packages": ["gcc"], "additional_modules": ["m:1", "!n:2"], "with_opts": [], "without_opts": [],
        "enable_net": true, "isolation": "unchanged", "bootstrap": "on"
    });
    assert_eq!(config, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chroot_of_a_build_is_found_in_two_ways() {
    let server = Server::start().await;
    server.project("p").await;
    let id = server.build("p", json!({"chroots": [FEDORA]})).await;
    let expected = json!({"name": FEDORA, "state": "waiting", "started_on": null, "ended_on": null, "result_url": null, "git_hash": null});
    for path in [format!("/build-chroot?build_id={id}&chrootname={FEDORA}"), format!("/build-chroot/{id}/{FEDORA}")] {
        assert_eq!(server.get(&path).await.ok(), expected);
    }
    let queries = |id: &str, chroot: &str| {
        ["/build-chroot", "/build-chroot/build-config", "/build-chroot/built-packages"]
            .map(|path| format!("{path}?build_id={id}&chrootname={chroot}"))
    };
    for (id, chroot, text) in [
        (id.to_string(), FEDORA_32, format!("Build {id} was not submitted to {FEDORA_32} chroot.")),
        (id.to_string(), "nope-1-x86_64", "Chroot nope-1-x86_64 does not exist".to_owned()),
        (id.to_string(), "nope", "Chroot identification is not valid".to_owned()),
        ("999".to_owned(), FEDORA, "Build 999 does not exist.".to_owned()),
        ("x".to_owned(), FEDORA, "Build x does not exist.".to_owned()),
    ] {
        for path in queries(&id, chroot) {
            assert_eq!(server.get(&path).await.refusal(), (404, text.as_str()), "{path}");
        }
    }
    let config = server.get(&format!("/build-chroot/build-config/{id}/{FEDORA}")).await.ok();
    let keys: Vec<&String> = config.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "repos",
            "additional_repos",
            "additional_packages",
            "with_opts",
            "without_opts",
            "memory_limit",
            "timeout",
            "enable_net",
            "is_background"
        ]
    );
    assert_eq!((&config["timeout"], &config["additional_repos"]), (&json!(18000), &json!(["copr://alice/p"])));
}
