//! Many leases at one time.

use crate::both_engines;
use crate::fixture::{CHROOT, NOW};
use copr_db::handing::{self, Start};
use copr_db::task::{self, Holder};
use copr_db::{build, build_chroot};
use copr_types::State;

both_engines! {
    async fn each_task_goes_to_its_own_builder_and_those_that_somebody_has_to_nobody(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let builders = [t.builder("b1").await, t.builder("b2").await];
        let mut tx = t.begin().await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(h.source_task(&mut tx).await.1);
        }
        let to = |at: usize| (ids[at], Holder { id: builders[at % 2], name: "a \"name\"", isolation: "none" });
        let first = handing::lease(&mut tx, &[to(3)], NOW, NOW + 9).await.unwrap();
        let all: Vec<_> = (0..4).map(to).collect();
        let mut leased = handing::lease(&mut tx, &all, NOW, NOW + 30).await.unwrap();
        leased.sort_by_key(|task| task.id);
        let whose: Vec<_> = leased.iter().map(|task| (task.id, task.builder_id, task.fence, task.deadline)).collect();
        let held = |at: usize| (ids[at], Some(builders[at % 2].0), 1, Some(NOW + 30));
        assert_eq!(whose, [held(0), held(1), held(2)]);
        assert!(leased.iter().all(|task| task.leased && task.builder_name.as_deref() == Some("a \"name\"")));
        assert_eq!(leased[0], task::by_id(&mut tx, ids[0]).await.unwrap().unwrap());
        assert_eq!(task::by_id(&mut tx, ids[3]).await.unwrap().as_ref(), first.first());

        assert!(task::release(&mut tx, ids[1], 1, NOW).await.unwrap());
        let mut fences = handing::fences(&mut tx, ids.clone()).await.unwrap();
        fences.sort();
        assert_eq!(fences, [(ids[0], 1), (ids[2], 1), (ids[3], 1)]);
    }

    async fn what_tasks_belong_to_is_told_and_begins(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (source, from_source) = h.source_task(&mut tx).await;
        let built = h.build_of(&mut tx, "a").await;
        let one = h.in_chroot(&mut tx, built, State::Pending).await;
        let from_chroot = h.task(&mut tx, built, Some(one)).await;
        let mut whose = handing::whose(&mut tx, [from_source, from_chroot]).await.unwrap();
        whose.sort_by_key(|whose| whose.task_id);
        let names: Vec<_> = whose.iter().map(|whose| (whose.build_id, whose.owner.to_string(), whose.dir.to_string())).collect();
        let named = |build| (build, "alice".to_owned(), "hello".to_owned());
        assert_eq!(names, [named(source), named(built)]);
        assert!(whose.iter().all(|whose| whose.state == State::Pending));
        assert_eq!((whose[0].package.as_deref(), whose[0].chroot()), (None, None));
        assert_eq!((whose[1].package.as_deref(), whose[1].chroot()), (Some("a"), Some(CHROOT.parse().unwrap())));

        let start = |id, place: &str| Start { id, from: State::Pending, to: State::Starting, result_dir: place.to_owned() };
        let starts = [start(one.0, "1-a"), start(99, "none")];
        assert_eq!(handing::start_chroots(&mut tx, &starts, NOW).await.unwrap(), [one.0]);
        assert!(handing::start_chroots(&mut tx, &starts, NOW).await.unwrap().is_empty(), "it has begun");
        let chroot = build_chroot::by_id(&mut tx, one).await.unwrap().unwrap();
        assert_eq!((chroot.state, chroot.started_on, chroot.result_dir.as_deref()), (State::Starting, Some(NOW), Some("1-a")));

        let starts = [start(source.0, "00000001")];
        assert_eq!(handing::start_sources(&mut tx, &starts, NOW).await.unwrap(), [source.0]);
        build::set_source_state(&mut tx, source, State::Starting, State::Pending).await.unwrap();
        assert_eq!(handing::start_sources(&mut tx, &starts, NOW + 5).await.unwrap(), [source.0]);
        let begun = build::by_id(&mut tx, source).await.unwrap().unwrap();
        assert_eq!((begun.source_state, begun.source_started_on), (State::Starting, Some(NOW)), "the first time stays");
        assert_eq!(begun.result_dir.as_deref(), Some("00000001"));
    }
}
