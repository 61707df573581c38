use std::fs;
use std::path::Path;

use crate::trial::Trial;

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
    assert_eq!(second.json("buildroot.json")["buildroot"], first.json("buildroot.json")["buildroot"]);
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
