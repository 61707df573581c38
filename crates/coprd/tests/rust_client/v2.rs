//! Version 2, by the client library: every method of every handle and resource.

use crate::cast::{EPEL, FEDORA};
use crate::stage::{OWN, Stage, WAITING};
use copr_client::v2::{BuildOptions, BuildQuery, BuildTaskQuery, Client, Error, Project, ProjectCreate, ProjectQuery};
use copr_client::{Config, State, Upload};
use futures::TryStreamExt;
use std::fmt::Debug;
use std::time::Duration;

async fn client(stage: &Stage, who: &str) -> Client {
    Client::new(crate::cast::client(stage, who).config().clone()).await.expect("a client")
}

async fn made(client: &Client, name: &str, chroots: &[&str]) -> Project {
    let project = ProjectCreate::new(name, "alice", chroots.iter().copied());
    client.projects().create(&project).await.expect("a project")
}

/// Builds that wait for ever.
fn waiting() -> BuildOptions {
    BuildOptions::new().chroots([WAITING])
}

#[track_caller]
fn refused<T: Debug>(outcome: Result<T, Error>, status: u16) {
    let error = outcome.expect_err("a refusal");
    assert_eq!(error.status(), Some(status), "{error:?}");
    assert!(!error.message().expect("words").lines().is_empty(), "{error:?}");
}

#[tokio::test]
async fn a_project_from_beginning_to_end() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice").await, client(&stage, "bob").await);
    let wanted = ProjectCreate::new("tools", "alice", [FEDORA])
        .instructions("don't touch me!")
        .homepage("https://example.org/")
        .contact("alice@example.org")
        .repos(["http://r.example/x/"])
        .build_enable_net(false);
    let mut project = alice.projects().create(&wanted).await.unwrap();
    assert_eq!(project.to_string(), format!("<Project #{}: alice/tools>", project.id));
    assert_eq!((project.instructions.as_str(), project.build_enable_net), ("don't touch me!", Some(false)));
    assert!(project.rest.is_empty(), "{:?}", project.rest);
    refused(alice.projects().create(&wanted).await, 409);
    refused(alice.projects().create(&ProjectCreate::new("3abc", "alice", [FEDORA])).await, 400);

    project.description = "Hello world!".to_owned();
    project.repos = Vec::new();
    assert!(project.update().await.unwrap().is_successful());
    project = project.get_self().await.unwrap();
    assert_eq!((project.description.as_str(), project.repos.len()), ("Hello world!", 0));
    assert_eq!(project.homepage.as_deref(), Some("https://example.org/"));
    refused(bob.projects().update(project.entity()).await, 403);

    let group = alice.projects().create(&ProjectCreate::new("shared", "@devs", [FEDORA])).await.unwrap();
    assert_eq!((group.owner.as_str(), group.group.as_deref()), ("@devs", Some("devs")));
    let of_group = alice.projects().get_list(&ProjectQuery::new().owner("@devs")).await.unwrap();
    assert_eq!(of_group.iter().map(|project| project.id).collect::<Vec<_>>(), [group.id]);
    let found = alice.projects().get_list(&ProjectQuery::new().search_query("tools")).await.unwrap();
    assert_eq!(found[0].id, project.id);
    let first = alice.projects().get_list(&ProjectQuery::new().limit(1)).await.unwrap();
    assert_eq!(first.next_page().await.unwrap().unwrap()[0].id, group.id);
    assert_eq!(first.into_stream().try_collect::<Vec<_>>().await.unwrap().len(), 2);

    refused(bob.projects().delete(project.id).await, 403);
    assert!(project.delete().await.unwrap().is_successful());
    refused(project.get_self().await, 404);
}

#[tokio::test]
async fn chroots_of_a_project_are_enabled_changed_and_disabled() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice").await;
    let project = made(&alice, "chroots", &[FEDORA]).await;
    let enabled = project.enable_project_chroot(EPEL).await.unwrap();
    let place = format!("/api_2/projects/{}/chroots/{EPEL}", project.id);
    assert!(enabled.new_location().unwrap().ends_with(&place), "{enabled:?}");
    refused(project.enable_project_chroot(EPEL).await, 409);
    refused(project.enable_project_chroot("nonsense").await, 400);
    let mut names: Vec<String> =
        project.get_project_chroot_list().await.unwrap().iter().map(|chroot| chroot.name.clone()).collect();
    names.sort();
    assert_eq!(names, [EPEL, FEDORA]);

    let mut chroot = project.get_project_chroot(FEDORA).await.unwrap();
    chroot.buildroot_pkgs = vec!["scl-utils".to_owned()];
    (chroot.comps, chroot.comps_name) = (Some("<comps></comps>".to_owned()), Some("comps.xml".to_owned()));
    assert!(chroot.update().await.unwrap().is_successful());
    let chroot = chroot.get_self().await.unwrap();
    let text = format!("<Project chroot: {FEDORA}, additional packages: ['scl-utils'], comps size if any: 15>");
    assert_eq!(chroot.to_string(), text);
    let mut entity = chroot.entity().clone();
    entity.buildroot_pkgs.clear();
    alice.project_chroots().update(&project, &entity).await.unwrap();
    assert!(chroot.get_self().await.unwrap().buildroot_pkgs.is_empty());

    chroot.disable().await.unwrap();
    refused(chroot.get_self().await, 404);
    alice.project_chroots().disable(&project, EPEL).await.unwrap();
    assert!(project.get_project_chroot_list().await.unwrap().is_empty());
}

#[tokio::test]
async fn builds_are_made_listed_canceled_and_deleted() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice").await, client(&stage, "bob").await);
    let project = made(&alice, "builds", &[WAITING, FEDORA]).await;
    let url = "http://x.example/my-1-1.src.rpm";
    let first = project.create_build_from_url(url, &waiting()).await.unwrap();
    assert!(!first.is_finished() && first.source_metadata["url"] == url, "{first:?}");
    assert_eq!(first.submitter.as_deref(), Some("alice"));
    let file = Upload::of_bytes("large-1-1.src.rpm", vec![7; 3 << 20]);
    let second = alice.builds().create_from_file(project.id, &file, &waiting().enable_net(true)).await.unwrap();
    assert!(second.enable_net);
    refused(bob.builds().create_from_url(project.id, url, &waiting()).await, 403);
    refused(alice.builds().create_from_url(999, url, &waiting()).await, 404);
    refused(project.create_build_from_url("", &waiting()).await, 400);

    let builds = project.get_builds(&BuildQuery::new().limit(1)).await.unwrap();
    assert_eq!(builds[0].id, second.id);
    assert_eq!(builds.next_page().await.unwrap().unwrap()[0].id, first.id);
    let ids: Vec<u64> = builds.into_stream().map_ok(|build| build.id).try_collect().await.unwrap();
    assert_eq!(ids, [second.id, first.id]);
    let of_alice = alice.builds().get_list(&BuildQuery::new().owner("alice")).await.unwrap();
    assert_eq!(of_alice.len(), 2);
    refused(alice.builds().get_list(&BuildQuery::new().owner("nobody")).await, 404);

    let tasks = first.get_build_tasks(&BuildTaskQuery::new()).await.unwrap();
    assert_eq!((tasks[0].chroot_name.as_str(), tasks[0].build_id), (WAITING, Some(first.id)));
    let task = tasks[0].get_self().await.unwrap();
    assert_eq!(task.entity(), alice.build_tasks().get_one(first.id, WAITING).await.unwrap().entity());
    let (build, tasks) = alice.builds().get_one_with_tasks(first.id).await.unwrap();
    assert_eq!((build.id, tasks.len()), (first.id, 1));
    let of_project = project.get_build_tasks(&BuildTaskQuery::new().state(State::Canceled)).await.unwrap();
    assert!(of_project.is_empty());

    refused(bob.builds().cancel(first.id).await, 403);
    refused(first.delete().await, 400);
    let canceled = first.cancel().await.unwrap();
    assert!(canceled.is_successful() && canceled.new_location().is_some(), "{canceled:?}");
    assert_eq!(first.get_self().await.unwrap().state, State::Canceled);
    let of_project = project.get_build_tasks(&BuildTaskQuery::new().state(State::Canceled)).await.unwrap();
    assert_eq!(of_project.len(), 1);
    assert!(first.delete().await.unwrap().is_successful());
    refused(first.get_self().await, 404);
}

#[tokio::test]
async fn a_source_package_becomes_packages() {
    let stage = Stage::building();
    let alice = client(&stage, "alice").await;
    let project = made(&alice, "ready", &[OWN]).await;
    let srpm = Upload::new(stage.srpm("hello-noarch"));
    let mut build = project.create_build_from_file(&srpm, &BuildOptions::new()).await.unwrap();
    while !build.is_finished() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        build = build.get_self().await.unwrap();
    }
    assert_eq!(build.state, State::Succeeded, "{}", stage.service.log_tail());
    let version = (build.package_name.as_deref(), build.package_version.as_deref());
    assert_eq!(version, (Some("hello-noarch"), Some("1.0-1")));
    assert!(build.built_packages.iter().any(|package| package.name == "hello-noarch"), "{build:?}");
    let task = alice.build_tasks().get_one(build.id, OWN).await.unwrap();
    assert!(task.result_dir_url.as_ref().unwrap().contains("-hello-noarch"), "{task:?}");
}

#[tokio::test]
async fn mock_chroots_are_listed_and_strangers_refused() {
    let stage = Stage::idle();
    let nobody = Client::from_params(&stage.url(), None).await.unwrap();
    let active = nobody.mock_chroots().get_list(true).await.unwrap();
    assert!(active.iter().all(|chroot| chroot.is_active));
    assert!(nobody.mock_chroots().get_list(false).await.unwrap().len() >= active.len());
    let fedora = nobody.mock_chroots().get_one(FEDORA).await.unwrap();
    assert_eq!(
        (fedora.os_release.as_str(), fedora.os_version.as_str(), fedora.arch.as_str()),
        ("fedora", "42", "x86_64")
    );
    refused(nobody.mock_chroots().get_one("fedora-1-nothing").await, 404);
    assert!(matches!(nobody.builds().cancel(1).await, Err(Error::NoCredentials)));
    let stranger = Client::new(Config::new(&stage.url()).unwrap().token("no", "such")).await.unwrap();
    let outcome = stranger.projects().create(&ProjectCreate::new("x", "alice", [FEDORA])).await;
    assert!(matches!(outcome, Err(Error::Auth { status: 401, .. })), "{outcome:?}");
}
