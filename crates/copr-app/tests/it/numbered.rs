//! Projects by number, builds and their chroots across projects: what the older APIs ask for.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::build::{self, Options, Upload};
use copr_app::project::{self, Input, numbered};
use copr_app::{Kind, Refusal, project_chroot};
use copr_db::Page;
use copr_db::listing::Of;
use copr_db::search::Exactly;
use copr_types::{BuildId, ChrootName, ProjectId, State};

const URL: &str = "http://example.org/hello-noarch-1.0-1.src.rpm";

fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (Kind, String) {
    let refusal = result.expect_err("it was accepted");
    (refusal.kind, refusal.message)
}

fn chroot(name: &str) -> ChrootName {
    name.parse().unwrap()
}

async fn create(w: &World, name: &str, chroots: &[&str]) -> Result<project::Shown, Refusal> {
    numbered::create(&w.app, &w.alice, "alice", &input(name, chroots)).await
}

both_engines! {
    async fn a_project_may_begin_without_chroots_and_not_with_a_taken_or_odd_name(w: World) {
        let bare = create(&w, "bare", &[]).await.unwrap();
        assert!(bare.chroots.is_empty());
        assert_eq!(refused(create(&w, "bare", &[X86]).await), (Kind::Taken, "You already have a project named 'bare'.".to_owned()));
        for name in ["3abc", "_x", "-x", "žluť"] {
            assert_eq!(refused(create(&w, name, &[X86]).await), (Kind::Invalid, "name: Name must begin with a letter.".to_owned()), "{name}");
        }
        assert_eq!(refused(create(&w, "bare", &["nope"]).await).0, Kind::Invalid, "what is wrong is told first");
        // Version 3 has its own words for the same.
        let usual = project::create(&w.app, &w.alice, "alice", &input("bare", &[X86]), false).await;
        assert_eq!(refused(usual), (Kind::Invalid, "name: You already have a project named 'bare'.".to_owned()));
        let again = project::create(&w.app, &w.alice, "alice", &input("bare", &[X86]), true).await.unwrap();
        assert_eq!(again.project.id, bare.project.id);
        assert!(project::create(&w.app, &w.alice, "alice", &input("3abc", &[X86]), false).await.is_ok());
    }

    async fn a_project_is_changed_and_deleted_by_its_number(w: World) {
        let id = w.project(&[X86]).await.project.id;
        let bob = w.person("bob").await;
        let said = Input { homepage: Some("http://h.org".into()), contact: Some("a@b.org".into()), ..Input::default() };
        assert_eq!(refused(numbered::edit(&w.app, &bob, id, &said).await).0, Kind::Forbidden);
        let changed = numbered::edit(&w.app, &w.alice, id, &said).await.unwrap().project.settings;
        assert_eq!((changed.homepage.as_deref(), changed.contact.as_deref()), (Some("http://h.org"), Some("a@b.org")));
        let none = Input { no_homepage: true, no_contact: true, ..Input::default() };
        let changed = numbered::edit(&w.app, &w.alice, id, &none).await.unwrap().project;
        assert_eq!((changed.settings.homepage.as_deref(), changed.settings.contact.as_deref()), (None, None));
        assert_eq!(numbered::find(&w.app, id).await.unwrap().project, changed);
        assert_eq!(refused(numbered::delete(&w.app, &bob, id).await).0, Kind::Forbidden);
        numbered::delete(&w.app, &w.alice, id).await.unwrap();
        let gone = (Kind::NotFound, format!("Project {id} does not exist."));
        assert_eq!(refused(numbered::find(&w.app, id).await), gone);
        assert_eq!(refused(numbered::edit(&w.app, &w.alice, id, &said).await), gone);
        assert_eq!(refused(numbered::delete(&w.app, &w.alice, id).await), gone);
        // Another project of the name is another project.
        let other = w.project(&[X86]).await.project.id;
        assert_ne!(other, id);
        assert_eq!(refused(numbered::delete(&w.app, &w.alice, id).await), gone);
        assert!(numbered::find(&w.app, other).await.is_ok());
    }

    async fn projects_are_listed_by_number_or_the_best_of_a_search_first(w: World) {
        for name in ["zebra-tools", "tools", "other"] {
            create(&w, name, &[]).await.unwrap();
        }
        let list = async |query: Option<&str>, which: Exactly<'_>| {
            let found = numbered::list(&w.app, query, &which, &Page::first(10)).await.unwrap();
            found.into_iter().map(|one| one.project.name.to_string()).collect::<Vec<_>>()
        };
        let all = Exactly::default();
        assert_eq!(list(None, all).await, ["zebra-tools", "tools", "other"]);
        assert_eq!(list(Some(" "), all).await, ["zebra-tools", "tools", "other"]);
        assert_eq!(list(Some("tools"), all).await, ["tools", "zebra-tools"]);
        assert_eq!(list(Some("alice/zeb"), all).await, ["zebra-tools"]);
        assert_eq!(list(Some("tools"), Exactly { name: Some("other"), ..all }).await, [""; 0]);
        let short = numbered::list(&w.app, Some("to"), &all, &Page::first(10)).await;
        assert_eq!(refused(short).1, "Search string must have at least 3 characters");
    }

    async fn chroots_are_enabled_and_disabled_one_by_one(w: World) {
        let id = create(&w, "hello", &[]).await.unwrap().project.id;
        let bob = w.person("bob").await;
        let said = project_chroot::Input { additional_packages: Some("gcc".into()), ..Default::default() };
        let enable = async |who, name: &str| project_chroot::enable(&w.app, who, id, &chroot(name), &said).await;
        assert_eq!(refused(enable(&bob, X86).await).0, Kind::Forbidden);
        assert_eq!(refused(enable(&w.alice, "fedora-1-x86_64").await).0, Kind::Invalid);
        assert_eq!(enable(&w.alice, X86).await.unwrap().settings.additional_packages, "gcc");
        assert!(w.chroot_dir("hello").join("repodata/repomd.xml").exists(), "enabled without a repository");
        assert_eq!(refused(enable(&w.alice, X86).await).0, Kind::Taken);
        enable(&w.alice, ARM).await.unwrap();
        let names = async || {
            let list = project_chroot::list(&w.app, id).await.unwrap();
            list.into_iter().map(|one| one.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names().await, [ARM, X86]);
        let disable = async |who, name: &str| project_chroot::disable(&w.app, who, id, &chroot(name)).await;
        assert_eq!(refused(disable(&bob, ARM).await).0, Kind::Forbidden);
        assert_eq!(refused(disable(&bob, "fedora-1-x86_64").await).0, Kind::Forbidden);
        let build = w.submit().await;
        build::cancel(&w.app, &w.alice, build).await.unwrap();
        for name in [ARM, ARM, "fedora-1-x86_64"] {
            disable(&w.alice, name).await.unwrap();
        }
        assert_eq!(names().await, [X86]);
        let builder = w.builder("b1").await;
        w.imported(&builder, "hello-noarch").await;
        assert_eq!(refused(disable(&w.alice, X86).await).0, Kind::Conflict);
        assert_eq!(names().await, [X86]);
        assert_eq!(refused(project_chroot::disable(&w.app, &w.alice, ProjectId(999), &chroot(X86)).await).0, Kind::NotFound);
    }

    async fn the_name_and_the_text_of_comps_are_set_apart(w: World) {
        let id = w.project(&[X86]).await.project.id;
        let edit = async |text: Option<Option<&str>>, name: Option<Option<&str>>| {
            let own = |said: Option<Option<&str>>| said.map(|said| said.map(str::to_owned));
            let said = project_chroot::Input { comps_text: own(text), comps_name: own(name), ..Default::default() };
            let settings = project_chroot::edit_numbered(&w.app, &w.alice, id, &chroot(X86), &said).await.unwrap().settings;
            (settings.comps, settings.comps_name)
        };
        let is = |text: Option<&str>, name: Option<&str>| (text.map(str::to_owned), name.map(str::to_owned));
        assert_eq!(edit(Some(Some("<comps/>")), Some(Some("c.xml"))).await, is(Some("<comps/>"), Some("c.xml")));
        assert_eq!(edit(None, None).await, is(Some("<comps/>"), Some("c.xml")));
        assert_eq!(edit(None, Some(Some("d.xml"))).await, is(Some("<comps/>"), Some("d.xml")));
        w.publish().await;
        let report = copr_rpm::repodata::verify(&w.chroot_dir("hello").join("repodata")).unwrap();
        assert!(report.repomd.records.iter().any(|record| record.kind == "group"), "comps are not published");
        assert_eq!(edit(Some(None), Some(None)).await, is(None, None));
        let bob = w.person("bob").await;
        let said = project_chroot::Input { comps_text: Some(Some("x".into())), ..Default::default() };
        assert_eq!(refused(project_chroot::edit_numbered(&w.app, &bob, id, &chroot(X86), &said).await).0, Kind::Forbidden);
        assert_eq!(project_chroot::find_numbered(&w.app, id, &chroot(X86)).await.unwrap().settings.comps, None);
        assert_eq!(refused(project_chroot::find_numbered(&w.app, id, &chroot(ARM)).await).0, Kind::NotFound);
    }

    async fn builds_go_into_the_project_of_a_number(w: World) {
        let id = w.project(&[X86]).await.project.id;
        let options = Options::default();
        let made = build::by_url_in(&w.app, &w.alice, id, URL, &options).await.unwrap();
        assert_eq!((made.build.project_id, made.state()), (id, Some(State::Pending)));
        let upload = Upload { upload: "upload-1".parse().unwrap(), file: "a-1-1.src.rpm".parse().unwrap(), size: 1 };
        let made = build::by_upload_in(&w.app, &w.alice, id, Some(&upload), &options).await.unwrap();
        assert_eq!(made.build.project_id, id);
        let nowhere = ProjectId(999);
        assert_eq!(refused(build::by_url_in(&w.app, &w.alice, nowhere, URL, &options).await).0, Kind::NotFound);
        assert_eq!(refused(build::by_upload_in(&w.app, &w.alice, nowhere, Some(&upload), &options).await).0, Kind::NotFound);
        assert_eq!(refused(build::by_upload_in(&w.app, &w.alice, id, None, &options).await).0, Kind::Invalid);
        let bob = w.person("bob").await;
        assert_eq!(refused(build::by_url_in(&w.app, &bob, id, URL, &options).await).0, Kind::Forbidden);
    }

    async fn a_canceled_build_stays_canceled_when_one_asks_again(w: World) {
        w.project(&[X86]).await;
        let id = w.submit().await;
        let bob = w.person("bob").await;
        for _ in 0..2 {
            assert!(build::ensure_canceled(&w.app, &w.alice, id).await.unwrap().build.canceled);
            assert_eq!(refused(build::ensure_canceled(&w.app, &bob, id).await).0, Kind::Forbidden);
        }
        assert_eq!(refused(build::cancel(&w.app, &w.alice, id).await).0, Kind::Conflict);
        let builder = w.builder("b1").await;
        let done = w.succeeded(&builder).await;
        assert_eq!(refused(build::ensure_canceled(&w.app, &w.alice, done).await).0, Kind::Conflict);
        assert_eq!(refused(build::ensure_canceled(&w.app, &w.alice, BuildId(999)).await).0, Kind::NotFound);
    }

    async fn builds_and_their_chroots_are_found_across_projects(w: World) {
        let id = w.project(&[X86, ARM]).await.project.id;
        let builder = w.builder("b1").await;
        let done = w.succeeded_in(&builder, &[X86]).await;
        let waits = w.submit().await;
        let page = Page::first(10);
        let builds = async |of, finished| {
            let found = build::across(&w.app, of, finished, &page).await?;
            Ok::<_, Refusal>(found.into_iter().map(|one| one.shown.build.id).collect::<Vec<_>>())
        };
        for of in [Of::Everybody, Of::Owner("alice"), Of::Project(id)] {
            assert_eq!(builds(of, None).await.unwrap(), [waits, done], "{of:?}");
            assert_eq!(builds(of, Some(true)).await.unwrap(), [done], "{of:?}");
            assert_eq!(builds(of, Some(false)).await.unwrap(), [waits], "{of:?}");
        }
        for of in [Of::Owner("nobody"), Of::Owner("@nobody"), Of::Project(ProjectId(999)), Of::Build(BuildId(999))] {
            assert_eq!(refused(builds(of, None).await).0, Kind::NotFound, "{of:?}");
        }
        let detailed = build::detailed(&w.app, done).await.unwrap();
        assert_eq!(detailed.packages, [("hello-noarch".to_owned(), "1.0".to_owned())]);
        assert_eq!(build::across(&w.app, Of::Build(done), None, &page).await.unwrap()[0].packages, detailed.packages);
        let tasks = async |of, states: Option<&[State]>| {
            let found = build::tasks(&w.app, of, states, &page).await?;
            Ok::<_, Refusal>(found.into_iter().map(|(build, one)| (build.id, one.name.to_string())).collect::<Vec<_>>())
        };
        let one = [(done, X86.to_owned())];
        assert_eq!(tasks(Of::Everybody, None).await.unwrap(), one);
        assert_eq!(tasks(Of::Owner("alice"), Some(&[State::Succeeded])).await.unwrap(), one);
        assert_eq!(tasks(Of::Project(id), Some(&[State::Failed])).await.unwrap(), []);
        assert_eq!(tasks(Of::Everybody, Some(&[])).await.unwrap(), []);
        assert_eq!(tasks(Of::Owner("nobody"), None).await.unwrap(), []);
        for of in [Of::Project(ProjectId(999)), Of::Build(BuildId(999))] {
            assert_eq!(refused(tasks(of, Some(&[])).await).0, Kind::NotFound, "{of:?}");
        }
    }
}
