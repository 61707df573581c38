//! Tasks and their leases.

use crate::both_engines;
use crate::fixture::{Fixture, Home, NOW};
use copr_db::queue::{Held, Load};
use copr_db::task::{self, Counts, Holder, NewTask, Task};
use copr_db::{Conn, Error, build, build_chroot, handing, queue, repo};
use copr_types::{BuilderId, State, TaskId};

const UNTIL: i64 = NOW + 30;

async fn lease(conn: &mut Conn, id: TaskId, builder: BuilderId) -> Option<Task> {
    let holder = Holder { id: builder, name: "b1-host", isolation: "namespaces" };
    handing::lease(conn, &[(id, holder)], NOW, UNTIL).await.unwrap().pop()
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

/// Whether a line of an engine's plan goes over a whole table of tasks, or sorts.
fn reads_all_tasks(line: &str) -> bool {
    let of_tasks = ["t", "f", "task"];
    let words: Vec<&str> = line.split_whitespace().collect();
    let scans = words.windows(2).any(|pair| pair[0] == "SCAN" && of_tasks.contains(&pair[1]));
    let follows_the_index = line.contains("USING") && line.contains("task_lane");
    (scans && !follows_the_index)
        || line.contains("Seq Scan on task")
        || line.contains("Sort")
        || line.contains("TEMP B-TREE")
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
                build, build_chroot: chroot, repo: None, owner: "alice", sandbox: "s", line: "l", arch: None, tools: "", tags: "", memory_mib: 0, background: false, spec: "{}",
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
        assert_eq!((shown.sandbox.as_str(), shown.created_on, shown.not_before), ("sandbox", NOW, NOW + 10));
        assert_eq!(shown.last_builder_id, Some(builder.0), "the builder that gave it back");
        let lane = queue::lanes(&mut tx, [id]).await.unwrap().remove(0);
        assert_eq!((lane.lane_number, lane.owner.as_str(), lane.arch.as_deref()), (shown.lane_number, "alice", Some("x86_64")));
        assert_eq!((lane.source, lane.background, lane.tools.as_str(), lane.tags.as_str()), (false, false, "", "powerful"));
        assert_eq!(lane.memory_mib, 2048);
    }

    async fn tasks_stand_in_one_lane_when_they_are_alike_in_all_that_matters(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut lanes = std::collections::BTreeMap::<i64, usize>::new();
        let build = h.build(&mut tx).await;
        let like = NewTask {
            build, build_chroot: None, repo: None, owner: "alice", sandbox: "s", line: "l", arch: None, tools: "", tags: "",
            memory_mib: 0, background: false, spec: "{}",
        };
        let others = [
            NewTask { sandbox: "another", spec: "{\"other\":1}", ..like.clone() },
            NewTask { owner: "bob", ..like.clone() },
            NewTask { line: "m", ..like.clone() },
            NewTask { arch: Some("x86_64"), ..like.clone() },
            NewTask { tools: "git", ..like.clone() },
            NewTask { tags: "git", ..like.clone() },
            NewTask { memory_mib: 1, ..like.clone() },
            NewTask { background: true, ..like.clone() },
        ];
        for new in [like].into_iter().chain(others) {
            let new = NewTask { build: h.build(&mut tx).await, ..new };
            let id = task::create(&mut tx, &new, NOW).await.unwrap();
            let lane = task::by_id(&mut tx, id).await.unwrap().unwrap().lane_number;
            assert!(lane >= 0);
            *lanes.entry(lane).or_default() += 1;
        }
        let mut sizes: Vec<usize> = lanes.into_values().collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 1, 1, 1, 1, 1, 1, 2]);
    }

    async fn what_stands_in_a_lane_before_and_behind_a_task_is_found(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut ids = Vec::new();
        for _ in 0..6 {
            ids.push(h.source_task(&mut tx).await.1);
        }
        let lane = task::by_id(&mut tx, ids[0]).await.unwrap().unwrap().lane_number;
        task::postpone(&mut tx, ids[2], NOW + 5).await.unwrap();
        let builder = copr_db::builder::create(&mut tx, "b", "h", NOW).await.unwrap().id;
        lease(&mut tx, ids[1], builder).await.unwrap();
        let found = queue::behind(&mut tx, lane, ids[0], NOW, 2).await.unwrap();
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [ids[3], ids[4]]);
        assert!(queue::behind(&mut tx, lane, ids[5], NOW, 9).await.unwrap().is_empty());
        assert_eq!(queue::before(&mut tx, lane, ids[5], 100).await.unwrap(), 4);
        assert_eq!(queue::before(&mut tx, lane, ids[5], 3).await.unwrap(), 3);
        assert_eq!(queue::before(&mut tx, lane, ids[0], 3).await.unwrap(), 0);
    }

    async fn the_memory_of_what_a_builder_holds_is_added_up(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let (one, two) = (t.builder("b1").await, t.builder("b2").await);
        let mut tx = t.begin().await;
        let build = h.build_of(&mut tx, "a").await;
        let chroot = h.in_chroot(&mut tx, build, State::Pending).await;
        let large = h.task(&mut tx, build, Some(chroot)).await;
        let (_, small) = h.source_task(&mut tx).await;
        let (_, other) = h.source_task(&mut tx).await;
        for (id, builder) in [(large, one), (small, one), (other, two)] {
            lease(&mut tx, id, builder).await.unwrap();
        }
        let mut held = queue::held(&mut tx).await.unwrap();
        held.sort_by_key(|held| held.builder_id);
        let expected = |builder: BuilderId, memory_mib| Held { builder_id: builder.0, builder_name: "b1-host".into(), memory_mib };
        assert_eq!(held, [expected(one, 2048 + 512), expected(two, 512)]);
    }

    async fn the_first_of_each_lane_is_found_without_reading_the_queue(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        for _ in 0..70 {
            h.source_task(&mut tx).await;
        }
        tx.commit().await.unwrap();
        // As many as it takes for all ways to find them to cost something.
        t.run(
            "INSERT INTO build (project_id, dir_id, source_kind, source, source_state, canceled, selection, background,
                 enable_net, timeout, isolation, submitted_on)
             SELECT b.project_id, b.dir_id, b.source_kind, b.source, b.source_state, b.canceled, b.selection, b.background,
                 b.enable_net, b.timeout, b.isolation, b.submitted_on FROM build b CROSS JOIN build other",
        )
        .await;
        t.run(
            "INSERT INTO task (build_id, owner, sandbox, background, leased, cancel, spec, created_on)
             SELECT b.id, 'alice', 'sandbox', b.background, b.canceled, b.canceled, '{}', b.submitted_on FROM build b
             WHERE b.id NOT IN (SELECT build_id FROM task)",
        )
        .await;
        // Whether they know of many lanes, or of one.
        for lanes in ["UPDATE task SET lane_number = id % 60", "UPDATE task SET lane_number = 1"] {
            t.run(lanes).await;
            let plan = t.plan(queue::WAITING[usize::from(t.is_postgres())], NOW).await;
            let scans: Vec<&String> = plan.iter().filter(|line| reads_all_tasks(line)).collect();
            assert!(scans.is_empty(), "{scans:?} of {plan:#?}");
            assert!(plan.iter().filter(|line| line.contains("task_lane")).count() >= 2, "{plan:#?}");
        }
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
            build: background, build_chroot: None, repo: None, owner: "big", sandbox: "s", line: "l", arch: Some("s390x"), tools: "", tags: "", memory_mib: 0, background: true, spec: "{}",
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
        handing::raise(&mut tx, &[("alice", 40), ("@group", 100)]).await.unwrap();
        handing::raise(&mut tx, &[("@group", 120)]).await.unwrap();
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
