//! Turns of publishers.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::{project, publish};
use copr_types::{FailureClass, Phase, State};

async fn turns(app: &copr_app::App) {
    while publish::next(app, None).await.unwrap() {}
}

/// A file that a builder delivered, by the end of its name.
fn staged(w: &World, end: &str) -> std::path::PathBuf {
    let files = w.staging().into_iter().flat_map(crate::world::entries);
    files.into_iter().find(|path| path.to_str().unwrap().ends_with(end)).expect("a delivered file")
}

both_engines! {
    async fn a_new_projects_repositories_are_there_signed_and_empty(w: World) {
        w.project(&[X86, ARM]).await;
        assert!(w.published().is_empty());
        let dir = w.chroot_dir("hello");
        let home = copr_testkit::temp_dir();
        let gpg = || {
            let mut gpg = copr_testkit::command("gpg");
            gpg.args(["--batch", "--quiet", "--no-autostart", "--homedir"]).arg(home.path());
            gpg
        };
        copr_testkit::output(gpg().arg("--import").arg(dir.parent().unwrap().join("pubkey.gpg")));
        for chroot in [X86, ARM] {
            let repodata = dir.with_file_name(chroot).join("repodata");
            copr_testkit::output(gpg().arg("--verify").arg(repodata.join("repomd.xml.asc")).arg(repodata.join("repomd.xml")));
        }
    }

    async fn many_turns_at_once_publish_everything_once(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(w.delivered(&builder).await);
        }
        let second = w.second().await;
        tokio::join!(turns(&w.app), turns(&second), turns(&w.app), turns(&second));
        // What was being published while more was wanted is followed by another turn.
        w.publish().await;
        for id in ids {
            assert_eq!(w.state(id).await, Some(State::Succeeded));
        }
        assert_eq!(w.published().len(), 8);
    }

    async fn a_project_made_while_publishers_are_busy_has_its_repositories_when_it_is_returned(w: World) {
        let second = w.second().await;
        let busy = tokio::spawn(async move {
            loop {
                let _ = publish::next(&second, None).await;
                tokio::task::yield_now().await;
            }
        });
        for n in 0..5 {
            let name = format!("p{n}");
            project::create(&w.app, &w.alice, "alice", &input(&name, &[X86]), false).await.unwrap();
            let repomd = w.chroot_dir(&name).join("repodata/repomd.xml");
            assert!(repomd.exists(), "`{name}` has no repository yet");
        }
        busy.abort();
    }

    async fn damaged_results_fail_as_ours_and_the_next_build_works(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let bad = w.delivered(&builder).await;
        std::fs::write(staged(&w, ".noarch.rpm"), b"rot").unwrap();
        let good = w.delivered(&builder).await;
        w.publish().await;
        let failure = w.show(bad).await.chroots[0].failure().expect("a failure");
        assert_eq!((failure.class, failure.phase), (FailureClass::Infrastructure, Phase::Publish));
        assert_eq!(w.state(good).await, Some(State::Succeeded));
        assert!(w.published_names().iter().all(|href| href.starts_with(&good.padded())));
        w.succeeded(&builder).await;
        w.sweep().await;
        assert!(w.staging().is_empty());
    }

    async fn trouble_with_one_builds_files_delays_only_that_build(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let stuck = w.delivered(&builder).await;
        // A directory where the package belongs: no file can be put there as long as it stays.
        let target = w.chroot_dir("hello").join("00000001-hello-noarch/hello-noarch-1.0-1.noarch.rpm");
        std::fs::create_dir_all(target.join("in the way")).unwrap();
        let fine = w.delivered(&builder).await;
        w.publish().await;
        assert_eq!(w.state(fine).await, Some(State::Succeeded));
        assert_eq!(w.show(stuck).await.chroots[0].state, State::Publishing);
        assert_eq!(w.published().len(), 2);
        // It is tried again by itself, and works once the trouble is over.
        std::fs::remove_dir_all(&target).unwrap();
        w.clock.advance(300);
        w.publish().await;
        assert_eq!(w.state(stuck).await, Some(State::Succeeded));
        assert_eq!(w.published().len(), 4);
    }

    async fn trouble_that_does_not_end_fails_the_build_as_ours(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let stuck = w.delivered(&builder).await;
        let target = w.chroot_dir("hello").join("00000001-hello-noarch/hello-noarch-1.0-1.noarch.rpm");
        std::fs::create_dir_all(target.join("in the way")).unwrap();
        let mut turns = 0;
        while w.show(stuck).await.chroots[0].state == State::Publishing {
            turns += 1;
            assert!(turns < 20, "it never gives up");
            w.publish().await;
            w.clock.advance(300);
        }
        assert!(turns > 3, "it gave up after {turns} turns");
        assert_eq!(w.show(stuck).await.chroots[0].failure().unwrap().class, FailureClass::Infrastructure);
        w.succeeded(&builder).await;
        assert_eq!(w.published().len(), 2);
    }

    async fn old_metadata_stay_for_readers_and_do_not_pile_up(w: World) {
        w.project(&[X86]).await;
        let report = copr_rpm::repodata::verify(&w.chroot_dir("hello").join("repodata")).unwrap();
        let first = report.repomd.records[0].href.clone();
        for _ in 0..8 {
            project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
            w.publish().await;
        }
        w.sweep().await;
        assert!(w.chroot_dir("hello").join(&first).exists(), "`{first}` went away under its readers");
        assert!(crate::world::entries(w.chroot_dir("hello").join(".repodata")).len() <= 6);
    }
}
