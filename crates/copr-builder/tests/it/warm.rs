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
