//! Canceling a build wherever it stands.

use crate::both_engines;
use crate::rpms::made;
use crate::world::{ARM, World, X86};
use copr_app::{Kind, build, lease};
use copr_types::{Phase, State};
use copr_wire::builder::Outcome;

/// The number of the last event.
async fn events(w: &World) -> Option<i64> {
    let events = copr_db::event::after(&mut w.app.db.read().await.unwrap(), 0, 1000).await.unwrap();
    events.last().map(|event| event.id)
}

both_engines! {
    async fn a_waiting_source_vanishes_from_the_queue(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let shown = build::cancel(&w.app, &w.alice, id).await.unwrap();
        assert_eq!((shown.state(), shown.build.source_state), (Some(State::Canceled), State::Canceled));
        assert!(w.tasks().await.is_empty() && builder.try_lease().await.is_none());
        let twice = build::cancel(&w.app, &w.alice, id).await.unwrap_err();
        assert_eq!((twice.kind, twice.message.as_str()), (Kind::Conflict, "Cannot cancel build 1"));
    }

    async fn a_running_source_is_told_to_stop(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let lease = builder.lease().await;
        assert!(!builder.beat(&lease, None).await.unwrap().cancel);
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        assert!(builder.beat(&lease, None).await.unwrap().cancel);
        builder.finish(&lease, Outcome::Canceled, Vec::new()).await.unwrap();
        assert!(w.tasks().await.is_empty());
        assert_eq!(w.state(id).await, Some(State::Canceled));
    }

    async fn nothing_is_told_of_a_canceled_source_that_a_builder_still_works_on(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let lease = builder.lease().await;
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        let last = events(&w).await;
        assert!(builder.beat(&lease, Some(Phase::Build)).await.unwrap().cancel);
        assert_eq!(events(&w).await, last);
    }

    async fn the_logs_of_a_canceled_build_are_closed_when_its_builder_is_lost(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        builder.log(&lease, "building\n").await.unwrap();
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        w.clock.advance(31);
        assert_eq!(lease::expire(&w.app).await.unwrap(), 1);
        assert!(w.tasks().await.is_empty());
        assert!(w.chroot_dir("hello").join("00000001-hello-noarch/builder-live.log.gz").is_file());
    }

    async fn what_a_builder_delivers_after_the_cancel_is_thrown_away(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.publish().await;
        w.sweep().await;
        assert_eq!(w.show(id).await.chroots[0].state, State::Canceled);
        assert!(w.published().is_empty() && w.tasks().await.is_empty() && w.staging().is_empty());
        assert!(w.chroot_dir("hello").join("00000001-hello-noarch/builder-live.log.gz").is_file());
    }

    async fn a_cancel_during_the_import_leaves_nothing_behind(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        builder.make("hello-noarch").await;
        assert_eq!(w.state(id).await, Some(State::Importing));
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        w.import().await;
        w.sweep().await;
        assert_eq!(w.show(id).await.build.source_state, State::Canceled);
        assert!(w.tasks().await.is_empty() && w.staging().is_empty());
    }

    async fn a_waiting_package_vanishes_from_the_queue(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let shown = build::cancel(&w.app, &w.alice, id).await.unwrap();
        assert_eq!((shown.state(), shown.chroots[0].state), (Some(State::Canceled), State::Canceled));
        assert!(shown.chroots[0].ended_on.is_some() && w.tasks().await.is_empty());
    }

    async fn a_cancel_while_the_packages_are_being_published_is_too_late(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let refused = build::cancel(&w.app, &w.alice, id).await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Conflict, "Cannot cancel build 1"));
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert_eq!(w.published().len(), 2);
    }

    async fn of_two_chroots_the_published_one_stays_and_the_other_is_canceled(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        w.publish().await;
        let shown = w.show(id).await;
        let of = |name: &str| shown.chroots.iter().find(|one| one.name.as_str() == name).unwrap().state;
        assert_eq!((of(X86), of(ARM), shown.state()), (State::Succeeded, State::Canceled, Some(State::Canceled)));
        assert_eq!(w.published().len(), 2);
        build::delete(&w.app, &w.alice, id).await.unwrap();
        w.publish().await;
        assert!(w.published().is_empty());
    }

    async fn a_lost_builder_of_a_canceled_build_is_forgotten(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let lease = builder.lease().await;
        builder.upload(&lease, &made("hello-noarch").srpm).await.unwrap();
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        w.clock.advance(31);
        copr_app::lease::expire(&w.app).await.unwrap();
        copr_app::removal::sweep(&w.app).await.unwrap();
        assert!(w.tasks().await.is_empty() && w.staging().is_empty());
        assert_eq!(w.show(id).await.build.source_state, State::Canceled);
    }

    async fn what_has_ended_can_not_be_canceled(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        assert_eq!(build::cancel(&w.app, &w.alice, id).await.unwrap_err().kind, Kind::Conflict);
        assert_eq!(w.state(id).await, Some(State::Succeeded));
    }
}
