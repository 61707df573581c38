//! Builders, people and publishers do what they like, in any order: whatever happens, the books are right.

use crate::builder::FakeBuilder;
use crate::world::{World, X86};
use copr_app::build::{self, Shown};
use copr_app::lease;
use copr_types::{BuildId, FailureClass, Phase, State};
use copr_wire::builder::{Lease, Outcome};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Something that happens. Numbers choose among the leases or builds that there are.
#[derive(Clone, Debug)]
enum Step {
    Submit,
    Lease,
    Beat(usize),
    Deliver(usize),
    Fail(usize, FailureClass),
    Return(usize),
    StopAsTold(usize),
    Lose,
    Import,
    Publish,
    Cancel(usize),
    Delete(usize),
    Sweep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let class = prop::sample::select(vec![FailureClass::User, FailureClass::Infrastructure]);
    let step = prop_oneof![
        3 => Just(Step::Submit),
        6 => Just(Step::Lease),
        2 => (0_usize..4).prop_map(Step::Beat),
        6 => (0_usize..4).prop_map(Step::Deliver),
        1 => ((0_usize..4), class).prop_map(|(n, class)| Step::Fail(n, class)),
        1 => (0_usize..4).prop_map(Step::Return),
        1 => (0_usize..4).prop_map(Step::StopAsTold),
        1 => Just(Step::Lose),
        4 => Just(Step::Import),
        4 => Just(Step::Publish),
        1 => (0_usize..4).prop_map(Step::Cancel),
        1 => (0_usize..4).prop_map(Step::Delete),
        1 => Just(Step::Sweep),
    ];
    prop::collection::vec(step, 1..40)
}

/// A service with what the steps choose among.
struct Run {
    w: World,
    builder: FakeBuilder,
    /// Leases that were taken, also those that are over: builders try their luck with old ones.
    leases: Vec<Lease>,
    builds: Vec<BuildId>,
}

impl Run {
    /// Does a step. Refusals are fine, and never of the kind that says that something inside went wrong.
    async fn step(&mut self, step: &Step) {
        let w = &self.w;
        let lease = |n: usize| self.leases.iter().rev().nth(n);
        let build = |n: usize| self.builds.iter().rev().nth(n).copied();
        let result = match step {
            Step::Submit => {
                self.builds.push(w.submit().await);
                Ok(())
            }
            Step::Lease => {
                self.leases.extend(self.builder.try_lease().await);
                Ok(())
            }
            Step::Beat(n) => match lease(*n) {
                Some(lease) => self.builder.beat(lease, Some(Phase::Build)).await.map(drop),
                None => Ok(()),
            },
            Step::Deliver(n) => match lease(*n) {
                Some(lease) => self.builder.deliver(lease, "hello-noarch").await,
                None => Ok(()),
            },
            Step::Fail(n, class) => match lease(*n) {
                Some(lease) => self.builder.fail(lease, *class).await,
                None => Ok(()),
            },
            Step::Return(n) => match lease(*n) {
                Some(lease) => self.builder.finish(lease, Outcome::Returned, Vec::new()).await,
                None => Ok(()),
            },
            Step::StopAsTold(n) => match lease(*n) {
                Some(lease) => match self.builder.beat(lease, None).await {
                    Ok(answer) if answer.cancel => self.builder.finish(lease, Outcome::Canceled, Vec::new()).await,
                    other => other.map(drop),
                },
                None => Ok(()),
            },
            Step::Lose => {
                w.clock.advance(31);
                lease::expire(&w.app).await.map(drop)
            }
            Step::Import => copr_app::import::all(&w.app).await.map(drop),
            Step::Publish => copr_app::publish::next(&w.app, None).await.map(drop),
            Step::Cancel(n) => match build(*n) {
                Some(id) => build::cancel(&w.app, &w.alice, id).await.map(drop),
                None => Ok(()),
            },
            Step::Delete(n) => match build(*n) {
                Some(id) => build::delete(&w.app, &w.alice, id).await.map(drop),
                None => Ok(()),
            },
            Step::Sweep => {
                w.sweep().await;
                Ok(())
            }
        };
        if let Err(refusal) = result {
            assert_ne!(refusal.kind, copr_app::Kind::Internal, "{step:?}: {}", refusal.inside());
        }
    }

    async fn builds(&self) -> Vec<Shown> {
        build::list(&self.w.app, "alice", "hello", None, None, &Default::default()).await.unwrap()
    }

    /// What must be true at any moment.
    async fn check(&self) {
        let tasks = self.w.tasks().await;
        let names: BTreeSet<String> = self.w.published_names().into_iter().collect();
        let builds = self.builds().await;
        for shown in &builds {
            let id = shown.build.id;
            let of_build: Vec<_> = tasks.iter().filter(|task| task.build_id == id).cloned().collect();
            crate::books::check(shown, &of_build);
            for chroot in &shown.chroots {
                let held = names.iter().filter(|name| name.starts_with(&id.padded())).count();
                let expected = if chroot.state == State::Succeeded { 2 } else { 0 };
                assert_eq!(held, expected, "build {id} is {} and has {held} packages in the metadata", chroot.state);
            }
        }
        for task in &tasks {
            assert!(builds.iter().any(|shown| shown.build.id == task.build_id), "a task of no build: {task:?}");
        }
    }

    /// Everything that is not over is brought to its end.
    async fn bring_to_an_end(&mut self) {
        for _ in 0..200 {
            self.w.clock.advance(31);
            lease::expire(&self.w.app).await.unwrap();
            self.w.import().await;
            self.w.publish().await;
            match self.builder.try_lease().await {
                Some(lease) => self.builder.deliver(&lease, "hello-noarch").await.unwrap(),
                None if self.w.tasks().await.is_empty() => break,
                None => {}
            }
        }
        self.w.publish().await;
        self.w.sweep().await;
        self.check().await;
        for shown in self.builds().await {
            assert!(shown.is_finished(), "stuck: {shown:?}");
            assert!(shown.chroots.iter().all(|chroot| chroot.state.is_finished()), "stuck: {shown:?}");
        }
        assert!(self.w.tasks().await.is_empty());
        assert!(self.w.staging().is_empty(), "left behind: {:?}", self.w.staging());
    }
}

async fn whatever_happens(w: World, steps: Vec<Step>) {
    w.project(&[X86]).await;
    let builder = w.builder("b1").await;
    let mut run = Run { w, builder, leases: Vec::new(), builds: Vec::new() };
    for step in &steps {
        run.step(step).await;
        run.check().await;
    }
    run.bring_to_an_end().await;
}

/// Cases of one engine: each starts a database of its own.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(config(24))]
    #[test]
    fn whatever_happens_the_books_are_right_on_sqlite(steps in steps()) {
        runtime().block_on(async { whatever_happens(World::sqlite().await, steps).await });
    }
}

proptest! {
    #![proptest_config(config(8))]
    #[test]
    fn whatever_happens_the_books_are_right_on_postgres(steps in steps()) {
        runtime().block_on(async {
            match World::postgres().await {
                Some(world) => whatever_happens(world, steps).await,
                None => eprintln!("skipped on PostgreSQL: COPR_TESTS_POSTGRES is not set"),
            }
        });
    }
}
