//! Who gets what first, and what holds tasks back.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::world::{World, X86, input};
use copr_app::build::Options;
use copr_app::lease::Desk;
use copr_app::needs::Need;
use copr_app::queue::{Around, Reason};
use copr_app::{App, Rules, build, project, queue};
use copr_db::account::Account;
use copr_sched::{Full, Policy};
use copr_types::{BuildId, FailureClass, TaskId};
use copr_wire::builder::{Lease, LeaseRequest, Task};
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

    async fn packages_that_need_more_are_built_by_builders_that_have_it(w: World) {
        w.project(&[X86]).await;
        let needs = vec![Need::new("alice/hello/.*/hello-noarch", vec!["powerful".to_owned()], Some(8192)).unwrap()];
        let mut w = w;
        w.app.rules = Arc::new(Rules { needs, ..(*w.app.rules).clone() });
        let builder = w.builder("b1").await;
        w.imported(&builder, "hello-noarch").await;
        let task = w.tasks().await.remove(0);
        assert_eq!((task.tags.as_str(), task.memory_mib), ("powerful", 8192));
        let plain = builder.request(&["x86_64"]);
        let tagged = LeaseRequest { tags: vec!["x".to_owned(), "powerful".to_owned()], ..plain.clone() };
        let small = LeaseRequest { memory_mib: Some(8191), ..tagged.clone() };
        let enough = LeaseRequest { memory_mib: Some(8192), ..tagged.clone() };
        let mut reasons = Vec::new();
        for request in [plain, small] {
            assert!(builder.ask(&request).await.is_none());
            reasons.extend(queue::waits(&w.app, task.build_id).await.unwrap().into_iter().map(|wait| wait.sentence()));
        }
        let expected = ["no builder with the tag powerful is there", "no builder with 8192 MiB of memory is there"];
        assert_eq!(reasons, expected);
        let lease = builder.ask(&enough).await.expect("the task");
        let Task::Rpm(rpm) = &lease.task else { panic!("{lease:?}") };
        assert_eq!(rpm.build.limits.memory_mib, 8192, "what is there for it may be used");
        // The same builder has no memory left for a second one.
        submit(&w, &w.alice, "alice", false).await;
        assert!(builder.ask(&enough).await.is_none());
        assert!(builder.ask(&tagged).await.is_some(), "one that does not say how much it has");
    }

    async fn builders_that_wait_are_all_served_when_work_comes(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let mut waiting = tokio::task::JoinSet::new();
        for number in 0..12 {
            let builder = builder.at(&w.app);
            waiting.spawn(async move {
                // Sources go to any.
                let arch = if number == 0 { "s390x" } else { "x86_64" };
                let request = LeaseRequest { wait_seconds: 30, ..builder.request(&[arch]) };
                builder.ask(&request).await.map(|lease| lease.task_id)
            });
        }
        tokio::task::yield_now().await;
        for _ in 0..12 {
            submit(&w, &w.alice, "alice", false).await;
        }
        let mut got: Vec<i64> = waiting.join_all().await.into_iter().map(|task| task.expect("a task")).collect();
        got.sort_unstable();
        got.dedup();
        assert_eq!(got.len(), 12, "each has one of its own");
    }

    async fn who_hangs_up_while_it_waits_takes_no_task_with_it(w: World) {
        w.project(&[X86]).await;
        let (gone, there) = (w.builder("b1").await, w.builder("b2").await);
        for _ in 0..8 {
            let request = LeaseRequest { wait_seconds: 30, ..gone.request(&["x86_64"]) };
            let asked = { let gone = gone.at(&w.app); tokio::spawn(async move { gone.ask(&request).await }) };
            tokio::task::yield_now().await;
            let build = submit(&w, &w.alice, "alice", false).await;
            asked.abort();
            // Either it had its answer before, or nobody has the task.
            if asked.await.is_ok() {
                continue;
            }
            let request = LeaseRequest { wait_seconds: 10, ..there.request(&["x86_64"]) };
            let lease = there.ask(&request).await.expect("the task");
            assert_eq!(build_of(&w, &lease).await, build);
            assert_eq!(w.tasks().await.iter().filter(|task| task.attempts > 1).count(), 0);
        }
    }

    async fn what_of_a_build_waits_is_told_with_how_many_come_first(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let builds = [submit(&w, &w.alice, "alice", false).await, submit(&w, &w.alice, "alice", false).await];
        let last = BuildId(submit(&w, &w.alice, "alice", true).await);
        let waits = |build: i64| { let app = w.app.clone(); async move { queue::waits(&app, BuildId(build)).await.unwrap() } };
        assert_eq!(waits(builds[0]).await[0].reason, "no builder is there");
        builder.lease().await;
        assert!(waits(builds[0]).await.is_empty(), "somebody has it");
        let second = waits(builds[1]).await.remove(0);
        assert_eq!((second.chroot.as_deref(), second.before, second.reason.as_str()), (None, 0, "until a builder is free"));
        let background = queue::waits(&w.app, last).await.unwrap().remove(0);
        assert_eq!(background.sentence(), "until a builder is free; in the background");
        submit(&w, &w.alice, "alice", false).await;
        let third = submit(&w, &w.alice, "alice", false).await;
        assert_eq!(waits(third).await[0].sentence(), "until a builder is free; 2 like it come first");
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
