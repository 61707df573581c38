//! Whole lives of a service, in bad weather: the real use cases on a real database and real files, under a clock of its own.
//!
//! Two servers work on one data directory. People submit builds, alone and in chains, cancel and delete them. Builders take
//! leases, keep them, die, come back with results when somebody else has the task, say things twice. Requests and
//! answers are lost. Above all, each use case can be stopped before each of its steps (a transaction, a statement, a commit,
//! a change of a file; see `copr_types::faults`): because its server is killed, because that step fails, because whoever
//! asked goes away, or because it is held up there while everybody else goes on, for longer than leases and publishers'
//! turns last. Killed servers are started again on what they left.
//!
//! The seed decides everything that is decided by chance, and one thing happens at a time: the same seed gives the same
//! life. Two things are the machine's: keys and signatures, on which nothing depends; and a publisher that is held up for more
//! than four seconds of the machine's time keeps its turn once more, which is a step more.
//!
//! `COPR_SIMULATION_BUILDS=100000 COPR_SIMULATION_SEED=7 cargo test --release -p copr-app --test it simulation -- --nocapture`
//! makes it longer, or another one, and says what happened.

mod builders;
mod errand;
mod ledger;
mod looking;
mod people;
mod run;
mod server;

use crate::world::World;
use copr_sched::Policy;
use errand::Said;
use run::{Simulation, Weather};

fn from_environment(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().unwrap_or_else(|_| panic!("`{name}` must be a number")))
}

/// In memory where the machine has such a place: nobody here looks at what outlives the machine.
fn place() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("coprd-test-").tempdir_in("/dev/shm").unwrap_or_else(|_| copr_testkit::temp_dir())
}

fn policy() -> Policy {
    Policy {
        tasks: 11,
        owner_tasks: 5,
        sandbox_tasks: 4,
        arch_owner_tasks: [("aarch64".to_owned(), 2)].into(),
        background_seconds: 3600,
        share_seconds: 7200,
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn life(server: Option<copr_testkit::Database>, seed: u64, builds: u64) -> Simulation {
    let mut w = World::under(server, place(), policy()).await;
    w.generation_seconds = [0, 40, 300][(seed % 3) as usize];
    let mut s = Simulation::new(w, seed, policy());
    let people = 4 + (builds / 1000) as usize;
    for n in 0..people {
        s.person(&format!("o{n}"), 1 + n % 2).await;
    }
    for n in 0..14 {
        s.worker(&format!("b{n}"), (n == 0).then_some(0)).await;
    }
    s.begin();
    s.let_people_submit(builds);
    s.run_in_bad_weather().await;
    s.run_to_the_end().await;
    s
}

#[test]
fn the_same_seed_gives_the_same_life() {
    runtime().block_on(async {
        let (one, same, other) = (life(None, 3, 25).await, life(None, 3, 25).await, life(None, 4, 25).await);
        assert_eq!(one.trace, same.trace);
        assert_ne!(one.trace, other.trace);
        for s in [one, same, other] {
            s.close().await;
        }
    });
}

/// Owners build short and long things, all more than there are builders for; servers and builders die.
#[test]
fn builders_time_is_shared_equally_in_bad_weather() {
    const PACE: [i64; 4] = [12, 20, 35, 60];
    const BUILDERS: i64 = 6;
    const HORIZON: i64 = 2500;
    runtime().block_on(async {
        let mut s = Simulation::new(World::under(None, place(), Policy::default()).await, 5, Policy::default());
        for (n, pace) in PACE.iter().enumerate() {
            s.person(&format!("o{n}"), 1).await;
            s.pace.insert(format!("o{n}"), *pace);
            s.stock(n, usize::try_from(2 * HORIZON * BUILDERS / 4 / pace).unwrap()).await;
        }
        for n in 0..BUILDERS {
            s.worker(&format!("b{n}"), (n == 0).then_some(0)).await;
        }
        s.weather = Weather { mishap: 0.03, lost: 0.01, dies: 0.01, ..Weather::CLEAR };
        s.ends = Some(Said::UserFailure);
        s.begin();
        s.run_until(HORIZON).await;
        s.events().await;
        let held = s.ledger.held_until(s.now());
        let ideal = held.values().sum::<i64>() as f64 / held.len() as f64;
        for (project, seconds) in &held {
            let distance = (*seconds as f64 - ideal).abs() / ideal * 100.0;
            assert!(distance < 5.0, "owner {project} had {seconds} s, {distance:.1} % from the ideal share: {held:?}");
        }
        assert!(ideal * 4.0 > 0.7 * (BUILDERS * HORIZON) as f64, "the builders were idle: {held:?}");
        s.close().await;
    });
}

#[test]
fn so_it_is_with_postgresql() {
    match copr_testkit::fresh_database() {
        Some(database) => runtime().block_on(async {
            life(Some(database), from_environment("COPR_SIMULATION_SEED", 2), 60).await.close().await;
        }),
        None => eprintln!("skipped on PostgreSQL: COPR_TESTS_POSTGRES is not set (`cargo xtask test` sets it)"),
    }
}

#[test]
fn of_many_builds_in_bad_weather_none_is_lost_stuck_or_published_twice() {
    let (builds, seed) = (from_environment("COPR_SIMULATION_BUILDS", 400), from_environment("COPR_SIMULATION_SEED", 1));
    let begin = std::time::Instant::now();
    runtime().block_on(async {
        let s = life(None, seed, builds).await;
        let (leased, refused) = (s.ledger.leased, s.ledger.refused);
        println!(
            "{builds} builds in {:?}, {} s of theirs; {leased} leases, {refused} ends refused",
            begin.elapsed(),
            s.passed()
        );
        for ((word, mishap), count) in &s.struck {
            println!("{count:>7} × {word} {mishap:?}");
        }
        s.close().await;
    });
}
