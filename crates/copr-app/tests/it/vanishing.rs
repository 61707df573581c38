//! Deleting while something runs: it ends, and nothing of it stays.

use crate::both_engines;
use crate::world::{ARM, World, X86, entries, input};
use copr_app::build::{self, Options, Running};
use copr_app::{Kind, chroot, directory, import, lease, package, project, publish};
use copr_types::{Phase, State};
use copr_wire::builder::Outcome;
use std::path::{Path, PathBuf};

/// Every file and directory below a place.
fn tree(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(dir.to_owned()) {
        if path.is_dir() && !path.is_symlink() {
            found.extend(tree(&path));
        }
        found.push(path);
    }
    found
}

/// Nothing is left of `alice/hello`: no file, no key, no row.
async fn is_gone(w: &World) {
    let data = w.data();
    assert!(!data.join("results/alice/hello").exists(), "{:?}", tree(&data.join("results")));
    let beside: Vec<_> = entries(data.join("results/alice"));
    assert!(beside.iter().all(|path| !path.to_string_lossy().contains("hello")), "{beside:?}");
    for place in ["staging", "uploads", "trash"] {
        assert_eq!(tree(&data.join(place)), Vec::<PathBuf>::new(), "{place}");
    }
    let keys = entries(data.join("keys"));
    assert!(keys.iter().all(|path| !path.to_string_lossy().contains("project-")), "{keys:?}");
    let mut conn = w.app.db.read().await.unwrap();
    let rows = copr_db::project::rows(&mut conn).await.unwrap();
    assert_eq!(rows, [], "tables with rows");
}

async fn delete(w: &World) {
    project::delete_with(&w.app, &w.alice, "alice", "hello", Running::Cancel).await.unwrap();
    assert_eq!(project::find(&w.app, "alice", "hello").await.unwrap_err().kind, Kind::NotFound);
}

both_engines! {
    async fn a_project_goes_while_a_source_is_being_made(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.submit().await;
        w.submit().await;
        let lease = builder.lease().await;
        builder.beat(&lease, Some(Phase::Fetch)).await.unwrap();
        builder.log(&lease, "fetching\n").await.unwrap();
        builder.upload(&lease, &crate::rpms::made("hello-noarch").srpm).await.unwrap();
        let refused = project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap_err();
        assert_eq!(refused.message, "Build(s) 1, 2 are still running.\n");
        delete(&w).await;
        // The builder hears that the lease is over, whatever it says next.
        assert_eq!(builder.beat(&lease, None).await.unwrap_err().kind, Kind::Conflict);
        assert_eq!(builder.log(&lease, "more\n").await.unwrap_err().kind, Kind::Conflict);
        assert_eq!(builder.source_file(&lease).await.unwrap_err().kind, Kind::Conflict);
        assert_eq!(builder.finish(&lease, Outcome::Canceled, Vec::new()).await.unwrap_err().kind, Kind::Conflict);
        assert!(builder.try_lease().await.is_none());
        w.sweep().await;
        is_gone(&w).await;
    }

    async fn a_project_goes_while_packages_are_being_built(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        builder.beat(&lease, Some(Phase::Build)).await.unwrap();
        builder.upload(&lease, &crate::rpms::made("hello-noarch").srpm).await.unwrap();
        delete(&w).await;
        assert_eq!(builder.deliver(&lease, "hello-noarch").await.unwrap_err().kind, Kind::Conflict);
        w.sweep().await;
        is_gone(&w).await;
        lease::expire(&w.app).await.unwrap();
    }

    async fn a_project_goes_while_its_sources_are_taken_in(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        builder.make("hello-noarch").await;
        assert_eq!(w.state(id).await, Some(State::Importing));
        let second = w.second().await;
        let deleting = async {
            tokio::task::yield_now().await;
            project::delete_with(&second, &w.alice, "alice", "hello", Running::Cancel).await.unwrap();
        };
        let (taken, ()) = tokio::join!(import::all(&w.app), deleting);
        taken.unwrap();
        w.sweep().await;
        w.import().await;
        w.sweep().await;
        is_gone(&w).await;
    }

    async fn a_project_goes_while_it_is_published(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.delivered(&builder).await;
        let second = w.second().await;
        let deleting = async {
            tokio::task::yield_now().await;
            project::delete_with(&second, &w.alice, "alice", "hello", Running::Cancel).await.unwrap();
            // Whoever removes files comes by as well.
            copr_app::removal::sweep(&second).await.unwrap();
            copr_app::removal::sweep_projects(&second).await.unwrap();
        };
        let (published, ()) = tokio::join!(publish::next(&w.app, None), deleting);
        published.unwrap();
        w.publish().await;
        w.sweep().await;
        is_gone(&w).await;
    }

    async fn files_of_a_deleted_project_wait_for_the_publisher_that_is_still_at_them(w: World) {
        w.project(&[X86]).await;
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        let now = w.app.clock.now();
        let mut tx = w.app.db.begin().await.unwrap();
        let turn = copr_db::repo::claim(&mut tx, None, now, now + 15).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        delete(&w).await;
        w.sweep().await;
        assert!(w.chroot_dir("hello").exists(), "the publisher's place went away");
        let mut tx = w.app.db.begin().await.unwrap();
        copr_db::repo::leave(&mut tx, turn.id, turn.publisher_fence).await.unwrap();
        tx.commit().await.unwrap();
        w.sweep().await;
        is_gone(&w).await;
    }

    async fn files_of_a_deleted_project_do_not_wait_for_a_dead_publisher_for_ever(w: World) {
        w.project(&[X86]).await;
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        let now = w.app.clock.now();
        let mut tx = w.app.db.begin().await.unwrap();
        copr_db::repo::claim(&mut tx, None, now, now + 15).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        delete(&w).await;
        w.clock.advance(15);
        w.sweep().await;
        is_gone(&w).await;
    }

    async fn a_package_goes_with_its_builds_that_run_and_waits_for_those_on_their_way_in(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        w.succeeded_in(&builder, &[X86]).await;
        // One chroot on its way in, the other one with a builder.
        w.delivered(&builder).await;
        let lease = builder.lease_for(&["aarch64"]).await.unwrap();
        builder.upload(&lease, &crate::rpms::made("hello-noarch").srpm).await.unwrap();
        let refused = package::delete(&w.app, &w.alice, "alice", "hello", Some("hello-noarch")).await.unwrap_err();
        assert_eq!(refused.message, "Build(s) 2 are still running.\n");
        let name = Some("hello-noarch");
        let deleting = package::delete_with(&w.app, &w.alice, "alice", "hello", name, Running::Cancel);
        let publishing = async {
            // Until the deletion has told the builder.
            while !builder.beat(&lease, None).await.is_ok_and(|answer| answer.cancel) {
                tokio::task::yield_now().await;
            }
            w.publish().await;
        };
        let (deleted, ()) = tokio::join!(deleting, publishing);
        deleted.unwrap();
        assert_eq!(builder.beat(&lease, None).await.unwrap_err().kind, Kind::Conflict);
        w.publish().await;
        w.sweep().await;
        assert!(w.published().is_empty() && w.staging().is_empty() && w.tasks().await.is_empty());
        assert_eq!(entries(w.app.store.results().join("alice/hello/srpm-builds")), Vec::<PathBuf>::new());
        assert!(package::find(&w.app, "alice", "hello", "hello-noarch", Default::default()).await.is_err());
    }

    async fn a_directory_goes_with_its_builds_that_run(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let main = w.succeeded(&builder).await;
        let options = Options { project_dirname: Some("hello:custom:x".to_owned()), ..Options::default() };
        let id = w.try_submit(&w.alice, &options).await.unwrap()[0].build.id;
        w.publish().await;
        let lease = builder.lease().await;
        builder.upload(&lease, &crate::rpms::made("hello-noarch").srpm).await.unwrap();
        let gone = |name, running| directory::delete(&w.app, &w.alice, "alice", "hello", name, running);
        let refused = gone("hello:custom:x", Running::Refuse).await.unwrap_err();
        assert_eq!(refused.message, "Build(s) 2 are still running.\n");
        assert_eq!(gone("hello", Running::Cancel).await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(gone("hello:custom:y", Running::Cancel).await.unwrap_err().kind, Kind::NotFound);
        let stranger = w.person("mallory").await;
        let refused = directory::delete(&w.app, &stranger, "alice", "hello", "hello:custom:x", Running::Cancel).await;
        assert_eq!(refused.unwrap_err().kind, Kind::Forbidden);
        gone("hello:custom:x", Running::Cancel).await.unwrap();
        assert_eq!(builder.beat(&lease, None).await.unwrap_err().kind, Kind::Conflict);
        w.sweep().await;
        assert_eq!(build::find(&w.app, id).await.unwrap_err().kind, Kind::NotFound);
        assert!(!w.app.store.results().join("alice/hello:custom:x").exists() && w.staging().is_empty());
        assert_eq!(w.state(main).await, Some(State::Succeeded));
        assert_eq!(w.published().len(), 2);
    }

    async fn a_chroot_is_dropped_and_what_runs_in_it_is_canceled_there_alone(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease_for(&["aarch64"]).await.unwrap();
        let said = project::Input { name: None, ..input("hello", &[X86]) };
        let refused = project::edit(&w.app, &w.alice, "alice", "hello", &said).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
        project::edit_with(&w.app, &w.alice, "alice", "hello", &said, Running::Cancel).await.unwrap();
        let shown = w.show(id).await;
        let of = |name: &str| shown.chroots.iter().find(|one| one.name.as_str() == name).unwrap();
        assert_eq!((of(ARM).state, of(X86).state, shown.state()), (State::Canceled, State::Pending, Some(State::Pending)));
        assert_eq!(of(ARM).reason, format!("Chroot '{ARM}' was dropped from the project"));
        assert!(builder.beat(&lease, None).await.unwrap().cancel);
        builder.finish(&lease, Outcome::Canceled, Vec::new()).await.unwrap();
        builder.make("hello-noarch").await;
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
    }

    async fn a_chroot_at_the_end_of_its_life_cancels_what_was_to_be_built_there(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let both = w.imported(&builder, "hello-noarch").await;
        let waiting = Options { chroots: Some(vec![ARM.to_owned()]), ..Options::default() };
        let only = w.try_submit(&w.alice, &waiting).await.unwrap()[0].build.id;
        let later = Options { chroots: Some(vec![ARM.to_owned(), X86.to_owned()]), ..Options::default() };
        let later = w.try_submit(&w.alice, &later).await.unwrap()[0].build.id;
        assert_eq!(chroot::retire(&w.app, ARM).await.unwrap(), 3);
        let shown = w.show(both).await;
        let arm = shown.chroots.iter().find(|one| one.name.as_str() == ARM).unwrap();
        assert_eq!((arm.state, arm.reason.as_str()), (State::Canceled, "Chroot 'fedora-44-aarch64' has been EOLed"));
        assert_eq!(shown.state(), Some(State::Pending));
        // Nothing is left of this one: it is canceled as a whole, and its source is not made.
        let shown = w.show(only).await;
        assert_eq!((shown.state(), shown.build.source_state), (Some(State::Canceled), State::Canceled));
        while let Some(lease) = builder.try_lease().await {
            builder.deliver(&lease, "hello-noarch").await.unwrap();
            w.import().await;
            w.publish().await;
        }
        for id in [both, later] {
            let shown = w.show(id).await;
            let mut states: Vec<State> = shown.chroots.iter().map(|one| one.state).collect();
            states.sort_unstable();
            assert_eq!((states, shown.state()), (vec![State::Succeeded, State::Canceled], Some(State::Succeeded)));
        }
    }

    async fn a_canceled_build_goes_while_its_builder_still_delivers(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        builder.upload(&lease, &crate::rpms::made("hello-noarch").srpm).await.unwrap();
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        build::delete(&w.app, &w.alice, id).await.unwrap();
        assert_eq!(builder.deliver(&lease, "hello-noarch").await.unwrap_err().kind, Kind::Conflict);
        w.sweep().await;
        assert!(w.staging().is_empty(), "{:?}", w.staging());
        assert!(w.tasks().await.is_empty());
    }

    async fn what_a_builder_wrote_when_its_lease_went_is_found_later(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.submit().await;
        let lease = builder.lease().await;
        builder.upload(&lease, &crate::rpms::made("hello-noarch").srpm).await.unwrap();
        w.delivered(&builder).await;
        w.sweep().await;
        let stray = w.app.store.staging_dir(9999, 1);
        std::fs::create_dir_all(&stray).unwrap();
        std::fs::write(stray.join("late.rpm"), "x").unwrap();
        assert_eq!(w.staging().len(), 3);
        copr_app::removal::sweep_staging(&w.app).await.unwrap();
        assert!(!stray.exists() && w.staging().len() == 2, "{:?}", w.staging());
    }

    async fn a_build_that_is_submitted_while_its_project_is_deleted_is_seen_or_refused(w: World) {
        let second = w.second().await;
        let mut deleted = 0;
        for round in 0..12 {
            w.project(&[X86]).await;
            let urls = ["http://example.org/hello-noarch-1.0-1.src.rpm".to_owned()];
            let options = Options::default();
            let submitting = build::by_urls(&second, &w.alice, "alice", "hello", &urls, &options);
            let deleting = project::delete(&w.app, &w.alice, "alice", "hello");
            // Each begins first half of the time.
            let (gone, made) = if round % 2 == 0 {
                tokio::join!(deleting, submitting)
            } else {
                let (made, gone) = tokio::join!(submitting, deleting);
                (gone, made)
            };
            match (gone, made) {
                (Ok(_), Err(refused)) => {
                    assert_eq!(refused.kind, Kind::NotFound, "{}", refused.inside());
                    deleted += 1;
                }
                (Err(refused), Ok(_)) => {
                    assert!(refused.message.ends_with(" are still running.\n"), "{}", refused.inside());
                    delete(&w).await;
                }
                (gone, made) => panic!("{gone:?} {made:?}"),
            }
            w.sweep().await;
        }
        assert!(w.tasks().await.is_empty());
        eprintln!("{deleted} of 12 deletions were first");
        is_gone(&w).await;
    }

}
