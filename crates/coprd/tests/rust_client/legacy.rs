//! Version 1, by the legacy part of the client library: every method of it.

use crate::cast::{EPEL, FEDORA};
use crate::stage::{OWN, Stage, WAITING};
use copr_client::legacy::{
    BuildOptions, BuildsCreated, ChrootOptions, CoprClient, Custom, Distgit, Error, Mock, ModifyOptions,
    PackageOptions, ProjectOptions, Pypi, Response, Rubygems, Scm, Tito, WithBuilds,
};
use copr_client::{Config, SourceType, State, Upload};
use std::fmt::Debug;
use std::time::Duration;

fn client(stage: &Stage, who: &str) -> CoprClient {
    CoprClient::new(crate::cast::client(stage, who).config().clone()).expect("a client")
}

/// Builds that wait for ever.
fn waiting() -> BuildOptions {
    BuildOptions::new().chroots([WAITING])
}

fn ids(created: &Response<BuildsCreated>) -> Vec<u64> {
    created.builds_list.iter().map(|build| build.build_id).collect()
}

#[track_caller]
fn refused<T: Debug>(outcome: Result<T, Error>, status: u16, words: &str) {
    let error = outcome.expect_err("a refusal");
    assert_eq!(error.status(), Some(status), "{error:?}");
    assert!(error.to_string().contains(words), "`{words}` is not in: {error}");
}

#[tokio::test]
async fn a_project_from_beginning_to_end() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    assert_eq!(alice.authentication_check().await.unwrap().output(), Some("ok"));
    let options = ProjectOptions::new().description("My cool app").repos(["http://r.example/x/"]);
    let created = alice.create_project("hello_world", &[FEDORA, EPEL], &options).await.unwrap();
    assert!(created.message().unwrap().contains("New project was successfully created"), "{created:?}");
    let details = created.handle.get_project_details().await.unwrap();
    assert_eq!((details.description.as_str(), details.last_modified), ("My cool app", None));
    assert_eq!(details.additional_repos, "http://r.example/x/");
    let chroots: Vec<&str> = details.chroots.iter().map(|chroot| chroot.chrootname.as_str()).collect();
    assert_eq!(chroots, [EPEL, FEDORA]);

    let modified = created.handle.modify_project(&ModifyOptions::new().instructions("Read.")).await.unwrap();
    assert_eq!(
        (modified.instructions.as_deref(), modified.description.as_deref()),
        (Some("Read."), Some("My cool app"))
    );
    let modified = alice.modify_project("hello_world", &ModifyOptions::new().chroots([FEDORA])).await.unwrap();
    assert_eq!(modified.chroots, [FEDORA]);
    refused(bob.modify_project("alice/hello_world", &ModifyOptions::new().instructions("No.")).await, 403, "");
    refused(alice.create_project("hello_world", &[FEDORA], &options).await, 400, "already");
    refused(alice.create_project("@nobody/x", &[FEDORA], &options).await, 404, "");

    let mine = alice.get_projects_list(None).await.unwrap();
    assert_eq!(mine.projects_list[0].projectname, "hello_world");
    assert!(mine.projects_list[0].to_string().contains("\n  Instructions: Read."), "{}", mine.projects_list[0]);
    assert!(alice.get_projects_list(Some("bob")).await.unwrap().projects_list.is_empty());
    let found = bob.search_projects("hello").await.unwrap();
    assert_eq!(found.projects_list[0].handle.username(), "alice");

    let forked = bob.fork_project("alice/hello_world", "mine", false).await.unwrap();
    assert_eq!(forked.handle.get_project_details().await.unwrap().name, "mine");
    let secret = alice.new_webhook_secret("hello_world").await.unwrap();
    assert!(secret.message().unwrap().len() > 36, "{secret:?}");
    alice.create_project("@devs/shared", &[FEDORA], &ProjectOptions::new()).await.unwrap();
    let shared = alice.get_projects_list(Some("@devs")).await.unwrap();
    assert_eq!(shared.projects_list[0].username, "@devs");

    created.handle.delete_project().await.unwrap();
    refused(alice.delete_project("hello_world").await, 404, "");
    refused(alice.get_project_details("hello_world").await, 404, "");
}

#[tokio::test]
async fn chroots_are_read_and_changed() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    alice.create_project("chroots", &[FEDORA], &ProjectOptions::new()).await.unwrap();
    let details = alice.get_project_details("chroots").await.unwrap();
    let chroot = &details.chroots[0].handle;
    assert_eq!(chroot.get_project_chroot_details().await.unwrap().buildroot_pkgs, "");
    assert_eq!(chroot.modify_project_chroot_details(&["gcc", "make"]).await.unwrap().buildroot_pkgs, "gcc make");
    let options = ChrootOptions::new().packages(["gcc"]).repos(["http://r.example/x/"]);
    let comps = Upload::of_bytes("comps.xml", "<comps></comps>");
    let edited = alice.edit_chroot("chroots", FEDORA, &options, Some(&comps)).await.unwrap();
    assert_eq!((edited.buildroot_pkgs.as_str(), edited.comps_name.as_deref()), ("gcc", Some("comps.xml")));
    let edited = alice.edit_chroot("chroots", FEDORA, &ChrootOptions::new().delete_comps(true), None).await.unwrap();
    assert_eq!((edited.comps_name.as_deref(), edited.repos.as_str()), (None, "http://r.example/x/"));
    let found = alice.get_chroot("chroots", FEDORA).await.unwrap();
    assert_eq!(found.mock_chroot.as_deref(), Some(FEDORA));
    let config = alice.get_build_config("alice/chroots", FEDORA).await.unwrap();
    assert_eq!(
        (config.chroot.as_str(), config.additional_packages.as_slice()),
        (FEDORA, ["gcc".to_owned()].as_slice())
    );
    assert_eq!(config.repos[0].id, "copr_base");
    refused(alice.get_project_chroot_details("chroots", EPEL).await, 404, "");
}

#[tokio::test]
async fn builds_are_made_watched_canceled_and_deleted() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    alice.create_project("builds", &[WAITING, FEDORA], &ProjectOptions::new()).await.unwrap();
    let urls = ["http://x.example/a-1-1.src.rpm", "http://x.example/b.spec"];
    let created = alice.create_new_build("builds", urls, &waiting().timeout(3600).background(true)).await.unwrap();
    assert_eq!(created.builds_list.len(), 2);
    let build = &created.builds_list[0].handle;
    let details = build.get_build_details().await.unwrap();
    assert_eq!((details.owner.as_str(), details.project.as_str()), ("alice", "builds"));
    assert!(!details.status.is_ended(), "{details:?}");
    assert_eq!(details.submitted_by.as_deref(), Some("alice"));
    assert_eq!(details.handle.project_handle().unwrap().projectname(), "builds");
    refused(bob.cancel_build(build.build_id()).await, 403, "");
    refused(build.delete_build().await, 409, "");
    assert_eq!(build.cancel_build().await.unwrap().status, "Build canceled");
    assert_eq!(build.get_build_details().await.unwrap().status, State::Canceled);
    refused(build.cancel_build().await, 409, "");
    assert_eq!(build.delete_build().await.unwrap().status, "Build deleted");
    refused(build.get_build_details().await, 404, "");

    let file = Upload::of_bytes("large-1-1.src.rpm", vec![7; 3 << 20]);
    let uploaded = created.handle.create_new_build(file, &waiting()).await.unwrap();
    assert_eq!(ids(&uploaded).len(), 1);
    let wrong = Upload::of_bytes("notes.txt", "x");
    refused(alice.create_new_build("builds", wrong, &waiting()).await, 400, "");
    let elsewhere = BuildOptions::new().chroots([EPEL]);
    refused(alice.create_new_build("builds", urls, &elsewhere).await, 400, "");
}

#[tokio::test]
async fn builds_come_from_every_kind_of_source() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    alice.create_project("sources", &[WAITING], &ProjectOptions::new()).await.unwrap();
    let options = waiting();
    let git = "https://git.example.org/a.git";
    let scm = Scm::new(git).committish("main").srpm_build_method("tito");
    let made = [
        alice.create_new_build_scm("sources", &scm, &options).await,
        alice.create_new_build_tito("sources", &Tito::new(git).git_branch("main").tito_test(true), &options).await,
        alice.create_new_build_mock("sources", &Mock::new(git).scm_type("git").spec("a.spec"), &options).await,
        alice.create_new_build_pypi("sources", &Pypi::new("requests").python_versions(["3"]), &options).await,
        alice.create_new_build_rubygems("sources", &Rubygems::new("rails"), &options).await,
        alice.create_new_build_custom("sources", &Custom::new("true").script_chroot(FEDORA), &options).await,
        alice.create_new_build_distgit("sources", &Distgit::new(git).branch("main"), &options).await,
    ];
    for created in made {
        assert_eq!(ids(&created.unwrap()).len(), 1);
    }
    refused(alice.create_new_build_scm("sources", &Scm::new("nonsense"), &options).await, 400, "");
}

#[tokio::test]
async fn packages_are_added_edited_listed_built_and_deleted() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    alice.create_project("packages", &[WAITING], &ProjectOptions::new()).await.unwrap();
    let (git, options) = ("https://git.example.org/a.git", PackageOptions::new().webhook_rebuild(true));
    let added = alice.add_package_scm("packages", "scm", Scm::new(git), &options).await.unwrap();
    assert_eq!(added.package.as_ref().unwrap().source_type, SourceType::Scm);
    alice.add_package_tito("packages", "tito", Tito::new(git), &options).await.unwrap();
    alice.add_package_mockscm("packages", "mock", Mock::new(git).scm_type("git"), &options).await.unwrap();
    alice.add_package_pypi("packages", "pypi", Pypi::new("requests"), &options).await.unwrap();
    alice.add_package_rubygems("packages", "gem", Rubygems::new("rails"), &options).await.unwrap();
    alice.add_package_custom("packages", "custom", Custom::new("true"), &options).await.unwrap();
    refused(alice.add_package_scm("packages", "scm", Scm::new(git), &options).await, 409, "");
    let edited = alice.edit_package_rubygems("packages", "scm", Rubygems::new("rails"), &options).await.unwrap();
    assert_eq!(edited.package.as_ref().unwrap().source_type, SourceType::Rubygems);

    let list = alice.get_packages_list("packages", WithBuilds::default()).await.unwrap();
    assert_eq!(list.packages.len(), 6);
    assert!(list.packages.iter().all(|package| package.webhook_rebuild));
    let built = alice.build_package("packages", "scm", &waiting()).await.unwrap();
    let with = WithBuilds { all: true, latest: true, latest_succeeded: true };
    let package = alice.get_package("packages", "scm", with).await.unwrap().into_content().package;
    assert_eq!(package.latest_build.unwrap()["id"], ids(&built)[0]);
    assert_eq!((package.latest_succeeded_build, package.builds.unwrap().len()), (None, 1));
    assert!(alice.reset_package("packages", "gem").await.unwrap().message().is_some());
    refused(alice.build_package("packages", "gem", &waiting()).await, 400, "");
    alice.delete_package("packages", "gem").await.unwrap();
    refused(alice.get_package("packages", "gem", WithBuilds::default()).await, 404, "");
}

#[tokio::test]
async fn a_source_package_becomes_packages() {
    let stage = Stage::building();
    let alice = client(&stage, "alice");
    alice.create_project("ready", &[OWN], &ProjectOptions::new()).await.unwrap();
    let srpm = Upload::new(stage.srpm("hello-noarch"));
    let created = alice.create_new_build("ready", srpm, &BuildOptions::new()).await.unwrap();
    let build = &created.builds_list[0].handle;
    let details = loop {
        let details = build.get_build_details().await.unwrap();
        if details.status.is_ended() {
            break details;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(details.status, State::Succeeded, "{}", stage.service.log_tail());
    assert_eq!((details.chroots[OWN].clone(), details.src_version.as_deref()), (State::Succeeded, Some("1.0-1")));
    assert!(details.built_pkgs.iter().any(|package| package.starts_with("hello-noarch ")), "{:?}", details.built_pkgs);
    assert!(details.results_by_chroot[OWN].as_ref().unwrap().contains("-hello-noarch"), "{details:?}");
}

#[tokio::test]
async fn wrong_tokens_are_told() {
    let stage = Stage::idle();
    let config = Config::new(&stage.url()).unwrap().username("alice").token("no", "such");
    let stranger = CoprClient::new(config).unwrap();
    assert!(matches!(stranger.authentication_check().await, Err(Error::Auth { status: 401, .. })));
    let outcome = stranger.create_project("x", &[FEDORA], &ProjectOptions::new()).await;
    assert!(matches!(outcome, Err(Error::Auth { status: 401, .. })), "{outcome:?}");
    assert!(stranger.get_projects_list(None).await.unwrap().projects_list.is_empty());
}
