//! Whole lives of a queue under a clock of its own: many owners, builders that die, answer late, come and go. The same seed
//! gives the same life.
//!
//! `COPR_SIMULATION_BUILDS=1000000 COPR_SIMULATION_SEED=7 cargo nextest run --release -p copr-sched --test simulation`
//! makes it longer, or another one.

mod world;

use copr_sched::Policy;
use world::{Chance, Kind, World};

fn from_environment(name: &str, or: u64) -> u64 {
    std::env::var(name).map_or(or, |text| text.parse().unwrap_or_else(|_| panic!("`{name}` must be a number")))
}

/// Nobody dies, and there is work without end for everybody.
fn busy(owners: usize, builders: usize, horizon: i64) -> World {
    let policy = Policy::default();
    let mut world = World::new(policy, 11, Chance::NONE);
    for _ in 0..builders {
        world.builder(&["x86_64"], &[]);
    }
    for owner in 0..owners {
        // Short and long ones, and who came first has most.
        let seconds = [20, 60, 150, 400][owner % 4];
        let enough = 2 * horizon * i64::try_from(builders).unwrap() / (i64::try_from(owners).unwrap() * seconds) + 10;
        for _ in 0..enough {
            world.submit(0, &Kind { owner: format!("o{owner}"), seconds, ..Kind::default() });
        }
    }
    world
}

/// The largest distance of an owner's builder time from an equal share, in per cent.
fn unfairness(world: &World) -> f64 {
    let given = world.given();
    let ideal = given.values().sum::<i64>() as f64 / given.len() as f64;
    given.values().map(|&one| (one as f64 - ideal).abs() / ideal * 100.0).fold(0.0, f64::max)
}

#[test]
fn builders_time_is_shared_equally_whatever_people_build() {
    for (owners, builders, horizon) in
        [(2, 1, 60_000), (3, 4, 60_000), (7, 40, 30_000), (40, 8, 200_000), (12, 12, 30_000)]
    {
        let mut world = busy(owners, builders, horizon);
        world.run_until(horizon);
        let unfairness = unfairness(&world);
        assert!(unfairness < 5.0, "{owners} owners, {builders} builders: {unfairness:.1} % from the ideal share");
    }
}

#[test]
fn builders_that_die_do_not_make_the_shares_unfair() {
    let mut world = busy(9, 6, 150_000);
    world.chance = Chance { dies: 0.02, late: 0.02, gives_back: 0.01 };
    world.run_until(150_000);
    assert!(unfairness(&world) < 5.0, "{:.1} % from the ideal share", unfairness(&world));
}

#[test]
fn who_comes_late_is_served_at_once_and_gets_no_more_than_a_share() {
    let mut world = busy(1, 10, 100_000);
    world.run_until(50_000);
    let late = Kind { owner: "late".into(), seconds: 60, ..Kind::default() };
    for _ in 0..20_000 {
        world.submit(50_000, &late);
    }
    world.run_until(50_000 + 60);
    assert!(world.held_by("late") >= 5, "the newcomer holds {} of 10", world.held_by("late"));
    let before = world.given();
    world.run_until(100_000);
    let after = world.given();
    let since = |owner: &str| after[owner] - before.get(owner).copied().unwrap_or_default();
    let (old, new) = (since("o0") as f64, since("late") as f64);
    assert!((old / new - 1.0).abs() < 0.05, "{old} and {new} seconds");
}

#[test]
fn who_had_all_builders_for_a_night_is_not_made_to_wait_a_night() {
    let mut world = busy(1, 20, 100_000);
    world.run_until(40_000);
    // More newcomers than builders, each with work for days: the first owner is one of 41 from now on.
    for owner in 0..40 {
        for _ in 0..800 {
            world.submit(40_000, &Kind { owner: format!("new{owner}"), seconds: 60, ..Kind::default() });
        }
    }
    let before = world.given()["o0"];
    // The others get their two hours first, half a builder each.
    world.run_until(40_000 + 2 * 7200 + 4 * 4100);
    let share = (world.given()["o0"] - before) as f64 / (4.0 * 2000.0);
    assert!(share > 0.9, "{share} of the share");
}

#[test]
fn of_many_builds_none_is_lost_stuck_or_done_twice_and_no_limit_is_exceeded() {
    let builds = from_environment("COPR_SIMULATION_BUILDS", 30_000);
    let policy = Policy {
        tasks: 45,
        owner_tasks: 12,
        sandbox_tasks: 8,
        arch_owner_tasks: [("s390x".to_owned(), 2)].into(),
        background_seconds: 3600,
        share_seconds: 7200,
    };
    let chance = Chance { dies: 0.03, late: 0.03, gives_back: 0.02 };
    let mut world = World::new(policy, from_environment("COPR_SIMULATION_SEED", 1), chance);
    for n in 0..50 {
        let arches: &[&str] = match n % 10 {
            0 => &["s390x"],
            1 | 2 => &["aarch64"],
            _ => &["x86_64", "i386", "i586", "i686"],
        };
        let tools: &[&str] = if n % 3 == 0 { &[] } else { &["git", "tito"] };
        match n {
            // Large ones that do several things at one time, with less memory than these may ask for together.
            5 | 15 => world.machine(4, arches, tools, &["powerful"], Some(16_384)),
            7 | 17 | 27 => world.machine(2, arches, tools, &[], Some(4096)),
            _ => world.machine(1, arches, tools, &[], (n % 2 == 0).then_some(8192)),
        }
    }
    world.let_builders_come_and_go();
    world.submit_at_random(builds);
    world.run_to_the_end();
    let ends = world.ends();
    assert_eq!(ends.succeeded + ends.failed, builds, "{ends:?}");
    assert!(ends.failed < builds / 100, "{ends:?}");
    assert!(ends.lost > builds / 50 && ends.refused > builds / 100, "the weather was too good: {ends:?}");
}

#[test]
fn a_task_that_kills_its_builders_goes_to_three_and_fails() {
    let mut world = World::new(Policy::default(), 3, Chance { dies: 1.0, ..Chance::NONE });
    for _ in 0..5 {
        world.builder(&["x86_64"], &[]);
    }
    world.submit(0, &Kind { owner: "o".into(), seconds: 60, ..Kind::default() });
    world.run_to_the_end();
    let ends = world.ends();
    assert_eq!((ends.failed, ends.lost, ends.leased), (1, 3, 3), "{ends:?}");
}
