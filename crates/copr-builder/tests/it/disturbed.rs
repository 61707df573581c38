use std::time::{Duration, Instant};

use copr_builder::{Builder, CancellationToken};
use copr_wire::builder::Outcome;

use crate::server::Server;
use crate::trial::{Trial, config};

/// Processes on this machine that sleep for this long.
pub fn sleepers(seconds: &str) -> usize {
    let lines = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = lines.filter_map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).ok());
    lines.filter(|line| *line == format!("sleep\0{seconds}\0")).count()
}

#[tokio::test]
async fn a_canceled_build_stops_at_once_and_leaves_no_process() {
    let trial = Trial::start().await;
    let id = trial.spec("forever", "(trap '' TERM; sleep 86399) & echo waiting forever; sleep 86399").await;
    trial.server.logged(id, "waiting forever").await;
    assert!(sleepers("86399") > 0);
    let asked = Instant::now();
    trial.server.cancel(id);
    let ended = trial.server.ended(id).await;
    assert_eq!(ended.outcome(), &Outcome::Canceled, "{}", ended.text());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert!(ended.text().contains("Canceled"));
    assert_eq!(sleepers("86399"), 0);
    trial.stop().await;
}

#[tokio::test]
async fn a_task_whose_lease_is_lost_is_dropped_without_a_word() {
    let trial = Trial::start().await;
    let id = trial.rpm("endless", |_| {});
    trial.server.logged(id, "waiting forever").await;
    trial.server.known().tasks.get_mut(&id).unwrap().forgotten = true;
    let next = trial.build("hello-noarch", |_| {}).await;
    assert_eq!(next.packages().len(), 2);
    assert!(trial.server.known().tasks[&id].finish.is_none());
    trial.stop().await;
}

#[tokio::test]
async fn a_builder_that_shuts_down_gives_its_tasks_back() {
    let trial = Trial::start().await;
    let id = trial.rpm("endless", |_| {});
    trial.server.logged(id, "waiting forever").await;
    trial.shutdown.cancel();
    let ended = trial.server.ended(id).await;
    assert_eq!(ended.outcome(), &Outcome::Returned, "{}", ended.text());
    trial.stop().await;
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_gets_everything_afterwards() {
    let trial = Trial::start().await;
    let id = trial.spec("slow", "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done").await;
    trial.server.logged(id, "line 2").await;
    trial.server.known().down = true;
    // Down until the build must have ended: what is tested is that nothing of it is lost.
    tokio::time::sleep(Duration::from_secs(4)).await;
    {
        let mut known = trial.server.known();
        known.down = false;
        // After a crash the server may have less of the log than it said.
        let log = &mut known.tasks.get_mut(&id).unwrap().log;
        log.truncate(log.len() - 10);
    }
    let ended = trial.server.ended(id).await;
    assert_eq!(ended.packages().len(), 2);
    let text = ended.text();
    for line in 1..=6 {
        assert_eq!(text.matches(&format!("\nline {line}\n")).count(), 1, "{text}");
    }
    trial.stop().await;
}

#[tokio::test]
async fn what_a_killed_builder_left_is_swept_and_a_living_ones_work_is_not() {
    let scratch = copr_testkit::temp_dir();
    let server = Server::start().await;
    let living = config(&server, |config| config.data_dir = scratch.path().to_owned());
    let work = scratch.path().join("work");
    let first = Builder::new(living.clone()).await.unwrap();
    let own: Vec<_> = std::fs::read_dir(&work).unwrap().flatten().map(|entry| entry.path()).collect();
    assert_eq!(own.len(), 1);
    let dead = work.join("999999999-1");
    std::fs::create_dir_all(dead.join("0/layers/x.work/work")).unwrap();
    std::fs::write(dead.join("lock"), "").unwrap();
    let output = copr_testkit::command(env!("CARGO_BIN_EXE_copr-builder-stage")).output().unwrap();
    assert_eq!(output.status.code(), Some(64), "the stage is no program of its own");
    drop(Builder::new(living).await.unwrap());
    assert!(!dead.exists(), "the dead one's work is gone");
    assert!(own[0].exists(), "the living one's is not");
    drop(first);
}

#[tokio::test]
async fn a_wrong_token_is_no_reason_to_give_up() {
    let server = Server::start().await;
    let scratch = copr_testkit::temp_dir();
    let config = config(&server, |config| {
        config.data_dir = scratch.path().to_owned();
        config.token = copr_builder::Token::new("wrong");
    });
    assert!(!format!("{config:?}").contains("wrong"), "tokens appear in no log");
    let builder = Builder::new(config).await.unwrap();
    let shutdown = CancellationToken::new();
    let run = builder.run(shutdown.clone());
    shutdown.cancel();
    run.await;
    assert!(server.known().lease_requests.is_empty());
}

#[tokio::test]
async fn the_machine_is_described_in_words() {
    let server = Server::start().await;
    let config = config(&server, |_| {});
    let findings = copr_builder::check(&config);
    let words: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(findings.iter().all(|finding| finding.verdict != copr_builder::Verdict::Missing), "{words:#?}");
    assert!(words.iter().any(|line| line.starts_with("isolation: ok: ") && line.contains("namespaces")), "{words:#?}");
    assert!(words.iter().any(|line| line.starts_with("git: ok: ")), "{words:#?}");
    // A directory with programs of the operator's.
    let scratch = copr_testkit::temp_dir();
    std::fs::create_dir(scratch.path().join("bin")).unwrap();
    std::fs::write(scratch.path().join("bin/gem2rpm"), "").unwrap();
    let tools_dir = Some(scratch.path().to_owned());
    let findings = copr_builder::check(&copr_builder::Config { tools_dir, ..config.clone() });
    let place = format!("gem2rpm: ok: {}/bin/gem2rpm", scratch.path().display());
    assert!(findings.iter().any(|finding| finding.to_string() == place), "{findings:#?}");
    if copr_testkit::find("tito").is_none() {
        let words = "tito: weak: there is no `tito`; sources made by tito are left to other builders\nhint: install";
        assert!(findings.iter().any(|finding| finding.to_string().starts_with(words)), "{findings:#?}");
    }
    let nowhere = copr_builder::check(&copr_builder::Config { data_dir: "/proc/nowhere".into(), ..config });
    let missing: Vec<_> = nowhere.iter().filter(|finding| finding.verdict == copr_builder::Verdict::Missing).collect();
    assert_eq!(missing.len(), 1, "{nowhere:#?}");
    assert!(missing[0].hint.is_some() && missing[0].to_string().contains("`/proc/nowhere`"));
}
