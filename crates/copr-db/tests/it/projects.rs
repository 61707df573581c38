//! Projects, directories, their chroots and packages.

use crate::both_engines;
use crate::fixture::{CHROOT, Home, NOW, chroot, home, person, project, settings};
use copr_db::project::{self as projects, NewProject, Project};
use copr_db::search::{Exactly, First};
use copr_db::{Conn, Error, Page, group, package, project_chroot, search};
use copr_types::permission::Grant;
use copr_types::{Bootstrap, ChrootBootstrap, DirName, Isolation, OwnerName, ProjectName, SourceKind};

fn names(projects: &[Project]) -> Vec<String> {
    projects.iter().map(Project::full_name).collect()
}

async fn words(conn: &mut Conn, words: &[&str]) -> Vec<String> {
    names(&search::words(conn, words, &Exactly::default(), First::Newest, &Page::first(10)).await.unwrap())
}

both_engines! {
    async fn a_projects_settings_come_back_as_they_were_stored(t: Fixture) {
        let mut tx = t.begin().await;
        let mut all = settings();
        all.description = "What\nit is: 100 % \u{1F980}".to_owned();
        all.instructions = "i".to_owned();
        all.homepage = Some("http://h".to_owned());
        all.contact = Some("c@example.org".to_owned());
        all.additional_repos = "copr://a/b http://x".to_owned();
        all.runtime_dependencies = "http://r".to_owned();
        all.packit_forge_projects_allowed = "github.com/*/x".to_owned();
        (all.unlisted_on_hp, all.enable_net, all.devel_mode, all.persistent) = (true, true, true, true);
        (all.auto_prune, all.follow_fedora_branching, all.multilib) = (false, false, true);
        (all.module_hotfixes, all.fedora_review, all.appstream) = (true, true, true);
        (all.bootstrap, all.isolation) = (Bootstrap::Image, Isolation::Nspawn);
        (all.repo_priority, all.delete_on) = (Some(7), Some(NOW + 1));
        let id = project(&mut tx, "alice", "hello", &all).await;
        let found = projects::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(found.settings, all);
        assert_eq!((found.full_name().as_str(), found.storage.as_str(), found.created_on), ("alice/hello", "backend", NOW));

        projects::update(&mut tx, id, &settings()).await.unwrap();
        assert_eq!(projects::by_id(&mut tx, id).await.unwrap().unwrap().settings, settings());
    }

    async fn a_name_is_taken_until_its_project_is_deleted(t: Fixture) {
        let mut tx = t.begin().await;
        let first = project(&mut tx, "alice", "hello", &settings()).await;
        tx.commit().await.unwrap();
        let (owner, name): (OwnerName, ProjectName) = ("alice".parse().unwrap(), "hello".parse().unwrap());
        let mut tx = t.begin().await;
        let account = person(&mut tx, "alice").await;
        let new = NewProject { owner: &owner, account_id: Some(account.0), group_id: None, created_by: account, name: &name, storage: "backend" };
        let twice = projects::create(&mut tx, &new, &settings(), NOW).await;
        assert!(matches!(twice, Err(Error::Exists(_))), "{twice:?}");
        drop(tx);

        let mut tx = t.begin().await;
        assert!(projects::mark_deleted(&mut tx, first, NOW).await.unwrap());
        assert!(!projects::mark_deleted(&mut tx, first, NOW).await.unwrap());
        assert!(projects::by_name(&mut tx, "alice", "hello").await.unwrap().is_none());
        assert!(projects::by_id(&mut tx, first).await.unwrap().is_some());
        assert!(projects::living(&mut tx, first).await.unwrap().is_none());
        assert!(projects::held(&mut tx, first).await.unwrap().is_none());
        let second = projects::create(&mut tx, &new, &settings(), NOW).await.unwrap();
        assert_eq!(projects::by_name(&mut tx, "alice", "hello").await.unwrap().unwrap().id, second);
        assert_eq!(projects::living(&mut tx, second).await.unwrap().unwrap().id, second);
        assert_eq!(projects::held(&mut tx, second).await.unwrap().unwrap().id, second);
        let held: Vec<_> = projects::hold_deleted(&mut tx, "alice", "hello").await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(held, [first]);
        // Deleted once more: two dead ones of a name are fine.
        projects::mark_deleted(&mut tx, second, NOW).await.unwrap();
        let dead: Vec<_> = projects::deleted(&mut tx).await.unwrap().into_iter().map(|one| one.id).collect();
        assert_eq!(dead, [first, second]);
    }

    async fn only_a_deleted_project_is_purged_and_everything_goes_with_it(t: Fixture) {
        let mut tx = t.begin().await;
        let h: Home = home(&mut tx, "alice", "hello").await;
        let build = h.build_of(&mut tx, "pkg").await;
        let one = h.in_chroot(&mut tx, build, copr_types::State::Succeeded).await;
        h.task(&mut tx, build, None).await;
        copr_db::repo::put_packages(&mut tx, h.repo, one, 1, &[crate::fixture::repo_package("a.rpm")]).await.unwrap();
        copr_db::build_chroot::set_built(&mut tx, one, &[crate::fixture::built_package(one, "a", "noarch")]).await.unwrap();
        projects::grant(&mut tx, h.project, h.account, Grant::Approved, Grant::Nothing).await.unwrap();

        projects::purge(&mut tx, h.project).await.unwrap();
        assert!(projects::by_id(&mut tx, h.project).await.unwrap().is_some(), "a living project was purged");
        projects::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        projects::purge(&mut tx, h.project).await.unwrap();
        tx.commit().await.unwrap();

        let mut conn = t.read().await;
        assert!(projects::by_id(&mut conn, h.project).await.unwrap().is_none());
        assert!(copr_db::dir::of_project(&mut conn, h.project).await.unwrap().is_empty());
        assert!(copr_db::repo::by_id(&mut conn, h.repo).await.unwrap().is_none());
        assert!(copr_db::build_chroot::by_id(&mut conn, one).await.unwrap().is_none());
        assert!(copr_db::task::of_build(&mut conn, build).await.unwrap().is_empty());
        assert!(package::by_name(&mut conn, h.project, "pkg").await.unwrap().is_none());
        assert!(project_chroot::list(&mut conn, h.project).await.unwrap().is_empty());
        assert!(copr_db::chroot::by_id(&mut conn, h.chroot).await.unwrap().is_some());
    }

    async fn lists_are_ordered_and_paged(t: Fixture) {
        let mut tx = t.begin().await;
        for (owner, name) in [("alice", "b"), ("alice", "a"), ("bob", "c"), ("alice", "d")] {
            project(&mut tx, owner, name, &settings()).await;
        }
        let gone = project(&mut tx, "alice", "gone", &settings()).await;
        projects::mark_deleted(&mut tx, gone, NOW).await.unwrap();
        let all = Page::default();
        let list = projects::list(&mut tx, None, "id", &all).await.unwrap();
        assert_eq!(names(&list), ["alice/b", "alice/a", "bob/c", "alice/d"]);
        let list = projects::list(&mut tx, Some("alice"), "name", &all).await.unwrap();
        assert_eq!(names(&list), ["alice/a", "alice/b", "alice/d"]);
        let page = Page { limit: Some(1), offset: 1, descending: true };
        assert_eq!(names(&projects::list(&mut tx, Some("alice"), "name", &page).await.unwrap()), ["alice/b"]);
        let rest = Page { limit: None, offset: 3, descending: false };
        assert_eq!(names(&projects::list(&mut tx, None, "id", &rest).await.unwrap()), ["alice/d"]);
        assert!(projects::list(&mut tx, Some("nobody"), "id", &all).await.unwrap().is_empty());
        for order in projects::ORDERS {
            assert_eq!(projects::list(&mut tx, None, order, &all).await.unwrap().len(), 4, "{order}");
        }
        // What is no column orders like `id`, and never gets into the statement.
        let odd = projects::list(&mut tx, None, "name; DROP TABLE project", &all).await.unwrap();
        assert_eq!(names(&odd)[0], "alice/b");
    }

    async fn a_search_takes_wildcards_literally(t: Fixture) {
        let mut tx = t.begin().await;
        let mut texts = settings();
        texts.description = "All 100% cotton".to_owned();
        project(&mut tx, "alice", "under_score", &texts).await;
        texts.description = r"A back\slash".to_owned();
        project(&mut tx, "Bob", "UnderXscore", &texts).await;
        assert_eq!(words(&mut tx, &["r_s"]).await, ["alice/under_score"]);
        assert_eq!(words(&mut tx, &["100%"]).await, ["alice/under_score"]);
        assert_eq!(words(&mut tx, &[r"k\s"]).await, ["Bob/UnderXscore"]);
        assert!(words(&mut tx, &["1%n"]).await.is_empty());
        assert_eq!(words(&mut tx, &["UNDER", "COTTON"]).await, ["alice/under_score"]);
        assert_eq!(words(&mut tx, &[]).await.len(), 2);
        let full = async |tx: &mut Conn, owner: &str, name: &str| {
            names(&search::full_name(tx, owner, false, name, &Exactly::default(), &Page::first(10)).await.unwrap())
        };
        assert_eq!(full(&mut tx, "", "r_S").await, ["alice/under_score"]);
        assert_eq!(full(&mut tx, "bO", "").await, ["Bob/UnderXscore"]);
        assert!(full(&mut tx, "%", "").await.is_empty());
    }

    async fn a_search_finds_what_was_written_last(t: Fixture) {
        let mut tx = t.begin().await;
        let mut texts = settings();
        texts.description = "Žluťoučký \"kůň\" as v1.x".to_owned();
        let id = project(&mut tx, "alice", "zebra", &texts).await;
        let other = home(&mut tx, "bob", "other").await;
        for found in [&["luťou"][..], &["\"kůň\""], &["v1"], &["ze", "br", "a"], &["bra zeb"], &["alice", "ebr", "v1.x", "as", "zeb"]] {
            let expected: &[&str] = if found == ["bra zeb"] { &[] } else { &["alice/zebra"] };
            assert_eq!(words(&mut tx, found).await, expected, "{found:?}");
        }
        texts.description = "plain".to_owned();
        projects::update(&mut tx, id, &texts).await.unwrap();
        assert!(words(&mut tx, &["luťou"]).await.is_empty());
        assert_eq!(words(&mut tx, &["plain"]).await, ["alice/zebra"]);
        other.package(&mut tx, "toucan").await;
        assert_eq!(words(&mut tx, &["toucan"]).await, ["bob/other"]);
        projects::mark_deleted(&mut tx, other.project, NOW).await.unwrap();
        projects::purge(&mut tx, other.project).await.unwrap();
        assert!(words(&mut tx, &["toucan"]).await.is_empty());
    }

    async fn a_search_looks_at_packages_and_enabled_chroots_and_keeps_groups_apart(t: Fixture) {
        let mut tx = t.begin().await;
        let h = home(&mut tx, "alice", "hello").await;
        h.package(&mut tx, "LibreThing").await;
        for (pattern, found) in [("%dora-4%", true), ("%x_64%", false), ("%x86\\_64%", true)] {
            assert_eq!(copr_db::chroot::any_like(&mut tx, pattern).await.unwrap(), found, "{pattern}");
        }
        assert_eq!(words(&mut tx, &["librething", "fedora-44"]).await, ["alice/hello"]);
        project_chroot::drop(&mut tx, h.project, h.chroot, NOW).await.unwrap();
        assert!(words(&mut tx, &["librething", "fedora-44"]).await.is_empty());

        let crew = group::create(&mut tx, &"crew".parse().unwrap(), "gitcrew", NOW).await.unwrap();
        let (owner, name) = (OwnerName::Group(crew.alias), "tools".parse().unwrap());
        let new = NewProject { owner: &owner, account_id: None, group_id: Some(crew.id.0), created_by: h.account, name: &name, storage: "backend" };
        projects::create(&mut tx, &new, &settings(), NOW + 1).await.unwrap();
        let page = Page::first(10);
        let groups = search::full_name(&mut tx, "cre", true, "", &Exactly::default(), &page).await.unwrap();
        assert_eq!(names(&groups), ["@crew/tools"]);
        let people = search::full_name(&mut tx, "", false, "", &Exactly::default(), &page).await.unwrap();
        assert_eq!(names(&people), ["alice/hello"]);
        assert_eq!(words(&mut tx, &[]).await, ["@crew/tools", "alice/hello"]);
    }

    async fn an_owner_and_a_name_narrow_every_search(t: Fixture) {
        let mut tx = t.begin().await;
        for (owner, name) in [("alice", "tool"), ("bob", "tool"), ("alice", "tools-all"), ("bob", "other-tools")] {
            project(&mut tx, owner, name, &settings()).await;
        }
        let gone = project(&mut tx, "alice", "gone", &settings()).await;
        projects::mark_deleted(&mut tx, gone, NOW).await.unwrap();
        let page = Page::first(10);
        let which = |owner, name| Exactly { owner, name };
        for (which, found) in [
            (which(None, None), &["alice/tool", "bob/tool", "alice/tools-all", "bob/other-tools"][..]),
            (which(Some("alice"), None), &["alice/tool", "alice/tools-all"]),
            (which(None, Some("tool")), &["alice/tool", "bob/tool"]),
            (which(Some("bob"), Some("tool")), &["bob/tool"]),
            (which(Some("alice"), Some("gone")), &[]),
        ] {
            assert_eq!(names(&search::exactly(&mut tx, &which, &page).await.unwrap()), found, "{which:?}");
            let mut by_words = names(&search::words(&mut tx, &["tool"], &which, First::Newest, &page).await.unwrap());
            by_words.sort_by_key(|name| found.iter().position(|one| one == name));
            assert_eq!(by_words, found, "{which:?}");
            let by_name = names(&search::full_name(&mut tx, "", false, "tool", &which, &page).await.unwrap());
            assert_eq!(by_name.len(), found.len(), "{which:?}");
        }
        let second = Page { limit: Some(1), offset: 1, descending: false };
        assert_eq!(names(&search::exactly(&mut tx, &which(Some("alice"), None), &second).await.unwrap()), ["alice/tools-all"]);
        let best = search::words(&mut tx, &["TOOLS-ALL"], &Exactly::default(), First::Best, &page).await.unwrap();
        assert_eq!(names(&best), ["alice/tools-all"]);
        let best = search::words(&mut tx, &["tool"], &Exactly::default(), First::Best, &page).await.unwrap();
        assert_eq!(names(&best), ["bob/tool", "alice/tool", "bob/other-tools", "alice/tools-all"]);
    }

    async fn roles_are_given_and_taken(t: Fixture) {
        let mut tx = t.begin().await;
        let h = home(&mut tx, "alice", "hello").await;
        let bob = person(&mut tx, "bob").await;
        assert_eq!(projects::grants(&mut tx, h.project, bob).await.unwrap(), (Grant::Nothing, Grant::Nothing));
        projects::grant(&mut tx, h.project, bob, Grant::Request, Grant::Approved).await.unwrap();
        assert_eq!(projects::grants(&mut tx, h.project, bob).await.unwrap(), (Grant::Request, Grant::Approved));
        projects::grant(&mut tx, h.project, bob, Grant::Approved, Grant::Nothing).await.unwrap();
        assert_eq!(projects::grants(&mut tx, h.project, bob).await.unwrap(), (Grant::Approved, Grant::Nothing));
    }

    async fn the_main_directory_comes_first(t: Fixture) {
        let mut tx = t.begin().await;
        let id = project(&mut tx, "alice", "hello", &settings()).await;
        let name: ProjectName = "hello".parse().unwrap();
        let side = copr_db::dir::create(&mut tx, id, &DirName::parse(&name, "hello:pr:1").unwrap(), false, NOW).await.unwrap();
        let main = copr_db::dir::create(&mut tx, id, &DirName::main(&name), true, NOW).await.unwrap();
        let dirs: Vec<_> = copr_db::dir::of_project(&mut tx, id).await.unwrap().into_iter().map(|dir| (dir.id, dir.main)).collect();
        assert_eq!(dirs, [(main, true), (side, false)]);
        let found = copr_db::dir::by_name(&mut tx, id, "hello:pr:1").await.unwrap().unwrap();
        assert_eq!(copr_db::dir::by_id(&mut tx, side).await.unwrap().unwrap(), found);
        let again = copr_db::dir::ensure(&mut tx, id, &found.name, NOW).await.unwrap();
        assert_eq!(again, found, "asked for twice it is the same");
        let twice = copr_db::dir::create(&mut tx, id, &DirName::main(&name), true, NOW).await;
        assert!(matches!(twice, Err(Error::Exists(_))));
    }

    async fn a_dropped_chroot_keeps_its_settings_for_its_return(t: Fixture) {
        let mut tx = t.begin().await;
        let h = home(&mut tx, "alice", "hello").await;
        let other = chroot(&mut tx, "epel-9-x86_64").await;
        project_chroot::enable(&mut tx, h.project, other).await.unwrap();
        let mut said = project_chroot::by_name(&mut tx, h.project, CHROOT).await.unwrap().unwrap().settings;
        said.additional_repos = "copr://a/b".to_owned();
        said.additional_packages = "gcc make".to_owned();
        said.additional_modules = "!n:1".to_owned();
        (said.with_opts, said.without_opts) = ("a b".to_owned(), "c".to_owned());
        (said.comps_name, said.comps) = (Some("comps.xml".to_owned()), Some("<comps/>".to_owned()));
        (said.bootstrap, said.bootstrap_image) = (ChrootBootstrap::CustomImage, Some("fedora:44".to_owned()));
        said.isolation = Isolation::Simple;
        project_chroot::update(&mut tx, h.project, h.chroot, &said).await.unwrap();
        project_chroot::drop(&mut tx, h.project, h.chroot, NOW + 9).await.unwrap();
        let found = project_chroot::by_name(&mut tx, h.project, CHROOT).await.unwrap().unwrap();
        assert_eq!((found.enabled, found.active, found.delete_on), (false, true, Some(NOW + 9)));
        let active = project_chroot::active_names(&mut tx, [h.project]).await.unwrap();
        assert_eq!(active, [(h.project, "epel-9-x86_64".to_owned())]);

        project_chroot::enable(&mut tx, h.project, h.chroot).await.unwrap();
        let found = project_chroot::by_name(&mut tx, h.project, CHROOT).await.unwrap().unwrap();
        assert_eq!((found.enabled, found.delete_on, &found.settings), (true, None, &said));
        copr_db::chroot::set_enabled(&mut tx, CHROOT, false).await.unwrap();
        let listed = project_chroot::list(&mut tx, h.project).await.unwrap();
        let shown: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.enabled, one.active)).collect();
        assert_eq!(shown, [("epel-9-x86_64", true, true), (CHROOT, true, false)]);
        assert!(project_chroot::active_names(&mut tx, []).await.unwrap().is_empty());
    }

    async fn a_package_keeps_what_others_do_not_see(t: Fixture) {
        let mut tx = t.begin().await;
        let h = home(&mut tx, "alice", "hello").await;
        let name = "zlib".parse().unwrap();
        let said = package::Settings {
            source_kind: SourceKind::Scm,
            source: r#"{"clone_url":"…"}"#,
            private_source: Some(r#"{"clone_url":"secret"}"#),
            auto_rebuild: true,
            max_builds: 3,
            timeout: Some(60),
            chroot_denylist: "epel-*",
        };
        let id = package::create(&mut tx, h.project, &name, &said, NOW).await.unwrap().expect("a new package");
        let found = package::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.source.as_str(), found.private_source.as_deref()), (said.source, said.private_source));
        assert_eq!((found.auto_rebuild, found.max_builds, found.timeout), (true, 3, Some(60)));
        assert_eq!(found.chroot_denylist, "epel-*");
        let other = package::Settings { source_kind: SourceKind::Unset, source: "{}", private_source: None, timeout: None, ..said };
        assert_eq!(package::create(&mut tx, h.project, &name, &other, NOW).await.unwrap(), None, "there is one already");
        assert!(package::update(&mut tx, id, &other).await.unwrap());
        let found = package::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.source_kind, found.private_source, found.timeout), (SourceKind::Unset, None, None));
        assert_eq!((found.max_builds, found.chroot_denylist.as_str()), (3, "epel-*"));
    }

    async fn a_deleted_package_takes_its_builds_along(t: Fixture) {
        let mut tx = t.begin().await;
        let h = home(&mut tx, "alice", "hello").await;
        let build = h.build_of(&mut tx, "zlib").await;
        let other = h.build_of(&mut tx, "abc").await;
        let id = package::by_name(&mut tx, h.project, "zlib").await.unwrap().unwrap().id;
        assert!(package::hold(&mut tx, id).await.unwrap());
        assert!(package::delete(&mut tx, id).await.unwrap());
        assert!(!package::hold(&mut tx, id).await.unwrap());
        assert!(copr_db::build::by_id(&mut tx, build).await.unwrap().is_none());
        assert!(copr_db::build::by_id(&mut tx, other).await.unwrap().is_some());
    }

    async fn a_package_is_made_once(t: Fixture) {
        let mut tx = t.begin().await;
        let h = home(&mut tx, "alice", "hello").await;
        let name = "zlib".parse().unwrap();
        let first = package::find_or_create(&mut tx, h.project, &name, SourceKind::Upload, r#"{"a":1}"#, NOW).await.unwrap();
        let again = package::find_or_create(&mut tx, h.project, &name, SourceKind::Link, "{}", NOW).await.unwrap();
        assert_eq!(first, again);
        assert_eq!((first.source_kind, first.source.as_str(), first.auto_rebuild), (SourceKind::Upload, r#"{"a":1}"#, false));
        assert_eq!(package::by_id(&mut tx, first.id).await.unwrap().unwrap(), first);
        assert_eq!(package::by_name(&mut tx, h.project, "zlib").await.unwrap().unwrap(), first);
        assert!(package::by_name(&mut tx, h.project, "ZLIB").await.unwrap().is_none());
        h.package(&mut tx, "abc").await;
        h.package(&mut tx, "mmm").await;
        let list = async |tx: &mut Conn, order: &str, page: Page| -> Vec<String> {
            package::list(tx, h.project, order, &page).await.unwrap().into_iter().map(|one| one.name.to_string()).collect()
        };
        assert_eq!(list(&mut tx, "id", Page::default()).await, ["zlib", "abc", "mmm"]);
        assert_eq!(list(&mut tx, "name", Page { limit: Some(2), offset: 0, descending: true }).await, ["zlib", "mmm"]);
        assert_eq!(package::count(&mut tx, h.project, 100).await.unwrap(), 3);
        assert_eq!(package::count(&mut tx, h.project, 2).await.unwrap(), 2);
    }
}
