//! Builds and their chroots.

use crate::both_engines;
use crate::fixture::{CHROOT, Home, NOW, built_package, chroot, home};
use copr_db::build::Filter;
use copr_db::{Conn, batch, build, build_chroot, dir, project_chroot, repo};
use copr_types::state::of_build;
use copr_types::{BuildId, DirName, Failure, FailureClass, PackageId, Phase, SourceKind, State};
use std::collections::BTreeMap;

fn failure() -> Failure {
    Failure::new(FailureClass::User, Phase::Build, "no `%files`")
}

async fn latest(conn: &mut Conn, packages: &[PackageId], succeeded: bool) -> Vec<(PackageId, BuildId)> {
    let mut pairs = build::latest_of(conn, packages, succeeded).await.unwrap();
    pairs.sort();
    pairs
}

/// A build of `package` whose chroot is in `state`.
async fn ended(conn: &mut Conn, h: &Home, package: &str, state: State) -> BuildId {
    let id = h.build_of(conn, package).await;
    h.in_chroot(conn, id, state).await;
    id
}

both_engines! {
    async fn a_new_build_is_pending_and_has_the_names_of_where_it_belongs(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = h.build(&mut tx).await;
        let found = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.owner.to_string().as_str(), found.project.as_str(), found.dir.as_str()), ("alice", "hello", "hello"));
        assert_eq!((found.source_state, found.canceled, found.selection.as_str()), (State::Pending, false, "all"));
        assert_eq!((found.submitter.as_deref(), found.package, found.enable_net), (Some("alice"), None, true));
        assert_eq!((found.submitted_on, found.timeout, found.background), (NOW, 60, false));
        copr_db::project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(build::by_id(&mut tx, id).await.unwrap().is_none(), "a build of a deleted project is shown");
        assert!(build::newest(&mut tx, 10).await.unwrap().is_empty());
    }

    async fn a_state_changes_only_from_the_state_that_was_seen(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = h.build(&mut tx).await;
        let one = h.in_chroot(&mut tx, id, State::Waiting).await;
        assert!(build::set_source_state(&mut tx, id, State::Pending, State::Starting).await.unwrap());
        assert!(!build::set_source_state(&mut tx, id, State::Pending, State::Canceled).await.unwrap());
        assert_eq!(build::by_id(&mut tx, id).await.unwrap().unwrap().source_state, State::Starting);
        assert!(build_chroot::set_state(&mut tx, one, State::Waiting, State::Pending).await.unwrap());
        assert!(!build_chroot::set_state(&mut tx, one, State::Waiting, State::Failed).await.unwrap());
        assert_eq!(build_chroot::by_id(&mut tx, one).await.unwrap().unwrap().state, State::Pending);
        assert!(build::set_canceled(&mut tx, id).await.unwrap());
        assert!(!build::set_canceled(&mut tx, id).await.unwrap());
    }

    async fn chroots_know_the_commits_of_their_sources(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (first, second) = (h.build_of(&mut tx, "hello").await, h.build_of(&mut tx, "hello").await);
        let one = h.in_chroot(&mut tx, first, State::Pending).await;
        let two = h.in_chroot(&mut tx, second, State::Pending).await;
        build_chroot::set_git_hash(&mut tx, one, "abc").await.unwrap();
        build_chroot::same_git_hashes(&mut tx, first, second).await.unwrap();
        let hash = build_chroot::by_id(&mut tx, two).await.unwrap().unwrap().git_hash;
        assert_eq!(hash.as_deref(), Some("abc"));
        let of_build = build::by_id(&mut tx, first).await.unwrap().unwrap();
        let package = PackageId(of_build.package_id.unwrap());
        assert_eq!(build_chroot::git_hashes(&mut tx, of_build.dir_id, package).await.unwrap(), ["abc"]);
        let found = dir::by_path(&mut tx, "alice", "hello").await.unwrap().unwrap();
        assert_eq!((found.id, found.main), (of_build.dir_id, true));
        copr_db::project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(dir::by_path(&mut tx, "alice", "hello").await.unwrap().is_none());
    }

    async fn the_source_keeps_its_first_start_and_forgets_what_was_staged_at_its_end(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = h.build(&mut tx).await;
        build::source_started(&mut tx, id, "00000001", NOW + 1).await.unwrap();
        build::source_started(&mut tx, id, "00000001", NOW + 2).await.unwrap();
        build::source_staged(&mut tx, id, Some("{}")).await.unwrap();
        let found = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.source_started_on, found.staged.as_deref()), (Some(NOW + 1), Some("{}")));
        assert_eq!(found.result_dir.as_deref(), Some("00000001"));
        assert_eq!(found.failure(), None);
        build::source_ended(&mut tx, id, Some(&failure()), NOW + 3).await.unwrap();
        let found = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.failure(), found.staged, found.source_ended_on), (Some(failure()), None, Some(NOW + 3)));
    }

    async fn sources_are_imported_oldest_first(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let id = h.build(&mut tx).await;
            build::set_source_state(&mut tx, id, State::Pending, State::Importing).await.unwrap();
            ids.push(id);
        }
        assert_eq!(build::importing(&mut tx, 2).await.unwrap(), ids[..2]);
        let package = h.package(&mut tx, "pkg").await;
        build::imported(&mut tx, ids[0], package, "1:2-3", "pkg-2-3.src.rpm", "http://here/x").await.unwrap();
        build::set_source_state(&mut tx, ids[0], State::Importing, State::Succeeded).await.unwrap();
        assert_eq!(build::importing(&mut tx, 9).await.unwrap(), ids[1..]);
        let found = build::by_id(&mut tx, ids[0]).await.unwrap().unwrap();
        assert_eq!((found.package.as_deref(), found.version.as_deref()), (Some("pkg"), Some("1:2-3")));
        assert_eq!(found.srpm_name.as_deref(), Some("pkg-2-3.src.rpm"));
    }

    async fn an_upload_is_in_use_until_its_source_has_ended(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        h.build(&mut tx).await;
        let id = h.build_from(&mut tx, SourceKind::Upload, r#"{"tmp":"one"}"#).await;
        let other = h.build_from(&mut tx, SourceKind::Upload, r#"{"tmp":"two"}"#).await;
        build::set_source_state(&mut tx, other, State::Pending, State::Importing).await.unwrap();
        let mut used = build::uploads_in_use(&mut tx).await.unwrap();
        used.sort();
        assert_eq!(used, [r#"{"tmp":"one"}"#, r#"{"tmp":"two"}"#]);
        build::set_source_state(&mut tx, id, State::Pending, State::Canceled).await.unwrap();
        build::set_source_state(&mut tx, other, State::Importing, State::Succeeded).await.unwrap();
        assert_eq!(build::uploads_in_use(&mut tx).await.unwrap(), [""; 0]);
    }

    async fn what_was_delivered_is_listed_while_it_is_being_taken_in(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = h.build(&mut tx).await;
        let chroot = build_chroot::create(&mut tx, id, h.chroot, State::Publishing).await.unwrap();
        build_chroot::staged(&mut tx, chroot, Some("{\"task\":2}")).await.unwrap();
        build::set_source_state(&mut tx, id, State::Pending, State::Importing).await.unwrap();
        build::source_staged(&mut tx, id, Some("{\"task\":1}")).await.unwrap();
        let mut delivered = build::delivered(&mut tx).await.unwrap();
        delivered.sort();
        assert_eq!(delivered, ["{\"task\":1}", "{\"task\":2}"]);
        build_chroot::set_state(&mut tx, chroot, State::Publishing, State::Failed).await.unwrap();
        build::set_source_state(&mut tx, id, State::Importing, State::Succeeded).await.unwrap();
        assert_eq!(build::delivered(&mut tx).await.unwrap(), [""; 0]);
    }

    async fn the_database_finds_builds_by_the_state_that_clients_are_shown(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let others = [chroot(&mut tx, "fedora-45-x86_64").await, chroot(&mut tx, "fedora-46-x86_64").await];
        let mut shown: BTreeMap<&str, Vec<BuildId>> = BTreeMap::new();
        let mut add = async |tx: &mut Conn, canceled: bool, source: State, chroots: &[State]| {
            let id = h.build_of(tx, "a").await;
            build::set_source_state(tx, id, State::Succeeded, source).await.unwrap();
            if canceled {
                build::set_canceled(tx, id).await.unwrap();
            }
            for (chroot, state) in [h.chroot, others[0], others[1]].into_iter().zip(chroots) {
                build_chroot::create(tx, id, chroot, *state).await.unwrap();
            }
            let state = of_build(canceled, source, chroots).map_or("unknown", State::on_the_wire);
            shown.entry(state).or_default().insert(0, id);
        };
        for source in State::ALL {
            add(&mut tx, false, source, &[]).await;
            add(&mut tx, true, source, &[State::Running]).await;
        }
        for first in State::ALL {
            for second in State::ALL {
                add(&mut tx, false, State::Succeeded, &[first, second]).await;
                add(&mut tx, false, State::Succeeded, &[State::Succeeded, second, first]).await;
            }
        }
        let package = Some(h.package(&mut tx, "a").await);
        for (state, expected) in shown {
            for package in [None, package] {
                let filter = Filter { package, state: Some(state) };
                let found = build::list(&mut tx, h.project, filter, BuildId(i64::MAX), None).await.unwrap();
                assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected, "{state}");
                let found = build::list(&mut tx, h.project, filter, expected[0], Some(1)).await.unwrap();
                assert_eq!(found[0].id, expected[0], "{state}");
            }
        }
        let filter = Filter { package: None, state: Some("colourful") };
        assert!(build::list(&mut tx, h.project, filter, BuildId(i64::MAX), None).await.unwrap().is_empty());
    }

    async fn an_uploaded_package_is_in_use_until_it_is_published(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = h.build_from(&mut tx, SourceKind::RpmUpload, r#"{"tmp":"one"}"#).await;
        build::set_source_state(&mut tx, id, State::Pending, State::Succeeded).await.unwrap();
        build::set_version(&mut tx, id, "1:2-3").await.unwrap();
        let one = h.in_chroot(&mut tx, id, State::Pending).await;
        assert_eq!(build_chroot::uploaded(&mut tx, h.repo).await.unwrap(), [], "this one waits for a builder");
        build_chroot::staged(&mut tx, one, Some("{}")).await.unwrap();
        let waiting = build_chroot::uploaded(&mut tx, h.repo).await.unwrap();
        assert_eq!(waiting.iter().map(|chroot| chroot.id).collect::<Vec<_>>(), [one]);
        let first = batch::create(&mut tx, None, NOW).await.unwrap();
        let second = batch::create(&mut tx, Some(first), NOW).await.unwrap();
        batch::add(&mut tx, second, id).await.unwrap();
        assert_eq!(build_chroot::uploaded(&mut tx, h.repo).await.unwrap(), [], "its batch waits for another");
        assert!(batch::release(&mut tx, second).await.unwrap());
        let before = repo::by_id(&mut tx, h.repo).await.unwrap().unwrap().wanted;
        for (batch, more) in [(first, 0), (second, 1)] {
            repo::want_uploaded(&mut tx, batch).await.unwrap();
            assert_eq!(repo::by_id(&mut tx, h.repo).await.unwrap().unwrap().wanted, before + more);
        }
        assert_eq!(build_chroot::uploaded(&mut tx, h.repo).await.unwrap(), waiting);
        assert_eq!(build::uploads_in_use(&mut tx).await.unwrap(), [r#"{"tmp":"one"}"#]);
        build_chroot::set_state(&mut tx, one, State::Pending, State::Publishing).await.unwrap();
        assert_eq!(build_chroot::uploaded(&mut tx, h.repo).await.unwrap(), []);
        assert_eq!(build::uploads_in_use(&mut tx).await.unwrap(), [r#"{"tmp":"one"}"#]);
        build_chroot::ended(&mut tx, one, Some(2), None, NOW).await.unwrap();
        assert_eq!(build::uploads_in_use(&mut tx).await.unwrap(), [""; 0]);
        let found = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.version.as_deref(), found.private_source), (Some("1:2-3"), None));
        build::keep_private(&mut tx, id, r#"{"tmp":"secret"}"#).await.unwrap();
        let found = build::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.source.as_str(), found.private_source.as_deref()), (r#"{"tmp":"one"}"#, Some(r#"{"tmp":"secret"}"#)));
    }

    async fn lists_of_builds_are_newest_first_and_paged(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut ids = Vec::new();
        for package in ["a", "b", "a", "b"] {
            ids.push(h.build_of(&mut tx, package).await);
        }
        let other = home(&mut tx, "bob", "other").await;
        let foreign = other.build_of(&mut tx, "a").await;
        let of = |rows: Vec<build::Build>| rows.into_iter().map(|one| one.id).collect::<Vec<_>>();
        let package = Some(h.package(&mut tx, "a").await);
        let (all, of_a) = (Filter::default(), Filter { package, state: None });
        let top = BuildId(i64::MAX);
        let list = async |conn: &mut Conn, filter, from, limit| {
            of(build::list(conn, h.project, filter, from, limit).await.unwrap())
        };
        assert_eq!(list(&mut tx, all, top, None).await, [ids[3], ids[2], ids[1], ids[0]]);
        assert_eq!(list(&mut tx, all, ids[2], Some(2)).await, [ids[2], ids[1]]);
        assert_eq!(list(&mut tx, of_a, top, None).await, [ids[2], ids[0]]);
        assert_eq!(list(&mut tx, of_a, ids[1], None).await, [ids[0]]);
        for (package, offset, expected) in
            [(None, 0, Some(ids[3])), (None, 3, Some(ids[0])), (None, 4, None), (package, 1, Some(ids[0])), (package, 2, None)]
        {
            assert_eq!(build::start(&mut tx, h.project, package, offset).await.unwrap(), expected);
        }
        assert_eq!(of(build::newest(&mut tx, 2).await.unwrap()), [foreign, ids[3]]);
        let mut found = of(build::by_ids(&mut tx, &[ids[0], foreign, BuildId(999_999)]).await.unwrap());
        found.sort();
        assert_eq!(found, [ids[0], foreign]);
        assert!(build::by_ids(&mut tx, &[]).await.unwrap().is_empty());
    }

    async fn the_newest_success_of_a_package_has_no_failed_chroot(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let good = ended(&mut tx, &h, "a", State::Succeeded).await;
        let mixed = ended(&mut tx, &h, "a", State::Succeeded).await;
        let second = chroot(&mut tx, "epel-9-x86_64").await;
        build_chroot::create(&mut tx, mixed, second, State::Failed).await.unwrap();
        let canceled = ended(&mut tx, &h, "a", State::Succeeded).await;
        build::set_canceled(&mut tx, canceled).await.unwrap();
        let skipped = ended(&mut tx, &h, "a", State::Skipped).await;
        let bad = ended(&mut tx, &h, "b", State::Failed).await;
        let partly = ended(&mut tx, &h, "c", State::Succeeded).await;
        build_chroot::create(&mut tx, partly, second, State::Skipped).await.unwrap();
        let never = h.package(&mut tx, "never").await;
        let (a, b, c) = (h.package(&mut tx, "a").await, h.package(&mut tx, "b").await, h.package(&mut tx, "c").await);
        assert_eq!(latest(&mut tx, &[a, b, c, never], false).await, [(a, skipped), (b, bad), (c, partly)]);
        assert_eq!(latest(&mut tx, &[a, b, c, never], true).await, [(a, good), (c, partly)]);
        assert!(latest(&mut tx, &[], true).await.is_empty());
        assert!(latest(&mut tx, &[], false).await.is_empty());
    }

    async fn the_newest_build_of_the_main_directory_goes_before_newer_ones_of_others(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let name = DirName::parse(&"hello".parse().unwrap(), "hello:custom:x").unwrap();
        let aside = Home { dir: dir::ensure(&mut tx, h.project, &name, NOW).await.unwrap().id, ..h.clone() };
        ended(&mut tx, &aside, "a", State::Succeeded).await;
        let elsewhere = ended(&mut tx, &aside, "a", State::Succeeded).await;
        let a = h.package(&mut tx, "a").await;
        assert_eq!(latest(&mut tx, &[a], false).await, [(a, elsewhere)], "there is no other");
        ended(&mut tx, &h, "a", State::Failed).await;
        let newest = ended(&mut tx, &h, "a", State::Failed).await;
        let succeeded = ended(&mut tx, &aside, "a", State::Succeeded).await;
        assert_eq!(latest(&mut tx, &[a], false).await, [(a, newest)]);
        assert_eq!(latest(&mut tx, &[a], true).await, [(a, succeeded)]);
    }

    async fn a_build_is_unfinished_until_its_last_chroot_has_ended(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        ended(&mut tx, &h, "a", State::Succeeded).await;
        ended(&mut tx, &h, "a", State::Skipped).await;
        let failed = h.build(&mut tx).await;
        build::set_source_state(&mut tx, failed, State::Pending, State::Failed).await.unwrap();
        let running = ended(&mut tx, &h, "a", State::Running).await;
        let new = h.build(&mut tx).await;
        let canceled = h.build(&mut tx).await;
        build::set_canceled(&mut tx, canceled).await.unwrap();
        // Canceled too late: its packages are on their way into the repository.
        let late = ended(&mut tx, &h, "a", State::Publishing).await;
        build::set_canceled(&mut tx, late).await.unwrap();
        assert_eq!(build::unfinished(&mut tx, h.project).await.unwrap(), [running, new, late]);
        assert_eq!(build_chroot::unfinished_in(&mut tx, h.project, h.chroot).await.unwrap(), [running, late]);
    }

    async fn a_chroots_end_is_stored_with_its_reason(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let build = h.build_of(&mut tx, "a").await;
        let one = h.in_chroot(&mut tx, build, State::Pending).await;
        build_chroot::started(&mut tx, one, "00000001-a", NOW + 1).await.unwrap();
        build_chroot::started(&mut tx, one, "00000001-a", NOW + 5).await.unwrap();
        build_chroot::staged(&mut tx, one, Some("{}")).await.unwrap();
        build_chroot::set_reason(&mut tx, one, "because").await.unwrap();
        let found = build_chroot::by_id(&mut tx, one).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.started_on, found.reason.as_str()), (CHROOT, Some(NOW + 1), "because"));
        assert_eq!((found.result_dir.as_deref(), found.staged.as_deref()), (Some("00000001-a"), Some("{}")));
        build_chroot::ended(&mut tx, one, None, Some(&failure()), NOW + 7).await.unwrap();
        let found = build_chroot::by_id(&mut tx, one).await.unwrap().unwrap();
        assert_eq!((found.failure(), found.staged, found.ended_on), (Some(failure()), None, Some(NOW + 7)));
        let twice = build_chroot::create(&mut tx, build, h.chroot, State::Waiting).await;
        assert!(matches!(twice, Err(copr_db::Error::Exists(_))), "one chroot twice in a build");
    }

    async fn chroots_of_several_builds_come_in_order(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (first, second) = (h.build(&mut tx).await, h.build(&mut tx).await);
        let other = chroot(&mut tx, "epel-9-x86_64").await;
        let c = h.in_chroot(&mut tx, second, State::Waiting).await;
        let a = build_chroot::create(&mut tx, first, other, State::Waiting).await.unwrap();
        let b = h.in_chroot(&mut tx, first, State::Waiting).await;
        let found: Vec<_> = build_chroot::of_builds(&mut tx, &[second, first]).await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(found, [a, b, c]);
    }

    async fn built_packages_keep_their_order_and_are_replaced(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let build = h.build_of(&mut tx, "a").await;
        let one = h.in_chroot(&mut tx, build, State::Publishing).await;
        let mut packages = vec![built_package(one, "z", "src"), built_package(one, "a", "noarch")];
        packages[1].epoch = Some(2);
        build_chroot::set_built(&mut tx, one, &[built_package(one, "old", "src")]).await.unwrap();
        build_chroot::set_built(&mut tx, one, &packages).await.unwrap();
        assert_eq!(build_chroot::built(&mut tx, build).await.unwrap(), packages);
        assert!(build::delete(&mut tx, build).await.unwrap());
        assert!(!build::delete(&mut tx, build).await.unwrap());
        assert!(build_chroot::built(&mut tx, build).await.unwrap().is_empty());
    }

    async fn what_builds_produced_is_told_once_and_without_sources(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let other = chroot(&mut tx, "fedora-44-aarch64").await;
        let (one, none) = (h.build_of(&mut tx, "a").await, h.build_of(&mut tx, "b").await);
        let first = h.in_chroot(&mut tx, one, State::Succeeded).await;
        let second = build_chroot::create(&mut tx, one, other, State::Succeeded).await.unwrap();
        h.in_chroot(&mut tx, none, State::Running).await;
        for id in [first, second] {
            let packages = [built_package(id, "z", "noarch"), built_package(id, "a", "src"), built_package(id, "a", "nosrc"), built_package(id, "a", "noarch")];
            build_chroot::set_built(&mut tx, id, &packages).await.unwrap();
        }
        let produced = build_chroot::produced(&mut tx, &[none, one, BuildId(99)]).await.unwrap();
        let produced: Vec<_> = produced.iter().map(|one| (one.build_id, one.name.as_str(), one.version.as_str())).collect();
        assert_eq!(produced, [(one, "a", "1"), (one, "z", "1")]);
        assert_eq!(build_chroot::produced(&mut tx, &[]).await.unwrap(), []);
    }

    async fn a_project_was_last_good_when_its_newest_good_build_ended(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let elsewhere = t.home("bob", "hello").await;
        let mut tx = t.begin().await;
        assert_eq!(build_chroot::last_good(&mut tx, h.project).await.unwrap(), None);
        // A newer build may have ended before an older one.
        for (state, end) in [(State::Succeeded, 50), (State::Skipped, 30), (State::Failed, 70)] {
            let id = ended(&mut tx, &h, "a", state).await;
            let chroots = build_chroot::of_builds(&mut tx, &[id]).await.unwrap();
            build_chroot::ended(&mut tx, chroots[0].id, None, None, NOW + end).await.unwrap();
        }
        assert_eq!(build_chroot::last_good(&mut tx, h.project).await.unwrap(), Some(NOW + 30));
        assert_eq!(build_chroot::last_good(&mut tx, elsewhere.project).await.unwrap(), None);
    }

    async fn all_builds_of_packages_come_newest_first(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut ids = Vec::new();
        for package in ["a", "b", "a", "c"] {
            ids.push(h.build_of(&mut tx, package).await);
        }
        let packages = [h.package(&mut tx, "a").await, h.package(&mut tx, "b").await];
        let found = build::of_packages(&mut tx, &packages).await.unwrap();
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [ids[2], ids[1], ids[0]]);
        assert!(build::of_packages(&mut tx, &[]).await.unwrap().is_empty());
    }

    async fn the_monitor_shows_the_newest_build_of_each_package_in_each_chroot(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let epel = chroot(&mut tx, "epel-9-x86_64").await;
        project_chroot::enable(&mut tx, h.project, epel).await.unwrap();
        let old = ended(&mut tx, &h, "b", State::Failed).await;
        build_chroot::create(&mut tx, old, epel, State::Succeeded).await.unwrap();
        let new = ended(&mut tx, &h, "b", State::Succeeded).await;
        let a = ended(&mut tx, &h, "a", State::Skipped).await;
        h.build(&mut tx).await;
        let shown = |rows: Vec<build_chroot::Monitored>| {
            rows.into_iter().map(|row| (row.package, row.chroot.to_string(), row.build_id, row.state)).collect::<Vec<_>>()
        };
        let rows = shown(build_chroot::monitor(&mut tx, h.project, h.dir).await.unwrap());
        assert_eq!(rows, [
            ("a".to_owned(), CHROOT.to_owned(), a, State::Skipped),
            ("b".to_owned(), "epel-9-x86_64".to_owned(), old, State::Succeeded),
            ("b".to_owned(), CHROOT.to_owned(), new, State::Succeeded),
        ]);
        project_chroot::drop(&mut tx, h.project, epel, NOW).await.unwrap();
        assert_eq!(build_chroot::monitor(&mut tx, h.project, h.dir).await.unwrap().len(), 2);
        copr_db::chroot::set_enabled(&mut tx, CHROOT, false).await.unwrap();
        assert!(build_chroot::monitor(&mut tx, h.project, h.dir).await.unwrap().is_empty());
    }
}
