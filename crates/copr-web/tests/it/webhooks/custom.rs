//! Calls for a package's own script.

use super::Hooked;
use crate::server::{FEDORA, Server};
use copr_wire::builder::{LeaseRequest, SourceInput, SourceTask, Task};
use reqwest::Method;
use serde_json::{Value, json};

/// Bytes that are no text.
fn payload() -> Vec<u8> {
    (0..=255_u8).cycle().take(100_000).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_kept_for_the_script_until_its_build_ends() {
    for hooked in Hooked::on_each_engine().await {
        let server = &hooked.server;
        hooked.script("script").await;
        let (status, text) =
            hooked.call(&hooked.door("custom", "script"), &[("content-type", "image/png")], payload()).await;
        assert_eq!(status, 200);
        let builds = hooked.builds().await;
        let build = &builds[0].build;
        assert_eq!(text, format!("{}\n", build.id));
        assert_eq!(
            (build.submitter.as_deref(), build.background, build.package.as_deref()),
            (None, true, Some("script"))
        );
        let source: Value = serde_json::from_str(&build.source).expect("a source");
        assert_eq!((&source["script"], &source["hook_data"]), (&json!("true\n"), &json!(true)));
        let tmp = source["tmp"].as_str().expect("a name");

        // It is the script's alone.
        let there = server.anywhere(Method::GET, &format!("/tmp/{tmp}/hook_payload")).send().await.expect("an answer");
        assert_eq!(there.status(), 404);
        let token = copr_app::builders::add(&server.app, "b1").await.expect("a builder");
        let builder = server.app.authenticate_builder(&token).await.expect("the builder");
        let arches = vec!["x86_64".to_owned()];
        let request = LeaseRequest {
            builder: "b1".to_owned(),
            arches,
            isolation: "none".to_owned(),
            tools: Vec::new(),
            wait_seconds: 0,
            ..LeaseRequest::default()
        };
        let lease = copr_app::lease::take(&server.app, &builder, &request).await.expect("an answer").expect("a task");
        let Task::Source(SourceTask { input: SourceInput::Custom { payload: size, .. }, .. }) = lease.task else {
            panic!("no script: {:?}", lease.task)
        };
        assert_eq!(size, Some(100_000));
        let path = format!("/builder/v1/tasks/{}/source?fence={}", lease.task_id, lease.fence);
        let fetched = server.anywhere(Method::GET, &path).bearer_auth(&token).send().await.expect("an answer");
        assert_eq!(fetched.bytes().await.expect("bytes"), payload());

        assert_eq!(server.uploads().len(), 1);
        server.put(&server.alice, &format!("/build/cancel/{}", build.id), json!({})).await.ok();
        copr_app::removal::sweep(&server.app).await.expect("a sweep");
        assert!(server.uploads().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_packages_are_built_and_what_is_sent_is_not_kept() {
    let hooked = Hooked::set(Server::start().await).await;
    hooked
        .package("engine", "https://x.example/engine.git", json!({"webhook_rebuild": false, "committish": "main"}))
        .await;
    hooked.script("script").await;
    assert_eq!(hooked.call(&hooked.door("custom", "engine"), &[], "anything").await.0, 200);
    assert_eq!(hooked.built().await, ["engine main"]);
    // Nothing was sent.
    assert_eq!(hooked.call(&hooked.door("custom", "script"), &[], "").await.0, 200);
    let source: Value = serde_json::from_str(&hooked.builds().await[1].build.source).expect("a source");
    assert_eq!((source.get("tmp"), source.get("hook_data")), (None, None));
    assert!(hooked.server.uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_words_for_programs() {
    let hooked = Hooked::set(Server::start().await).await;
    let server = &hooked.server;
    hooked.script("script").await;
    let body = json!({"package_name": "bare", "gem_name": "a"});
    server.post(&server.alice, "/package/add/alice/p/bare/rubygems", body).await.ok();
    let reset = json!({"ownername": "alice", "projectname": "p", "package_name": "bare"});
    server.put(&server.alice, "/package/reset", reset).await.ok();
    let (id, secret) = (hooked.id, &hooked.secret);
    let github = |event: &'static str| [("x-github-event", event)];
    for (path, headers, status, word) in [
        ("/webhooks/custom/".to_owned(), &[][..], 400, "COPR_ID_OR_UUID_TOKEN_MISSING"),
        (format!("/webhooks/custom/{id}/"), &[], 400, "COPR_ID_OR_UUID_TOKEN_MISSING"),
        (format!("/webhooks/custom/{id}/{secret}/"), &[], 400, "PACKAGE_NAME_REQUIRED"),
        (format!("/webhooks/custom/{id}/wrong/"), &[], 403, "BAD_UUID"),
        (format!("/webhooks/custom/99999/{secret}/script/"), &[], 404, "PROJECT_NOT_FOUND"),
        (format!("/webhooks/custom/x/{secret}/script/"), &[], 404, "PROJECT_NOT_FOUND"),
        (format!("/webhooks/custom/{id}/wrong/script/"), &[], 403, "BAD_UUID"),
        (format!("/webhooks/custom/{id}/{secret}/none/"), &[], 404, "PACKAGE_NOT_FOUND"),
        (format!("/webhooks/custom/{id}/{secret}/script/"), &github("ping"), 200, "SKIPPED"),
        (format!("/webhooks/custom/{id}/{secret}/bare/"), &[], 500, "BUILD_REQUEST_ERROR"),
        (format!("/webhooks/custom-dir/alice/none/{secret}/script/"), &[], 404, "PROJECT_NOT_FOUND"),
        (format!("/webhooks/custom-dir/alice/p:custom:x/{secret}/none/"), &[], 404, "PACKAGE_NOT_FOUND"),
        // A package that is missing is told before a secret that is wrong.
        ("/webhooks/custom-dir/alice/p:custom:x/wrong/none/".to_owned(), &[], 404, "PACKAGE_NOT_FOUND"),
        ("/webhooks/custom-dir/alice/p:custom:x/wrong/script/".to_owned(), &[], 403, "BAD_UUID"),
        (format!("/webhooks/custom-dir/alice/p:odd:x/{secret}/script/"), &[], 400, "CANT_CREATE_DIRECTORY"),
        (format!("/webhooks/custom-dir/alice/p:pr:x/{secret}/script/"), &[], 400, "CANT_CREATE_DIRECTORY"),
    ] {
        assert_eq!(hooked.call(&path, headers, "x").await, (status, format!("{word}\n")), "{path}");
    }
    assert_eq!(hooked.builds().await.len(), 0);
    assert!(server.uploads().is_empty());
    hooked.switch_chroots_off().await;
    let answer = hooked.call(&hooked.door("custom", "script"), &[], "x").await;
    assert_eq!(answer, (500, "NO_ACTIVE_CHROOTS_IN_PROJECT\n".to_owned()));
    assert!(server.uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_lands_in_the_directory_that_is_named() {
    for hooked in Hooked::on_each_engine().await {
        hooked.script("script").await;
        for dir in ["p:custom:night-ly", "p:pr:7", "p"] {
            let path = format!("/webhooks/custom-dir/alice/{dir}/{}/script/", hooked.secret);
            let (status, text) = hooked.call(&path, &[], "x").await;
            assert_eq!(status, 200, "{text}");
            let shown = hooked.server.get(&format!("/build/{}", text.trim())).await.ok();
            let chroots = shown["chroots"].as_array().expect("a list");
            assert!(shown["project_dirname"] == dir && chroots.contains(&json!(FEDORA)), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_comes_again_is_answered_by_its_build() {
    for hooked in Hooked::on_each_engine().await {
        hooked.script("script").await;
        let delivered = [("x-github-event", "push"), ("x-github-delivery", "d1")];
        let first = hooked.call(&hooked.door("custom", "script"), &delivered, "one").await;
        assert_eq!(hooked.call(&hooked.door("custom", "script"), &delivered, "one").await, first);
        assert_eq!((hooked.builds().await.len(), hooked.server.uploads().len()), (1, 1));
        // What brings no name is something new each time: each has a payload of its own.
        for _ in 0..2 {
            assert_ne!(hooked.call(&hooked.door("custom", "script"), &[], "one").await, first);
        }
        assert_eq!((hooked.builds().await.len(), hooked.server.uploads().len()), (3, 3));
    }
}
