//! Calls of forges, and the builds that came of them.

use crate::both_engines;
use crate::fixture::{Home, NOW};
use copr_db::build::NewBuild;
use copr_db::package::Settings;
use copr_db::webhook::{self, NewCall, Origin, ScmObject};
use copr_db::{Conn, build, build_chroot, handing, package, task};
use copr_types::{BuildId, Forge, HookCallId, HookOutcome, Isolation, PackageId, SourceKind, State};

const MAIN: &str = "refs/heads/main";

fn push() -> NewCall<'static> {
    NewCall {
        forge: Forge::Github,
        event: "push",
        git_ref: Some(MAIN),
        commit: Some("6dcb09b"),
        delivery: Some("d1"),
        user_agent: Some("GitHub-Hookshot/1"),
        sender: Some("https://example.org/ada"),
    }
}

/// A build of a call, of a package and with a task for its source.
async fn built(conn: &mut Conn, home: &Home, call: HookCallId, package: PackageId, git_ref: &str) -> BuildId {
    let new = NewBuild {
        project: home.project,
        dir: home.dir,
        package: Some(package),
        account: None,
        submitted_by: Some("ada"),
        source_kind: SourceKind::Scm,
        source: "{}",
        source_url: None,
        named: true,
        background: true,
        enable_net: false,
        timeout: 60,
        bootstrap: None,
        isolation: Isolation::Unchanged,
        resubmitted_from: None,
    };
    let id = build::create(conn, &new, NOW).await.unwrap();
    home.in_chroot(conn, id, State::Waiting).await;
    home.task(conn, id, None).await;
    let page = Some("https://example.org/c/6dcb09b".to_owned());
    let object = ScmObject { kind: "commit".to_owned(), id: "6dcb09b".to_owned(), url: page };
    let origin = Origin { call, git_ref: Some(git_ref), object: Some(&object) };
    webhook::made(conn, id, &origin).await.unwrap();
    id
}

both_engines! {
    async fn a_call_is_taken_down_with_what_came_of_it(t: Fixture) {
        let home = t.home("alice", "p").await;
        let mut tx = t.begin().await;
        let hello = home.package(&mut tx, "hello").await;
        let first = webhook::record(&mut tx, home.project, &push(), NOW).await.unwrap();
        let build = built(&mut tx, &home, first, hello, MAIN).await;
        webhook::settle(&mut tx, first, HookOutcome::Built, "").await.unwrap();
        let bare = NewCall { forge: Forge::Custom, git_ref: None, commit: None, delivery: None, user_agent: None, sender: None, ..push() };
        let second = webhook::record(&mut tx, home.project, &bare, NOW + 1).await.unwrap();
        webhook::settle(&mut tx, second, HookOutcome::Nothing, "no reason").await.unwrap();
        tx.commit().await.unwrap();

        let mut conn = t.read().await;
        let calls = webhook::calls(&mut conn, home.project, 10, 0).await.unwrap();
        let ids: Vec<_> = calls.iter().map(|call| (call.id, call.outcome, call.reason.as_str())).collect();
        assert_eq!(ids, [(second, HookOutcome::Nothing, "no reason"), (first, HookOutcome::Built, "")]);
        assert_eq!((calls[0].forge, calls[0].git_ref.as_deref(), calls[0].delivery.as_deref()), (Forge::Custom, None, None));
        assert_eq!(calls[1].git_ref.as_deref(), Some(MAIN));
        assert_eq!((calls[1].git_commit.as_deref(), calls[1].received_on), (Some("6dcb09b"), NOW));
        assert_eq!(calls[1].sender.as_deref(), Some("https://example.org/ada"));
        assert_eq!(webhook::calls(&mut conn, home.project, 1, 1).await.unwrap(), calls[1..]);
        assert_eq!(webhook::builds(&mut conn, &[second, first]).await.unwrap(), [(first, build)]);
        let shown = build::by_id(&mut conn, build).await.unwrap().unwrap();
        assert_eq!((shown.submitter, shown.submitted_by.as_deref()), (None, Some("ada")));
        let object = (shown.scm_object_type.as_deref(), shown.scm_object_id.as_deref(), shown.scm_object_url.as_deref());
        assert_eq!(object, (Some("commit"), Some("6dcb09b"), Some("https://example.org/c/6dcb09b")));
    }

    async fn a_delivery_is_known_again_by_all_that_it_says(t: Fixture) {
        let home = t.home("alice", "p").await;
        let other = t.home("bob", "p").await;
        let mut tx = t.begin().await;
        let hello = home.package(&mut tx, "hello").await;
        let call = webhook::record(&mut tx, home.project, &push(), NOW).await.unwrap();
        let build = built(&mut tx, &home, call, hello, MAIN).await;
        assert_eq!(webhook::delivered(&mut tx, home.project, &push()).await.unwrap(), [build]);
        for different in [
            NewCall { delivery: Some("d2"), ..push() },
            NewCall { delivery: None, ..push() },
            NewCall { commit: None, ..push() },
            NewCall { git_ref: Some("refs/heads/dev"), ..push() },
            NewCall { forge: Forge::Forgejo, ..push() },
        ] {
            assert_eq!(webhook::delivered(&mut tx, home.project, &different).await.unwrap(), [], "{different:?}");
        }
        assert_eq!(webhook::delivered(&mut tx, other.project, &push()).await.unwrap(), []);
    }

    async fn old_calls_are_forgotten_and_their_builds_stay(t: Fixture) {
        let home = t.home("alice", "p").await;
        let other = t.home("bob", "p").await;
        let mut tx = t.begin().await;
        let hello = home.package(&mut tx, "hello").await;
        let foreign = webhook::record(&mut tx, other.project, &push(), NOW).await.unwrap();
        let first = webhook::record(&mut tx, home.project, &push(), NOW).await.unwrap();
        let build = built(&mut tx, &home, first, hello, MAIN).await;
        let mut kept = Vec::new();
        for _ in 0..3 {
            kept.insert(0, webhook::record(&mut tx, home.project, &push(), NOW).await.unwrap());
        }
        webhook::forget(&mut tx, home.project, 4).await.unwrap();
        assert_eq!(webhook::calls(&mut tx, home.project, 10, 0).await.unwrap().len(), 4);
        webhook::forget(&mut tx, home.project, 3).await.unwrap();
        let left: Vec<_> = webhook::calls(&mut tx, home.project, 10, 0).await.unwrap().iter().map(|call| call.id).collect();
        assert_eq!(left, kept);
        assert_eq!(webhook::calls(&mut tx, other.project, 10, 0).await.unwrap()[0].id, foreign);
        assert!(build::by_id(&mut tx, build).await.unwrap().is_some());
    }

    async fn a_build_that_nobody_had_makes_way_for_another(t: Fixture) {
        let home = t.home("alice", "p").await;
        let mut tx = t.begin().await;
        let hello = home.package(&mut tx, "hello").await;
        let call = webhook::record(&mut tx, home.project, &push(), NOW).await.unwrap();
        let old = built(&mut tx, &home, call, hello, MAIN).await;
        built(&mut tx, &home, call, hello, "refs/heads/dev").await;
        assert_eq!(build::waiting_for(&mut tx, hello, home.dir, MAIN).await.unwrap(), [old]);
        let held = task::hold_fresh(&mut tx, old).await.unwrap().unwrap();
        let new = built(&mut tx, &home, call, hello, MAIN).await;
        assert!(build::superseded(&mut tx, old, "by another", NOW + 5).await.unwrap());
        task::take_place(&mut tx, held, new).await.unwrap();
        assert!(!build::superseded(&mut tx, old, "again", NOW + 6).await.unwrap());
        assert_eq!(build::waiting_for(&mut tx, hello, home.dir, MAIN).await.unwrap(), [new]);

        let ended = build::by_id(&mut tx, old).await.unwrap().unwrap();
        assert_eq!((ended.canceled, ended.source_state, ended.source_ended_on), (true, State::Canceled, Some(NOW + 5)));
        let chroots = build_chroot::of_builds(&mut tx, &[old]).await.unwrap();
        assert_eq!((chroots[0].state, chroots[0].reason.as_str()), (State::Canceled, "by another"));
        assert_eq!(task::of_build(&mut tx, old).await.unwrap(), []);
        let tasks = task::of_build(&mut tx, new).await.unwrap();
        assert_eq!((tasks.len(), tasks[0].id, tasks[0].tools.as_str()), (1, held, "git tito"));
    }

    async fn a_build_that_somebody_has_makes_way_for_nobody(t: Fixture) {
        let home = t.home("alice", "p").await;
        let builder = t.builder("b1").await;
        let mut tx = t.begin().await;
        let hello = home.package(&mut tx, "hello").await;
        let call = webhook::record(&mut tx, home.project, &push(), NOW).await.unwrap();
        let build = built(&mut tx, &home, call, hello, MAIN).await;
        let task = task::of_build(&mut tx, build).await.unwrap().remove(0);
        let holder = task::Holder { id: builder, name: "b1", isolation: "" };
        let leased = handing::lease(&mut tx, &[(task.id, holder)], NOW, NOW + 9).await.unwrap().remove(0);
        assert_eq!(task::hold_fresh(&mut tx, build).await.unwrap(), None);
        // Nor once it was given back: something of it may be there.
        assert!(task::release(&mut tx, task.id, leased.fence, NOW).await.unwrap());
        assert_eq!(task::hold_fresh(&mut tx, build).await.unwrap(), None);
        build::set_source_state(&mut tx, build, State::Pending, State::Starting).await.unwrap();
        assert_eq!(build::waiting_for(&mut tx, hello, home.dir, MAIN).await.unwrap(), []);
        assert!(!build::superseded(&mut tx, build, "by another", NOW).await.unwrap());
    }

    async fn packages_that_follow_a_repository_are_listed(t: Fixture) {
        let home = t.home("alice", "p").await;
        let mut tx = t.begin().await;
        for (name, source_kind, auto_rebuild) in [
            ("follows", SourceKind::Scm, true),
            ("stays", SourceKind::Scm, false),
            ("script", SourceKind::Custom, true),
        ] {
            let settings = Settings {
                source_kind,
                source: "{}",
                private_source: None,
                auto_rebuild,
                max_builds: 0,
                timeout: None,
                chroot_denylist: "",
            };
            package::create(&mut tx, home.project, &name.parse().unwrap(), &settings, NOW).await.unwrap();
        }
        let found = package::automatic(&mut tx, home.project).await.unwrap();
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["follows"]);
    }
}
