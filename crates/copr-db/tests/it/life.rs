//! What the end of builds and projects asks of the database.

use crate::both_engines;
use crate::fixture::{NOW, chroot};
use copr_db::build::{self, NewBuild};
use copr_db::task::Holder;
use copr_db::{build_chroot, dir, handing, package, project, repo, task};
use copr_types::{BuildId, DirName, Isolation, ProjectName, SourceKind, State, TaskId};

both_engines! {
    async fn a_build_that_repeats_another_says_so_even_when_that_is_gone(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let old = h.build(&mut tx).await;
        let new = NewBuild {
            project: h.project, dir: h.dir, package: None, account: None, submitted_by: None,
            source_kind: SourceKind::Link, source: "{}", source_url: None, named: false, background: false,
            enable_net: false, timeout: 60, bootstrap: None, isolation: Isolation::Unchanged,
            resubmitted_from: Some(old),
        };
        let id = build::create(&mut tx, &new, NOW).await.unwrap();
        build::delete(&mut tx, old).await.unwrap();
        let found = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(found.resubmitted_from, Some(old.0));
        assert_eq!(build::of_dir(&mut tx, h.dir).await.unwrap(), [found]);
    }

    async fn packages_keep_the_newest_of_their_ended_builds(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut ids = Vec::new();
        for state in [State::Succeeded, State::Failed, State::Publishing, State::Succeeded, State::Running] {
            let id = h.build_of(&mut tx, "a").await;
            h.in_chroot(&mut tx, id, state).await;
            ids.push(id);
        }
        assert!(build::superfluous(&mut tx, 10).await.unwrap().is_empty());
        let name = package::by_name(&mut tx, h.project, "a").await.unwrap().unwrap();
        let keep = |max_builds| package::Settings {
            source_kind: SourceKind::Link, source: "{}", private_source: None, auto_rebuild: false, max_builds,
            timeout: None, chroot_denylist: "",
        };
        package::update(&mut tx, name.id, &keep(2)).await.unwrap();
        assert_eq!(build::superfluous(&mut tx, 10).await.unwrap(), [ids[0]]);
        package::update(&mut tx, name.id, &keep(1)).await.unwrap();
        assert_eq!(build::superfluous(&mut tx, 10).await.unwrap(), [ids[0], ids[1]]);
        assert_eq!(build::superfluous(&mut tx, 1).await.unwrap(), [ids[0]]);
        let project_name: ProjectName = "hello".parse().unwrap();
        let side = DirName::parse(&project_name, "hello:custom:x").unwrap();
        let side = dir::ensure(&mut tx, h.project, &side, NOW).await.unwrap();
        assert!(build::of_dir(&mut tx, side.id).await.unwrap().is_empty());
    }

    async fn what_is_to_be_built_in_a_chroot_is_found_whosever_it_is(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let other = chroot(&mut tx, "epel-9-x86_64").await;
        let mut ids = Vec::new();
        for state in [State::Waiting, State::Pending, State::Running, State::Publishing, State::Failed] {
            let id = h.build_of(&mut tx, "a").await;
            h.in_chroot(&mut tx, id, state).await;
            ids.push(id);
        }
        let elsewhere = h.build_of(&mut tx, "a").await;
        build_chroot::create(&mut tx, elsewhere, other, State::Pending).await.unwrap();
        assert_eq!(build::unfinished_in_chroot(&mut tx, h.chroot).await.unwrap(), ids[..3]);
        assert_eq!(build::unfinished_in_chroot(&mut tx, other).await.unwrap(), [elsewhere]);
    }

    async fn tasks_go_with_what_they_belong_to_and_leases_are_told(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let builder = t.builder("b1").await;
        let mut tx = t.begin().await;
        let (first, source) = h.source_task(&mut tx).await;
        let (second, waiting) = h.source_task(&mut tx).await;
        let one = h.in_chroot(&mut tx, second, State::Pending).await;
        let rpm = h.task(&mut tx, second, Some(one)).await;
        let holder = Holder { id: builder, name: "b1", isolation: "none" };
        let both = [source, rpm].map(|id| (id, holder));
        assert_eq!(handing::lease(&mut tx, &both, NOW, NOW + 30).await.unwrap().len(), 2);
        task::cancel_chroot(&mut tx, one).await.unwrap();
        let canceled = |task: Option<task::Task>| task.map(|task| task.cancel);
        assert_eq!(canceled(task::by_id(&mut tx, rpm).await.unwrap()), Some(true));
        assert_eq!(canceled(task::by_id(&mut tx, waiting).await.unwrap()), Some(false));
        assert_eq!(task::remove_build(&mut tx, first).await.unwrap(), [(source, 1)]);
        assert_eq!(task::remove_build(&mut tx, BuildId(99)).await.unwrap(), Vec::<(TaskId, i64)>::new());
        assert_eq!(task::remove_project(&mut tx, h.project).await.unwrap(), [(rpm, 1)]);
        assert!(task::list(&mut tx, 10).await.unwrap().is_empty());
    }

    async fn a_project_that_somebody_keeps_is_there_until_then(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        assert!(project::keep(&mut tx, h.project).await.unwrap());
        let id = h.build_of(&mut tx, "a").await;
        let one = h.in_chroot(&mut tx, id, State::Publishing).await;
        build_chroot::staged(&mut tx, one, Some("{}")).await.unwrap();
        build::source_staged(&mut tx, id, Some("[]")).await.unwrap();
        assert_eq!(build::delivered(&mut tx).await.unwrap(), ["{}"], "the source does not wait to be taken in");
        let turn = repo::claim(&mut tx, None, NOW, NOW + 15).await.unwrap().unwrap();
        let (owner, name) = ("alice", "hello");
        assert!(!project::is_being_published(&mut tx, owner, name, NOW).await.unwrap(), "it is not deleted");
        repo::leave(&mut tx, turn.id, turn.publisher_fence).await.unwrap();
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(!project::keep(&mut tx, h.project).await.unwrap());
        assert!(project::is_being_published(&mut tx, owner, name, NOW).await.unwrap());
        assert!(!project::is_being_published(&mut tx, owner, name, NOW + 15).await.unwrap());
        repo::leave(&mut tx, turn.id, turn.publisher_fence).await.unwrap();
        assert!(!project::is_being_published(&mut tx, owner, name, NOW).await.unwrap());
        assert!(project::rows(&mut tx).await.unwrap().iter().any(|(table, count)| table == "build" && *count == 1));
        project::purge(&mut tx, h.project).await.unwrap();
        assert_eq!(project::rows(&mut tx).await.unwrap(), []);
    }
}
