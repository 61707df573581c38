//! Forks: what is worth copying, the rows of copies, and turns of copiers.

use crate::both_engines;
use crate::fixture::{Home, NOW, built_package, repo_package};
use copr_db::fork::{self, Rest, Target};
use copr_db::{Conn, Topic, build, build_chroot, package, project, repo};
use copr_types::{BuildChrootId, BuildId, PackageId, State};
use std::time::Duration;

const REST: Rest<'static> = Rest { last_build: BuildId(0), failures: 0, retry_on: 0, error: None };

/// A build of a package with its results in the repository.
async fn published(conn: &mut Conn, h: &Home, name: &str) -> (BuildId, BuildChrootId) {
    let id = h.build_of(conn, name).await;
    let one = h.in_chroot(conn, id, State::Succeeded).await;
    build_chroot::started(conn, one, &format!("{}-{name}", id.padded()), NOW).await.unwrap();
    build_chroot::set_built(conn, one, &[built_package(one, name, "noarch")]).await.unwrap();
    repo::put_packages(conn, h.repo, one, 1, &[repo_package(&format!("{}-{name}/{name}.rpm", id.padded()))])
        .await
        .unwrap();
    (id, one)
}

async fn work(conn: &mut Conn, from: &Home, to: &Home) -> fork::Fork {
    fork::create(conn, to.project, from.project, NOW, NOW + 15).await.unwrap()
}

/// Copies the rows of one build.
async fn copied(
    conn: &mut Conn,
    to: &Home,
    work: &fork::Fork,
    original: (BuildId, BuildChrootId),
    name: &str,
) -> (BuildId, BuildChrootId) {
    let package = to.package(conn, name).await;
    let target = Target { project: to.project, dir: to.dir, package, fork: work.id };
    let id = fork::build(conn, original.0, target).await.unwrap().expect("a copy");
    let one = fork::chroot(conn, original.1, id, "00000009-a", "[]").await.unwrap().expect("a copy");
    (id, one)
}

both_engines! {
    async fn a_turn_is_held_until_its_deadline_and_goes_to_the_fork_that_waits_longest(t: Fixture) {
        let (from, to, other) = (t.home("alice", "from").await, t.home("bob", "to").await, t.home("bob", "other").await);
        let mut tx = t.begin().await;
        let first = work(&mut tx, &from, &to).await;
        let second = work(&mut tx, &from, &other).await;
        assert_eq!((first.project_id, first.source_id, first.listed, first.copier_fence), (to.project, from.project, false, 1));
        assert_eq!(fork::ids(&mut tx).await.unwrap(), [first.id, second.id]);
        assert!(fork::claim(&mut tx, NOW + 14, NOW + 30).await.unwrap().is_none(), "whoever asked has the first turn");
        let late = fork::claim(&mut tx, NOW + 15, NOW + 30).await.unwrap().unwrap();
        assert_eq!((late.id, late.copier_fence), (first.id, 2));
        assert!(!fork::keep(&mut tx, first.id, 1, NOW + 90).await.unwrap(), "a lost turn was kept");
        assert!(fork::keep(&mut tx, first.id, 2, NOW + 40).await.unwrap());
        let rest = Rest { last_build: BuildId(7), failures: 2, retry_on: NOW + 50, error: Some("no room") };
        fork::release(&mut tx, first.id, 1, REST).await.unwrap();
        assert_eq!(fork::claim(&mut tx, NOW + 20, NOW + 30).await.unwrap().unwrap().id, second.id);
        fork::release(&mut tx, second.id, 2, Rest { retry_on: NOW + 60, ..REST }).await.unwrap();
        fork::release(&mut tx, first.id, 2, rest).await.unwrap();
        assert!(fork::claim(&mut tx, NOW + 49, NOW + 99).await.unwrap().is_none(), "it does not wait");
        let again = fork::claim(&mut tx, NOW + 70, NOW + 99).await.unwrap().unwrap();
        assert_eq!((again.id, again.last_build, again.failures, again.copier_fence), (first.id, BuildId(7), 2, 3));
        fork::release_all(&mut tx).await.unwrap();
        assert!(!fork::done(&mut tx, first.id, 3).await.unwrap(), "a lost turn ended the work");
        let again = fork::claim(&mut tx, NOW + 70, NOW + 99).await.unwrap().unwrap();
        assert!(fork::done(&mut tx, again.id, again.copier_fence).await.unwrap());
        assert_eq!(fork::ids(&mut tx).await.unwrap(), [second.id]);
        project::mark_deleted(&mut tx, other.project, NOW).await.unwrap();
        assert!(fork::claim(&mut tx, NOW + 999, NOW + 1999).await.unwrap().is_none(), "a deleted project is copied into");
        project::purge(&mut tx, other.project).await.unwrap();
        assert_eq!(fork::ids(&mut tx).await.unwrap(), [0; 0]);
        tx.commit().await.unwrap();
        let bell = t.db.wake().heard(Topic::Fork);
        tokio::time::timeout(Duration::from_secs(5), bell).await.expect("the bell");
    }

    async fn packages_are_taken_by_number(t: Fixture) {
        let (from, to) = (t.home("alice", "from").await, t.home("bob", "to").await);
        let mut tx = t.begin().await;
        let (a, b) = (from.package(&mut tx, "a").await, from.package(&mut tx, "b").await);
        to.package(&mut tx, "c").await;
        assert_eq!(fork::packages(&mut tx, from.project, PackageId(0), 1).await.unwrap(), [(a, "a".to_owned())]);
        assert_eq!(fork::packages(&mut tx, from.project, a, 9).await.unwrap(), [(b, "b".to_owned())]);
        let work = work(&mut tx, &from, &to).await;
        assert!(!fork::took(&mut tx, work.id, 0, a, false).await.unwrap(), "a lost turn took something");
        assert!(fork::took(&mut tx, work.id, 1, b, true).await.unwrap());
        let now = fork::claim(&mut tx, NOW + 15, NOW + 30).await.unwrap().unwrap();
        assert_eq!((now.last_package, now.listed), (b, true));
    }

    async fn a_package_is_copied_once_and_one_that_is_there_stays(t: Fixture) {
        let (from, to) = (t.home("alice", "from").await, t.home("bob", "to").await);
        let mut tx = t.begin().await;
        let original = from.package(&mut tx, "a").await;
        let (id, name) = fork::package(&mut tx, original, "a", to.project, NOW).await.unwrap().unwrap();
        assert_eq!(name.as_str(), "a");
        assert!(!package::by_id(&mut tx, id).await.unwrap().unwrap().auto_rebuild);
        let again = fork::package(&mut tx, original, "a", to.project, NOW).await.unwrap().unwrap();
        assert_eq!(again.0, id);
        assert_eq!(fork::package(&mut tx, PackageId(999), "zoe", to.project, NOW).await.unwrap(), None);
    }

    async fn the_last_success_of_each_package_and_chroot_is_worth_copying_until_it_is_copied(t: Fixture) {
        let (from, to) = (t.home("alice", "from").await, t.home("bob", "to").await);
        let mut tx = t.begin().await;
        published(&mut tx, &from, "a").await;
        let last = published(&mut tx, &from, "a").await;
        let failed = from.build_of(&mut tx, "a").await;
        from.in_chroot(&mut tx, failed, State::Failed).await;
        let other = published(&mut tx, &from, "b").await;
        let packages = [from.package(&mut tx, "a").await, from.package(&mut tx, "b").await];
        let found = fork::candidates(&mut tx, &packages, from.dir, to.project).await.unwrap();
        let ids: Vec<_> = found.iter().map(|one| (one.build_id, one.build_chroot_id, one.chroot_id)).collect();
        assert_eq!(ids, [(last.0, last.1, from.chroot), (other.0, other.1, from.chroot)]);
        assert_eq!(found[0].result_dir, format!("{}-a", last.0.padded()));
        let digests = fork::digests(&mut tx, &[last.1]).await.unwrap();
        assert_eq!(digests, [(last.1, format!("{}-a/a.rpm", last.0.padded()), "0123".to_owned())]);
        let work = work(&mut tx, &from, &to).await;
        copied(&mut tx, &to, &work, last, "a").await;
        let left = fork::candidates(&mut tx, &packages, from.dir, to.project).await.unwrap();
        assert_eq!(left.iter().map(|one| one.build_id).collect::<Vec<_>>(), [other.0]);
        copr_db::project_chroot::drop(&mut tx, to.project, to.chroot, NOW).await.unwrap();
        assert!(fork::candidates(&mut tx, &packages, from.dir, to.project).await.unwrap().is_empty());
    }

    async fn a_copy_of_a_build_knows_what_the_original_knew(t: Fixture) {
        let (from, to) = (t.home("alice", "from").await, t.home("bob", "to").await);
        let mut tx = t.begin().await;
        project::set_forked_from(&mut tx, to.project, from.project).await.unwrap();
        assert_eq!(project::by_id(&mut tx, to.project).await.unwrap().unwrap().forked_from, Some(from.project.0));
        let original = published(&mut tx, &from, "a").await;
        let work = work(&mut tx, &from, &to).await;
        let (id, one) = copied(&mut tx, &to, &work, original, "a").await;
        fork::source_results(&mut tx, id, "00000009", "http://here/9/").await.unwrap();
        let copy = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((copy.package.as_deref(), copy.version.as_deref()), (Some("a"), Some("1-1")));
        assert_eq!((copy.submitter.as_deref(), copy.source_state, copy.project_id), (Some("alice"), State::Succeeded, to.project));
        assert_eq!((copy.result_dir.as_deref(), copy.source_url.as_deref()), (Some("00000009"), Some("http://here/9/a-1-1.src.rpm")));
        let row = build_chroot::by_id(&mut tx, one).await.unwrap().unwrap();
        assert_eq!((row.state, row.result_dir.as_deref(), row.staged.as_deref()), (State::Forking, Some("00000009-a"), Some("[]")));
        assert_eq!(build_chroot::built(&mut tx, id).await.unwrap(), [built_package(one, "a", "noarch")]);
        assert!(build::unfinished(&mut tx, to.project).await.unwrap().is_empty(), "copies keep nobody from deleting");
        let target = Target { project: to.project, dir: to.dir, package: copy.package_id.unwrap().into(), fork: work.id };
        assert_eq!(fork::build(&mut tx, BuildId(999), target).await.unwrap(), None);
        assert_eq!(fork::chroot(&mut tx, BuildChrootId(999), id, "x", "[]").await.unwrap(), None);
        // The original's project may go.
        project::mark_deleted(&mut tx, from.project, NOW).await.unwrap();
        project::purge(&mut tx, from.project).await.unwrap();
        assert_eq!(project::by_id(&mut tx, to.project).await.unwrap().unwrap().forked_from, None);
        assert_eq!(fork::waiting(&mut tx, work.id, BuildId(0), 9).await.unwrap(), [(id, original.0)]);
    }

    async fn a_copy_is_there_once_a_generation_that_was_asked_for_after_it_is_published(t: Fixture) {
        let (from, to) = (t.home("alice", "from").await, t.home("bob", "to").await);
        let mut tx = t.begin().await;
        let original = published(&mut tx, &from, "a").await;
        let work = work(&mut tx, &from, &to).await;
        let (id, one) = copied(&mut tx, &to, &work, original, "a").await;
        assert_eq!(fork::waiting(&mut tx, work.id, id, 9).await.unwrap(), []);
        repo::hold(&mut tx, to.dir).await.unwrap();
        assert!(!fork::arrived(&mut tx, id, work.id + 1).await.unwrap());
        assert!(fork::arrived(&mut tx, id, work.id).await.unwrap());
        assert!(!fork::arrived(&mut tx, id, work.id).await.unwrap());
        assert_eq!(fork::waiting(&mut tx, work.id, BuildId(0), 9).await.unwrap(), []);
        fork::awaits(&mut tx, one, to.repo).await.unwrap();
        let row = build_chroot::by_id(&mut tx, one).await.unwrap().unwrap();
        assert_eq!((row.generation, row.staged), (Some(2), None), "the first was asked for before");
        assert_eq!(fork::published(&mut tx, to.repo, 1).await.unwrap(), []);
        fork::want(&mut tx, to.project).await.unwrap();
        assert_eq!(repo::by_id(&mut tx, to.repo).await.unwrap().unwrap().wanted, 2);
        fork::want(&mut tx, to.project).await.unwrap();
        assert_eq!(repo::by_id(&mut tx, to.repo).await.unwrap().unwrap().wanted, 2, "asked for already");
        assert_eq!(fork::published(&mut tx, to.repo, 2).await.unwrap(), [(one, id)]);
        assert_eq!(fork::published(&mut tx, from.repo, 2).await.unwrap(), []);
    }
}
