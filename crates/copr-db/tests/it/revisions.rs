//! What readers remember is good until something changes that they are shown.

use crate::both_engines;
use crate::fixture::{Fixture, Home, NOW, chroot, home};
use copr_db::revision::Revision;
use copr_db::{build, build_chroot, chroot as chroots, dir, package, project, project_chroot, revision};
use copr_types::{DirName, ProjectName, State};

async fn now(t: &Fixture, h: &Home) -> Revision {
    revision::of_project(&mut t.read().await, &h.owner, "hello").await.unwrap().unwrap()
}

/// What happens in one transaction, told as what it does to a project.
macro_rules! changes {
    ($t:ident, $h:ident: $($what:literal => |$tx:ident| $body:expr;)*) => {$(
        let before = now(&$t, &$h).await;
        let mut $tx = $t.begin().await;
        $body;
        assert_eq!(now(&$t, &$h).await, before, "{} is seen before it is in", $what);
        $tx.commit().await.unwrap();
        let after = now(&$t, &$h).await;
        assert_ne!(after, before, "nobody hears that {}", $what);
    )*};
}

both_engines! {
    async fn every_change_that_readers_see_makes_another_number(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let (one, of_it);
        let name: ProjectName = "hello".parse().unwrap();
        let side = DirName::parse(&name, "hello:custom:side").unwrap();
        let settings = crate::fixture::settings();
        changes! { t, h:
            "settings change" => |tx| project::update(&mut tx, h.project, &settings).await.unwrap();
            "a directory is made" => |tx| dir::ensure(&mut tx, h.project, &side, NOW).await.unwrap();
            "a chroot is dropped" => |tx| project_chroot::drop(&mut tx, h.project, h.chroot, NOW).await.unwrap();
            "a chroot is enabled" => |tx| project_chroot::enable(&mut tx, h.project, h.chroot).await.unwrap();
            "a package is made" => |tx| { h.package(&mut tx, "a").await };
            "a build is made" => |tx| one = h.build(&mut tx).await;
            "a build is canceled" => |tx| build::set_canceled(&mut tx, one).await.unwrap();
            "a chroot joins a build" => |tx| of_it = h.in_chroot(&mut tx, one, State::Waiting).await;
            "a chroot of a build moves on" => |tx| {
                build_chroot::set_state(&mut tx, of_it, State::Waiting, State::Pending).await.unwrap()
            };
            "a build is deleted" => |tx| build::delete(&mut tx, one).await.unwrap();
            "a chroot of the service is switched off" => |tx| {
                chroots::put(&mut tx, &crate::fixture::CHROOT.parse().unwrap(), &crate::fixture::definition("new"), false, NOW)
                    .await
                    .unwrap()
            };
        }
        assert!(package::by_name(&mut t.read().await, h.project, "a").await.unwrap().is_some());
    }

    async fn what_happens_elsewhere_changes_nothing(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let other = t.home("bob", "other").await;
        let before = now(&t, &h).await;
        let mut tx = t.begin().await;
        let build = other.build_of(&mut tx, "a").await;
        other.in_chroot(&mut tx, build, State::Pending).await;
        tx.commit().await.unwrap();
        assert_eq!(now(&t, &h).await, before);
        let mut tx = t.begin().await;
        other.build(&mut tx).await;
        drop(tx);
        assert_eq!(now(&t, &h).await, before);
    }

    async fn a_name_that_is_taken_again_is_another_project(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let before = now(&t, &h).await;
        let mut tx = t.begin().await;
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(revision::of_project(&mut t.read().await, "alice", "hello").await.unwrap(), None);
        let mut tx = t.begin().await;
        home(&mut tx, "alice", "hello").await;
        project::purge(&mut tx, h.project).await.unwrap();
        chroot(&mut tx, "fedora-45-x86_64").await;
        tx.commit().await.unwrap();
        assert_ne!(now(&t, &h).await.project, before.project);
    }

    async fn two_transactions_of_one_project_wait_for_each_other_only_at_their_ends(t: Fixture) {
        if !t.is_postgres() {
            return; // SQLite has one writer
        }
        let h = t.home("alice", "hello").await;
        let mut first = t.begin().await;
        h.build(&mut first).await;
        let between = now(&t, &h).await;
        let mut second = t.begin().await;
        h.build(&mut second).await;
        second.commit().await.unwrap();
        let after_second = now(&t, &h).await;
        first.commit().await.unwrap();
        let after_first = now(&t, &h).await;
        assert!(between != after_second && after_second != after_first && between != after_first);
    }
}
