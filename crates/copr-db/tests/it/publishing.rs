//! Repositories, what they hold, and the paths that wait for them.

use crate::both_engines;
use crate::fixture::{CHROOT, Fixture, Home, NOW, chroot, home, repo_package};
use copr_db::{Conn, build_chroot, doomed, project, repo};
use copr_types::{RepoId, State};

const UNTIL: i64 = NOW + 600;

async fn claim(conn: &mut Conn, now: i64) -> Option<repo::Repo> {
    repo::claim(conn, None, now, now + 600).await.unwrap()
}

async fn publish(t: &Fixture, id: RepoId) {
    let mut tx = t.begin().await;
    let found = repo::claim(&mut tx, Some(id), NOW, UNTIL).await.unwrap().unwrap();
    assert!(repo::published(&mut tx, id, found.publisher_fence, found.wanted, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

async fn paths(conn: &mut Conn) -> Vec<String> {
    doomed::after(conn, 0, 100).await.unwrap().into_iter().map(|one| one.path).collect()
}

/// A build with packages in the repository.
async fn published(conn: &mut Conn, h: &Home) -> copr_types::BuildId {
    let build = h.build_of(conn, "a").await;
    let one = h.in_chroot(conn, build, State::Succeeded).await;
    repo::put_packages(conn, h.repo, one, &[repo_package("1/a.rpm"), repo_package("1/b.rpm")]).await.unwrap();
    build
}

both_engines! {
    async fn a_new_repository_wants_its_first_generation(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        assert_eq!(repo::ensure(&mut tx, h.dir, h.chroot).await.unwrap(), h.repo, "there is one already");
        let found = repo::by_id(&mut tx, h.repo).await.unwrap().unwrap();
        assert_eq!((found.generation, found.wanted, found.failures), (0, 1, 0));
        assert_eq!((found.owner.to_string().as_str(), found.project.as_str(), found.dir.as_str()), ("alice", "hello", "hello"));
        assert_eq!((found.chroot.as_str(), found.project_id), (CHROOT, h.project));
        assert_eq!(repo::of_project(&mut tx, h.project).await.unwrap(), [found]);
        let path = repo::by_path(&mut tx, "alice", "hello", CHROOT).await.unwrap();
        assert_eq!(path, Some((h.repo, 0)));
        assert_eq!(repo::by_path(&mut tx, "alice", "other", CHROOT).await.unwrap(), None);
        let paths = [["alice", "hello", "hello", CHROOT], ["alice", "other", "other", CHROOT]];
        let found = repo::generations(&mut tx, &paths.map(|path| path.map(str::to_owned))).await.unwrap();
        assert_eq!(found, [("alice".to_owned(), "hello".to_owned(), CHROOT.to_owned(), 0)]);
    }

    async fn a_turn_is_held_until_its_deadline(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let first = claim(&mut tx, NOW).await.unwrap();
        assert_eq!((first.id, first.publisher_fence), (h.repo, 1));
        assert!(claim(&mut tx, NOW + 599).await.is_none(), "two publishers hold one repository");
        assert!(repo::keep(&mut tx, h.repo, 1, NOW + 1000).await.unwrap());
        assert!(claim(&mut tx, NOW + 999).await.is_none());
        let second = claim(&mut tx, NOW + 1000).await.unwrap();
        assert_eq!(second.publisher_fence, 2);
        assert!(!repo::keep(&mut tx, h.repo, 1, NOW + 5000).await.unwrap());
        assert!(!repo::published(&mut tx, h.repo, 1, 1, NOW).await.unwrap(), "a lost turn published");
        assert_eq!(repo::by_id(&mut tx, h.repo).await.unwrap().unwrap().generation, 0);
        assert!(repo::published(&mut tx, h.repo, 2, 1, NOW).await.unwrap());
        assert!(claim(&mut tx, NOW + 2000).await.is_none(), "nothing is wanted any more");
    }

    async fn turns_of_publishers_that_are_no_more_are_free_at_once(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let dead = claim(&mut tx, NOW).await.unwrap();
        repo::release_all(&mut tx).await.unwrap();
        assert!(!repo::keep(&mut tx, h.repo, dead.publisher_fence, UNTIL).await.unwrap(), "a lost turn was kept");
        let next = claim(&mut tx, NOW).await.unwrap();
        assert!(next.publisher_fence > dead.publisher_fence);
        assert!(repo::published(&mut tx, h.repo, next.publisher_fence, next.wanted, NOW).await.unwrap());
    }

    async fn a_failed_turn_waits_and_counts_until_one_succeeds(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        for failures in 1..=2 {
            let turn = claim(&mut tx, NOW + 10 * failures).await.unwrap();
            repo::failed(&mut tx, h.repo, turn.publisher_fence, "disk full", NOW + 10 * failures + 5).await.unwrap();
            assert!(claim(&mut tx, NOW + 10 * failures + 4).await.is_none());
            assert_eq!(repo::by_id(&mut tx, h.repo).await.unwrap().unwrap().failures, failures);
        }
        repo::failed(&mut tx, h.repo, 1, "an old turn", NOW + 9999).await.unwrap();
        assert_eq!(repo::by_id(&mut tx, h.repo).await.unwrap().unwrap().failures, 2);
        // What newly wants it does not wait for the failure's pause.
        assert_eq!(repo::want(&mut tx, h.repo).await.unwrap(), 2);
        let turn = claim(&mut tx, NOW + 21).await.unwrap();
        repo::published(&mut tx, h.repo, turn.publisher_fence, turn.wanted, NOW).await.unwrap();
        let found = repo::by_id(&mut tx, h.repo).await.unwrap().unwrap();
        assert_eq!((found.failures, found.generation, found.wanted), (0, 2, 2));
    }

    async fn a_turn_that_left_something_out_is_followed_by_another(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        for (failures, now) in [(1, NOW), (2, NOW + 10)] {
            let turn = claim(&mut tx, now).await.unwrap();
            let done = repo::published_partly(&mut tx, h.repo, turn.publisher_fence, turn.wanted, now, now + 10).await.unwrap();
            assert!(done);
            let found = repo::by_id(&mut tx, h.repo).await.unwrap().unwrap();
            assert_eq!((found.generation, found.wanted, found.failures), (turn.wanted, turn.wanted + 1, failures));
            assert!(claim(&mut tx, now + 9).await.is_none());
        }
        assert!(!repo::published_partly(&mut tx, h.repo, 1, 9, NOW, NOW).await.unwrap(), "a lost turn published");
    }

    async fn repositories_without_any_generation_come_first(t: Fixture) {
        let old = t.home("alice", "old").await;
        publish(&t, old.repo).await;
        let mut tx = t.begin().await;
        repo::want(&mut tx, old.repo).await.unwrap();
        let new = home(&mut tx, "bob", "new").await;
        let gone = home(&mut tx, "carol", "gone").await;
        project::mark_deleted(&mut tx, gone.project, NOW).await.unwrap();
        assert_eq!(claim(&mut tx, NOW).await.unwrap().id, new.repo);
        assert_eq!(claim(&mut tx, NOW).await.unwrap().id, old.repo);
        assert!(claim(&mut tx, NOW).await.is_none(), "a deleted project's repository is published");
        assert!(repo::by_path(&mut tx, "carol", "gone", CHROOT).await.unwrap().is_none());
    }

    async fn publishers_side_by_side_never_hold_one_repository(t: Fixture) {
        let mut tx = t.begin().await;
        let mut repos = Vec::new();
        for n in 0..12 {
            repos.push(home(&mut tx, "alice", &format!("p{n}")).await.repo);
        }
        tx.commit().await.unwrap();
        let other = t.again().await;
        let mut publishers = tokio::task::JoinSet::new();
        for n in 0..6 {
            let db = if n % 2 == 0 { t.db.clone() } else { other.clone() };
            publishers.spawn(async move {
                let mut held = Vec::new();
                loop {
                    let mut tx = db.begin().await.unwrap();
                    let Some(found) = claim(&mut tx, NOW).await else { break held };
                    tx.commit().await.unwrap();
                    held.push(found.id);
                }
            });
        }
        let mut held: Vec<RepoId> = publishers.join_all().await.into_iter().flatten().collect();
        held.sort();
        assert_eq!(held, repos);
    }

    async fn a_publisher_does_not_wait_for_a_repository_that_another_is_just_taking(t: Fixture) {
        // SQLite has one writer at a time: there is nobody to wait for.
        if !t.is_postgres() {
            return;
        }
        let (first, second) = (t.home("alice", "a").await.repo, t.home("alice", "b").await.repo);
        let (mut one, mut two) = (t.begin().await, t.begin().await);
        assert_eq!(claim(&mut one, NOW).await.unwrap().id, first);
        assert_eq!(claim(&mut two, NOW).await.unwrap().id, second);
        assert!(claim(&mut two, NOW).await.is_none());
    }

    async fn what_a_repository_holds_is_replaced_per_chroot_of_a_build(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let build = published(&mut tx, &h).await;
        let one = build_chroot::of_builds(&mut tx, &[build]).await.unwrap()[0].id;
        assert_eq!(repo::packages(&mut tx, h.repo).await.unwrap(), [repo_package("1/a.rpm"), repo_package("1/b.rpm")]);
        assert_eq!(repo::holding(&mut tx, build).await.unwrap(), [(h.repo, one)]);
        let second = h.build_of(&mut tx, "b").await;
        let other = h.in_chroot(&mut tx, second, State::Publishing).await;
        repo::put_packages(&mut tx, h.repo, other, &[repo_package("0/z.rpm")]).await.unwrap();
        repo::put_packages(&mut tx, h.repo, one, &[repo_package("1/c.rpm")]).await.unwrap();
        let hrefs: Vec<_> = repo::packages(&mut tx, h.repo).await.unwrap().into_iter().map(|one| one.href).collect();
        assert_eq!(hrefs, ["0/z.rpm", "1/c.rpm"]);
        copr_db::build::delete(&mut tx, build).await.unwrap();
        assert!(repo::holding(&mut tx, build).await.unwrap().is_empty());
        assert_eq!(repo::packages(&mut tx, h.repo).await.unwrap().len(), 1);
    }

    async fn a_repository_finds_the_chroots_that_wait_for_it(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (first, second) = (h.build_of(&mut tx, "a").await, h.build_of(&mut tx, "b").await);
        let ready = h.in_chroot(&mut tx, first, State::Publishing).await;
        h.in_chroot(&mut tx, second, State::Running).await;
        let other = chroot(&mut tx, "epel-9-x86_64").await;
        build_chroot::create(&mut tx, first, other, State::Publishing).await.unwrap();
        let found: Vec<_> = build_chroot::publishing(&mut tx, h.repo).await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(found, [ready]);
    }

    async fn a_doomed_path_waits_for_the_generation_that_lacks_it(t: Fixture) {
        let h = t.home("alice", "hello").await;
        publish(&t, h.repo).await;
        let mut tx = t.begin().await;
        let wanted = repo::want(&mut tx, h.repo).await.unwrap();
        doomed::add(&mut tx, "results/waits", Some((h.repo, wanted)), NOW).await.unwrap();
        doomed::add(&mut tx, "results/free", None, NOW).await.unwrap();
        assert_eq!(paths(&mut tx).await, ["results/free"]);
        tx.commit().await.unwrap();
        publish(&t, h.repo).await;
        let mut tx = t.begin().await;
        assert_eq!(paths(&mut tx).await, ["results/waits", "results/free"]);
        let all = doomed::after(&mut tx, 0, 1).await.unwrap();
        assert_eq!(doomed::after(&mut tx, all[0].id, 9).await.unwrap().len(), 1);
        doomed::gone(&mut tx, all[0].id).await.unwrap();
        assert_eq!(paths(&mut tx).await, ["results/free"]);
    }

    async fn a_doomed_path_does_not_wait_for_a_repository_that_is_gone(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        doomed::add(&mut tx, "results/waits", Some((h.repo, 99)), NOW).await.unwrap();
        assert!(paths(&mut tx).await.is_empty());
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        project::purge(&mut tx, h.project).await.unwrap();
        assert_eq!(paths(&mut tx).await, ["results/waits"]);
    }

    async fn deleting_a_project_ends_the_turns_of_its_publishers(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let turn = claim(&mut tx, NOW).await.unwrap();
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(!repo::keep(&mut tx, h.repo, turn.publisher_fence, UNTIL).await.unwrap());
    }
}
