//! Lists of builds and of their chroots beyond one project.

use crate::both_engines;
use crate::fixture::{Home, NOW, built_package, chroot, home};
use copr_db::listing::Of;
use copr_db::{Conn, Page, build, build_chroot, listing, project};
use copr_types::state::is_finished;
use copr_types::{BuildId, State};

const ALL: Page = Page { limit: None, offset: 0, descending: false };

fn page(limit: i64, offset: i64) -> Page {
    Page { limit: Some(limit), offset, descending: false }
}

/// A build whose source is in, with chroots of these states.
async fn build_in(conn: &mut Conn, h: &Home, chroots: &[(&str, State)]) -> BuildId {
    let id = h.build_of(conn, "a").await;
    for (name, state) in chroots {
        let chroot = chroot(conn, name).await;
        build_chroot::create(conn, id, chroot, *state).await.unwrap();
    }
    id
}

/// The chroots of a list as the number of the build and the name.
async fn chroots(conn: &mut Conn, of: Of<'_>, states: &[State], page: &Page) -> Vec<(BuildId, String)> {
    let mut found = Vec::new();
    for (build, id) in listing::chroots(conn, of, states, page).await.unwrap() {
        let one = build_chroot::by_id(conn, id).await.unwrap().unwrap();
        assert_eq!(one.build_id, build);
        found.push((build, one.name.to_string()));
    }
    found
}

both_engines! {
    async fn builds_are_listed_across_projects_newest_first(t: Fixture) {
        let mut tx = t.begin().await;
        let (one, two, other) =
            (home(&mut tx, "alice", "one").await, home(&mut tx, "alice", "two").await, home(&mut tx, "bob", "one").await);
        let mut ids = Vec::new();
        for h in [&one, &two, &other, &one] {
            ids.push(h.build(&mut tx).await);
        }
        let gone = home(&mut tx, "alice", "gone").await;
        gone.build(&mut tx).await;
        project::mark_deleted(&mut tx, gone.project, NOW).await.unwrap();
        for (of, found) in [
            (Of::Everybody, vec![ids[3], ids[2], ids[1], ids[0]]),
            (Of::Owner("alice"), vec![ids[3], ids[1], ids[0]]),
            (Of::Owner("nobody"), vec![]),
            (Of::Project(one.project), vec![ids[3], ids[0]]),
            (Of::Build(ids[1]), vec![ids[1]]),
        ] {
            assert_eq!(listing::builds(&mut tx, of, None, &ALL).await.unwrap(), found, "{of:?}");
            let second: Vec<BuildId> = found.iter().skip(1).take(1).copied().collect();
            assert_eq!(listing::builds(&mut tx, of, None, &page(1, 1)).await.unwrap(), second, "{of:?}");
            assert_eq!(listing::builds(&mut tx, of, Some(false), &ALL).await.unwrap(), found, "{of:?}");
            assert_eq!(listing::builds(&mut tx, of, Some(true), &ALL).await.unwrap(), [], "{of:?}");
        }
    }

    async fn builds_that_have_ended_are_those_that_the_rule_says(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let names = ["fedora-44-x86_64", "epel-9-x86_64"];
        let (mut ended, mut others) = (Vec::new(), Vec::new());
        let mut add = async |tx: &mut Conn, canceled: bool, source: State, states: &[State]| {
            let chroots: Vec<_> = names.into_iter().zip(states.iter().copied()).collect();
            let id = build_in(tx, &h, &chroots).await;
            build::set_source_state(tx, id, State::Succeeded, source).await.unwrap();
            if canceled {
                build::set_canceled(tx, id).await.unwrap();
            }
            if is_finished(canceled, source, states) { &mut ended } else { &mut others }.insert(0, id);
        };
        for source in [State::Pending, State::Starting, State::Running, State::Importing, State::Failed, State::Canceled] {
            add(&mut tx, false, source, &[State::Waiting]).await;
            add(&mut tx, true, source, &[State::Waiting]).await;
        }
        for first in State::ALL {
            for second in State::ALL {
                add(&mut tx, false, State::Succeeded, &[first, second]).await;
            }
            add(&mut tx, true, State::Succeeded, &[first]).await;
        }
        for of in [Of::Everybody, Of::Owner("alice"), Of::Project(h.project)] {
            assert_eq!(listing::builds(&mut tx, of, Some(true), &ALL).await.unwrap(), ended, "{of:?}");
            assert_eq!(listing::builds(&mut tx, of, Some(false), &ALL).await.unwrap(), others, "{of:?}");
        }
    }

    async fn chroots_come_by_build_and_name(t: Fixture) {
        let mut tx = t.begin().await;
        let (h, other) = (home(&mut tx, "alice", "hello").await, home(&mut tx, "bob", "other").await);
        let (f, e, c) = ("fedora-44-x86_64", "epel-9-x86_64", "centos-9-x86_64");
        let first = build_in(&mut tx, &h, &[(f, State::Succeeded), (e, State::Failed), (c, State::Running)]).await;
        let second = build_in(&mut tx, &other, &[(f, State::Publishing), (c, State::Forked)]).await;
        let third = build_in(&mut tx, &h, &[(e, State::Succeeded), (c, State::Failed)]).await;
        let gone = home(&mut tx, "alice", "gone").await;
        build_in(&mut tx, &gone, &[(f, State::Succeeded)]).await;
        project::mark_deleted(&mut tx, gone.project, NOW).await.unwrap();
        let named = |list: &[(BuildId, &str)]| list.iter().map(|(id, name)| (*id, (*name).to_owned())).collect::<Vec<_>>();
        let all = named(&[(third, c), (third, e), (second, c), (second, f), (first, c), (first, e), (first, f)]);
        let is_of = |build: BuildId| move |one: &&(BuildId, String)| one.0 == build;
        let alices: Vec<_> = all.iter().filter(|one| one.0 != second).cloned().collect();
        for (of, found) in [
            (Of::Everybody, all.clone()),
            (Of::Owner("alice"), alices.clone()),
            (Of::Project(h.project), alices),
            (Of::Build(first), all.iter().filter(is_of(first)).cloned().collect()),
            (Of::Owner("nobody"), vec![]),
        ] {
            assert_eq!(chroots(&mut tx, of, &[], &ALL).await, found, "{of:?}");
            // Wherever a page is cut, also in the middle of a build.
            for (limit, offset) in (1..4).flat_map(|limit| (0..8).map(move |offset| (limit, offset))) {
                let cut: Vec<_> = found.iter().skip(offset).take(limit).cloned().collect();
                let page = page(limit as i64, offset as i64);
                assert_eq!(chroots(&mut tx, of, &[], &page).await, cut, "{of:?} {page:?}");
            }
        }
        for (of, states, found) in [
            (Of::Everybody, &[State::Succeeded][..], named(&[(third, e), (first, f)])),
            (Of::Everybody, &[State::Succeeded, State::Forked, State::Forking], named(&[(third, e), (second, c), (first, f)])),
            (Of::Everybody, &[State::Running, State::Publishing], named(&[(second, f), (first, c)])),
            (Of::Owner("alice"), &[State::Running, State::Publishing], named(&[(first, c)])),
            (Of::Project(h.project), &[State::Failed], named(&[(third, c), (first, e)])),
            (Of::Build(second), &[State::Forked], named(&[(second, c)])),
            (Of::Everybody, &[State::Skipped], vec![]),
        ] {
            assert_eq!(chroots(&mut tx, of, states, &ALL).await, found, "{of:?} {states:?}");
            for offset in 0..4 {
                let cut: Vec<_> = found.iter().skip(offset).take(1).cloned().collect();
                assert_eq!(chroots(&mut tx, of, states, &page(1, offset as i64)).await, cut, "{of:?} {states:?}");
            }
        }
    }

    async fn what_builds_produced_is_told_once_and_without_sources(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = build_in(&mut tx, &h, &[]).await;
        let other = build_in(&mut tx, &h, &[]).await;
        let fedora = h.in_chroot(&mut tx, id, State::Succeeded).await;
        let second = chroot(&mut tx, "epel-9-x86_64").await;
        let epel = build_chroot::create(&mut tx, id, second, State::Succeeded).await.unwrap();
        for one in [fedora, epel] {
            let packages = [built_package(one, "z", "src"), built_package(one, "z", "x86_64"), built_package(one, "a", "noarch")];
            build_chroot::set_built(&mut tx, one, &packages).await.unwrap();
        }
        let unfinished = h.in_chroot(&mut tx, other, State::Publishing).await;
        build_chroot::set_built(&mut tx, unfinished, &[built_package(unfinished, "b", "noarch")]).await.unwrap();
        let found = listing::built(&mut tx, &[id, other]).await.unwrap();
        let of = |name: &str| (id, name.to_owned(), "1".to_owned());
        assert_eq!(found, [of("a"), of("z")]);
        assert!(listing::built(&mut tx, &[]).await.unwrap().is_empty());
        assert_eq!(build::by_id(&mut tx, id).await.unwrap().unwrap().repos, "");
    }
}
