//! Turns that were broken off at each step, and are taken again: the end is right and packages keep their digest.

use crate::both_engines;
use crate::world::{World, X86};
use copr_app::{App, publish};
use copr_types::faults::{Fault, Step};
use copr_types::{BuildId, Faults, State};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// What a data directory and a repository's row were at a moment.
struct Before {
    repodata: PathBuf,
}

fn noted(w: &World) -> Before {
    Before { repodata: std::fs::read_link(w.chroot_dir("hello").join("repodata")).unwrap() }
}

/// Takes a turn and ends there, as a killed server does: it keeps the turn until its deadline.
async fn claimed_and_killed(w: &World) {
    let now = w.app.clock.now();
    let mut tx = w.app.db.begin().await.unwrap();
    copr_db::repo::claim(&mut tx, None, now, now + 600).await.unwrap().unwrap();
    tx.commit().await.unwrap();
}

async fn succeeds_with_both_packages(w: &World, id: BuildId) {
    w.publish().await;
    assert_eq!(w.state(id).await, Some(State::Succeeded));
    assert_eq!(w.published().len(), 2);
    w.sweep().await;
    assert!(w.staging().is_empty());
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for path in crate::world::entries(from.to_owned()) {
        let target = to.join(path.file_name().unwrap());
        let kind = path.symlink_metadata().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(&path).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            copy_tree(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}

both_engines! {
    async fn a_turn_whose_holder_was_killed_is_taken_over_after_its_deadline(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        claimed_and_killed(&w).await;
        assert!(!publish::next(&w.app, None).await.unwrap());
        w.clock.advance(600);
        succeeds_with_both_packages(&w, id).await;
    }

    /// The files are all in place and switched, and the database has heard of nothing: the widest gap there is.
    async fn packages_that_are_in_place_already_are_not_signed_again(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let before = noted(&w);
        // The whole turn happens, on a copy of the files and with a database that forgets it.
        let row = w.show(id).await.chroots.remove(0);
        w.publish().await;
        let published = w.published();
        undo(&w, &row).await;
        assert_ne!(noted(&w).repodata, before.repodata);
        w.clock.advance(5);
        succeeds_with_both_packages(&w, id).await;
        assert_eq!(w.published(), published, "readers may know the first digests by now");
    }

    async fn a_generation_that_was_written_and_not_switched_is_written_anew(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let before = noted(&w);
        let row = w.show(id).await.chroots.remove(0);
        w.publish().await;
        let published = w.published();
        let dir = w.chroot_dir("hello");
        std::fs::remove_file(dir.join("repodata")).unwrap();
        std::os::unix::fs::symlink(&before.repodata, dir.join("repodata")).unwrap();
        // The next turn's own place is full of rubbish, too.
        let rubbish = dir.join(".repodata/00000002-3");
        copy_tree(&dir.join(".repodata/00000002-2"), &rubbish);
        std::fs::write(rubbish.join("repomd.xml"), b"half").unwrap();
        std::fs::write(dir.join(".repodata-00000002-3"), b"").unwrap();
        undo(&w, &row).await;
        assert!(w.published().is_empty());
        succeeds_with_both_packages(&w, id).await;
        assert_eq!(w.published(), published);
    }

    async fn a_copy_that_was_only_half_signed_is_thrown_away(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let dir = w.chroot_dir("hello").join("00000001-hello-noarch");
        std::fs::create_dir_all(&dir).unwrap();
        // The turn to come has fence 2: what its predecessor left has another name and must not matter either.
        for name in [".unfinished-signing-1-hello-noarch-1.0-1.noarch.rpm", ".unfinished-signing-2-hello-noarch-1.0-1.noarch.rpm"] {
            std::fs::write(dir.join(name), b"half").unwrap();
        }
        succeeds_with_both_packages(&w, id).await;
        let left: Vec<_> = crate::world::entries(dir).into_iter().filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".unfinished")).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    async fn an_import_that_was_broken_off_after_moving_files_goes_on(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let lease = builder.make("hello-noarch").await;
        let staging = w.app.store.staging_dir(lease.task_id, lease.fence);
        let place = w.app.store.results().join("alice/hello/srpm-builds").join(id.padded());
        std::fs::rename(staging.join("hello-noarch-1.0-1.src.rpm"), place.join("hello-noarch-1.0-1.src.rpm")).unwrap();
        w.import().await;
        assert_eq!(w.state(id).await, Some(State::Pending));
        builder.make("hello-noarch").await;
        succeeds_with_both_packages(&w, id).await;
        assert!(place.join("builder-live.log.gz").is_file());
    }
}

/// A disk that fails once, with the change of a file after so many that went well.
fn fails_after(well: u32) -> Faults {
    let changes = AtomicU32::new(0);
    Faults::new(move |step| {
        let hit = step == Step::File && changes.fetch_add(1, Ordering::SeqCst) == well;
        hit.then(|| Fault::Fails(std::io::Error::other("the disk is full")))
    })
}

both_engines! {
    /// Whichever change of a file fails: the build waits until it works.
    async fn a_disk_that_fails_while_a_source_is_taken_in_ends_no_build(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        for nth in 0..5 {
            let id = w.submit().await;
            builder.make("hello-noarch").await;
            let app = App { store: w.app.store.clone().with_faults(fails_after(nth)), ..w.app.clone() };
            copr_app::import::all(&app).await.unwrap();
            assert_eq!(w.state(id).await, Some(State::Importing), "change {nth}");
            copr_app::import::all(&app).await.unwrap();
            assert_eq!(w.state(id).await, Some(State::Pending), "change {nth}");
            builder.make("hello-noarch").await;
            w.publish().await;
            assert_eq!(w.state(id).await, Some(State::Succeeded), "change {nth}");
        }
    }
}

/// The database as it was before the turn that published `row`: its end was never committed.
async fn undo(w: &World, row: &copr_db::build_chroot::BuildChroot) {
    let staged = row.staged.as_deref().unwrap();
    let facts: serde_json::Value = serde_json::from_str(staged).unwrap();
    let delivered = format!("staging/{}-{}", facts["task"], facts["fence"]);
    let mut tx = w.app.db.begin().await.unwrap();
    assert!(copr_db::build_chroot::set_state(&mut tx, row.id, State::Succeeded, State::Publishing).await.unwrap());
    copr_db::build_chroot::staged(&mut tx, row.id, Some(staged)).await.unwrap();
    let repo = copr_db::repo::by_path(&mut tx, "alice", "hello", X86).await.unwrap().unwrap().0;
    let found = copr_db::repo::by_id(&mut tx, repo).await.unwrap().unwrap();
    copr_db::repo::put_packages(&mut tx, repo, row.id, found.generation, &[]).await.unwrap();
    assert!(copr_db::repo::published(&mut tx, repo, found.publisher_fence, 1, w.app.clock.now()).await.unwrap());
    for doomed in copr_db::doomed::after(&mut tx, 0, 100).await.unwrap() {
        if doomed.path == delivered {
            copr_db::doomed::gone(&mut tx, doomed.id).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
}
