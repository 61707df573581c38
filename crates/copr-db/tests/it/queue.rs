//! Tasks and their leases.

use crate::both_engines;
use crate::fixture::{Fixture, Home, NOW};
use copr_db::queue::Load;
use copr_db::task::{self, Counts, Holder, NewTask, Task};
use copr_db::{Conn, Error, build, build_chroot, queue, repo};
use copr_types::{BuilderId, State, TaskId};

const UNTIL: i64 = NOW + 30;

async fn lease(conn: &mut Conn, id: TaskId, builder: BuilderId) -> Option<Task> {
    let holder = Holder { id: builder, name: "b1-host", isolation: "namespaces" };
    task::lease(conn, id, holder, NOW, UNTIL).await.unwrap()
}

/// A leased source task.
async fn leased(t: &Fixture, h: &Home) -> (Task, BuilderId) {
    let builder = t.builder("b1").await;
    let mut tx = t.begin().await;
    let (_, id) = h.source_task(&mut tx).await;
    let task = lease(&mut tx, id, builder).await.unwrap();
    tx.commit().await.unwrap();
    (task, builder)
}

async fn waiting(conn: &mut Conn, now: i64) -> Vec<TaskId> {
    let mut ids: Vec<TaskId> = queue::waiting(conn, now).await.unwrap().into_iter().map(|one| one.id).collect();
    ids.sort();
    ids
}

both_engines! {
    async fn a_lease_has_a_holder_a_deadline_and_a_fence(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let (task, builder) = leased(&t, &h).await;
        assert_eq!((task.leased, task.fence, task.attempts, task.deadline), (true, 1, 1, Some(UNTIL)));
        assert_eq!((task.builder_id, task.builder_name.as_deref()), (Some(builder.0), Some("b1-host")));
        assert_eq!((task.isolation.as_deref(), task.phase.as_deref(), task.cancel), (Some("namespaces"), None, false));
        let mut conn = t.read().await;
        assert_eq!(task::by_id(&mut conn, task.id).await.unwrap(), Some(task.clone()));
        assert_eq!(task::of_build(&mut conn, task.build_id).await.unwrap(), std::slice::from_ref(&task));
        assert_eq!(task::held_by(&mut conn, builder).await.unwrap(), std::slice::from_ref(&task));
        let running = queue::running(&mut conn, NOW + 7).await.unwrap();
        let load = Load { owner: "alice".into(), sandbox: "sandbox".into(), arch: None, tasks: 1, seconds: 7 };
        assert_eq!((running, task.leased_on), (vec![load], Some(NOW)));
        assert!(waiting(&mut conn, NOW).await.is_empty());
    }

    async fn what_there_is_to_do_is_counted(t: Fixture) {
        let h = t.home("alice", "hello").await;
        assert_eq!(task::counts(&mut t.read().await).await.unwrap(), Counts::default());
        leased(&t, &h).await;
        let mut tx = t.begin().await;
        for _ in 0..2 {
            h.source_task(&mut tx).await;
        }
        for canceled in [false, true, false, false] {
            let id = h.build(&mut tx).await;
            build::set_source_state(&mut tx, id, State::Pending, State::Importing).await.unwrap();
            if canceled {
                build::set_canceled(&mut tx, id).await.unwrap();
            }
        }
        assert_eq!(task::counts(&mut tx).await.unwrap(), Counts { importing: 3, waiting: 2, running: 1 });
    }

    async fn of_eight_builders_that_reach_for_one_task_one_gets_it(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let builder = t.builder("b1").await;
        let mut tx = t.begin().await;
        let mut tasks = Vec::new();
        for _ in 0..8 {
            tasks.push(h.source_task(&mut tx).await.1);
        }
        tx.commit().await.unwrap();
        let other = t.again().await;
        let mut racers = tokio::task::JoinSet::new();
        for racer in 0..8 {
            let db = if racer % 2 == 0 { t.db.clone() } else { other.clone() };
            let tasks = tasks.clone();
            racers.spawn(async move {
                let mut won = Vec::new();
                for id in tasks {
                    let mut tx = db.begin().await.unwrap();
                    if let Some(task) = lease(&mut tx, id, builder).await {
                        assert_eq!(task.fence, 1);
                        won.push(id);
                    }
                    tx.commit().await.unwrap();
                }
                won
            });
        }
        let mut won: Vec<TaskId> = racers.join_all().await.into_iter().flatten().collect();
        won.sort();
        assert_eq!(won, tasks, "each task is leased exactly once");
    }

    async fn an_old_fence_moves_nothing(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let (task, builder) = leased(&t, &h).await;
        let mut tx = t.begin().await;
        assert!(task::beat(&mut tx, task.id, 1, UNTIL + 5, Some("build")).await.unwrap());
        assert!(task::beat(&mut tx, task.id, 1, UNTIL + 6, None).await.unwrap());
        let now = task::by_id(&mut tx, task.id).await.unwrap().unwrap();
        assert_eq!((now.deadline, now.phase.as_deref()), (Some(UNTIL + 6), Some("build")), "a beat without a phase keeps it");
        assert!(task::release(&mut tx, task.id, 1, NOW + 10).await.unwrap());
        let now = task::by_id(&mut tx, task.id).await.unwrap().unwrap();
        assert_eq!((now.leased, now.builder_id, now.deadline, now.not_before), (false, None, None, NOW + 10));

        // Given back: its fence is still 1, but nobody holds it.
        assert!(!task::beat(&mut tx, task.id, 1, UNTIL, None).await.unwrap());
        assert!(!task::release(&mut tx, task.id, 1, 0).await.unwrap());
        assert!(!task::remove(&mut tx, task.id, 1).await.unwrap(), "a task that nobody holds was removed");

        let again = lease(&mut tx, task.id, builder).await.unwrap();
        assert_eq!((again.fence, again.attempts), (2, 2));
        assert!(!task::beat(&mut tx, task.id, 1, UNTIL, None).await.unwrap());
        assert!(!task::release(&mut tx, task.id, 1, 0).await.unwrap());
        assert!(!task::remove(&mut tx, task.id, 1).await.unwrap());
        task::forget_attempt(&mut tx, task.id).await.unwrap();
        assert_eq!(task::by_id(&mut tx, task.id).await.unwrap().unwrap().attempts, 1);
        task::withdraw(&mut tx, task.id).await.unwrap();
        assert!(task::by_id(&mut tx, task.id).await.unwrap().is_some(), "a held task was withdrawn");
        assert!(task::remove(&mut tx, task.id, 2).await.unwrap());
        assert!(task::by_id(&mut tx, task.id).await.unwrap().is_none());
    }

    async fn a_task_that_nobody_holds_can_be_withdrawn(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (_, id) = h.source_task(&mut tx).await;
        task::withdraw(&mut tx, id).await.unwrap();
        assert!(task::by_id(&mut tx, id).await.unwrap().is_none());
    }

    async fn a_lease_is_lost_after_its_deadline_and_not_before(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let (task, _) = leased(&t, &h).await;
        let mut conn = t.read().await;
        assert!(task::lost(&mut conn, UNTIL).await.unwrap().is_empty());
        assert_eq!(task::lost(&mut conn, UNTIL + 1).await.unwrap(), [task]);
    }

    async fn a_removed_builder_holds_nothing_and_its_task_can_be_lost(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let (task, builder) = leased(&t, &h).await;
        let mut tx = t.begin().await;
        copr_db::builder::remove(&mut tx, "b1").await.unwrap();
        assert!(task::held_by(&mut tx, builder).await.unwrap().is_empty());
        let lost = task::lost(&mut tx, UNTIL + 1).await.unwrap();
        assert_eq!((lost[0].id, lost[0].builder_id), (task.id, None));
    }

    async fn canceling_removes_waiting_tasks_and_tells_running_ones(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let builder = t.builder("b1").await;
        let mut tx = t.begin().await;
        let build = h.build_of(&mut tx, "a").await;
        let source = h.task(&mut tx, build, None).await;
        let one = h.in_chroot(&mut tx, build, State::Pending).await;
        let queued = h.task(&mut tx, build, Some(one)).await;
        let (_, foreign) = h.source_task(&mut tx).await;
        lease(&mut tx, source, builder).await.unwrap();
        task::cancel_build(&mut tx, build).await.unwrap();
        assert!(task::by_id(&mut tx, source).await.unwrap().unwrap().cancel);
        assert!(task::by_id(&mut tx, queued).await.unwrap().is_none());
        assert!(!task::by_id(&mut tx, foreign).await.unwrap().unwrap().cancel);
        assert!(task::release(&mut tx, source, 1, 0).await.unwrap());
        assert!(lease(&mut tx, source, builder).await.is_none(), "a canceled task was handed out");
        assert_eq!(waiting(&mut tx, NOW).await, [foreign]);
    }

    async fn a_chroot_and_a_source_have_one_task_each(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (build, _) = h.source_task(&mut tx).await;
        let one = h.in_chroot(&mut tx, build, State::Pending).await;
        h.task(&mut tx, build, Some(one)).await;
        tx.commit().await.unwrap();
        for chroot in [None, Some(one)] {
            let new = NewTask {
                build, build_chroot: chroot, repo: None, owner: "alice", sandbox: "s", line: "l", arch: None, tools: "", background: false, spec: "{}",
            };
            let twice = task::create(&mut t.begin().await, &new, NOW).await;
            assert!(matches!(twice, Err(Error::Exists(_))), "{twice:?}");
        }
    }

    async fn nothing_is_handed_out_before_its_time_nor_before_its_repository_exists(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let builder = t.builder("b1").await;
        let mut tx = t.begin().await;
        let build = h.build_of(&mut tx, "a").await;
        let one = h.in_chroot(&mut tx, build, State::Pending).await;
        let id = h.task(&mut tx, build, Some(one)).await;
        assert!(waiting(&mut tx, NOW).await.is_empty(), "the repository has no generation yet");
        let claimed = repo::claim(&mut tx, Some(h.repo), NOW, NOW + 9).await.unwrap().unwrap();
        assert!(repo::published(&mut tx, h.repo, claimed.publisher_fence, 1, NOW).await.unwrap());
        assert_eq!(waiting(&mut tx, NOW).await, [id]);
        lease(&mut tx, id, builder).await.unwrap();
        task::release(&mut tx, id, 1, NOW + 10).await.unwrap();
        assert!(waiting(&mut tx, NOW + 9).await.is_empty());
        assert_eq!(waiting(&mut tx, NOW + 10).await, [id]);
        let shown = queue::waiting(&mut tx, NOW + 10).await.unwrap().remove(0);
        assert_eq!((shown.owner.as_str(), shown.arch.as_deref(), shown.source), ("alice", Some("x86_64"), false));
        assert_eq!((shown.sandbox.as_str(), shown.background, shown.tools.as_str()), ("sandbox", false, ""));
    }

    async fn an_owner_with_many_tasks_hides_nobody(t: Fixture) {
        let (big, small) = (t.home("big", "p").await, t.home("small", "p").await);
        let mut tx = t.begin().await;
        let mut many = Vec::new();
        for _ in 0..50 {
            many.push(big.source_task(&mut tx).await.1);
        }
        let background = big.build(&mut tx).await;
        let new = NewTask {
            build: background, build_chroot: None, repo: None, owner: "big", sandbox: "s", line: "l", arch: Some("s390x"), tools: "", background: true, spec: "{}",
        };
        let late = task::create(&mut tx, &new, NOW).await.unwrap();
        assert_eq!(task::by_id(&mut tx, many[0]).await.unwrap().unwrap().tools, "git tito");
        let (_, few) = small.source_task(&mut tx).await;
        assert_eq!(waiting(&mut tx, NOW).await, [many[0], late, few], "the first of each lane");
        let all = task::list(&mut tx, 100).await.unwrap();
        assert_eq!((all.len(), all[0].id, all[51].id), (52, many[0], late));
        assert_eq!(task::list(&mut tx, 2).await.unwrap().len(), 2);
        let builder = { copr_db::builder::create(&mut tx, "b", "h", NOW).await.unwrap().id };
        lease(&mut tx, few, builder).await.unwrap();
        assert_eq!(task::list(&mut tx, 1).await.unwrap()[0].id, few, "leased ones come first");
    }

    async fn a_task_that_is_not_due_hides_none_behind_it(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (_, first) = h.source_task(&mut tx).await;
        let (_, second) = h.source_task(&mut tx).await;
        task::postpone(&mut tx, first, NOW + 5).await.unwrap();
        assert_eq!((waiting(&mut tx, NOW).await, waiting(&mut tx, NOW + 5).await), (vec![second], vec![first]));
    }

    async fn what_owners_were_given_is_added_up(t: Fixture) {
        let mut tx = t.begin().await;
        queue::charge(&mut tx, "alice", 30).await.unwrap();
        queue::charge(&mut tx, "alice", 12).await.unwrap();
        queue::raise(&mut tx, "alice", 40).await.unwrap();
        queue::raise(&mut tx, "@group", 100).await.unwrap();
        queue::raise(&mut tx, "@group", 120).await.unwrap();
        queue::charge(&mut tx, "bob", 1).await.unwrap();
        let mut shares = queue::shares(&mut tx, &["alice", "@group", "nobody"]).await.unwrap();
        shares.sort();
        assert_eq!(shares, [("@group".to_owned(), 120), ("alice".to_owned(), 42)]);
        assert!(queue::shares(&mut tx, &[]).await.unwrap().is_empty());
    }

    async fn who_hands_out_tasks_of_an_owner_is_alone(t: Fixture) {
        let other = t.again().await;
        let mut tx = t.begin().await;
        queue::lock(&mut tx, Some("alice")).await.unwrap();
        queue::lock(&mut tx, None).await.unwrap();
        let second = tokio::spawn(async move {
            let mut tx = other.begin().await.unwrap();
            queue::lock(&mut tx, Some("alice")).await.unwrap();
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        tx.commit().await.unwrap();
        second.await.unwrap();
    }

    async fn tasks_go_with_their_build(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (build, id) = h.source_task(&mut tx).await;
        let one = h.in_chroot(&mut tx, build, State::Pending).await;
        h.task(&mut tx, build, Some(one)).await;
        build::delete(&mut tx, build).await.unwrap();
        assert!(task::by_id(&mut tx, id).await.unwrap().is_none());
        assert!(build_chroot::by_id(&mut tx, one).await.unwrap().is_none());
        assert!(task::list(&mut tx, 9).await.unwrap().is_empty());
    }
}
