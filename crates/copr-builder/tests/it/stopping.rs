//! Canceled wherever a task stands: the builder says so, and no process of it is left then. How long that took is
//! printed; it has to be far below the time after which tasks would end by themselves.

use std::time::{Duration, Instant};

use copr_types::Phase;
use copr_wire::builder::{Outcome, SourceInput, Task};

use crate::trial::{Given, Trial, rpm_task, source_task};

/// Longer than this nobody waits for a canceled task, however busy the machine is.
const BOUND: Duration = Duration::from_secs(30);

/// Command lines on this machine in which these words stand, this process aside.
fn processes(words: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let others = entries.filter(|entry| entry.file_name().to_str() != Some(own.as_str()));
    let lines = others.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.map(|line| line.replace('\0', " ")).filter(|line| line.contains(words)).collect()
}

/// Cancels a task and waits for its end, at which no process may be left in whose command line these words stand.
async fn canceled(trial: &Trial, id: i64, what: &str, words: &str) -> Given {
    assert!(!processes(words).is_empty(), "nothing of `{words}` runs");
    canceled_alone(trial, id, what, words).await
}

/// The same for what starts no process.
async fn canceled_alone(trial: &Trial, id: i64, what: &str, words: &str) -> Given {
    let asked = Instant::now();
    trial.server.cancel(id);
    let ended = trial.server.ended(id).await;
    let took = asked.elapsed();
    assert_eq!(ended.outcome(), &Outcome::Canceled, "{}", ended.text());
    assert_eq!(processes(words), Vec::<String>::new());
    assert!(took < BOUND, "{took:?}");
    eprintln!("{what}: canceled after {took:.2?}");
    ended
}

/// A source that a script makes.
pub fn custom(script: &str) -> SourceInput {
    SourceInput::Custom {
        script: format!("#!/bin/sh\n{script}\n"),
        package: None,
        builddeps: Vec::new(),
        resultdir: None,
        repos: Vec::new(),
        payload: None,
    }
}

#[tokio::test]
async fn a_download_that_hangs_ends_when_it_is_canceled() {
    let trial = Trial::start().await;
    let url = trial.server.url("hang/never-1-1.src.rpm");
    let input = SourceInput::Url { url: url.clone(), file: "never-1-1.src.rpm".to_owned() };
    let id = trial.server.submit(Task::Source(source_task(input)), None);
    trial.server.logged(id, "Downloading").await;
    canceled(&trial, id, "a download", &url).await;
    trial.stop().await;
}

#[tokio::test]
async fn a_script_that_hears_no_signal_ends_when_it_is_canceled() {
    let trial = Trial::start().await;
    let script =
        "trap '' TERM INT HUP\n(trap '' TERM INT HUP; setsid sleep 86391) &\necho the script waits\nsleep 86391";
    let id = trial.server.submit(Task::Source(source_task(custom(script))), None);
    trial.server.logged(id, "the script waits").await;
    canceled(&trial, id, "a script", "sleep 86391").await;
    trial.stop().await;
}

#[tokio::test]
async fn a_buildroot_that_is_being_made_ends_when_it_is_canceled() {
    let trial = Trial::start().await;
    let srpm = trial.srpm("hello-noarch");
    let mut task = rpm_task(&srpm);
    let hangs = trial.server.url("hang/repository/");
    task.repos = vec![crate::trial::repo("copr_base", &hangs, None)];
    let id = trial.server.submit(Task::Rpm(task), Some(srpm));
    trial.server.until("the buildroot is begun", |known| known.tasks[&id].phases.contains(&Phase::Buildroot)).await;
    canceled_alone(&trial, id, "a buildroot", &hangs).await;
    trial.stop().await;
}

#[tokio::test]
async fn rpmbuild_that_hears_no_signal_ends_when_it_is_canceled() {
    let trial = Trial::start().await;
    let build = "trap '' TERM INT HUP; (trap '' TERM INT HUP; setsid sleep 86392) & echo deaf and waiting; sleep 86392";
    let id = trial.spec("deaf", build).await;
    trial.server.logged(id, "\ndeaf and waiting").await;
    canceled(&trial, id, "rpmbuild", "sleep 86392").await;
    trial.stop().await;
}

#[tokio::test]
async fn an_upload_ends_when_it_is_canceled() {
    let trial = Trial::start().await;
    trial.server.known().slow_files = true;
    let id = trial.rpm("hello-noarch", |_| {});
    trial.server.until("packages are on their way", |known| known.uploading).await;
    let ended = canceled_alone(&trial, id, "an upload", "sleep 86393").await;
    assert!(ended.files.keys().all(|name| !name.ends_with(".rpm")), "{:?}", ended.files.keys());
    trial.stop().await;
}

/// The server has nothing to give any more once a build is canceled. That must not look as if the lease were lost: it
/// would live on until its time is over.
#[tokio::test]
async fn a_source_that_is_gone_because_of_the_cancel_is_a_canceled_one() {
    let trial = Trial::start().await;
    let srpm = trial.srpm("hello-noarch");
    trial.server.known().no_sources = true;
    let size = std::fs::metadata(&srpm).unwrap().len();
    let file = srpm.file_name().unwrap().to_str().unwrap().to_owned();
    for task in [Task::Source(source_task(SourceInput::Upload { file, size })), Task::Rpm(rpm_task(&srpm))] {
        let id = trial.server.submit_canceled(task);
        let ended = trial.server.ended(id).await;
        assert_eq!(ended.outcome(), &Outcome::Canceled, "{}", ended.text());
    }
    trial.stop().await;
}

#[tokio::test]
async fn a_builder_ends_soon_although_nobody_answers_it() {
    let trial = Trial::start().await;
    let id = trial.spec("unheard", "echo waiting unheard; sleep 86394").await;
    trial.server.logged(id, "\nwaiting unheard").await;
    trial.server.known().down = true;
    let asked = Instant::now();
    trial.stop().await;
    let took = asked.elapsed();
    assert_eq!(processes("sleep 86394"), Vec::<String>::new());
    assert!(took < BOUND, "{took:?}");
    eprintln!("a builder without a server: ended after {took:.2?}");
}
