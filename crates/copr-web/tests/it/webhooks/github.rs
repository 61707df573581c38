//! GitHub.

use super::{BEFORE, COMMIT, GONE, Hooked, commit};
use crate::server::{FEDORA_32, Server};
use copr_types::State;
use serde_json::{Value, json};

const URL: &str = "https://github.com/ada/engine.git";
const PUSH: &[(&str, &str)] =
    &[("x-github-event", "push"), ("content-type", "application/json"), ("user-agent", "GitHub-Hookshot/044aadd")];
const CREATE: &[(&str, &str)] = &[("x-github-event", "create"), ("content-type", "application/json")];

fn repository() -> Value {
    json!({
        "id": 1, "name": "engine", "full_name": "ada/engine", "private": false,
        "html_url": "https://github.com/ada/engine", "url": "https://github.com/ada/engine",
        "git_url": "git://github.com/ada/engine.git", "ssh_url": "git@github.com:ada/engine.git", "clone_url": URL,
        "svn_url": "https://github.com/ada/engine", "default_branch": "main",
    })
}

fn sender() -> Value {
    json!({"login": "ada", "id": 7, "url": "https://api.github.com/users/ada", "html_url": "https://github.com/ada"})
}

fn push(branch: &str, commits: &[Value]) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"), "before": BEFORE, "after": COMMIT, "created": false, "deleted": false,
        "forced": false, "base_ref": null, "compare": "https://github.com/ada/engine/compare/a...b",
        "commits": commits, "head_commit": commits.last(), "repository": repository(),
        "pusher": {"name": "ada", "email": "ada@example.org"}, "sender": sender(),
    })
}

fn created(kind: &str, name: &str) -> Value {
    json!({
        "ref": name, "ref_type": kind, "master_branch": "main", "description": "An engine", "pusher_type": "user",
        "repository": repository(), "sender": sender(),
    })
}

fn change(file: &str) -> Value {
    commit(COMMIT, &[], &[file], &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_builds_the_packages_that_follow_the_branch_and_the_directory() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({})).await;
        hooked.package("on-main", "git://github.com/ada/engine", json!({"committish": "main"})).await;
        hooked.package("below", "https://ada:token@github.com/ada/engine/", json!({"subdirectory": "rpm/"})).await;
        hooked.package("on-dev", URL, json!({"committish": "dev"})).await;
        hooked.package("elsewhere", "https://github.com/ada/other.git", json!({})).await;
        hooked.package("by-hand", URL, json!({"webhook_rebuild": false})).await;
        hooked.script("script").await;
        let built = |names: &[&str]| names.iter().map(|name| format!("{name} {COMMIT}")).collect::<Vec<_>>();

        hooked.report("github", PUSH, &push("main", &[change("rpm/engine.spec"), change("README")])).await;
        assert_eq!(hooked.built().await, built(&["engine", "on-main", "below"]));
        hooked.report("github", PUSH, &push("not-main", &[change("src/main.c")])).await;
        assert_eq!(hooked.built().await[3..], built(&["engine"]));
        hooked.report("github", PUSH, &push("dev", &[commit(COMMIT, &["rpm/new"], &[], &[])])).await;
        assert_eq!(hooked.built().await[4..], built(&["engine", "below", "on-dev"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_of_a_push_is_of_nobody_and_as_the_package_says() {
    for hooked in Hooked::on_each_engine().await {
        let server = &hooked.server;
        server.put(&server.alice, "/project/edit/alice/p", json!({"enable_net": true})).await.ok();
        let more = json!({"timeout": 1234, "chroot_denylist": FEDORA_32});
        hooked.package("engine", URL, more).await;
        hooked.report("github", PUSH, &push("main", &[change("a")])).await;
        let builds = hooked.builds().await;
        let build = &builds[0].build;
        assert_eq!(
            (build.submitter.as_deref(), build.submitted_by.as_deref()),
            (None, Some("https://api.github.com/users/ada"))
        );
        assert_eq!((build.background, build.enable_net, build.timeout), (true, true, 1234));
        let chroots: Vec<_> = builds[0].chroots.iter().map(|chroot| chroot.name.as_str()).collect();
        assert_eq!(chroots, ["fedora-42-x86_64"]);
        assert_eq!((build.scm_object_type.as_deref(), build.scm_object_id.as_deref()), (Some("commit"), Some(COMMIT)));
        let page = format!("https://github.com/ada/engine/commit/{COMMIT}");
        assert_eq!(build.scm_object_url.as_deref(), Some(page.as_str()));
        let shown = server.get(&format!("/build/{}", build.id)).await.ok();
        assert_eq!(
            (&shown["submitter"], &shown["is_background"], &shown["state"]),
            (&json!(null), &json!(true), &json!("pending"))
        );
        // Each has a builder of its own, and all stand in the line of their project.
        let task = copr_app::queue::list(&server.app, 10).await.expect("tasks").remove(0);
        assert_eq!(
            (task.owner.as_str(), task.sandbox.as_str()),
            ("alice", format!("alice/p--build-{}", build.id).as_str())
        );
        let html = server.anywhere(reqwest::Method::GET, &format!("/coprs/alice/p/build/{}/", build.id));
        let html = html.send().await.expect("an answer").text().await.expect("a page");
        assert!(html.contains("by https://api.github.com/users/ada") && html.contains(&page), "{html}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_built_when_they_are_made() {
    for hooked in Hooked::on_each_engine().await {
        hooked.package("engine", URL, json!({"committish": "main", "subdirectory": "rpm"})).await;
        hooked.package("engine-tools", URL, json!({})).await;
        for (tag, address, expected) in [
            ("engine-1.0", "", &["engine engine-1.0"][..]),
            ("engine_tools-1.0-2", "", &["engine-tools engine_tools-1.0-2"]),
            ("v1.0", "", &[]),
            ("v1.0", "engine", &["engine v1.0"]),
            ("engine-tools-3", "engine", &["engine engine-tools-3", "engine-tools engine-tools-3"]),
        ] {
            let before = hooked.built().await.len();
            let answer = hooked.call(&hooked.door("github", address), CREATE, created("tag", tag).to_string()).await;
            assert_eq!(answer, (200, "OK".to_owned()));
            assert_eq!(hooked.built().await[before..], *expected, "{tag} {address}");
        }
        let newest = &hooked.builds().await[0].build;
        assert_eq!(
            (newest.scm_object_type.as_deref(), newest.scm_object_id.as_deref()),
            (Some("tag"), Some("engine-1.0"))
        );
        hooked.report("github", CREATE, &created("tag", "other-1")).await;
        let reason = "`engine`: the tag is none of its versions; `engine-tools`: the tag is none of its versions";
        assert_eq!(hooked.reason().await, reason);
        // The same tag comes as a push as well.
        let mut tag = push("x", &[]);
        tag["ref"] = json!("refs/tags/engine-2.0");
        let before = hooked.built().await.len();
        hooked.report("github", PUSH, &tag).await;
        assert_eq!(hooked.built().await.len(), before);
        assert!(hooked.reason().await.contains("Branch or tag creation"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_builds_nothing_and_says_why() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({"committish": "main", "subdirectory": "rpm"})).await;
    let with = |mut payload: Value, key: &str, value: Value| {
        payload[key] = value;
        payload
    };
    let gone = with(with(push("main", &[]), "after", json!(GONE)), "deleted", json!(true));
    let foreign = {
        let mut foreign = push("main", &[change("rpm/a")]);
        foreign["repository"] = json!({"clone_url": "https://github.com/eve/engine.git"});
        foreign
    };
    let event = |name| [("x-github-event", name)];
    for (headers, payload, reason) in [
        (PUSH, push("dev", &[change("rpm/a")]), "`engine`: it follows `main`"),
        (PUSH, push("main", &[change("src/a")]), "`engine`: nothing changed in `rpm`"),
        (PUSH, push("main", &[]), "`engine`: no file changed"),
        (PUSH, gone, "a branch or tag was deleted"),
        (PUSH, with(push("main", &[]), "ref", json!("refs/notes/commits")), "only branches and tags are built"),
        (PUSH, foreign, "no package that is rebuilt automatically is of https://github.com/eve/engine.git"),
        (CREATE, created("branch", "main"), "a new branch has nothing new in it"),
        (&event("delete"), created("tag", "engine-1.0"), "GitHub's event `delete` builds nothing"),
        (
            &event("pull_request"),
            json!({"action": "opened", "repository": repository()}),
            "GitHub's event `pull_request` builds nothing",
        ),
    ] {
        hooked.report("github", headers, &payload).await;
        assert_eq!(hooked.reason().await, reason);
    }
    assert_eq!(hooked.built().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_told_may_have_changed() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({"subdirectory": "rpm"})).await;
    let elsewhere = change("src/a");
    let many = |count: usize| vec![elsewhere.clone(); count];
    let mut forced = push("forced", &[]);
    forced["forced"] = json!(true);
    let mut silent = push("silent", &[]);
    silent.as_object_mut().expect("an object").remove("commits");
    for (payload, built) in [
        (push("one", &many(19)), 0),
        (push("two", &many(20)), 1),
        (push("three", &many(2047)), 1),
        (push("four", &many(2048)), 2),
        (forced, 3),
        (silent, 4),
    ] {
        hooked.report("github", PUSH, &payload).await;
        assert_eq!(hooked.built().await.len(), built, "{}", payload["ref"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_in_a_form_is_the_same() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    let payload = push("main", &[change("a")]).to_string();
    let body: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload).finish();
    let headers = [("x-github-event", "push"), ("content-type", "application/x-www-form-urlencoded")];
    assert_eq!(hooked.call(&hooked.door("github", ""), &headers, body).await, (200, "OK".to_owned()));
    assert_eq!(hooked.built().await, [format!("engine {COMMIT}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_those_that_forges_show_to_people() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    let door = hooked.door("github", "");
    let ping = json!({"zen": "Keep it logically awesome.", "hook_id": 1, "repository": repository()}).to_string();
    assert_eq!(hooked.call(&door, &[("x-github-event", "ping")], ping).await, (200, "OK".to_owned()));
    let good = push("main", &[change("a")]).to_string();
    let bad = (400, "Bad Request".to_owned());
    assert_eq!(hooked.call(&door, &[], good.clone()).await, bad, "no event");
    for (body, why) in
        [("{", "the payload can not be read"), ("[]", "the payload can not be read"), ("{}", "there is no repository")]
    {
        assert_eq!(hooked.call(&door, PUSH, body).await, bad, "{body}");
        assert!(hooked.reason().await.starts_with(why), "{}", hooked.reason().await);
    }
    let mut payload = push("main", &[]);
    payload["after"] = json!("--upload-pack=evil");
    assert_eq!(hooked.call(&door, PUSH, payload.to_string()).await, bad);
    payload["repository"]["clone_url"] = json!(null);
    assert_eq!(hooked.call(&door, PUSH, payload.to_string()).await, (400, "Missing clone_url in webhook".to_owned()));

    for (path, status, words) in [
        (format!("/webhooks/github/{}/{}/", hooked.id, "b30ffc87-8599-4983-8640-6c5258441f23"), 403, "another secret"),
        (format!("/webhooks/github/{}/{}x/", hooked.id, hooked.secret), 403, "another secret"),
        (format!("/webhooks/github/{}/{}/", hooked.id + 1000, hooked.secret), 404, "does not exist"),
        (format!("/webhooks/github/x/{}/", hooked.secret), 404, "does not exist"),
        (format!("/webhooks/github/{}/%00/", hooked.id), 404, "nothing at this address"),
    ] {
        let (answered, page) = hooked.call(&path, PUSH, good.clone()).await;
        assert!(answered == status && page.contains("<html") && page.contains(words), "{path}: {answered} {page}");
    }
    assert_eq!(hooked.built().await, [""; 0]);
    // Without the slash at the end, too.
    assert_eq!(hooked.call(door.trim_end_matches('/'), PUSH, good).await, (200, "OK".to_owned()));
    assert_eq!(hooked.built().await.len(), 1);
    assert_eq!(hooked.builds().await[0].state(), Some(State::Pending));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_builds_for_nothing_says_so() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked.package("engine", URL, json!({})).await;
    hooked.switch_chroots_off().await;
    hooked.report("github", PUSH, &push("main", &[change("a")])).await;
    assert_eq!(
        (hooked.reason().await.as_str(), hooked.built().await.len()),
        ("no chroot of the project is enabled", 0)
    );
}
