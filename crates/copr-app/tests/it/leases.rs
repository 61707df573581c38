//! Leases: lost, given back, too old; two servers at once.

use crate::both_engines;
use crate::rpms::made;
use crate::world::X86;
use copr_app::{Kind, Refusal, lease, removal};
use copr_types::{Failure, FailureClass, Phase, State};
use copr_wire::builder::Outcome;
use std::fmt::Debug;

fn refused<T: Debug>(result: Result<T, Refusal>) {
    assert_eq!(result.expect_err("an old lease did something").kind, Kind::Conflict);
}

both_engines! {
    async fn a_lost_builder_gives_its_task_back_and_fails_as_ours_the_third_time(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        for attempt in 1..=3 {
            let lease = builder.lease().await;
            builder.beat(&lease, Some(Phase::Build)).await.unwrap();
            builder.log(&lease, &format!("attempt {attempt}\n")).await.unwrap();
            w.clock.advance(29);
            assert_eq!(lease::expire(&w.app).await.unwrap(), 0);
            builder.beat(&lease, Some(Phase::Build)).await.unwrap();
            w.clock.advance(31);
            assert_eq!(lease::expire(&w.app).await.unwrap(), 1);
            refused(builder.beat(&lease, None).await);
            let expected = if attempt < 3 { State::Pending } else { State::Failed };
            assert_eq!(w.state(id).await, Some(expected));
        }
        let failure = w.show(id).await.chroots[0].failure().unwrap();
        assert_eq!((failure.class, failure.phase), (FailureClass::Infrastructure, Phase::Build));
        assert!(w.tasks().await.is_empty());
        let dir = w.chroot_dir("hello").join("00000001-hello-noarch");
        assert!(dir.join("builder-live.log.gz").is_file());
        assert_eq!(std::fs::read_to_string(dir.join("prev_build_backup/builder-live.log")).unwrap(), "attempt 2\n");
        w.succeeded(&builder).await;
    }

    async fn a_lost_source_task_is_made_by_another_builder(w: World) {
        w.project(&[X86]).await;
        let (lost, other) = (w.builder("b1").await, w.builder("b2").await);
        let id = w.submit().await;
        lost.lease().await;
        w.clock.advance(31);
        lease::expire(&w.app).await.unwrap();
        assert_eq!(w.state(id).await, Some(State::Pending));
        other.make("hello-noarch").await;
        w.import().await;
        other.make("hello-noarch").await;
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
    }

    async fn an_old_fence_is_refused_everywhere(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.imported(&builder, "hello-noarch").await;
        let old = builder.lease().await;
        w.clock.advance(31);
        lease::expire(&w.app).await.unwrap();
        // First while nobody holds the task, then while the same builder has it again.
        for _ in 0..2 {
            refused(builder.beat(&old, Some(Phase::Build)).await);
            refused(builder.log(&old, "late").await);
            refused(builder.source_file(&old).await);
            refused(builder.upload(&old, &made("hello-noarch").srpm).await);
            refused(builder.finish(&old, Outcome::Canceled, Vec::new()).await);
            refused(builder.finish(&old, Outcome::Returned, Vec::new()).await);
            refused(builder.fail(&old, FailureClass::User).await);
            if w.tasks().await[0].leased {
                break;
            }
            assert!(builder.lease().await.fence > old.fence);
        }
        assert_eq!(w.state(copr_types::BuildId(1)).await, Some(State::Starting));
    }

    async fn another_builder_can_not_use_a_lease(w: World) {
        w.project(&[X86]).await;
        let (holder, thief) = (w.builder("b1").await, w.builder("b2").await);
        w.submit().await;
        let lease = holder.lease().await;
        refused(thief.beat(&lease, None).await);
        refused(thief.log(&lease, "x").await);
        refused(thief.fail(&lease, FailureClass::User).await);
        holder.beat(&lease, None).await.unwrap();
    }

    async fn two_servers_give_one_lost_task_back_once(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let second = w.second().await;
        for _ in 0..2 {
            let lease = builder.lease().await;
            w.clock.advance(31);
            // The builder comes back in the same instant.
            let (one, two, _) = tokio::join!(lease::expire(&w.app), lease::expire(&second), builder.deliver(&lease, "hello-noarch"));
            assert!(one.is_ok() && two.is_ok());
            let (tasks, shown) = (w.tasks().await, w.show(id).await);
            match shown.chroots[0].state {
                State::Pending => assert_eq!((tasks.len(), tasks[0].leased), (1, false)),
                State::Publishing => {
                    assert!(tasks.is_empty());
                    break;
                }
                other => panic!("{other}"),
            }
        }
    }

    async fn a_task_given_back_by_its_builder_is_handed_out_again(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        let file = builder.upload(&lease, &made("hello-noarch").srpm).await.unwrap();
        builder.finish(&lease, Outcome::Returned, vec![file]).await.unwrap();
        assert_eq!(w.state(id).await, Some(State::Pending));
        copr_app::removal::sweep(&w.app).await.unwrap();
        assert!(!w.staging().iter().any(|path| path.ends_with(format!("{}-{}", lease.task_id, lease.fence))));
        builder.make("hello-noarch").await;
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
    }

    async fn builders_that_are_told_to_end_use_up_no_attempts(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        for _ in 0..5 {
            let lease = builder.lease().await;
            builder.finish(&lease, Outcome::Returned, Vec::new()).await.unwrap();
        }
        let lease = builder.lease().await;
        builder.fail(&lease, FailureClass::Infrastructure).await.unwrap();
        assert_eq!(w.state(id).await, Some(State::Pending), "one failure of ours ended the build");
    }

    async fn trouble_of_ours_is_tried_again_later(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        for (least, rest) in [(5, 1), (20, 5)] {
            let lease = builder.lease().await;
            builder.fail(&lease, FailureClass::Infrastructure).await.unwrap();
            assert_eq!(w.state(id).await, Some(State::Pending));
            w.clock.advance(least - 1);
            assert!(builder.try_lease().await.is_none(), "handed out again before {least} s are over");
            w.clock.advance(1 + rest);
        }
        let lease = builder.lease().await;
        builder.fail(&lease, FailureClass::Infrastructure).await.unwrap();
        assert_eq!(w.state(id).await, Some(State::Failed));
    }

    async fn trouble_of_ours_while_the_source_is_made_is_tried_again_and_told_as_ours(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        for attempt in 1..=3 {
            let lease = builder.lease().await;
            let failure = Failure::new(FailureClass::Infrastructure, Phase::Fetch, "`x.example` was not found");
            builder.finish(&lease, Outcome::Failed { failure }, Vec::new()).await.unwrap();
            let expected = if attempt < 3 { State::Pending } else { State::Failed };
            assert_eq!(w.state(id).await, Some(expected));
            w.clock.advance(30);
        }
        let failure = w.show(id).await.build.failure().unwrap();
        assert_eq!((failure.class, failure.phase), (FailureClass::Infrastructure, Phase::Fetch));
        assert_eq!(failure.message, "`x.example` was not found");
    }

    async fn a_task_that_a_builder_lost_goes_to_another_if_one_is_there(w: World) {
        w.project(&[X86]).await;
        let (lost, other) = (w.builder("b1").await, w.builder("b2").await);
        w.submit().await;
        assert!(other.lease_for(&["aarch64"]).await.is_some(), "sources that need no chroot go to any builder");
        w.submit().await;
        let lease = lost.lease().await;
        lost.fail(&lease, FailureClass::Infrastructure).await.unwrap();
        w.clock.advance(10);
        assert!(lost.try_lease().await.is_none(), "it went back to where it failed");
        let again = other.lease().await;
        assert_eq!(again.task_id, lease.task_id);
        other.fail(&again, FailureClass::Infrastructure).await.unwrap();
        // Nobody else comes for it in time.
        w.clock.advance(26);
        assert!(other.try_lease().await.is_none());
        w.clock.advance(60);
        assert_eq!(other.lease().await.task_id, lease.task_id);
    }

    async fn the_builder_in_the_service_gets_its_tasks_back_after_a_restart(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        builder.lease().await;
        assert_eq!(lease::release_builder(&w.app, &builder.token).await.unwrap(), 1);
        assert_eq!(w.state(id).await, Some(State::Pending));
        builder.make("hello-noarch").await;
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
    }

    async fn what_did_not_arrive_whole_is_refused_and_can_be_sent_again(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let lease = builder.lease().await;
        let mut file = builder.upload(&lease, &made("hello-noarch").srpm).await.unwrap();
        let outcome = Outcome::Succeeded { srpm: file.name.clone() };
        assert_eq!(builder.finish(&lease, outcome.clone(), Vec::new()).await.unwrap_err().kind, Kind::Invalid);
        file.size += 1;
        assert_eq!(builder.finish(&lease, outcome, vec![file]).await.unwrap_err().kind, Kind::Invalid);
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.import().await;
        assert_eq!(w.state(id).await, Some(State::Pending));
    }

    async fn builders_of_two_servers_never_get_the_same_task(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let mut builds = Vec::new();
        for _ in 0..6 {
            builds.push(w.submit().await);
        }
        let second = w.second().await;
        let mut racers = tokio::task::JoinSet::new();
        for app in [&w.app, &second, &w.app, &second] {
            let builder = builder.at(app);
            racers.spawn(async move {
                let mut got = Vec::new();
                while let Some(lease) = builder.try_lease().await {
                    got.push(lease.task_id);
                }
                got
            });
        }
        let mut got: Vec<_> = racers.join_all().await.into_iter().flatten().collect();
        let all = got.len();
        got.sort_unstable();
        got.dedup();
        assert_eq!((got.len(), all), (6, 6));
    }

    async fn a_file_that_arrives_when_its_lease_is_over_is_removed_and_no_other(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.submit().await;
        let lost = builder.lease().await;
        w.clock.advance(31);
        assert_eq!(lease::expire(&w.app).await.unwrap(), 1);
        w.sweep().await;
        // It was on its way when the lease was looked at.
        let stray = w.app.store.staging_dir(lost.task_id, lost.fence);
        std::fs::create_dir(&stray).unwrap();
        let held = builder.lease().await;
        builder.upload(&held, &made("hello-noarch").srpm).await.unwrap();
        let kept = w.app.store.staging_dir(held.task_id, held.fence);
        assert_eq!(w.staging().len(), 2);
        removal::sweep_staging(&w.app).await.unwrap();
        assert_eq!(w.staging(), std::slice::from_ref(&kept));
        builder.deliver(&held, "hello-noarch").await.unwrap();
        removal::sweep_staging(&w.app).await.unwrap();
        assert_eq!(w.staging(), [kept], "it waits for the import");
        w.import().await;
        w.sweep().await;
        assert!(w.staging().is_empty());
    }
}
