//! What readers are shown of what was built.

use crate::both_engines;
use crate::world::X86;
use copr_app::package::With;
use copr_app::{account, build, monitor, package, project, queue};
use copr_db::Page;
use copr_types::{BuildId, State};

const PACKAGE: &str = "hello-noarch";

both_engines! {
    async fn a_builds_packages_are_told_when_it_has_made_them(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let waiting = w.submit().await;
        assert!(build::produced(&w.app, &[waiting]).await.unwrap().is_empty());
        assert_eq!(project::find_with_end(&w.app, "alice", "hello").await.unwrap().1, None);
        w.made(&builder, waiting, PACKAGE).await;
        let produced = build::produced(&w.app, &[waiting, BuildId(99)]).await.unwrap();
        assert_eq!(produced[&waiting], ["hello-noarch 1.0"]);
        let (_, end) = project::find_with_end(&w.app, "alice", "hello").await.unwrap();
        assert!(end.is_some() && end == w.show(waiting).await.ended_on());
    }

    async fn the_monitor_comes_with_the_builds_that_it_names(w: World) {
        w.project(&[X86]).await;
        let (project, rows, builds) = monitor::with_builds(&w.app, "alice", "hello").await.unwrap();
        assert_eq!((project.chroots.as_slice(), rows.len(), builds.len()), ([X86.to_owned()].as_slice(), 0, 0));
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let newest = w.succeeded(&builder).await;
        let (_, rows, builds) = monitor::with_builds(&w.app, "alice", "hello").await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.build_id, row.state)).collect::<Vec<_>>(), [(newest, State::Succeeded)]);
        assert_eq!(builds.iter().map(|one| (one.build.id, one.chroots.len())).collect::<Vec<_>>(), [(newest, 1)]);
    }

    async fn a_package_comes_with_all_its_builds_when_asked(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (first, second) = (w.succeeded(&builder).await, w.succeeded(&builder).await);
        let all = With { all: true, ..With::default() };
        let (_, found) = package::find(&w.app, "alice", "hello", PACKAGE, all).await.unwrap();
        let builds = found.all.expect("builds");
        assert_eq!(builds.iter().map(|one| (one.build.id, one.chroots.len())).collect::<Vec<_>>(), [(second, 1), (first, 1)]);
        let (_, listed) = package::list(&w.app, "alice", "hello", all, "name", &Page::default()).await.unwrap();
        assert_eq!(listed[0].all.as_ref().map(Vec::len), Some(2));
        let (_, plain) = package::find(&w.app, "alice", "hello", PACKAGE, With::default()).await.unwrap();
        assert!(plain.all.is_none() && plain.latest.is_none());
    }

    async fn a_token_is_told_about_and_not_told(w: World) {
        let held = account::held_token(&w.app, &w.alice).await.unwrap().expect("a token");
        // 180 days after 2023-11-14, of which the last one counts.
        assert_eq!((held.expiration.as_str(), held.expired), ("2024-05-12", false));
        w.clock.advance(180 * 86_400);
        assert!(!account::held_token(&w.app, &w.alice).await.unwrap().expect("a token").expired);
        w.clock.advance(86_400);
        assert!(account::held_token(&w.app, &w.alice).await.unwrap().expect("a token").expired);
        let issued = account::new_token(&w.app, "alice").await.unwrap();
        let held = account::held_token(&w.app, &w.alice).await.unwrap().expect("a token");
        assert_eq!((held.login, held.expired), (issued.login, false));
    }

    async fn what_there_is_to_do_is_told_to_everybody(w: World) {
        w.project(&[X86]).await;
        w.submit().await;
        let counts = queue::counts(&w.app).await.unwrap();
        assert_eq!((counts.importing, counts.waiting, counts.running), (0, 1, 0));
    }
}
