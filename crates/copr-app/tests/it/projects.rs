//! What people say about projects and their chroots, and the contract's answers.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::project::{self, Input};
use copr_app::project_chroot;
use copr_app::{Kind, Refusal, repos};
use copr_db::Page;
use copr_types::ChrootBootstrap;

const NOT_A_URL: &str =
    "A list of http[s] URLs separated by whitespace characters is needed ('ftp://x' doesn't seem to be a valid URL).";

/// The messages of a refusal, `field: message`.
fn messages<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Vec<String> {
    let refusal = result.expect_err("it was accepted");
    assert_eq!(refusal.kind, Kind::Invalid, "{}", refusal.inside());
    refusal.message.lines().map(str::to_owned).collect()
}

fn text(words: &str) -> Option<String> {
    Some(words.to_owned())
}

async fn create(w: &World, input: Input) -> Result<project::Shown, Refusal> {
    project::create(&w.app, &w.alice, "alice", &input, false).await
}

both_engines! {
    async fn a_project_is_refused_with_the_contracts_words(w: World) {
        w.project(&[X86]).await;
        let long = "x".repeat(101);
        for (said, expected) in [
            (input("hello", &[X86]), "name: You already have a project named 'hello'."),
            (input("", &[X86]), "name: This field is required."),
            (input("a b", &[X86]), "name: Name must contain only letters, digits, underscores, dashes and dots."),
            (input("a/b", &[X86]), "name: Name must contain only letters, digits, underscores, dashes and dots."),
            (input("123", &[X86]), "name: Project's name can not be just number."),
            (input(&long, &[X86]), "name: Field cannot be longer than 100 characters."),
            (input("x", &["fedora-1-x86_64"]), "chroots: 'fedora-1-x86_64' is not a valid choice for this field."),
            (input("x", &[]), "chroots: At least one chroot must be selected"),
            (Input { homepage: text("nope"), ..input("x", &[X86]) }, "homepage: Invalid URL."),
            (Input { contact: text("nope"), ..input("x", &[X86]) }, "contact: Contact must be email address or URL"),
            (Input { bootstrap: text("custom_image"), ..input("x", &[X86]) }, "bootstrap: Not a valid choice."),
            (Input { isolation: text("unchanged"), ..input("x", &[X86]) }, "isolation: Not a valid choice."),
            (Input { repo_priority: text("0"), ..input("x", &[X86]) }, "repo_priority: Number must be at least 1."),
            (Input { delete_after_days: text("721"), ..input("x", &[X86]) }, "delete_after_days: Number must be between -1 and 720."),
            (Input { delete_after_days: text("-2"), ..input("x", &[X86]) }, "delete_after_days: Number must be between -1 and 720."),
            (Input { additional_repos: text("copr://a/b"), ..input("x", &[X86]) }, "repos: copr://a/b does not exist."),
            (Input { additional_repos: text("ftp://x"), ..input("x", &[X86]) }, &format!("repos: {NOT_A_URL}")),
            (Input { runtime_dependencies: text("ftp://x"), ..input("x", &[X86]) }, &format!("runtime_dependencies: {NOT_A_URL}")),
            (
                Input { delete_after_days: text("3"), persistent: Some(true), ..input("x", &[X86]) },
                "delete_after_days: 'delete after' can not be combined with persistent",
            ),
        ] {
            assert_eq!(messages(create(&w, said).await), [expected]);
        }
        assert_eq!(project::find(&w.app, "alice", "x").await.unwrap_err().message, "Project alice/x does not exist.");
    }

    async fn what_was_said_is_what_is_stored(w: World) {
        w.project(&[X86]).await;
        let said = Input {
            description: text("d"),
            homepage: text("  http://h.org "),
            contact: text("a@example.org"),
            additional_repos: text(" copr://alice/hello:x?priority=3\n https://x.org/$chroot "),
            packit_forge_projects_allowed: text("https://github.com/a/b github.com/c/*"),
            bootstrap: text("None"),
            delete_after_days: text("2"),
            repo_priority: text("5"),
            ..input("full", &[X86, ARM, X86])
        };
        let shown = create(&w, said).await.unwrap();
        let s = &shown.project.settings;
        assert_eq!(shown.chroots, [ARM, X86]);
        assert_eq!((s.homepage.as_deref(), s.repo_priority), (Some("http://h.org"), Some(5)));
        assert_eq!(s.additional_repos, "copr://alice/hello:x?priority=3 https://x.org/$chroot");
        assert_eq!(s.packit_forge_projects_allowed, "github.com/a/b github.com/c/*");
        assert_eq!(s.delete_on, Some(w.app.clock.now() + 2 * 86_400));
        assert!(s.auto_prune && s.follow_fedora_branching && !s.persistent);

        let edit = async |input: Input| project::edit(&w.app, &w.alice, "alice", "full", &input).await.unwrap().project.settings;
        let s = edit(Input {
            description: text(""), homepage: text(""), contact: text(""), repo_priority: text(""),
            additional_repos: text(""), delete_after_days: text("-1"), ..Input::default()
        }).await;
        assert_eq!((s.description.as_str(), s.homepage.as_deref(), s.contact.as_deref()), ("", Some("http://h.org"), Some("a@example.org")));
        assert_eq!((s.repo_priority, s.additional_repos.as_str(), s.delete_on), (Some(5), "", None));
        assert_eq!(edit(Input::default()).await, s, "an empty edit changed something");
    }

    async fn exist_ok_returns_the_project_as_it_is(w: World) {
        let first = w.project(&[X86]).await;
        let other = Input { description: text("new"), ..input("hello", &[ARM]) };
        let again = project::create(&w.app, &w.alice, "alice", &other, true).await.unwrap();
        assert_eq!((again.project, again.chroots), (first.project, first.chroots));
        assert!(project::create(&w.app, &w.alice, "alice", &input("new", &[X86]), true).await.is_ok());
    }

    async fn of_many_who_make_one_name_one_succeeds(w: World) {
        let second = w.second().await;
        let said = input("race", &[X86]);
        let make = |app| project::create(app, &w.alice, "alice", &said, false);
        let (a, b, c, d) = tokio::join!(make(&w.app), make(&second), make(&w.app), make(&second));
        let results = [a, b, c, d];
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for refusal in results.into_iter().filter_map(Result::err) {
            let words = ["name: You already have a project named 'race'.", "Copr 'alice/race' has not been created (race condition)"];
            assert!(words.contains(&refusal.message.as_str()), "{}", refusal.inside());
        }
    }

    async fn who_changes_a_project_at_the_same_time_takes_nothing_back(w: World) {
        let project = w.project(&[X86]).await.project;
        let second = w.second().await;
        let (arm, unchanged) = (ARM.parse().unwrap(), project_chroot::Input::default());
        for round in 0..10 {
            let said = text(&round.to_string());
            let description = Input { description: said.clone(), ..Input::default() };
            let instructions = Input { instructions: said.clone(), ..Input::default() };
            let (a, b, c) = tokio::join!(
                project::edit(&w.app, &w.alice, "alice", "hello", &description),
                project::numbered::edit(&second, &w.alice, project.id, &instructions),
                project_chroot::enable(&second, &w.alice, project.id, &arm, &unchanged)
            );
            assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
            let found = project::find(&w.app, "alice", "hello").await.unwrap();
            let settings = found.project.settings;
            assert_eq!((Some(settings.description), Some(settings.instructions)), (said.clone(), said));
            assert_eq!(found.chroots, [ARM, X86]);
            project_chroot::disable(&w.app, &w.alice, project.id, &arm).await.unwrap();
        }
    }

    async fn chroots_come_and_go_but_not_under_a_build(w: World) {
        w.project(&[X86]).await;
        let edit = async |chroots: &[&str]| {
            let input = Input { name: None, ..input("", chroots) };
            project::edit(&w.app, &w.alice, "alice", "hello", &input).await
        };
        let shown = edit(&[X86, ARM]).await.unwrap();
        assert_eq!(shown.chroots, [ARM, X86]);
        assert!(w.chroot_dir("hello").with_file_name(ARM).join("repodata/repomd.xml").exists());
        assert_eq!(edit(&[]).await.unwrap().chroots, [ARM, X86]);
        assert_eq!(edit(&[ARM]).await.unwrap().chroots, [ARM]);
        let (_, x86) = (project_chroot::find(&w.app, "alice", "hello", ARM).await.unwrap(), X86);
        let gone = project_chroot::find(&w.app, "alice", "hello", x86).await.unwrap_err();
        assert_eq!(gone.message, format!("Chroot name {X86} does not exist in Copr alice/hello."));
        edit(&[X86]).await.unwrap();
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let refused = edit(&[ARM]).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
        assert_eq!(refused.message, format!("Can't drop chroot from project, related build {id} is still in progress"));
    }

    async fn lists_and_searches_find_projects(w: World) {
        w.project(&[X86]).await;
        create(&w, Input { description: text("Cotton 100%"), ..input("other", &[X86]) }).await.unwrap();
        let names = |found: Vec<project::Shown>| found.into_iter().map(|one| one.project.full_name()).collect::<Vec<_>>();
        let all = Page::default();
        let search = async |query: &str| project::search(&w.app, query, &all).await;
        assert_eq!(names(search("").await.unwrap()).len(), 2);
        assert_eq!(names(search("cotton 100%").await.unwrap()), ["alice/other"]);
        assert_eq!(names(search("lic/ELL").await.unwrap()), ["alice/hello"]);
        assert!(search("@x/").await.unwrap().is_empty());
        assert_eq!(search("he").await.unwrap_err().message, "Search string must have at least 3 characters");
        assert_eq!(names(project::list(&w.app, Some("alice"), "name", &all).await.unwrap()), ["alice/hello", "alice/other"]);
        assert!(project::list(&w.app, Some("nobody"), "id", &all).await.unwrap().is_empty());
    }

    async fn a_chroots_settings_are_changed_reset_and_refused(w: World) {
        w.project(&[X86]).await;
        let edit = async |input: project_chroot::Input| {
            project_chroot::edit(&w.app, &w.alice, "alice", "hello", X86, &input).await.map(|(_, chroot)| chroot.settings)
        };
        let module = |word: &str| project_chroot::Input { additional_modules: Some(vec![word.to_owned()]), ..Default::default() };
        type Said = project_chroot::Input;
        for (said, expected) in [
            (module("nocolon"), "module_toggle: Module name 'nocolon' must consist of two parts separated with colon, e.g. module:stream"),
            (module("a b:1"), "module_toggle: Module name 'a b' must contain only letters, digits, dashes, underscores."),
            (module("a:1 2"), "module_toggle: Stream part of module name '1 2' must contain only letters, digits, dashes, underscores."),
            (Said { additional_modules: Some(vec!["a:1".into(), "!a:2".into()]), ..Default::default() }, "module_toggle: Module name 'a' specified multiple times"),
            (Said { bootstrap: text("maybe"), ..Default::default() }, "bootstrap: Not a valid choice."),
            (Said { bootstrap: text("custom_image"), ..Default::default() }, "bootstrap_image: Custom image is selected, but not specified"),
            (Said { bootstrap_image: text("a b"), ..Default::default() }, "bootstrap_image: Enter valid bootstrap image id (<name>[:<tag>], e.g. fedora:33 or registry.fedoraproject.org/fedora:rawhide)."),
            (Said { isolation: text("jail"), ..Default::default() }, "isolation: Not a valid choice."),
            (Said { additional_repos: text("ftp://x"), ..Default::default() }, &format!("repos: {NOT_A_URL}")),
            (Said { additional_packages: text("--installroot=/"), ..Default::default() }, "buildroot_pkgs: '--installroot=/' can not begin with a dash"),
        ] {
            assert_eq!(messages(edit(said).await), [expected]);
        }
        let s = edit(Said {
            additional_packages: text(" gcc\n make "), with_opts: text("a"), bootstrap_image: text("fedora:44"),
            additional_modules: Some(vec!["n:1".into(), "!m:2".into()]), comps: Some(("c.xml".into(), "<comps/>".into())),
            isolation: text("simple"), ..Default::default()
        }).await.unwrap();
        assert_eq!((s.additional_packages.as_str(), s.additional_modules.as_str()), ("gcc make", "n:1 !m:2"));
        assert_eq!((s.bootstrap, s.comps_name.as_deref()), (ChrootBootstrap::CustomImage, Some("c.xml")));
        assert_eq!(edit(Said::default()).await.unwrap(), s, "an empty edit changed something");
        w.publish().await;
        let report = copr_rpm::repodata::verify(&w.chroot_dir("hello").join("repodata")).unwrap();
        assert!(report.repomd.records.iter().any(|record| record.kind == "group"), "comps are not published");

        let reset = |fields: &[&str]| Said { reset_fields: fields.iter().map(|&word| word.to_owned()).collect(), ..Default::default() };
        let refused = edit(reset(&["nope"])).await.unwrap_err();
        let words = format!("Trying to reset an invalid attribute: nope\nSee `copr-cli get-chroot alice/hello/{X86}' for all the possible attributes");
        assert_eq!((refused.kind, refused.message), (Kind::Invalid, words));
        let s = edit(reset(&["additional_packages", "with_opts", "additional_modules", "bootstrap", "bootstrap_image", "isolation", "comps_name"])).await.unwrap();
        assert_eq!((s.additional_packages.as_str(), s.bootstrap, s.comps), ("", ChrootBootstrap::Unchanged, None));
        let other = project_chroot::edit(&w.app, &w.alice, "alice", "hello", "odd", &Said::default()).await.unwrap_err();
        assert_eq!((other.kind, other.message.as_str()), (Kind::NotFound, "Chroot identification is not valid"));
    }

    async fn repositories_are_expanded_for_the_chroot(w: World) {
        w.project(&[X86]).await;
        create(&w, Input { module_hotfixes: Some(true), ..input("fixes", &[X86]) }).await.unwrap();
        let said = Input {
            devel_mode: Some(true), repo_priority: text("7"),
            additional_repos: text("copr://alice/fixes http://b.org/$distname/$chroot/?priority=5"),
            ..Input::default()
        };
        project::edit(&w.app, &w.alice, "alice", "hello", &said).await.unwrap();
        let own = project_chroot::Input { additional_repos: text("https://c.org/"), ..Default::default() };
        project_chroot::edit(&w.app, &w.alice, "alice", "hello", X86, &own).await.unwrap();
        let (_, _, found) = project_chroot::build_config(&w.app, "alice", "hello", X86).await.unwrap();
        let base = format!("{}/alice", w.app.rules.results_url);
        let repo = |id: &str, name: &str, baseurl: String, priority, module_hotfixes, repo_gpgcheck| repos::Repo {
            id: id.to_owned(), name: name.to_owned(), baseurl, priority, module_hotfixes, repo_gpgcheck,
        };
        assert_eq!(found, [
            repo("copr_base", "Copr repository", format!("{base}/hello/{X86}/"), Some(7), None, Some(false)),
            repo("copr_base_devel", "Copr buildroot", format!("{base}/hello/{X86}/devel/"), Some(7), None, Some(false)),
            repo("copr_alice_fixes", "Additional repo copr_alice_fixes", format!("{base}/fixes/{X86}/"), None, Some(true), Some(false)),
            repo("http_b_org_distname_chroot_priority_5", "Additional repo http_b_org_distname_chroot_priority_5", format!("http://b.org/fedora/{X86}/"), Some(5), None, None),
            repo("https_c_org", "Additional repo https_c_org", "https://c.org/".to_owned(), None, None, None),
        ]);
    }

    async fn a_project_begins_with_builds_of_all_addresses_or_is_not_made(w: World) {
        let urls = |names: &[&str]| names.iter().map(|name| format!("http://x.org/{name}")).collect::<Vec<_>>();
        let make = async |name: &str, urls: &[String]| {
            project::create_with_builds(&w.app, &w.alice, "alice", &input(name, &[X86]), urls).await
        };
        let bad = messages(make("hello", &urls(&["a-1-1.src.rpm", "b.tar.gz"])).await);
        assert_eq!(bad, ["initial_pkgs: URLs must end with .src.rpm, .nosrc.rpm, or .spec ('http://x.org/b.tar.gz' doesn't seem to be a valid URL)."]);
        assert!(project::find(&w.app, "alice", "hello").await.is_err(), "half of it was made");
        let (made, builds) = make("hello", &urls(&["a-1-1.src.rpm", "b.spec"])).await.unwrap();
        assert_eq!((made.project.full_name().as_str(), builds.len()), ("alice/hello", 2));
        assert_eq!(w.tasks().await.len(), 2);
        assert!(w.published().is_empty(), "there is no repository");
        let (_, builds) = make("plain", &[]).await.unwrap();
        assert!(builds.is_empty());
    }
}
