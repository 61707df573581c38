//! Bells ring at commit, here and in other servers; the outbox.

use crate::both_engines;
use crate::fixture::NOW;
use copr_db::event::{self, Subject};
use copr_db::{Db, Topic, Wake};
use copr_types::{BuildId, ProjectId};
use std::time::Duration;

/// Whether the bell rings within a time.
async fn rings(wake: &Wake, topic: Topic, within: Duration) -> bool {
    tokio::time::timeout(within, wake.heard(topic)).await.is_ok()
}

both_engines! {
    async fn a_bell_rings_at_commit_and_not_before(t: Fixture) {
        let wake = t.db.wake().clone();
        let bell = wake.heard(Topic::Tasks);
        tokio::pin!(bell);
        bell.as_mut().enable();
        let mut tx = t.begin().await;
        tx.ring(Topic::Tasks);
        drop(tx);
        let mut tx = t.begin().await;
        tx.ring(Topic::Tasks);
        tx.ring(Topic::Tasks);
        assert!(futures::poll!(bell.as_mut()).is_pending(), "it rang before the commit, or for what was rolled back");
        tx.commit().await.unwrap();
        assert!(futures::poll!(bell.as_mut()).is_ready());
    }

    async fn a_reconciler_that_is_busy_does_not_miss_its_bell(t: Fixture) {
        for topic in [Topic::Import, Topic::Publish, Topic::Batches, Topic::Remove, Topic::Fork] {
            let mut tx = t.begin().await;
            tx.ring(topic);
            tx.commit().await.unwrap();
            assert!(rings(t.db.wake(), topic, Duration::from_secs(5)).await, "{topic:?}");
        }
        let mut tx = t.begin().await;
        tx.ring(Topic::Change);
        tx.commit().await.unwrap();
        // Watchers look first and wait then: nothing is kept for them.
        assert!(futures::poll!(Box::pin(t.db.wake().heard(Topic::Change))).is_pending());
    }

    async fn another_server_hears_the_bells_of_this_one(t: Fixture) {
        let other: Db = t.again().await;
        let ear = tokio::spawn({
            let other = other.clone();
            async move { other.listen().await }
        });
        if !t.is_postgres() {
            // One process has the file: there is nobody to hear from.
            ear.await.unwrap().unwrap();
            return;
        }
        // The ear may not be at the wall yet: ring until it is heard.
        let heard = async {
            loop {
                let mut tx = t.begin().await;
                tx.ring(Topic::Import);
                tx.commit().await.unwrap();
                if rings(other.wake(), Topic::Import, Duration::from_millis(200)).await {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), heard).await.expect("the bell never rang there");
        ear.abort();
    }

    async fn events_are_read_in_order(t: Fixture) {
        let mut tx = t.begin().await;
        let about = Subject { project: Some(ProjectId(7)), build: Some(BuildId(8)), build_chroot: None };
        event::append(&mut tx, "a", about, "{}", NOW).await.unwrap();
        event::append(&mut tx, "b", Subject::default(), r#"{"x":1}"#, NOW + 1).await.unwrap();
        tx.commit().await.unwrap();
        let mut conn = t.read().await;
        let all = event::after(&mut conn, 0, 10).await.unwrap();
        assert_eq!((all[0].kind.as_str(), all[0].project_id, all[0].build_id), ("a", Some(7), Some(8)));
        assert_eq!((all[1].body.as_str(), all[1].build_chroot_id, all[1].created_on), (r#"{"x":1}"#, None, NOW + 1));
        assert_eq!(event::after(&mut conn, all[0].id, 10).await.unwrap(), all[1..]);
        assert_eq!(event::after(&mut conn, 0, 1).await.unwrap().len(), 1);
    }

    async fn events_that_are_written_together_keep_their_order(t: Fixture) {
        let mut tx = t.begin().await;
        let about = |build| Subject { build: Some(BuildId(build)), ..Subject::default() };
        let events = [(about(3), r#"{"a":"ä'"}"#), (Subject::default(), "{}"), (about(2), "{}")];
        event::append_all(&mut tx, "c", &events.map(|(about, body)| (about, body.to_owned())), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let all = event::after(&mut t.read().await, 0, 10).await.unwrap();
        let told: Vec<_> = all.iter().map(|event| (event.build_id, event.body.as_str(), event.created_on)).collect();
        assert_eq!(told, [(Some(3), r#"{"a":"ä'"}"#, NOW), (None, "{}", NOW), (Some(2), "{}", NOW)]);
        assert!(all.iter().all(|event| event.kind == "c" && event.project_id.is_none()));
    }

    async fn what_can_only_be_read_can_not_be_written(t: Fixture) {
        if t.is_postgres() {
            return;
        }
        let written = copr_db::account::create(&mut t.read().await, &"alice".parse().unwrap(), "", false, NOW).await;
        assert!(written.is_err());
    }

    async fn opening_again_changes_nothing_and_closing_ends_it(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let other = t.again().await;
        assert!(copr_db::project::by_id(&mut other.read().await.unwrap(), h.project).await.unwrap().is_some());
        other.close().await;
        assert!(other.read().await.is_err());
    }
}

#[tokio::test]
async fn an_address_of_something_else_is_refused_without_its_password() {
    let refused = Db::open("mysql://user:secret@host/db").await.unwrap_err().to_string();
    assert!(refused.contains("sqlite://") && !refused.contains("secret"), "{refused}");
}
