//! Batches and what waits for them.

use crate::both_engines;
use crate::fixture::{Fixture, NOW};
use copr_db::{Topic, batch, build, build_chroot, handing, project, queue, task};
use copr_types::{BatchId, BuildId, State};

/// A chain of batches with one build of one source task each.
async fn chain(t: &Fixture, length: usize) -> Vec<(BatchId, BuildId)> {
    let h = t.home("alice", "hello").await;
    let mut tx = t.begin().await;
    let (mut made, mut last) = (Vec::new(), None);
    for _ in 0..length {
        let (id, build) = (batch::create(&mut tx, last, NOW).await.unwrap(), h.build(&mut tx).await);
        assert!(batch::add(&mut tx, id, build).await.unwrap());
        h.task(&mut tx, build, None).await;
        made.push((id, build));
        last = Some(id);
    }
    tx.commit().await.unwrap();
    made
}

/// The builds whose tasks could be handed out.
async fn ready(t: &Fixture) -> Vec<BuildId> {
    let mut conn = t.read().await;
    let mut builds = Vec::new();
    for one in queue::waiting(&mut conn, NOW).await.unwrap() {
        builds.push(task::by_id(&mut conn, one.id).await.unwrap().unwrap().build_id);
    }
    builds
}

both_engines! {
    async fn a_task_of_a_blocked_batch_is_not_handed_out_before_the_batch_is_released(t: Fixture) {
        let [(first, one), (second, two)] = chain(&t, 2).await[..] else { panic!("a chain of two") };
        assert_eq!(ready(&t).await, [one]);
        let mut tx = t.begin().await;
        let blocked = task::of_build(&mut tx, two).await.unwrap().remove(0);
        assert!(blocked.blocked);
        let holder = task::Holder { id: registered(&mut tx).await, name: "b", isolation: "" };
        assert!(handing::lease(&mut tx, &[(blocked.id, holder)], NOW, NOW + 9).await.unwrap().is_empty());
        assert!(batch::due(&mut tx).await.unwrap().is_empty() && !batch::release(&mut tx, second).await.unwrap());
        assert!(!batch::is_finished(&mut tx, first).await.unwrap());
        build::set_canceled(&mut tx, one).await.unwrap();
        assert!(batch::is_finished(&mut tx, first).await.unwrap());
        assert_eq!(batch::due(&mut tx).await.unwrap(), [second]);
        assert!(batch::release(&mut tx, second).await.unwrap() && !batch::release(&mut tx, second).await.unwrap());
        task::unblock(&mut tx, second).await.unwrap();
        task::cancel_build(&mut tx, one).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ready(&t).await, [two]);
    }

    async fn a_batch_whose_middle_has_ended_waits_for_the_beginning(t: Fixture) {
        let [(_, one), (second, two), (third, three)] = chain(&t, 3).await[..] else { panic!("a chain of three") };
        let mut tx = t.begin().await;
        assert!(build::delete(&mut tx, two).await.unwrap());
        assert!(batch::is_finished(&mut tx, second).await.unwrap(), "nothing is left in it");
        assert!(batch::due(&mut tx).await.unwrap().is_empty());
        build::set_source_state(&mut tx, one, State::Pending, State::Failed).await.unwrap();
        for id in [second, third] {
            assert_eq!(batch::due(&mut tx).await.unwrap(), [id]);
            batch::release(&mut tx, id).await.unwrap();
        }
        assert_eq!(batch::of_build(&mut tx, three).await.unwrap(), Some(third));
        assert!(batch::due(&mut tx).await.unwrap().is_empty());
    }

    async fn a_build_is_over_when_all_its_chroots_are(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let build = h.build_of(&mut tx, "a").await;
        let one = h.in_chroot(&mut tx, build, State::Pending).await;
        let id = batch::create(&mut tx, None, NOW).await.unwrap();
        batch::hold(&mut tx, id).await.unwrap();
        assert_eq!(batch::hold_build(&mut tx, build).await.unwrap(), None);
        assert!(batch::add(&mut tx, id, build).await.unwrap());
        assert_eq!(batch::hold_build(&mut tx, build).await.unwrap(), Some(id));
        let other = batch::create(&mut tx, None, NOW).await.unwrap();
        assert!(!batch::add(&mut tx, other, build).await.unwrap(), "it is in a batch already");
        assert!(!batch::is_finished(&mut tx, id).await.unwrap());
        build_chroot::set_state(&mut tx, one, State::Pending, State::Skipped).await.unwrap();
        assert!(batch::is_finished(&mut tx, id).await.unwrap());
        assert_eq!(batch::projects(&mut tx, id).await.unwrap(), [h.project]);
        assert_eq!(batch::projects(&mut tx, other).await.unwrap(), []);
    }

    async fn the_end_of_a_project_breaks_no_chain(t: Fixture) {
        let made = chain(&t, 2).await;
        let h = t.home("bob", "later").await;
        let mut tx = t.begin().await;
        let (id, build) = (batch::create(&mut tx, Some(made[1].0), NOW).await.unwrap(), h.build(&mut tx).await);
        batch::add(&mut tx, id, build).await.unwrap();
        tx.commit().await.unwrap();
        let bell = t.db.wake().clone();
        let heard = bell.heard(Topic::Batches);
        tokio::pin!(heard);
        heard.as_mut().enable();
        let mut tx = t.begin().await;
        let gone = project::by_name(&mut tx, "alice", "hello").await.unwrap().unwrap().id;
        project::mark_deleted(&mut tx, gone, NOW).await.unwrap();
        project::purge(&mut tx, gone).await.unwrap();
        tx.commit().await.unwrap();
        assert!(futures::poll!(heard.as_mut()).is_ready(), "nobody was told");
        let mut tx = t.begin().await;
        for due in [made[1].0, id] {
            assert_eq!(batch::due(&mut tx).await.unwrap(), [due]);
            batch::release(&mut tx, due).await.unwrap();
        }
    }
}

async fn registered(tx: &mut copr_db::Conn) -> copr_types::BuilderId {
    copr_db::builder::create(tx, "b1", "hash", NOW).await.unwrap().id
}
