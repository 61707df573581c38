//! Who gets what first, and what holds tasks back.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::world::{World, X86, input};
use copr_app::build::Options;
use copr_app::lease::Desk;
use copr_app::queue::{Around, Reason};
use copr_app::{App, Rules, build, project, queue};
use copr_db::account::Account;
use copr_sched::{Full, Policy};
use copr_types::{FailureClass, TaskId};
use copr_wire::builder::Lease;
use std::sync::Arc;

/// The same service under another policy.
fn under(app: &App, schedule: Policy) -> App {
    let rules = Arc::new(Rules { schedule, ..(*app.rules).clone() });
    App { rules, desk: Desk::default(), ..app.clone() }
}

async fn submit(w: &World, who: &Account, owner: &str, background: bool) -> i64 {
    let urls = ["http://example.org/hello-noarch-1.0-1.src.rpm".to_owned()];
    let options = Options { background, ..Options::default() };
    build::by_urls(&w.app, who, owner, "hello", &urls, &options).await.unwrap()[0].build.id.0
}

/// A person with a project.
async fn owner(w: &World, name: &str) -> Account {
    let person = w.person(name).await;
    project::create(&w.app, &person, name, &input("hello", &[X86]), false).await.unwrap();
    person
}

async fn build_of(w: &World, lease: &Lease) -> i64 {
    let tasks = w.tasks().await;
    tasks.iter().find(|task| task.id == TaskId(lease.task_id)).expect("the task").build_id.0
}

async fn end(builder: &FakeBuilder, lease: &Lease) {
    builder.fail(lease, FailureClass::User).await.unwrap();
}

both_engines! {
    async fn owners_take_turns_and_background_builds_come_last(w: World) {
        w.project(&[X86]).await;
        let bob = owner(&w, "bob").await;
        let background = submit(&w, &bob, "bob", true).await;
        let mut alices = Vec::new();
        for _ in 0..3 {
            alices.push(submit(&w, &w.alice, "alice", false).await);
        }
        let bobs = submit(&w, &bob, "bob", false).await;
        let builder = w.builder("b1").await;
        let mut order = Vec::new();
        while let Some(lease) = builder.try_lease().await {
            order.push(build_of(&w, &lease).await);
        }
        assert_eq!(order, [alices[0], bobs, alices[1], alices[2], background]);
    }

    async fn who_was_given_more_of_the_builders_time_waits_for_the_others(w: World) {
        w.project(&[X86]).await;
        let bob = owner(&w, "bob").await;
        let mut alices = Vec::new();
        for _ in 0..2 {
            alices.push(submit(&w, &w.alice, "alice", false).await);
        }
        let builder = w.builder("b1").await;
        let lease = builder.lease().await;
        w.clock.advance(20);
        end(&builder, &lease).await;
        let mut bobs = Vec::new();
        for _ in 0..3 {
            bobs.push(submit(&w, &bob, "bob", false).await);
        }
        // Nobody has anything running: bob was given nothing, then 15 seconds, then 30.
        let mut order = Vec::new();
        for _ in 0..4 {
            let lease = builder.lease().await;
            order.push(build_of(&w, &lease).await);
            w.clock.advance(15);
            end(&builder, &lease).await;
        }
        assert_eq!(order, [bobs[0], bobs[1], alices[1], bobs[2]]);
    }

    async fn builders_of_two_servers_that_race_exceed_no_limit(w: World) {
        w.project(&[X86]).await;
        let bob = owner(&w, "bob").await;
        for _ in 0..5 {
            submit(&w, &w.alice, "alice", false).await;
            submit(&w, &bob, "bob", false).await;
        }
        let builder = w.builder("b1").await;
        for (policy, most) in [
            (Policy { owner_tasks: 2, ..Policy::default() }, 4),
            (Policy { owner_tasks: 3, tasks: 5, ..Policy::default() }, 5),
            (Policy { sandbox_tasks: 4, ..Policy::default() }, 8),
        ] {
            let (one, two) = (under(&w.app, policy.clone()), under(&w.second().await, policy));
            let mut racers = tokio::task::JoinSet::new();
            for app in [&one, &two, &one, &two] {
                let builder = builder.at(app);
                racers.spawn(async move { while builder.try_lease().await.is_some() {} });
            }
            racers.join_all().await;
            let held = w.tasks().await.iter().filter(|task| task.leased).count();
            assert_eq!(held, most);
        }
    }

    async fn tasks_that_wait_have_a_place_and_say_which_limit_holds_them_back(w: World) {
        w.project(&[X86]).await;
        let bob = owner(&w, "bob").await;
        let builder = w.builder("b1").await;
        submit(&w, &w.alice, "alice", false).await;
        builder.lease().await;
        let first = submit(&w, &w.alice, "alice", false).await;
        let second = submit(&w, &w.alice, "alice", false).await;
        let bobs = submit(&w, &bob, "bob", false).await;
        let app = under(&w.app, Policy { owner_tasks: 1, ..Policy::default() });
        let tasks = w.tasks().await;
        let places = queue::places(&app, &tasks).await.unwrap();
        let around = Around::read(&app, &mut app.db.read().await.unwrap(), &tasks).await.unwrap();
        let waiting = |build: i64| {
            let task = tasks.iter().find(|task| task.build_id.0 == build).unwrap();
            (places[&task.id], around.reason(task).unwrap())
        };
        assert_eq!(waiting(bobs), (1, Reason::Busy));
        assert_eq!(waiting(first), (2, Reason::Full(Full::Owner(1))));
        assert_eq!(waiting(second), (3, Reason::Full(Full::Owner(1))));
        assert_eq!(places.len(), 3, "what runs has no place");
    }
}
