use copr_types::{FailureClass, Phase};
use copr_wire::builder::SourceInput;

use crate::stopping::custom;
use crate::trial::Trial;

#[tokio::test]
async fn an_endless_build_ends_at_its_limit_of_time() {
    let trial = Trial::start().await;
    let built = trial.build("endless", |task| task.build.limits.timeout = 5).await;
    built.fails(FailureClass::Resource, Phase::Build, &["5 seconds"]);
    assert!(built.text().contains("waiting forever"));
    trial.stop().await;
}

#[tokio::test]
async fn a_source_that_takes_too_long_ends_at_the_same_limit() {
    let trial = Trial::start().await;
    let url = trial.server.url("hang/never-1-1.src.rpm");
    let download = SourceInput::Url { url, file: "never-1-1.src.rpm".to_owned() };
    let fetched = trial.source_within(download, |limits| limits.timeout = 3).await;
    fetched.fails(FailureClass::Resource, Phase::Fetch, &["longer than the limit of 3 s"]);
    assert!(fetched.text().contains("Failed in phase fetch (resource):"), "{}", fetched.text());
    let script = custom("echo the script waits\nsleep 86395");
    let made = trial.source_within(script, |limits| limits.timeout = 20).await;
    made.fails(FailureClass::Resource, Phase::Srpm, &["20 seconds"]);
    assert!(made.text().contains("the script waits"), "{}", made.text());
    trial.stop().await;
}

#[tokio::test]
async fn a_flood_of_log_ends_at_the_logs_limit() {
    let trial = Trial::start().await;
    let built = trial.build("log-flood", |task| task.build.limits.log_mib = 2).await;
    built.fails(FailureClass::Resource, Phase::Build, &["log", "2 MiB"]);
    assert!(built.log.len() < (3 << 20), "{} bytes", built.log.len());
    trial.stop().await;
}

#[tokio::test]
async fn a_fork_bomb_a_disk_filler_and_a_memory_hog_harm_nobody_else() {
    let trial = Trial::start().await;
    let bomb = trial.build("fork-bomb", |task| task.build.limits.processes = 200).await;
    bomb.fails(FailureClass::Resource, Phase::Build, &["processes"]);
    let filler = trial.build("disk-filler", |task| task.build.limits.disk_mib = 200).await;
    filler.fails(FailureClass::Resource, Phase::Build, &["200 MiB"]);
    let hog = trial.build("memory-hog", |task| task.build.limits.memory_mib = 300).await;
    hog.fails(FailureClass::Resource, Phase::Build, &["memory"]);
    assert_eq!(trial.build("hello-noarch", |_| {}).await.packages().len(), 2);
    trial.stop().await;
}
