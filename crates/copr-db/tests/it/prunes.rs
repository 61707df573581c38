//! What the pruning of repositories looks at.

use crate::both_engines;
use crate::fixture::{CHROOT, Home, NOW, repo_package};
use copr_db::prune::Look;
use copr_db::{Conn, build, build_chroot, chroot, project, prune, repo};
use copr_types::{BuildChrootId, State};

const DAY: i64 = 86_400;

async fn publish(conn: &mut Conn, h: &Home) -> i64 {
    let turn = repo::claim(conn, Some(h.repo), NOW, NOW + 9).await.unwrap().unwrap();
    assert!(repo::published(conn, h.repo, turn.publisher_fence, turn.wanted, NOW).await.unwrap());
    turn.wanted
}

/// A build that succeeded, with packages in the next generation of the repository.
async fn built(conn: &mut Conn, h: &Home, hrefs: &[&str]) -> BuildChrootId {
    let id = h.build_of(conn, "a").await;
    let one = h.in_chroot(conn, id, State::Succeeded).await;
    build_chroot::started(conn, one, &format!("{id}-a"), NOW).await.unwrap();
    let packages: Vec<_> = hrefs.iter().map(|href| repo_package(href)).collect();
    let generation = repo::want(conn, h.repo).await.unwrap();
    repo::put_packages(conn, h.repo, one, generation, &packages).await.unwrap();
    build_chroot::ended(conn, one, Some(generation), None, NOW).await.unwrap();
    one
}

async fn due(conn: &mut Conn, now: i64) -> Option<Look> {
    let due = prune::due(conn, now - DAY, now - 14 * DAY, 9).await.unwrap();
    assert!(due.len() < 2);
    due.first().copied()
}

/// A look that leaves something young.
async fn look(conn: &mut Conn, now: i64, oldest: Option<i64>) {
    let found = due(conn, now).await.expect("it is due");
    assert!(prune::begin(conn, found, now).await.unwrap());
    prune::note_oldest(conn, found.repo, oldest).await.unwrap();
}

both_engines! {
    async fn a_repository_is_looked_at_once_a_day_when_anything_can_have_become_old(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        built(&mut tx, &h, &["1-a/a.rpm"]).await;
        publish(&mut tx, &h).await;
        let mut now = NOW + DAY;
        look(&mut tx, now, None).await;
        assert_eq!(due(&mut tx, now + 9 * DAY).await, None, "nothing happened");
        // A generation.
        repo::want(&mut tx, h.repo).await.unwrap();
        publish(&mut tx, &h).await;
        assert_eq!(due(&mut tx, now + DAY - 1).await, None, "it was looked at today");
        now += DAY;
        look(&mut tx, now, None).await;
        // A build that fails.
        h.build_of(&mut tx, "a").await;
        now += DAY;
        look(&mut tx, now, Some(now)).await;
        // Time.
        assert_eq!(due(&mut tx, now + 14 * DAY).await, None);
        look(&mut tx, now + 14 * DAY + 1, None).await;
    }

    async fn a_chroot_that_is_switched_off_is_looked_at_once_more(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        publish(&mut tx, &h).await;
        look(&mut tx, NOW + DAY, None).await;
        chroot::set_enabled(&mut tx, CHROOT, false).await.unwrap();
        look(&mut tx, NOW + 2 * DAY, Some(NOW)).await;
        assert_eq!(due(&mut tx, NOW + 99 * DAY).await, None, "it was the last time");
        chroot::set_enabled(&mut tx, CHROOT, true).await.unwrap();
        look(&mut tx, NOW + 99 * DAY, None).await;
    }

    async fn who_wants_everything_kept_is_left_alone(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        publish(&mut tx, &h).await;
        let usual = project::Settings::default();
        for settings in [
            project::Settings { persistent: true, ..usual.clone() },
            project::Settings { auto_prune: false, ..usual.clone() },
            project::Settings { devel_mode: true, ..usual.clone() },
        ] {
            project::update(&mut tx, h.project, &settings).await.unwrap();
            assert_eq!(due(&mut tx, NOW + 99 * DAY).await, None);
            assert!(prune::candidates(&mut tx, None).await.unwrap().is_empty());
        }
        project::update(&mut tx, h.project, &usual).await.unwrap();
        let found = due(&mut tx, NOW + 99 * DAY).await.unwrap();
        assert_eq!(prune::candidates(&mut tx, Some(h.project)).await.unwrap(), [found]);
        assert!(prune::candidates(&mut tx, Some(copr_types::ProjectId(h.project.0 + 1))).await.unwrap().is_empty());
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(prune::candidates(&mut tx, None).await.unwrap().is_empty());
    }

    async fn a_look_counts_only_when_nothing_happened_since(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        publish(&mut tx, &h).await;
        let seen = due(&mut tx, NOW + DAY).await.unwrap();
        repo::want(&mut tx, h.repo).await.unwrap();
        assert!(!prune::begin(&mut tx, seen, NOW + DAY).await.unwrap(), "another generation is wanted");
        publish(&mut tx, &h).await;
        let seen = due(&mut tx, NOW + DAY).await.unwrap();
        assert!(prune::begin(&mut tx, seen, NOW + DAY).await.unwrap());
        assert!(!prune::begin(&mut tx, seen, NOW + DAY).await.unwrap(), "two servers prune one repository");
    }

    async fn what_is_not_published_yet_and_what_leaves_is_not_held(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        built(&mut tx, &h, &["1-a/a.rpm", "1-a/b.rpm"]).await;
        publish(&mut tx, &h).await;
        built(&mut tx, &h, &["2-a/a.rpm"]).await;
        let seen = due(&mut tx, NOW + DAY).await.unwrap();
        let hrefs = |held: Vec<(String, String)>| held.into_iter().map(|(_, href)| href).collect::<Vec<_>>();
        assert_eq!(hrefs(prune::holds(&mut tx, seen).await.unwrap()), ["1-a/a.rpm", "1-a/b.rpm"]);
        let generation = repo::want(&mut tx, h.repo).await.unwrap();
        repo::withdraw(&mut tx, h.repo, repo::Which::Hrefs(&["1-a/b.rpm"]), generation).await.unwrap();
        assert_eq!(hrefs(prune::holds(&mut tx, seen).await.unwrap()), ["1-a/a.rpm"]);
        let described = prune::described(&mut tx, h.repo, &["1-a/a.rpm", "1-a/b.rpm", "x"]).await.unwrap();
        assert_eq!(described, [("1-a/a.rpm".to_owned(), repo_package("").primary_xml)]);
    }

    async fn results_are_free_when_nothing_of_them_is_in_any_generation(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let published = built(&mut tx, &h, &["1-a/a.rpm"]).await;
        let failed = h.build_of(&mut tx, "a").await;
        let failed = h.in_chroot(&mut tx, failed, State::Failed).await;
        build_chroot::started(&mut tx, failed, "2-a", NOW).await.unwrap();
        build_chroot::ended(&mut tx, failed, None, None, NOW + 5).await.unwrap();
        let runs = h.build_of(&mut tx, "a").await;
        let runs_in = h.in_chroot(&mut tx, runs, State::Running).await;
        build_chroot::started(&mut tx, runs_in, "3-a", NOW + 7).await.unwrap();
        h.task(&mut tx, runs, Some(runs_in)).await;
        publish(&mut tx, &h).await;
        let found = prune::results(&mut tx, h.repo).await.unwrap();
        let short: Vec<_> = found.iter().map(|one| (one.build_chroot, one.result_dir.as_str(), one.since, one.free)).collect();
        assert_eq!(short, [(failed, "2-a", NOW + 5, true), (runs_in, "3-a", NOW, false)]);
        let generation = repo::want(&mut tx, h.repo).await.unwrap();
        repo::withdraw(&mut tx, h.repo, repo::Which::Chroot(published), generation).await.unwrap();
        let found = prune::results(&mut tx, h.repo).await.unwrap();
        assert!(found.iter().any(|one| one.build_chroot == published && !one.free), "a generation lists it");
        assert!(prune::forget_results(&mut tx, failed).await.unwrap());
        assert!(!prune::forget_results(&mut tx, failed).await.unwrap());
        assert!(!prune::forget_results(&mut tx, runs_in).await.unwrap(), "somebody works there");
        assert_eq!(build_chroot::by_id(&mut tx, failed).await.unwrap().unwrap().result_dir, None);
    }

    async fn a_source_is_free_when_all_is_over(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = h.build_of(&mut tx, "a").await;
        build::source_started(&mut tx, id, "00000001", NOW).await.unwrap();
        let one = h.in_chroot(&mut tx, id, State::Running).await;
        let free = |found: Vec<prune::Source>| found.iter().map(|one| (one.build, one.since, one.free)).collect::<Vec<_>>();
        assert_eq!(free(prune::sources(&mut tx, h.repo).await.unwrap()), [(id, NOW, false)]);
        build::source_ended(&mut tx, id, None, NOW + 3).await.unwrap();
        assert_eq!(free(prune::sources(&mut tx, h.repo).await.unwrap()), [(id, NOW + 3, false)], "a chroot runs");
        build_chroot::set_state(&mut tx, one, State::Running, State::Failed).await.unwrap();
        let task = h.task(&mut tx, id, None).await;
        assert!(!prune::forget_source(&mut tx, id, "http://here/").await.unwrap(), "somebody works there");
        copr_db::task::withdraw(&mut tx, task).await.unwrap();
        assert_eq!(free(prune::sources(&mut tx, h.repo).await.unwrap()), [(id, NOW + 3, true)]);
        assert!(prune::forget_source(&mut tx, id, "http://here/").await.unwrap());
        let gone = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((gone.result_dir, gone.source_url), (None, None));
        let other = h.build_of(&mut tx, "a").await;
        build::source_started(&mut tx, other, "00000002", NOW).await.unwrap();
        assert!(prune::forget_source(&mut tx, other, "http://elsewhere/").await.unwrap());
        assert!(build::by_id(&mut tx, other).await.unwrap().unwrap().source_url.is_some(), "it is somebody else's");
    }
}
