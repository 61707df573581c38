//! Projects: make, look, search, change, delete.

use crate::server::{EPEL, FEDORA, FEDORA_32, OLD, Server, send};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_project_shows_exactly_the_contracts_keys() {
    let server = Server::start().await;
    let project = server.project("foo").await;
    let base = format!("{}/results/alice/foo", server.url);
    let expected = json!({
        "id": project["id"], "name": "foo", "ownername": "alice", "full_name": "alice/foo", "homepage": null,
        "contact": null, "description": "", "instructions": "", "devel_mode": false, "persistent": false,
        "unlisted_on_hp": false, "auto_prune": true,
        "chroot_repos": {FEDORA: format!("{base}/{FEDORA}/"), FEDORA_32: format!("{base}/{FEDORA_32}/")},
        "additional_repos": [], "enable_net": false, "bootstrap": "default", "isolation": "default",
        "module_hotfixes": false, "appstream": false, "packit_forge_projects_allowed": [],
        "follow_fedora_branching": true, "repo_priority": null, "storage": "backend"
    });
    assert_eq!(project, expected);
    assert_eq!(server.get("/project?ownername=alice&projectname=foo").await.ok(), expected);
    assert!(project["id"].is_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_can_be_said_about_a_project_is_kept() {
    let server = Server::start().await;
    let body = json!({
        "name": " foo ", "chroots": [FEDORA], "description": " d ", "instructions": "i", "homepage": "https://example.org/x",
        "contact": "me@example.org", "additional_repos": ["https://a.example/$chroot", "copr://alice/base"],
        "unlisted_on_hp": true, "enable_net": "yes", "devel_mode": 1, "bootstrap": "image", "isolation": "nspawn",
        "follow_fedora_branching": false, "multilib": true, "module_hotfixes": true, "fedora_review": true,
        "appstream": true, "repo_priority": "7", "delete_after_days": "10",
        "packit_forge_projects_allowed": ["https://github.com/a/b", "gitlab.com/*"], "runtime_dependencies": "https://b.example/",
        "bootstrap_image": "x", "memory": 2048, "unknown": {"a": [1]}, "progress_callback": null
    });
    server.project("base").await;
    let made = server.post(&server.alice, "/project/add/alice", body).await.ok();
    for (key, value) in [
        ("name", json!("foo")),
        ("description", json!(" d ")),
        ("instructions", json!("i")),
        ("homepage", json!("https://example.org/x")),
        ("contact", json!("me@example.org")),
        ("additional_repos", json!(["https://a.example/$chroot", "copr://alice/base"])),
        ("unlisted_on_hp", json!(true)),
        ("enable_net", json!(true)),
        ("devel_mode", json!(true)),
        ("bootstrap", json!("image")),
        ("isolation", json!("nspawn")),
        ("follow_fedora_branching", json!(false)),
        ("module_hotfixes", json!(true)),
        ("appstream", json!(true)),
        ("repo_priority", json!(7)),
        ("packit_forge_projects_allowed", json!(["github.com/a/b", "gitlab.com/*"])),
    ] {
        assert_eq!(made[key], value, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_fields_of_a_project_are_told_one_by_one() {
    let server = Server::start().await;
    let not_url = |item: &str| {
        format!(
            "A list of http[s] URLs separated by whitespace characters is needed ('{item}' doesn't seem to be a valid URL)."
        )
    };
    let characters = "name: Name must contain only letters, digits, underscores, dashes and dots.";
    let cases = [
        (json!({"name": null}), "name: This field is required.".to_owned()),
        (json!({"name": "  "}), "name: This field is required.".to_owned()),
        (json!({"name": "a b"}), characters.to_owned()),
        (json!({"name": "a:b"}), characters.to_owned()),
        (json!({"name": "a/b"}), characters.to_owned()),
        (json!({"name": "123"}), "name: Project's name can not be just number.".to_owned()),
        (json!({"name": "x".repeat(101)}), "name: Field cannot be longer than 100 characters.".to_owned()),
        (json!({"chroots": []}), "chroots: At least one chroot must be selected".to_owned()),
        (json!({"chroots": null}), "chroots: At least one chroot must be selected".to_owned()),
        (
            json!({"chroots": ["nope-1-x86_64"]}),
            "chroots: 'nope-1-x86_64' is not a valid choice for this field.".to_owned(),
        ),
        (json!({"chroots": [FEDORA, "a", "b"]}), "chroots: 'a', 'b' are not valid choices for this field.".to_owned()),
        (json!({"chroots": [OLD]}), format!("chroots: '{OLD}' is not a valid choice for this field.")),
        (json!({"homepage": "nonsense"}), "homepage: Invalid URL.".to_owned()),
        (json!({"homepage": "http://nonsense/"}), "homepage: Invalid URL.".to_owned()),
        (json!({"homepage": "javascript://x.example/%0aalert()"}), "homepage: Invalid URL.".to_owned()),
        (json!({"contact": "nonsense"}), "contact: Contact must be email address or URL".to_owned()),
        (json!({"additional_repos": ["ftp://x"]}), format!("repos: {}", not_url("ftp://x"))),
        (json!({"additional_repos": "copr://a/b"}), "repos: copr://a/b does not exist.".to_owned()),
        (json!({"runtime_dependencies": "x"}), format!("runtime_dependencies: {}", not_url("x"))),
        (json!({"bootstrap": "no"}), "bootstrap: Not a valid choice.".to_owned()),
        (json!({"isolation": "unchanged"}), "isolation: Not a valid choice.".to_owned()),
        (json!({"repo_priority": 0}), "repo_priority: Number must be at least 1.".to_owned()),
        (
            json!({"repo_priority": "x"}),
            "repo_priority: Not a valid integer value.\nrepo_priority: Number must be at least 1.".to_owned(),
        ),
        (
            json!({"description": "é".repeat(100_001)}),
            "description: Field cannot be longer than 100000 characters.".to_owned(),
        ),
        (
            json!({"instructions": "x".repeat(100_001)}),
            "instructions: Field cannot be longer than 100000 characters.".to_owned(),
        ),
        (json!({"delete_after_days": 721}), "delete_after_days: Number must be between -1 and 720.".to_owned()),
    ];
    for (change, text) in cases {
        let mut body = json!({"name": "fine", "chroots": [FEDORA]});
        for (key, value) in change.as_object().expect("an object") {
            body[key] = value.clone();
        }
        let answer = server.post(&server.alice, "/project/add/alice", body).await;
        assert_eq!(answer.refusal(), (400, text.as_str()), "{change}");
    }
    // What is wrong together is told together.
    let answer = server.post(&server.alice, "/project/add/alice", json!({"bootstrap": "x"})).await;
    let lines =
        "name: This field is required.\nchroots: At least one chroot must be selected\nbootstrap: Not a valid choice.";
    assert_eq!(answer.refusal(), (400, lines));
    assert_eq!(server.get("/project/list").await.ok()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_administrators_may_say_is_forbidden_to_others() {
    let server = Server::start().await;
    for (change, text) in [
        (json!({"persistent": true}), "Non-admin cannot create persistent project."),
        (json!({"auto_prune": false}), "Non-admin cannot disable auto-prunning."),
        (json!({"storage": "pulp"}), "Non-admin cannot set storage"),
    ] {
        let mut body = json!({"name": "foo", "chroots": [FEDORA]});
        for (key, value) in change.as_object().expect("an object") {
            body[key] = value.clone();
        }
        assert_eq!(server.post(&server.alice, "/project/add/alice", body.clone()).await.refusal(), (403, text));
        server.post(&server.root, "/project/add/root", body).await.ok();
        // Freed by the administrator, who may not delete what is persistent either.
        let gone = server.delete(&server.root, "/project/delete/root/foo", json!({})).await;
        if change["persistent"] == true {
            assert_eq!(gone.refusal(), (403, "This project is protected against deletion."));
            break;
        }
    }
    let both = json!({"name": "bar", "chroots": [FEDORA], "persistent": true, "delete_after_days": 1});
    let answer = server.post(&server.root, "/project/add/root", both).await;
    assert_eq!(answer.refusal(), (400, "delete_after_days: 'delete after' can not be combined with persistent"));
    for (name, days) in [("none", json!(0)), ("never", json!(-1)), ("unsaid", json!(""))] {
        let body = json!({"name": name, "chroots": [FEDORA], "persistent": true, "delete_after_days": days});
        assert_eq!(server.post(&server.root, "/project/add/root", body).await.ok()["persistent"], true, "{days}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn check_04_a_name_is_taken_once_unless_that_is_fine() {
    let server = Server::start().await;
    let first = server.project("x").await;
    let body = json!({"name": "x", "chroots": [EPEL]});
    let again =
        async |query: &str| server.post(&server.alice, &format!("/project/add/alice{query}"), body.clone()).await;
    let taken = (400, "name: You already have a project named 'x'.");
    assert_eq!(again("").await.refusal(), taken);
    assert_eq!(again("?exist_ok=False").await.refusal(), taken);
    assert_eq!(again("?exist_ok=true").await.refusal(), taken);
    assert_eq!(again("?exist_ok=True").await.ok(), first);
    let wrong = json!({"name": "x", "chroots": [EPEL], "bootstrap": "x"});
    let answer = server.post(&server.alice, "/project/add/alice?exist_ok=True", wrong).await;
    let both = "name: You already have a project named 'x'.\nbootstrap: Not a valid choice.";
    assert_eq!(answer.refusal(), (400, both));
    server.delete(&server.alice, "/project/delete/alice/x", json!({})).await.ok();
    assert_ne!(again("").await.ok()["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_made_for_oneself_and_ones_groups() {
    let server = Server::start().await;
    let body = json!({"name": "x", "chroots": [FEDORA]});
    let add = async |who, owner: &str| server.post(who, &format!("/project/add/{owner}"), body.clone()).await;
    assert_eq!(
        add(&server.bob, "alice").await.refusal(),
        (403, "You were authorized as 'bob' user without permissions to access projects of user 'alice'")
    );
    assert_eq!(add(&server.bob, "zoe").await.refusal(), (404, "No such user `zoe'"));
    assert_eq!(add(&server.bob, "@nope").await.refusal(), (404, "Group nope does not exist."));
    assert_eq!(add(&server.bob, "@no%20name").await.refusal(), (404, "Group no name does not exist."));
    assert_eq!(add(&server.bob, "@").await.refusal(), (404, "Group  does not exist."));
    assert_eq!(
        add(&server.bob, "%40devs").await.refusal(),
        (403, "User 'bob' doesn't have access to the copr group 'devs' (fas_name='developers')")
    );
    assert_eq!(add(&server.alice, "@devs").await.ok()["full_name"], "@devs/x");
    assert_eq!(
        add(&server.alice, "%40devs").await.refusal(),
        (400, "name: Group devs (fas: developers) already has a project named 'x'.")
    );
    assert_eq!(add(&server.root, "alice").await.ok()["full_name"], "alice/x");
    for owner in ["@devs", "%40devs"] {
        assert_eq!(server.get(&format!("/project?ownername={owner}&projectname=x")).await.ok()["name"], "x");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_not_there_is_told_with_its_full_name() {
    let server = Server::start().await;
    server.project("p").await;
    for (query, status, text) in [
        ("ownername=alice&projectname=nope", 404, "Project alice/nope does not exist."),
        ("ownername=zoe&projectname=p", 404, "Project zoe/p does not exist."),
        ("ownername=@x&projectname=p", 404, "Group x does not exist."),
        ("ownername=@no name&projectname=p", 404, "Group no name does not exist."),
        ("ownername=@devs&projectname=p", 404, "Project @devs/p does not exist."),
        ("ownername=alice&projectname=p:custom:x", 404, "Project alice/p:custom:x does not exist."),
        ("ownername=alice", 400, "Missing argument projectname"),
        ("projectname=p", 400, "Missing argument ownername"),
        ("ownername=a%00b&projectname=p", 400, "an argument can not hold a NUL character"),
    ] {
        assert_eq!(server.get(&format!("/project?{query}")).await.refusal(), (status, text), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_what_it_names_and_nothing_else() {
    let server = Server::start().await;
    let before = server.project("foo").await;
    let edit = async |body: Value| server.put(&server.alice, "/project/edit/alice/foo", body).await.ok();
    assert_eq!(
        edit(json!({"name": "bar", "persistent": true, "storage": "nonsense", "description": null})).await,
        before
    );
    let changed = edit(json!({
        "description": "d", "homepage": "http://h.example/", "contact": "http://c.example/", "repos": ["http://r.example/"],
        "repo_priority": 5, "packit_forge_projects_allowed": "a"
    }))
    .await;
    assert_eq!(changed["additional_repos"], json!(["http://r.example/"]));
    assert_eq!(changed["homepage"], "http://h.example/");
    let after = edit(json!({
        "description": "", "homepage": "", "contact": "", "repos": [], "repo_priority": "", "chroots": [],
        "packit_forge_projects_allowed": "", "use_bootstrap_container": true, "bootstrap": "None"
    }))
    .await;
    assert_eq!(after["description"], "");
    assert_eq!((&after["homepage"], &after["contact"]), (&json!("http://h.example/"), &json!("http://c.example/")));
    assert_eq!((&after["additional_repos"], &after["packit_forge_projects_allowed"]), (&json!([]), &json!([])));
    assert_eq!((&after["repo_priority"], &after["bootstrap"]), (&json!(5), &json!("default")));
    assert_eq!(after["chroot_repos"], before["chroot_repos"]);
    // What is neither `repos` nor null: python-copr's own name for it works too.
    assert_eq!(
        edit(json!({"additional_repos": "http://x/ http://y/"})).await["additional_repos"],
        json!(["http://x/", "http://y/"])
    );
    let chroots = edit(json!({"chroots": [EPEL, FEDORA]})).await;
    let names: Vec<&String> = chroots["chroot_repos"].as_object().expect("an object").keys().collect();
    assert_eq!(names, [EPEL, FEDORA]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chroot_with_a_build_in_progress_can_not_be_dropped() {
    let server = Server::start().await;
    server.project("foo").await;
    let id = server.build("foo", json!({"chroots": [FEDORA]})).await;
    let body = json!({"chroots": [FEDORA_32]});
    let answer = server.put(&server.alice, "/project/edit/alice/foo", body.clone()).await;
    let text = format!("Can't drop chroot from project, related build {id} is still in progress");
    assert_eq!(answer.refusal(), (409, text.as_str()));
    server.put(&server.alice, &format!("/build/cancel/{id}"), json!({})).await.ok();
    server.put(&server.alice, "/project/edit/alice/foo", body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_neither_edit_nor_delete() {
    let server = Server::start().await;
    server.project("foo").await;
    let devs = json!({"name": "foo", "chroots": [FEDORA]});
    server.post(&server.alice, "/project/add/@devs", devs).await.ok();
    let not_yours = (403, "Only owners and admins may update their projects.");
    assert_eq!(
        server.put(&server.bob, "/project/edit/alice/foo", json!({"description": "x"})).await.refusal(),
        not_yours
    );
    // What is wrong is told before who may.
    let wrong = server.put(&server.bob, "/project/edit/alice/foo", json!({"bootstrap": "x"})).await;
    assert_eq!(wrong.refusal(), (400, "bootstrap: Not a valid choice."));
    let regenerate = server.put(&server.bob, "/project/regenerate-repos/alice/foo", json!({})).await;
    assert_eq!(
        regenerate.refusal(),
        (403, "User 'bob' can not see permissions for project 'alice/foo' (missing admin rights)")
    );
    let delete = async |path: &str| server.delete(&server.bob, path, json!({"verify": true})).await;
    assert_eq!(delete("/project/delete/alice/foo").await.refusal(), (403, "Only owners may delete their projects."));
    assert_eq!(
        delete("/project/delete/%40devs/foo").await.refusal(),
        (403, "User 'bob' doesn't have access to the copr group 'devs' (fas_name='developers')")
    );
    assert_eq!(delete("/project/delete/alice/nope").await.refusal(), (404, "Project alice/nope does not exist."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_with_running_builds_stays() {
    let server = Server::start().await;
    server.project("foo").await;
    let (a, b) = (server.build("foo", json!({})).await, server.build("foo", json!({})).await);
    let answer = server.delete(&server.alice, "/project/delete/alice/foo", json!({})).await;
    assert_eq!(answer.refusal(), (400, format!("Build(s) {a}, {b} are still running.\n").as_str()));
    for id in [a, b] {
        server.call(&server.alice, Method::PUT, &format!("/build/cancel/{id}"), json!({})).await.ok();
    }
    let gone = server.delete(&server.alice, "/project/delete/alice/foo", json!({"verify": false})).await.ok();
    assert_eq!(gone["name"], "foo");
    let again = server.get("/project?ownername=alice&projectname=foo").await;
    assert_eq!(again.refusal(), (404, "Project alice/foo does not exist."));
    assert_eq!(
        server.get(&format!("/build/{a}")).await.refusal(),
        (404, format!("Build {a} does not exist.").as_str())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_looks_at_owners_names_and_texts() {
    let server = Server::start().await;
    server.project("first").await;
    server.project("second").await;
    server
        .post(
            &server.alice,
            "/project/add/@devs",
            json!({"name": "third", "chroots": [EPEL], "description": "Some Tool"}),
        )
        .await
        .ok();
    let names = async |query: &str| -> Vec<String> {
        let found = server.get(&format!("/project/search?query={query}")).await.ok();
        let items = found["items"].as_array().expect("a list");
        items.iter().map(|item| item["name"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(names("").await, ["third", "second", "first"]);
    assert_eq!(names("ali/").await, ["second", "first"]);
    assert_eq!(names("/IR").await, ["first"]);
    assert_eq!(names("@dev/").await, ["third"]);
    assert_eq!(names("tool+some").await, ["third"]);
    assert_eq!(names("epel-9").await, ["third"]);
    assert_eq!(names("%25%25%25").await, [""; 0]);
    let short = server.get("/project/search?query=ab").await;
    assert_eq!(short.refusal(), (400, "Search string must have at least 3 characters"));
    for text in ["x".repeat(60_000), "x+".repeat(30_000), format!("x/{}", "x".repeat(60_000))] {
        for (path, key) in [
            ("/api_3/project/search?query=", "error"),
            ("/api_2/projects?search_query=", "message"),
            ("/api/coprs/?search=", "error"),
        ] {
            let long = send(server.anywhere(Method::GET, &format!("{path}{text}"))).await;
            let told = (long.status.as_u16(), &long.json[key]);
            assert_eq!(told, (400, &json!("Search string can have at most 1000 characters")), "{path}");
        }
    }
    assert_eq!(server.get("/project/search").await.refusal(), (400, "Missing argument query"));
}
