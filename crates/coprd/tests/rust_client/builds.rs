//! Builds: made of everything, looked at, waited for, canceled and deleted.

use crate::cast::{FEDORA, alices, client, ids, made, refused, waiting};
use crate::stage::{OWN, Stage, WAITING};
use copr_client::v3::{
    Bootstrap, Build, BuildOptions, Client, Config, Custom, Distgit, Isolation, MonitorField, Paging, Pypi, Rubygems,
    Scm, ScmType, SourceBuildMethod, SourceType, State, Upload, Watch, WithBuilds,
};
use futures::TryStreamExt;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_source_package_becomes_packages() {
    let stage = Stage::building();
    let alice = client(&stage, "alice");
    let ready = alices("ready");
    made(&alice, &ready, &[OWN]).await;
    let srpm = Upload::new(stage.srpm("hello-noarch"));
    let build = alice.builds().create_from_file(&ready, &srpm, &BuildOptions::new()).await.unwrap();
    let mut states = Vec::new();
    let watch = Watch::new().interval(SHORT).timeout(Duration::from_secs(150));
    let note = |build: &Build| states.push(build.state.clone());
    let build = alice.builds().wait(&[build.id], &watch, note).await.unwrap().remove(0);
    assert_eq!(states.last(), Some(&State::Succeeded), "{}", stage.service.log_tail());
    assert_eq!(
        (build.source_package.name.as_deref(), build.source_package.version.as_deref()),
        (Some("hello-noarch"), Some("1.0-1"))
    );
    assert!(build.submitted_on <= build.started_on && build.started_on <= build.ended_on, "{build:?}");
    assert!(build.rest.is_empty(), "{:?}", build.rest);

    let results = format!("{}/{OWN}/{:08}-hello-noarch/", build.repo_url.as_deref().unwrap(), build.id);
    assert_eq!(alice.builds().source_chroot(build.id).await.unwrap().state, State::Succeeded);
    let chroot = alice.build_chroots().get(build.id, OWN).await.unwrap();
    assert_eq!((chroot.state, chroot.result_url), (State::Succeeded, Some(results)));
    let chroots = alice.build_chroots().list(build.id, &Paging::limit(5)).await.unwrap();
    assert_eq!(chroots.items.len(), 1);
    assert_eq!(alice.build_chroots().build_config(build.id, OWN).await.unwrap().repos[0].id, "copr_base");
    let packages = alice.build_chroots().built_packages(build.id, OWN).await.unwrap();
    let mut arches: Vec<&str> = packages.packages.iter().map(|package| package.arch.as_str()).collect();
    arches.sort_unstable();
    assert_eq!(arches, ["noarch", "src"]);
    assert_eq!(alice.builds().built_packages(build.id).await.unwrap()[OWN], packages);

    let package = alice.packages().get(&ready, "hello-noarch", WithBuilds::BOTH).await.unwrap();
    assert_eq!((package.builds.latest_succeeded.as_ref(), package.source_type), (Some(&build), SourceType::Upload));
    let fields = [MonitorField::UrlBuildLog, MonitorField::UrlBackendLog];
    let seen = alice.monitor().project(&ready, Some("ready"), &fields).await.unwrap();
    let cell = &seen.packages[0].chroots[OWN];
    assert_eq!((cell.build_id, &cell.state, cell.status), (build.id, &State::Succeeded, Some(1)));
    assert!(cell.url_build_log.as_ref().unwrap().ends_with("builder-live.log.gz"), "{cell:?}");
    refused(alice.monitor().project(&ready, Some("x"), &[]).await, 404, "Dirname 'x' doesn't exist");
    refused(alice.builds().cancel(build.id).await, 409, &format!("Cannot cancel build {}", build.id));
    refused(alice.builds().get(999).await, 404, "Build 999 does not exist.");
    refused(alice.build_chroots().get(build.id, FEDORA).await, 404, "was not submitted to fedora-42-x86_64 chroot.");
}

/// A file of a few MB without an order that anybody could guess.
fn large(stage: &Stage) -> (PathBuf, Vec<u8>) {
    let path = stage.home("alice").join("large-1-1.src.rpm");
    let bytes: Vec<u8> = (0..9_000_001_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&path, &bytes).unwrap();
    (path, bytes)
}

#[tokio::test]
async fn a_large_file_arrives_as_it_is() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    let project = alices("uploads");
    made(&alice, &project, &[WAITING]).await;
    let (path, bytes) = large(&stage);
    let build = alice.builds().create_from_file(&project, &path.into(), &waiting().timeout(100)).await.unwrap();
    assert_eq!(build.chroots, [WAITING]);
    let config = alice.builds().source_build_config(build.id).await.unwrap();
    assert_eq!((config.source_type, config.timeout), (SourceType::Upload, Some(100)));
    assert_eq!(config.source_dict["pkg"], "large-1-1.src.rpm");
    let url = config.source_dict["url"].as_str().unwrap();
    let place = url.strip_prefix(&stage.url()).unwrap();
    let arrived = stage.client("bob").get(place).unwrap();
    assert!(arrived.status == 200 && arrived.body == bytes, "{} bytes came, {}", arrived.body.len(), arrived.status);

    let (path, _) = large(&stage);
    let nobody = Client::new(Config::new(&stage.url()).unwrap()).unwrap();
    let outcome = nobody.builds().create_from_file(&project, &path.into(), &BuildOptions::new()).await;
    refused(outcome, 401, "Login invalid/expired.");

    let text = stage.home("alice").join("notes.txt");
    std::fs::write(&text, "x").unwrap();
    let outcome = alice.builds().create_from_file(&project, &text.into(), &BuildOptions::new()).await;
    refused(outcome, 400, "You can upload only .src.rpm, .nosrc.rpm, and .spec files");
}

#[tokio::test]
async fn a_ready_package_is_published_as_it_is() {
    let stage = Stage::building();
    let alice = client(&stage, "alice");
    let built = stage.project("built");
    let build = built.submit(&stage.srpm("hello-noarch")).unwrap();
    assert_eq!(stage.rests(build), "succeeded");
    let name = "hello-noarch-1.0-1.deb12.noarch.rpm";
    let rpm = built.repository(&stage.service).join(format!("{build:08}-hello-noarch")).join(name);

    let ready = alices("ready");
    made(&alice, &ready, &[OWN]).await;
    let options = BuildOptions::new().chroots([OWN]);
    let uploaded = alice.builds().create_from_rpm_upload(&ready, &rpm.clone().into(), &options).await.unwrap();
    assert_eq!(
        (uploaded.chroots.as_slice(), uploaded.source_package.name.as_deref()),
        ([OWN.to_owned()].as_slice(), Some("hello-noarch"))
    );
    let config = alice.builds().source_build_config(uploaded.id).await.unwrap();
    assert_eq!(config.source_type, SourceType::RpmUpload);
    let watch = Watch::new().interval(SHORT).timeout(Duration::from_secs(150));
    let ended = alice.builds().wait(&[uploaded.id], &watch, |_| ()).await.unwrap();
    assert_eq!(ended[0].state, State::Succeeded, "{}", stage.service.log_tail());

    let srpm = Upload::new(&rpm).name("hello-1-1.src.rpm");
    let outcome = alice.builds().create_from_rpm_upload(&ready, &srpm, &options).await;
    refused(outcome, 400, "You can only upload .rpm files");
}

#[tokio::test]
async fn builds_wait_are_listed_canceled_and_deleted() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let project = alices("builds");
    made(&alice, &project, &[WAITING, FEDORA]).await;
    let builds = alice.builds();
    let urls = ["http://x.example/a-1-1.src.rpm", "http://x.example/b.spec"];
    let two = builds.create_from_urls(&project, &urls, &waiting()).await.unwrap();
    assert_eq!(two.iter().map(|build| build.source_package.url.as_deref()).collect::<Vec<_>>(), [Some(urls[0]), None]);
    let options = BuildOptions::new()
        .project_dirname("builds:custom:x")
        .exclude_chroots(["fedora-*"])
        .background(true)
        .enable_net(true)
        .bootstrap(Bootstrap::On)
        .isolation(Isolation::Simple)
        .after_build_id(two[0].id);
    let third = builds.create_from_url(&project, urls[0], &options).await.unwrap();
    assert_eq!((third.chroots.as_slice(), third.is_background), ([WAITING.to_owned()].as_slice(), true));
    assert_eq!(third.project_dirname.as_deref(), Some("builds:custom:x"));
    let together = waiting().with_build_id(third.id);
    let fourth = builds.create_from_url(&project, urls[0], &together).await.unwrap();

    let all = [fourth.id, third.id, two[1].id, two[0].id];
    let page = builds.list(&project, None, None, &Paging::limit(3)).await.unwrap();
    assert_eq!(ids(&page.items), all[..3]);
    assert_eq!(ids(&page.next_page().await.unwrap().unwrap().items), all[3..]);
    assert_eq!(ids(&page.into_stream().try_collect::<Vec<_>>().await.unwrap()), all);
    assert!(builds.list(&project, Some("nope"), None, &Paging::default()).await.unwrap().items.is_empty());
    assert!(builds.list(&project, None, Some(&State::Failed), &Paging::limit(1)).await.unwrap().items.is_empty());
    assert!(builds.list(&project, None, None, &Paging::limit(1).offset(9)).await.unwrap().items.is_empty());

    let watch = Watch::new().interval(SHORT).timeout(SHORT);
    let error = builds.wait(&all, &watch, |_| ()).await.unwrap_err();
    assert!(error.to_string().starts_with("not ended in time: builds "), "{error}");
    refused(bob.builds().cancel(fourth.id).await, 403, "You are not allowed to cancel this build.");
    for build in all {
        assert_eq!(builds.cancel(build).await.unwrap().state, State::Canceled);
    }
    let ended = builds.wait(&all, &watch, |_| ()).await.unwrap();
    assert!(ended.iter().all(|build| build.state == State::Canceled));
    refused(bob.builds().delete(fourth.id).await, 403, "doesn't have permissions to delete build");
    assert_eq!(builds.delete(fourth.id).await.unwrap().id, fourth.id);
    refused(builds.delete_list(&all).await, 400, &format!("Build(s) {} don't exist.", fourth.id));
    assert_eq!(builds.delete_list(&all[1..]).await.unwrap(), all[1..]);
}

#[tokio::test]
async fn what_would_be_refused_is_known_before() {
    let stage = Stage::idle();
    let (alice, bob) = (client(&stage, "alice"), client(&stage, "bob"));
    let project = alices("checked");
    made(&alice, &project, &[FEDORA]).await;
    let options = BuildOptions::new().chroots(["fedora-*"]).timeout(5);
    let message = alice.builds().check_before_build(&project, &options).await.unwrap();
    assert_eq!(message, "It should be safe to submit a build like this");
    let outcome = bob.builds().check_before_build(&project, &options).await;
    refused(outcome, 403, "User 'bob' is not allowed to build in 'alice/checked'");
    let outcome = alice.builds().check_before_build(&project, &BuildOptions::new().project_dirname("checked:x")).await;
    refused(outcome, 400, "Please use directory format");
    let outcome = alice.builds().check_before_build(&alices("nope"), &options).await;
    refused(outcome, 404, "Project alice/nope does not exist.");
}

#[tokio::test]
async fn builds_are_made_of_every_kind_of_source() {
    let stage = Stage::idle();
    let alice = client(&stage, "alice");
    let project = alices("sources");
    made(&alice, &project, &[FEDORA]).await;
    let (builds, options) = (alice.builds(), BuildOptions::new());
    let source = async |build: Build| {
        let config = builds.source_build_config(build.id).await.unwrap();
        (config.source_type, Value::Object(config.source_dict))
    };

    let scm = Scm::new("https://git.example.org/a.git")
        .committish("main")
        .subdirectory("x")
        .spec("a.spec")
        .scm_type(ScmType::Svn)
        .source_build_method(SourceBuildMethod::Tito);
    let (kind, dict) = source(builds.create_from_scm(&project, scm, &options).await.unwrap()).await;
    assert_eq!(kind, SourceType::Scm);
    let expected = json!({
        "type": "svn", "clone_url": "https://git.example.org/a.git", "committish": "main", "subdirectory": "x",
        "spec": "a.spec", "srpm_build_method": "tito",
    });
    assert_eq!(dict, expected);

    let pypi = Pypi::new("requests").pypi_package_version("2.0").python_versions(["3"]);
    let (kind, dict) = source(builds.create_from_pypi(&project, pypi, &options).await.unwrap()).await;
    assert_eq!((kind, &dict["pypi_package_name"]), (SourceType::Pypi, &json!("requests")));
    assert_eq!((&dict["pypi_package_version"], &dict["python_versions"]), (&json!("2.0"), &json!(["3"])));

    let gem = source(builds.create_from_rubygems(&project, Rubygems::new("rails"), &options).await.unwrap()).await;
    assert_eq!(gem, (SourceType::Rubygems, json!({"gem_name": "rails"})));

    let custom = Custom::new("#!/bin/sh\ntrue\n").chroot(FEDORA).builddeps(["gcc", "make"]).resultdir("out");
    let custom = custom.repos(["http://r.example/"]);
    let (kind, dict) = source(builds.create_from_custom(&project, custom, &options).await.unwrap()).await;
    assert_eq!((kind, &dict["script"]), (SourceType::Custom, &json!("#!/bin/sh\ntrue\n")));
    assert_eq!((&dict["builddeps"], &dict["resultdir"]), (&json!("gcc make"), &json!("out")));
    assert_eq!(dict["repos"], "http://r.example/");

    let bash = Distgit::new("bash").committish("rawhide");
    let (kind, dict) = source(builds.create_from_distgit(&project, bash, &options).await.unwrap()).await;
    assert_eq!((kind, &dict["committish"]), (SourceType::Distgit, &json!("rawhide")));
    assert_eq!(dict["clone_url"], "https://src.fedoraproject.org/rpms/bash");

    let outcome = builds.create_from_scm(&project, Scm::new("nonsense"), &options).await;
    refused(outcome, 400, "Invalid URL.");
}
