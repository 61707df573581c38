//! Builds that wait for other builds.

use crate::both_engines;
use crate::world::{World, X86, input};
use copr_app::build::{self, Options};
use copr_app::{Kind, batch, project};
use copr_db::account::Account;
use copr_types::permission::Grant;
use copr_types::{BuildId, FailureClass, State};
use std::time::Duration;

fn after(id: BuildId) -> Options {
    Options { after_build_id: Some(id.to_string()), ..Options::default() }
}

fn with(id: BuildId) -> Options {
    Options { with_build_id: Some(id.to_string()), ..Options::default() }
}

async fn submitted(w: &World, options: &Options) -> BuildId {
    w.try_submit(&w.alice, options).await.unwrap()[0].build.id
}

/// The sentence that refuses a submission, which the check before it says too.
async fn refused(w: &World, who: &Account, options: &Options) -> String {
    let refused = w.try_submit(who, options).await.expect_err("it was accepted");
    assert_eq!(refused.kind, Kind::Invalid);
    assert!(refused.fields.is_some(), "it is not told of a field: {}", refused.message);
    let checked = build::check(&w.app, who, "alice", "hello", options).await;
    if who.id == w.alice.id {
        assert_eq!(checked.expect_err("the check lets it pass").message, refused.message);
    }
    refused.message
}

/// The builds whose work could be handed out now.
async fn ready(w: &World) -> Vec<BuildId> {
    batch::release(&w.app).await.unwrap();
    let mut builds: Vec<_> =
        w.tasks().await.into_iter().filter(|task| !task.blocked).map(|task| task.build_id).collect();
    builds.sort();
    builds
}

async fn batch_of(w: &World, id: BuildId) -> Option<copr_types::BatchId> {
    copr_db::batch::of_build(&mut w.app.db.read().await.unwrap(), id).await.unwrap()
}

/// A project of bob's with a build, which alice has no rights in.
async fn foreign(w: &World) -> (Account, BuildId) {
    let bob = w.person("bob").await;
    project::create(&w.app, &bob, "bob", &input("lib", &[X86]), false).await.unwrap();
    let urls = ["http://example.org/lib-1-1.src.rpm".to_owned()];
    let made = build::by_urls(&w.app, &bob, "bob", "lib", &urls, &Options::default()).await.unwrap();
    (bob, made[0].build.id)
}

both_engines! {
    async fn a_chain_of_three_is_built_in_its_order(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let first = w.submit().await;
        let second = submitted(&w, &after(first)).await;
        let third = submitted(&w, &after(second)).await;
        for (one, later) in [(first, vec![second, third]), (second, vec![third]), (third, vec![])] {
            assert_eq!(ready(&w).await, [one]);
            builder.make("hello-noarch").await;
            w.import().await;
            assert_eq!(ready(&w).await, [one], "its packages are not there yet");
            builder.make("hello-noarch").await;
            assert_eq!(ready(&w).await, [], "nobody can install its packages yet");
            for id in later {
                assert_eq!(w.state(id).await, Some(State::Pending));
            }
            assert!(builder.try_lease().await.is_none());
            w.publish().await;
            assert_eq!(w.state(one).await, Some(State::Succeeded));
        }
    }

    async fn builds_that_were_joined_start_together_and_are_waited_for_together(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let one = w.submit().await;
        let two = submitted(&w, &with(one)).await;
        let late = submitted(&w, &after(two)).await;
        let later = submitted(&w, &with(late)).await;
        assert_eq!((batch_of(&w, one).await, batch_of(&w, late).await), (batch_of(&w, two).await, batch_of(&w, later).await));
        assert_eq!(ready(&w).await, [one, two]);
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        assert_eq!(ready(&w).await, [two]);
        let last = submitted(&w, &with(two)).await;
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        assert_eq!(ready(&w).await, [last], "what joined meanwhile is waited for as well");
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        assert_eq!(ready(&w).await, [late, later]);
    }

    async fn a_failed_parent_stops_nobody(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let parent = w.imported(&builder, "hello-noarch").await;
        let child = submitted(&w, &after(parent)).await;
        let lease = builder.lease().await;
        assert_eq!(ready(&w).await, [parent]);
        builder.fail(&lease, FailureClass::User).await.unwrap();
        assert_eq!(w.state(parent).await, Some(State::Failed));
        assert_eq!(ready(&w).await, [child]);
    }

    async fn canceling_the_middle_leaves_the_end_waiting_for_the_beginning(w: World) {
        w.project(&[X86]).await;
        let first = w.submit().await;
        let second = submitted(&w, &after(first)).await;
        let third = submitted(&w, &after(second)).await;
        build::cancel(&w.app, &w.alice, second).await.unwrap();
        assert_eq!(ready(&w).await, [first]);
        build::delete(&w.app, &w.alice, second).await.unwrap();
        assert_eq!(ready(&w).await, [first]);
        build::cancel(&w.app, &w.alice, first).await.unwrap();
        assert_eq!(ready(&w).await, [third]);
    }

    async fn canceling_a_blocked_build_takes_it_out_of_the_queue(w: World) {
        w.project(&[X86]).await;
        let first = w.submit().await;
        let second = submitted(&w, &after(first)).await;
        assert_eq!(build::cancel(&w.app, &w.alice, second).await.unwrap().state(), Some(State::Canceled));
        let left: Vec<_> = w.tasks().await.into_iter().map(|task| task.build_id).collect();
        assert_eq!(left, [first]);
        let third = submitted(&w, &after(second)).await;
        assert_eq!(ready(&w).await, [first], "the batch of the canceled build is still blocked");
        build::cancel(&w.app, &w.alice, first).await.unwrap();
        assert_eq!(ready(&w).await, [third]);
    }

    async fn deleting_what_others_wait_for_lets_them_go(w: World) {
        w.project(&[X86]).await;
        let (bob, parent) = foreign(&w).await;
        let urls = ["http://example.org/lib-1-1.src.rpm".to_owned()];
        build::by_urls(&w.app, &bob, "bob", "lib", &urls, &with(parent)).await.unwrap();
        let child = submitted(&w, &after(parent)).await;
        for shown in build::list(&w.app, "bob", "lib", None, None, &Default::default()).await.unwrap() {
            build::cancel(&w.app, &bob, shown.build.id).await.unwrap();
        }
        build::delete(&w.app, &bob, parent).await.unwrap();
        let grandchild = submitted(&w, &after(child)).await;
        project::delete(&w.app, &bob, "bob", "lib").await.unwrap();
        w.sweep().await;
        assert_eq!(ready(&w).await, [child]);
        build::cancel(&w.app, &w.alice, child).await.unwrap();
        build::delete_list(&w.app, &w.alice, &[child]).await.unwrap();
        assert_eq!(ready(&w).await, [grandchild]);
        build::cancel(&w.app, &w.alice, grandchild).await.unwrap();
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        assert_eq!(ready(&w).await, []);
    }

    async fn who_waits_for_what_is_over_waits_for_nothing(w: World) {
        w.project(&[X86]).await;
        let parent = w.submit().await;
        let beside = submitted(&w, &with(parent)).await;
        for id in [parent, beside] {
            build::cancel(&w.app, &w.alice, id).await.unwrap();
        }
        let child = submitted(&w, &after(parent)).await;
        assert_eq!(ready(&w).await, [child]);
        let number = batch_of(&w, parent).await.unwrap();
        let late = refused(&w, &w.alice, &with(parent)).await;
        assert_eq!(late, format!("with_build_id: Batch {number} is already finished"));
    }

    async fn a_batch_is_not_begun_around_what_has_ended_or_is_not_there(w: World) {
        w.project(&[X86]).await;
        let over = w.submit().await;
        build::cancel(&w.app, &w.alice, over).await.unwrap();
        let text = format!(
            "Build {over} is not yet in any batch, and new batch can not be created because the build has already finished"
        );
        assert_eq!(refused(&w, &w.alice, &with(over)).await, format!("with_build_id: {text}"));
        assert_eq!(refused(&w, &w.alice, &after(over)).await, format!("after_build_id: {text}"));
        assert_eq!(refused(&w, &w.alice, &with(BuildId(99))).await, "with_build_id: Build 99 not found");
        let word = Options { after_build_id: Some("last".to_owned()), ..Options::default() };
        assert_eq!(refused(&w, &w.alice, &word).await, "after_build_id: Not a valid integer value.");
        let both = Options { with_build_id: Some("1".to_owned()), ..after(over) };
        let twice = "Only one batch option can be specified";
        assert_eq!(refused(&w, &w.alice, &both).await, format!("with_build_id: {twice}\nafter_build_id: {twice}"));
        assert!(w.tasks().await.is_empty(), "a refused build is in the queue");
    }

    async fn with_builds_of_foreign_projects_one_needs_their_consent(w: World) {
        let root = w.admin().await;
        w.project(&[X86]).await;
        let (bob, theirs) = foreign(&w).await;
        let alone = format!(
            "Build {theirs} is not yet in any batch, and user 'alice' doesn't have the build permissions in project 'bob/lib' to create a new one"
        );
        assert_eq!(refused(&w, &w.alice, &with(theirs)).await, format!("with_build_id: {alone}"));
        assert_eq!(refused(&w, &w.alice, &after(theirs)).await, format!("after_build_id: {alone}"));

        let urls = ["http://example.org/lib-1-1.src.rpm".to_owned()];
        build::by_urls(&w.app, &bob, "bob", "lib", &urls, &with(theirs)).await.unwrap();
        let number = batch_of(&w, theirs).await.unwrap();
        let closed = |projects: &str| format!(
            "with_build_id: The batch {number} belongs to {projects}.  You are not allowed to build there, so you neither can edit the batch."
        );
        assert_eq!(refused(&w, &w.alice, &with(theirs)).await, closed("project bob/lib"));
        // To wait for what is there needs no right.
        submitted(&w, &after(theirs)).await;

        for name in ["app", "tool"] {
            project::create(&w.app, &bob, "bob", &input(name, &[X86]), false).await.unwrap();
            build::by_urls(&w.app, &bob, "bob", name, &urls, &with(theirs)).await.unwrap();
        }
        assert_eq!(refused(&w, &w.alice, &with(theirs)).await, closed("projects bob/lib, bob/app, and bob/tool"));
        let tool = project::find(&w.app, "bob", "tool").await.unwrap().project.id;
        let mut tx = w.app.db.begin().await.unwrap();
        copr_db::project::grant(&mut tx, tool, w.alice.id, Grant::Nothing, Grant::Approved).await.unwrap();
        tx.commit().await.unwrap();
        let joined = submitted(&w, &with(theirs)).await;
        assert_eq!(batch_of(&w, joined).await, Some(number), "the right to build in one of its projects is enough");
        w.try_submit(&root, &with(theirs)).await.unwrap();
    }

    async fn all_who_begin_a_batch_with_one_build_get_the_same(w: World) {
        w.project(&[X86]).await;
        let first = w.submit().await;
        let other = w.second().await;
        let mut racers = tokio::task::JoinSet::new();
        for racer in 0..8 {
            let app = if racer % 2 == 0 { w.app.clone() } else { other.clone() };
            let alice = w.alice.clone();
            let options = if racer < 6 { with(first) } else { after(first) };
            racers.spawn(async move {
                let urls = ["http://example.org/hello-1-1.src.rpm".to_owned()];
                let made = build::by_urls(&app, &alice, "alice", "hello", &urls, &options).await.unwrap();
                (racer < 6, made[0].build.id)
            });
        }
        let shared = racers.join_all().await;
        let number = batch_of(&w, first).await;
        assert!(number.is_some());
        for (beside, id) in &shared {
            assert_eq!(batch_of(&w, *id).await == number, *beside);
        }
        let mut together: Vec<_> = shared.iter().filter(|(beside, _)| *beside).map(|(_, id)| *id).collect();
        together.push(first);
        together.sort();
        assert_eq!(ready(&w).await, together);
    }

    async fn a_waiting_builder_is_woken_when_a_batch_is_let_go(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let first = w.submit().await;
        let second = submitted(&w, &after(first)).await;
        let lease = builder.lease().await;
        let wake = w.app.db.wake().clone();
        let (ended, tasks) = (wake.heard(copr_db::Topic::Batches), wake.heard(copr_db::Topic::Tasks));
        tokio::pin!(ended, tasks);
        builder.fail(&lease, FailureClass::User).await.unwrap();
        tokio::time::timeout(Duration::from_secs(5), ended).await.expect("the end rings for the batches");
        tasks.as_mut().enable();
        assert_eq!(batch::release(&w.app).await.unwrap(), 1);
        tokio::time::timeout(Duration::from_secs(5), tasks).await.expect("the release rings for the builders");
        assert_eq!(ready(&w).await, [second]);
    }
}
