//! What goes away by itself, to the second.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::build::{self, Options};
use copr_app::{Kind, expiry, project, publish};
use copr_types::{BuildId, Phase, State};
use std::path::PathBuf;

const DAY: i64 = 86_400;
const PR: &str = "hello:pr:1";

async fn choose(w: &World, chroots: &[&str]) -> Result<project::Shown, copr_app::Refusal> {
    let said = project::Input { name: None, ..input("hello", chroots) };
    project::edit(&w.app, &w.alice, "alice", "hello", &said).await
}

async fn expire(w: &World) {
    expiry::all(&w.app).await.unwrap();
    w.sweep().await;
}

async fn into_dir(w: &World, dir: &str) -> Result<BuildId, copr_app::Refusal> {
    let options = Options { project_dirname: Some(dir.to_owned()), ..Options::default() };
    Ok(w.try_submit(&w.alice, &options).await?[0].build.id)
}

async fn exists(w: &World, id: BuildId) -> bool {
    build::find(&w.app, id).await.is_ok()
}

fn at(w: &World, dir: &str) -> PathBuf {
    w.app.store.results().join("alice").join(dir)
}

async fn dirs(w: &World) -> Vec<String> {
    let id = project::find(&w.app, "alice", "hello").await.unwrap().project.id;
    let found = copr_db::dir::of_project(&mut w.app.db.read().await.unwrap(), id).await.unwrap();
    found.into_iter().map(|dir| dir.name.to_string()).collect()
}

both_engines! {
    async fn a_dropped_chroot_goes_with_all_it_had_when_its_time_is_over(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let only = w.succeeded_in(&builder, &[X86]).await;
        choose(&w, &[ARM]).await.unwrap();
        w.clock.advance(7 * DAY - 1);
        expire(&w).await;
        assert_eq!(w.published().len(), 2, "it went too early");
        w.clock.advance(1);
        expire(&w).await;
        assert!(!at(&w, "hello").join(X86).exists() && at(&w, "hello").join(ARM).exists());
        assert!(!exists(&w, only).await);
        assert!(!at(&w, "hello").join("srpm-builds").join(only.padded()).exists());
        assert!(crate::world::entries(w.data().join("trash")).is_empty());
        // It can be chosen again, and begins empty.
        choose(&w, &[X86, ARM]).await.unwrap();
        assert!(w.published().is_empty());
        w.succeeded_in(&builder, &[X86]).await;
        expire(&w).await;
        assert_eq!(w.published().len(), 2);
    }

    async fn a_dropped_chroot_that_is_chosen_again_in_time_keeps_everything(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        w.succeeded_in(&builder, &[X86]).await;
        let before = w.published();
        choose(&w, &[ARM]).await.unwrap();
        w.clock.advance(7 * DAY - 1);
        choose(&w, &[X86]).await.unwrap();
        w.clock.advance(30 * DAY);
        expire(&w).await;
        w.publish().await;
        assert_eq!(w.published(), before);
    }

    /// The service was down when it was due, or ended between moving the tree and saying so.
    async fn a_chroot_that_is_due_and_chosen_before_anybody_removed_it_begins_anew(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded_in(&builder, &[X86]).await;
        choose(&w, &[ARM]).await.unwrap();
        w.clock.advance(7 * DAY);
        std::fs::rename(at(&w, "hello").join(X86), w.data().join("moved")).unwrap();
        choose(&w, &[X86, ARM]).await.unwrap();
        assert!(w.published().is_empty());
        assert!(!exists(&w, id).await);
        expire(&w).await;
        w.succeeded_in(&builder, &[X86]).await;
        assert_eq!(w.published().len(), 2);
    }

    async fn a_chroot_at_which_a_publisher_is_waits_for_it(w: World) {
        w.project(&[X86, ARM]).await;
        choose(&w, &[ARM]).await.unwrap();
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.clock.advance(7 * DAY);
        let now = w.app.clock.now();
        let mut tx = w.app.db.begin().await.unwrap();
        let repo = copr_db::repo::by_path(&mut tx, "alice", "hello", X86).await.unwrap().unwrap().0;
        copr_db::repo::claim(&mut tx, Some(repo), now, now + 15).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        expire(&w).await;
        assert!(at(&w, "hello").join(X86).exists());
        assert_eq!(choose(&w, &[X86]).await.unwrap_err().kind, Kind::Conflict);
        w.clock.advance(15);
        expire(&w).await;
        assert!(!at(&w, "hello").join(X86).exists());
        w.publish().await;
        assert!(!at(&w, "hello").join(X86).exists());
    }

    async fn a_build_in_other_chroots_too_keeps_what_it_did_there(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        builder.make("hello-noarch").await;
        w.import().await;
        for arch in ["x86_64", "aarch64"] {
            let lease = builder.lease_for(&[arch]).await.unwrap();
            builder.beat(&lease, Some(Phase::Build)).await.unwrap();
            builder.deliver(&lease, "hello-noarch").await.unwrap();
        }
        w.publish().await;
        choose(&w, &[X86]).await.unwrap();
        w.clock.advance(7 * DAY);
        expire(&w).await;
        let shown = w.show(id).await;
        assert_eq!((shown.state(), shown.chroots.len()), (Some(State::Succeeded), 1));
        assert!(at(&w, "hello/srpm-builds").join(id.padded()).exists());
    }

    async fn a_pull_requests_directory_goes_forty_days_after_its_last_build(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let first = into_dir(&w, PR).await.unwrap();
        w.made(&builder, first, "hello-noarch").await;
        let custom = into_dir(&w, "hello:custom:x").await.unwrap();
        w.made(&builder, custom, "hello-noarch").await;
        w.clock.advance(40 * DAY - 1);
        expire(&w).await;
        assert_eq!(dirs(&w).await, ["hello", PR, "hello:custom:x"]);
        let second = into_dir(&w, PR).await.unwrap();
        w.made(&builder, second, "hello-noarch").await;
        w.clock.advance(40 * DAY - 1);
        expire(&w).await;
        assert_eq!(w.published_at(&at(&w, PR).join(X86)).len(), 4);
        w.clock.advance(1);
        expire(&w).await;
        assert_eq!(dirs(&w).await, ["hello", "hello:custom:x"]);
        assert!(!at(&w, PR).exists() && at(&w, "hello:custom:x").exists());
        assert!(!exists(&w, first).await && !exists(&w, second).await && exists(&w, custom).await);
        // The next build of the pull request finds a new directory.
        let third = into_dir(&w, PR).await.unwrap();
        w.made(&builder, third, "hello-noarch").await;
        expire(&w).await;
        assert_eq!(w.published_at(&at(&w, PR).join(X86)).len(), 2);
    }

    async fn a_directory_in_which_a_build_still_runs_stays(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = into_dir(&w, PR).await.unwrap();
        let lease = builder.lease().await;
        w.clock.advance(50 * DAY);
        expire(&w).await;
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.import().await;
        w.publish().await;
        expire(&w).await;
        builder.make("hello-noarch").await;
        expire(&w).await;
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        expire(&w).await;
        assert!(!exists(&w, id).await);
    }

    async fn a_build_that_comes_when_its_directory_is_due_and_not_yet_removed_finds_it_new(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let old = into_dir(&w, PR).await.unwrap();
        w.made(&builder, old, "hello-noarch").await;
        w.clock.advance(40 * DAY);
        // Ended between moving the tree and saying so.
        std::fs::rename(at(&w, PR), w.data().join("moved")).unwrap();
        let new = into_dir(&w, PR).await.unwrap();
        w.made(&builder, new, "hello-noarch").await;
        expire(&w).await;
        assert!(!exists(&w, old).await);
        assert!(w.published_at(&at(&w, PR).join(X86)).keys().all(|href| href.starts_with(&new.padded())));
    }

    async fn builds_and_the_end_of_their_directory_that_come_at_one_time_do_each_other_no_harm(w: World) {
        w.project(&[X86]).await;
        let second = w.second().await;
        let builder = w.builder("b1").await;
        for _ in 0..12 {
            let (submitted, expired) = tokio::join!(into_dir(&w, PR), expiry::all(&second));
            expired.unwrap();
            let id = submitted.unwrap();
            w.made(&builder, id, "hello-noarch").await;
            w.sweep().await;
            let held = w.published_at(&at(&w, PR).join(X86));
            assert_eq!(held.keys().filter(|href| href.starts_with(&id.padded())).count(), 2, "{held:?}");
            w.clock.advance(40 * DAY);
        }
    }

    async fn a_temporary_project_is_deleted_when_its_time_is_over_and_nothing_runs(w: World) {
        let said = project::Input { delete_after_days: Some("2".to_owned()), ..input("hello", &[X86]) };
        project::create(&w.app, &w.alice, "alice", &said, false).await.unwrap();
        let builder = w.builder("b1").await;
        w.clock.advance(2 * DAY - 1);
        expire(&w).await;
        let id = w.submit().await;
        w.clock.advance(1);
        expire(&w).await;
        w.made(&builder, id, "hello-noarch").await;
        expire(&w).await;
        assert_eq!(project::find(&w.app, "alice", "hello").await.unwrap_err().kind, Kind::NotFound);
        assert!(!at(&w, "hello").exists());
        assert!(!publish::next(&w.app, None).await.unwrap());
    }

    async fn a_temporary_project_whose_owner_thought_better_of_it_stays(w: World) {
        let said = project::Input { delete_after_days: Some("2".to_owned()), ..input("hello", &[X86]) };
        project::create(&w.app, &w.alice, "alice", &said, false).await.unwrap();
        let longer = project::Input { delete_after_days: Some("-1".to_owned()), ..project::Input::default() };
        project::edit(&w.app, &w.alice, "alice", "hello", &longer).await.unwrap();
        w.clock.advance(800 * DAY);
        expire(&w).await;
        project::find(&w.app, "alice", "hello").await.unwrap();
    }

    async fn events_are_kept_for_a_month(w: World) {
        w.project(&[X86]).await;
        w.clock.advance(30 * DAY);
        expiry::all(&w.app).await.unwrap();
        let kinds = async || {
            let events = copr_db::event::after(&mut w.app.db.read().await.unwrap(), 0, 99).await.unwrap();
            events.into_iter().map(|event| event.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds().await.first().map(String::as_str), Some("project.created"));
        w.clock.advance(1);
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.publish().await;
        expiry::all(&w.app).await.unwrap();
        assert_eq!(kinds().await, ["repo.published"]);
    }
}
