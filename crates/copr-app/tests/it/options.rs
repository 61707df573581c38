//! What people say when they submit a build.

use crate::both_engines;
use crate::world::{ARM, World, X86};
use copr_app::build::{self, Options, Upload};
use copr_app::{Kind, Refusal, package};
use copr_db::Page;
use copr_types::State;
use copr_wire::builder::Task;

fn list(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|&word| word.to_owned()).collect())
}

fn text(words: &str) -> Option<String> {
    Some(words.to_owned())
}

fn message<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    result.expect_err("it was accepted").message
}

/// An uploaded file that waits.
fn upload(w: &World, name: &str) -> Upload {
    let upload: copr_types::FileName = "up1".parse().unwrap();
    w.app.store.write(&w.app.store.upload_dir(&upload).join(name), b"spec").unwrap();
    Upload { upload, file: name.parse().unwrap(), size: 4 }
}

both_engines! {
    async fn options_are_refused_with_the_contracts_words(w: World) {
        w.project(&[X86]).await;
        let first = w.submit().await;
        for (said, expected) in [
            (Options { chroots: list(&["nope", "epel-*"]), ..Default::default() }, "chroots: 'nope', 'epel-*' are not valid choices for this field."),
            (Options { chroots: list(&[ARM]), ..Default::default() }, &format!("chroots: '{ARM}' is not a valid choice for this field.")),
            (Options { exclude_chroots: list(&["nope"]), ..Default::default() }, "exclude_chroots: 'nope' is not a valid choice for this field."),
            (Options { timeout: text("108001"), ..Default::default() }, "timeout: Number must be between 0 and 108000."),
            (Options { timeout: text("-1"), ..Default::default() }, "timeout: Number must be between 0 and 108000."),
            (Options { timeout: text("x"), ..Default::default() }, "timeout: Not a valid integer value.\ntimeout: Number must be between 0 and 108000."),
            (Options { bootstrap: text("custom_image"), ..Default::default() }, "bootstrap: Not a valid choice."),
            (Options { isolation: text("jail"), ..Default::default() }, "isolation: Not a valid choice."),
            (Options { after_build_id: text("99"), ..Default::default() }, "after_build_id: Build 99 not found"),
            (Options { after_build_id: text("1"), with_build_id: text("1"), ..Default::default() },
             "with_build_id: Only one batch option can be specified\nafter_build_id: Only one batch option can be specified"),
        ] {
            assert_eq!(message(w.try_submit(&w.alice, &said).await), expected);
            assert_eq!(message(build::check(&w.app, &w.alice, "alice", "hello", &said).await), expected);
        }
        let forge = Options { packit_forge_project: text("github.com/x/y"), ..Default::default() };
        assert_eq!(message(w.try_submit(&w.alice, &forge).await), "Forge project github.com/x/y can't build in this Copr via Packit.");
        let mallory = w.person("mallory").await;
        assert_eq!(message(w.try_submit(&mallory, &Options::default()).await), "User mallory is not allowed to build in the copr: alice/hello");
        assert_eq!(message(build::check(&w.app, &mallory, "alice", "hello", &Options::default()).await), "User 'mallory' is not allowed to build in 'alice/hello'");
        build::check(&w.app, &w.alice, "alice", "hello", &Options::default()).await.unwrap();
        let all = build::list(&w.app, "alice", "hello", None, None, &Page::default()).await.unwrap();
        assert_eq!(all.len(), 1, "a refused submission left a build");
        assert_eq!(all[0].build.id, first);
    }

    async fn several_packages_are_submitted_all_or_none(w: World) {
        w.project(&[X86]).await;
        let submit = async |urls: &[&str]| {
            let urls: Vec<String> = urls.iter().map(|&url| url.to_owned()).collect();
            build::by_urls(&w.app, &w.alice, "alice", "hello", &urls, &Options::default()).await
        };
        let (good, bad) = ("http://x.org/a-1-1.src.rpm", "http://x.org/a.tar.gz");
        assert_eq!(message(submit(&[good, bad]).await), format!("pkgs: URLs must end with .src.rpm, .nosrc.rpm, or .spec ('{bad}' doesn't seem to be a valid URL)."));
        assert!(message(submit(&["file:///etc/x.spec"]).await).contains("A list of http[s] URLs separated by whitespace"));
        assert_eq!(message(submit(&[]).await), "pkgs: URLs to packages are required");
        assert!(w.tasks().await.is_empty());
        let builds = submit(&[good, "https://x.org/b.spec", good]).await.unwrap();
        assert_eq!(builds.iter().map(|one| one.build.id.0).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(builds[1].build.source, r#"{"url":"https://x.org/b.spec"}"#);
        assert_eq!((builds[0].build.source_url.as_deref(), builds[1].build.source_url.as_deref()), (Some(good), None));
        assert_eq!(w.tasks().await.len(), 3);
    }

    async fn chosen_chroots_are_those_that_match_minus_the_excluded(w: World) {
        w.project(&[X86, ARM]).await;
        let chroots = async |said: Options| -> Vec<String> {
            let shown = w.try_submit(&w.alice, &said).await.unwrap().remove(0);
            shown.chroots.into_iter().map(|one| one.name.to_string()).collect()
        };
        assert!(chroots(Options::default()).await.is_empty(), "chosen before the package is known");
        assert!(chroots(Options { chroots: list(&[]), ..Default::default() }).await.is_empty());
        assert_eq!(chroots(Options { chroots: list(&["*-x86_64", X86]), ..Default::default() }).await, [X86]);
        assert_eq!(chroots(Options { exclude_chroots: list(&["*-aarch64"]), ..Default::default() }).await, [X86]);
        let both = Options { chroots: list(&["fedora-*"]), exclude_chroots: list(&[X86]), ..Default::default() };
        assert_eq!(chroots(both).await, [ARM]);
    }

    async fn options_reach_the_builder(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let said = Options { timeout: text("77"), enable_net: Some(true), background: true, ..Default::default() };
        w.try_submit(&w.alice, &said).await.unwrap();
        let interactive = w.submit().await;
        let lease = builder.make("hello-noarch").await;
        let Task::Source(task) = &lease.task else { panic!() };
        assert_eq!(task.build.build_id, interactive.0, "background work went first");
        let lease = builder.make("hello-noarch").await;
        let Task::Source(task) = lease.task else { panic!() };
        assert_eq!(task.build.limits.timeout, 77);
        let macros: Vec<_> = task.build.macros.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(macros, ["copr_username=alice", "copr_projectname=hello", "vendor=Copr - user alice", "buildtag=.copr1"]);
        w.import().await;
        builder.make("hello-noarch").await;
        let Task::Rpm(task) = builder.lease().await.task else { panic!() };
        assert!(task.enable_net);
    }

    async fn an_upload_is_handed_to_the_builder_and_goes_away_when_it_is_taken_in(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let submit = async |upload: Option<&Upload>| build::by_upload(&w.app, &w.alice, "alice", "hello", upload, &Options::default()).await;
        assert_eq!(message(submit(None).await), "pkgs: This field is required.");
        let wrong = upload(&w, "x.tar.gz");
        assert_eq!(message(submit(Some(&wrong)).await), "pkgs: You can upload only .src.rpm, .nosrc.rpm, and .spec files");
        let file = upload(&w, "x.spec");
        let id = submit(Some(&file)).await.unwrap().build.id;
        let lease = builder.lease().await;
        assert_eq!(std::fs::read(builder.source_file(&lease).await.unwrap()).unwrap(), b"spec");
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.sweep().await;
        let place = w.app.store.upload_dir(&file.upload);
        assert!(place.exists());
        w.import().await;
        w.sweep().await;
        assert!(!place.exists());
        assert_eq!(w.state(id).await, Some(State::Pending));
    }

    async fn a_directory_is_made_by_its_first_build_and_has_a_repository_of_its_own(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let said = Options { project_dirname: text("hello:pr:7"), ..Default::default() };
        let id = w.try_submit(&w.alice, &said).await.unwrap()[0].build.id;
        w.publish().await;
        builder.make("hello-noarch").await;
        w.import().await;
        let lease = builder.lease().await;
        let Task::Rpm(task) = &lease.task else { panic!() };
        let ids: Vec<_> = task.repos.iter().map(|repo| (repo.id.as_str(), repo.revision.as_deref())).collect();
        assert_eq!(ids, [("copr_base", Some("1")), ("copr_coprdir", Some("1"))]);
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert!(w.published().is_empty(), "it went into the main directory");
        let report = copr_rpm::repodata::verify(&w.chroot_dir("hello:pr:7").join("repodata")).unwrap();
        assert_eq!(report.packages.len(), 2);
        let (_, dir, rows) = copr_app::monitor::monitor(&w.app, "alice", "hello", Some("hello:pr:7")).await.unwrap();
        assert_eq!((dir.as_str(), rows.len(), rows[0].build_id), ("hello:pr:7", 1, id));
        assert!(copr_app::monitor::monitor(&w.app, "alice", "hello", None).await.unwrap().2.is_empty());
        let odd = Options { project_dirname: text("other:x"), ..Default::default() };
        assert_eq!(w.try_submit(&w.alice, &odd).await.unwrap_err().kind, Kind::Invalid);
    }

    async fn packages_show_their_newest_builds(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let good = w.succeeded(&builder).await;
        let newest = w.imported(&builder, "hello-noarch").await;
        let with = package::With { latest: true, latest_succeeded: true, all: false };
        let (_, found) = package::find(&w.app, "alice", "hello", "hello-noarch", with).await.unwrap();
        assert_eq!(found.latest.unwrap().build.id, newest);
        assert_eq!(found.latest_succeeded.unwrap().build.id, good);
        let (_, listed) = package::list(&w.app, "alice", "hello", package::With::default(), "id", &Page::default()).await.unwrap();
        assert!(listed.len() == 1 && listed[0].latest.is_none());
        assert_eq!(message(package::find(&w.app, "alice", "hello", "x", with).await), "No package with name x in copr hello");
        let of = async |state: &str| build::list(&w.app, "alice", "hello", None, Some(state), &Page::default()).await.unwrap().len();
        assert_eq!((of("succeeded").await, of("pending").await, of("failed").await), (1, 1, 0));
    }
}
