//! What goes away by itself.

use crate::both_engines;
use crate::fixture::{Home, NOW, chroot};
use copr_db::build::NewBuild;
use copr_db::event::{self, Subject};
use copr_db::{Conn, build, build_chroot, dir, expiry, project, project_chroot, repo};
use copr_types::{BuildId, DirId, DirName, Isolation, ProjectName, SourceKind, State};

async fn side(conn: &mut Conn, h: &Home, name: &str, now: i64) -> DirId {
    let project: ProjectName = "hello".parse().unwrap();
    let name = DirName::parse(&project, name).unwrap();
    dir::ensure(conn, h.project, &name, now).await.unwrap().id
}

async fn build_in(conn: &mut Conn, h: &Home, dir: DirId) -> BuildId {
    let new = NewBuild {
        project: h.project,
        dir,
        package: None,
        account: None,
        submitted_by: Some("a hook"),
        source_kind: SourceKind::Link,
        source: "{}",
        source_url: None,
        named: true,
        background: false,
        enable_net: false,
        timeout: 60,
        bootstrap: None,
        isolation: Isolation::Unchanged,
        resubmitted_from: None,
    };
    build::create(conn, &new, NOW).await.unwrap()
}

both_engines! {
    async fn a_dropped_chroot_is_due_when_its_time_is_over_and_not_when_it_was_chosen_again(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        project_chroot::drop(&mut tx, h.project, h.chroot, NOW + 100).await.unwrap();
        assert!(expiry::chroots(&mut tx, NOW + 99).await.unwrap().is_empty());
        assert_eq!(expiry::chroots(&mut tx, NOW + 100).await.unwrap(), [(h.project, h.chroot)]);
        assert!(!expiry::forget_chroot(&mut tx, h.project, h.chroot, NOW + 99).await.unwrap());
        project_chroot::enable(&mut tx, h.project, h.chroot).await.unwrap();
        assert!(expiry::chroots(&mut tx, NOW + 999).await.unwrap().is_empty());
        assert!(!expiry::forget_chroot(&mut tx, h.project, h.chroot, NOW + 999).await.unwrap());
        project_chroot::drop(&mut tx, h.project, h.chroot, NOW + 100).await.unwrap();
        assert!(expiry::forget_chroot(&mut tx, h.project, h.chroot, NOW + 100).await.unwrap());
        assert!(project_chroot::list(&mut tx, h.project).await.unwrap().is_empty());
    }

    async fn what_builds_did_in_a_chroot_is_removed_with_its_repository(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let other = chroot(&mut tx, "epel-9-x86_64").await;
        let (only, both) = (h.build_of(&mut tx, "a").await, h.build_of(&mut tx, "a").await);
        for id in [only, both] {
            h.in_chroot(&mut tx, id, State::Succeeded).await;
        }
        let kept = build_chroot::create(&mut tx, both, other, State::Succeeded).await.unwrap();
        let waiting = h.build(&mut tx).await;
        assert!(!expiry::chroot_is_busy(&mut tx, h.project, h.chroot).await.unwrap());
        let busy = h.in_chroot(&mut tx, waiting, State::Waiting).await;
        assert!(expiry::chroot_is_busy(&mut tx, h.project, h.chroot).await.unwrap());
        assert!(!expiry::chroot_is_busy(&mut tx, h.project, other).await.unwrap());
        build_chroot::set_state(&mut tx, busy, State::Waiting, State::Canceled).await.unwrap();
        assert!(!expiry::chroot_is_busy(&mut tx, h.project, h.chroot).await.unwrap());
        h.task(&mut tx, waiting, Some(busy)).await;
        assert!(expiry::chroot_is_busy(&mut tx, h.project, h.chroot).await.unwrap(), "a builder still holds it");
        let alone: Vec<_> = expiry::builds_only_in(&mut tx, h.project, h.chroot).await.unwrap().into_iter().map(|(id, dir)| (id, dir.to_string())).collect();
        assert_eq!(alone, [(only, "hello".to_owned()), (waiting, "hello".to_owned())]);
        expiry::forget_results(&mut tx, h.project, h.chroot).await.unwrap();
        let left = build_chroot::of_builds(&mut tx, &[only, both]).await.unwrap();
        assert_eq!(left.iter().map(|one| one.id).collect::<Vec<_>>(), [kept]);
        expiry::forget_repo(&mut tx, h.repo).await.unwrap();
        assert_eq!(repo::by_id(&mut tx, h.repo).await.unwrap(), None);
    }

    async fn publishing_is_stopped_only_where_nobody_is_at_it(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let turn = repo::claim(&mut tx, None, NOW, NOW + 15).await.unwrap().unwrap();
        assert!(!expiry::stop_publishing(&mut tx, &[h.repo], NOW + 14).await.unwrap());
        assert!(repo::keep(&mut tx, h.repo, turn.publisher_fence, NOW + 15).await.unwrap());
        assert!(expiry::stop_publishing(&mut tx, &[h.repo], NOW + 15).await.unwrap());
        assert!(!repo::keep(&mut tx, h.repo, turn.publisher_fence, NOW + 99).await.unwrap());
        assert!(expiry::stop_publishing(&mut tx, &[], NOW).await.unwrap());
    }

    async fn directories_of_pull_requests_are_due_when_nobody_built_into_them(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let old = side(&mut tx, &h, "hello:pr:1", NOW).await;
        side(&mut tx, &h, "hello:custom:pr:1", NOW).await;
        let used = side(&mut tx, &h, "hello:pr:2", NOW).await;
        assert_eq!(side(&mut tx, &h, "hello:pr:2", NOW + 50).await, used);
        let due: Vec<_> = expiry::dirs(&mut tx, NOW + 10).await.unwrap().into_iter().map(|dir| (dir.id, dir.used_on)).collect();
        assert_eq!(due, [(old, NOW)]);
        assert!(!expiry::dir_is_busy(&mut tx, old).await.unwrap());
        let id = build_in(&mut tx, &h, old).await;
        assert!(expiry::dir_is_busy(&mut tx, old).await.unwrap());
        build::set_source_state(&mut tx, id, State::Pending, State::Succeeded).await.unwrap();
        assert!(!expiry::dir_is_busy(&mut tx, old).await.unwrap());
        let one = h.in_chroot(&mut tx, id, State::Publishing).await;
        assert!(expiry::dir_is_busy(&mut tx, old).await.unwrap());
        build_chroot::set_state(&mut tx, one, State::Publishing, State::Succeeded).await.unwrap();
        assert!(!expiry::forget_dir(&mut tx, used, NOW + 10).await.unwrap());
        assert!(!expiry::forget_dir(&mut tx, h.dir, NOW + 10).await.unwrap(), "the main directory");
        assert!(expiry::forget_dir(&mut tx, old, NOW + 10).await.unwrap());
        assert_eq!(build::by_id(&mut tx, id).await.unwrap(), None);
    }

    async fn temporary_projects_are_due_and_persistent_ones_never(t: Fixture) {
        let (h, kept) = (t.home("alice", "hello").await, t.home("alice", "kept").await);
        let mut tx = t.begin().await;
        for (id, persistent) in [(h.project, false), (kept.project, true)] {
            let mut said = project::by_id(&mut tx, id).await.unwrap().unwrap().settings;
            (said.delete_on, said.persistent) = (Some(NOW + 5), persistent);
            project::update(&mut tx, id, &said).await.unwrap();
        }
        assert!(expiry::projects(&mut tx, NOW + 4).await.unwrap().is_empty());
        assert_eq!(expiry::projects(&mut tx, NOW + 5).await.unwrap(), [h.project]);
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(expiry::projects(&mut tx, NOW + 5).await.unwrap().is_empty());
    }

    async fn old_events_are_removed_part_by_part(t: Fixture) {
        let mut tx = t.begin().await;
        for n in 0..5 {
            event::append(&mut tx, "x", Subject::default(), "{}", NOW + n).await.unwrap();
        }
        assert_eq!(expiry::forget_events(&mut tx, NOW + 3, 2).await.unwrap(), 2);
        assert_eq!(expiry::forget_events(&mut tx, NOW + 3, 2).await.unwrap(), 1);
        assert_eq!(expiry::forget_events(&mut tx, NOW + 3, 2).await.unwrap(), 0);
        let left: Vec<_> = event::after(&mut tx, 0, 9).await.unwrap().into_iter().map(|one| one.created_on).collect();
        assert_eq!(left, [NOW + 3, NOW + 4]);
    }
}
