use std::fs;
use std::path::Path;

use copr_types::{FailureClass, Phase};
use copr_wire::builder::Task;

use crate::server::Given;
use crate::trial::{Trial, repo, rpm_task};

/// The names in a directory.
fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_second_build_asks_no_package_manager() {
    let scratch = copr_testkit::temp_dir();
    let data = scratch.path().to_owned();
    let trial = Trial::with(|config| config.data_dir = data.clone()).await;
    let first = trial.build("hello-c", |_| {}).await;
    assert!(first.gz("root.log.gz").contains("builddep"), "{}", first.gz("root.log.gz"));
    let (trees, layers) = (names(&data.join("trees")), names(&data.join("layers")));
    assert_eq!((trees.len(), layers.len()), (1, 1));
    let second = trial.build("hello-c", |_| {}).await;
    assert_eq!(second.packages(), first.packages());
    assert_eq!(second.gz("root.log.gz"), "", "no package manager was asked");
    assert_eq!((names(&data.join("trees")), names(&data.join("layers"))), (trees, layers));
    assert_eq!(second.json("buildroot_lock.json"), first.json("buildroot_lock.json"));
    trial.stop().await;
}

#[tokio::test]
async fn warm_trees_give_way_when_they_take_too_much() {
    let scratch = copr_testkit::temp_dir();
    let data = scratch.path().to_owned();
    let trial = Trial::with(|config| {
        config.data_dir = data.clone();
        config.keep_bytes = 120 << 20;
    })
    .await;
    let built = trial.build("hello-c", |_| {}).await;
    assert_eq!(built.packages().len(), 4);
    let built = trial.build("hello-noarch", |task| task.additional_packages = vec!["make".into()]).await;
    assert_eq!(built.packages().len(), 2);
    assert!(names(&data.join("layers")).len() <= 1, "{:?}", names(&data.join("layers")));
    assert!(names(&data.join("trees")).len() <= 1);
    trial.stop().await;
}

#[tokio::test]
async fn only_what_matters_in_a_projects_repository_makes_layers_stale() {
    let scratch = copr_testkit::temp_dir();
    let trial = Trial::with(|config| config.data_dir = scratch.path().to_owned()).await;
    let repository = trial.scratch.path().join("repository");
    let add = |given: &Given| trial.repository(&[given]);
    let noarch = trial.build("hello-noarch", |_| {}).await;
    add(&noarch);
    trial.server.known().public = Some(repository);
    let url = trial.server.url("files");
    let build = async |revision: &'static str| {
        trial.build("hello-c", |task| task.repos = vec![repo("copr_base", &url, Some(revision))]).await
    };
    let asked = |given: &Given| given.gz("root.log.gz").contains("dnf");
    let first = build("1").await;
    assert!(asked(&first), "{}", first.text());
    // The project's next build: nothing that a C program needs.
    add(&trial.build("with-opts", |_| {}).await);
    let second = build("2").await;
    assert!(!asked(&second) && second.packages() == first.packages(), "{}", second.text());
    // Something that lies in the minimal buildroot, and newer.
    let srpm = trial.srpm_of("unzip", "%build\n").await;
    let newer = trial.server.submit(Task::Rpm(rpm_task(&srpm)), Some(srpm));
    add(&trial.server.ended(newer).await);
    let third = build("3").await;
    assert!(third.gz("installed_pkgs.log.gz").contains("unzip-99-1"), "{}", third.text());
    assert!(!first.gz("installed_pkgs.log.gz").contains("unzip-99-1"));
    let fourth = build("3").await;
    assert!(!asked(&fourth) && fourth.gz("installed_pkgs.log.gz").contains("unzip-99-1"), "{}", fourth.text());
    trial.stop().await;
}

#[tokio::test]
async fn a_repository_that_can_not_be_read_is_named() {
    let trial = Trial::start().await;
    let with = |id: &str, url: &str| {
        let url = trial.server.url(url);
        let id = id.to_owned();
        trial.build("hello-noarch", move |task| task.repos = vec![repo(&id, &url, None)])
    };
    with("users_repo", "status/404/x").await.fails(FailureClass::User, Phase::Builddeps, &["users_repo", "404"]);
    with("users_repo", "status/503/x").await.fails(
        FailureClass::Infrastructure,
        Phase::Builddeps,
        &["users_repo", "503"],
    );
    with("copr_base", "status/404/x").await.fails(
        FailureClass::Infrastructure,
        Phase::Builddeps,
        &["copr_base", "404"],
    );
    trial.stop().await;
}

#[tokio::test]
async fn a_distribution_that_can_not_be_reached_is_no_fault_of_the_package() {
    let trial = Trial::start().await;
    let url = trial.server.url("status/503/distribution");
    let built = trial.build("hello-noarch", |task| task.chroot.definition.repos[0].url = url).await;
    built.fails(FailureClass::Infrastructure, Phase::Buildroot, &["minidistro", "503"]);
    trial.stop().await;
}

/// Processes below this one whose command line holds these words.
fn below(words: &str) -> Vec<u32> {
    let mut family = vec![std::process::id()];
    let mut found = Vec::new();
    let all: Vec<(u32, u32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((pid, stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?))
        })
        .collect();
    while let Some(parent) = family.pop() {
        for (pid, _) in all.iter().filter(|(_, of)| *of == parent) {
            family.push(*pid);
            let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            if line.contains(words) {
                found.push(*pid);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_package_manager_stays_for_the_next_question_and_one_that_ended_is_started_again() {
    let scratch = copr_testkit::temp_dir();
    let trial = Trial::with(|config| config.data_dir = scratch.path().to_owned()).await;
    let with = async |name: &'static str| {
        let built = trial.build("hello-noarch", |task| task.additional_packages = vec![name.into()]).await;
        assert!(built.gz("installed_pkgs.log.gz").contains(&format!("{name}-")), "{}", built.text());
        let mut staying = below("process that stays");
        staying.sort();
        staying
    };
    let first = with("make").await;
    assert!(!first.is_empty());
    assert_eq!(with("gcc").await, first, "the same process has answered");
    for pid in first.iter().rev() {
        let killed = copr_testkit::command("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.is_ok());
    }
    let third = with("zlib1g-dev").await;
    assert!(!third.is_empty() && third.iter().all(|pid| !first.contains(pid)), "{first:?} {third:?}");
    trial.stop().await;
    assert!(below("process that stays").is_empty());
}

#[tokio::test]
async fn downloaded_packages_are_kept_and_share_the_bound() {
    let scratch = copr_testkit::temp_dir();
    let data = scratch.path().to_owned();
    let trial = Trial::with(|config| config.data_dir = data.clone()).await;
    trial.server.known().public = Some(copr_testkit::minidistro(copr_testkit::Suite::Bookworm));
    let url = trial.server.url("files");
    let built = trial.build("hello-noarch", |task| task.chroot.definition.repos[0].url = url.clone()).await;
    let lock = built.json("buildroot_lock.json");
    let of_server = |rpm: &serde_json::Value| rpm["url"].as_str().is_some_and(|address| address.starts_with(&url));
    assert!(lock["buildroot"]["rpms"].as_array().unwrap().iter().all(of_server), "{lock}");
    let packages = || {
        let caches = fs::read_dir(data.join("dnf/debian-12-x86_64")).unwrap().flatten();
        caches.filter_map(|cache| fs::read_dir(cache.path().join("packages")).ok()).flatten().count()
    };
    let kept = packages();
    assert_eq!(kept, lock["buildroot"]["rpms"].as_array().unwrap().len());
    trial.stop().await;
    // A builder that may keep little: trees and layers of the moment are in use, packages are not.
    let trial = Trial::with(|config| (config.data_dir, config.keep_bytes) = (data.clone(), 1 << 20)).await;
    trial.server.known().public = Some(copr_testkit::minidistro(copr_testkit::Suite::Bookworm));
    let url = trial.server.url("files");
    let built = trial.build("hello-c", |task| task.chroot.definition.repos[0].url = url).await;
    assert_eq!(built.packages().len(), 4);
    assert_eq!(packages(), 0);
    trial.stop().await;
}
