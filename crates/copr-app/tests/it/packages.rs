//! Packages with sources of their own: added, changed, built, deleted.

use crate::both_engines;
use crate::sources::{git, text};
use crate::world::{ARM, World, X86};
use copr_app::build::{self, Options};
use copr_app::package::{self, Input};
use copr_app::source::{Said, scm};
use copr_app::{Kind, Refusal};
use copr_db::package::Package;
use copr_types::{SourceKind, State};
use copr_wire::builder::{SourceInput, Task};
use serde_json::{Value, json};

fn named(source: Said) -> Input {
    Input { package_name: text("hello-noarch"), source, ..Input::default() }
}

async fn add(w: &World, input: &Input) -> Package {
    package::add(&w.app, &w.alice, "alice", "hello", "hello-noarch", "scm", input).await.unwrap().1.package
}

async fn edit(w: &World, kind: Option<&str>, input: &Input) -> Package {
    package::edit(&w.app, &w.alice, "alice", "hello", "hello-noarch", kind, input).await.unwrap().1.package
}

async fn build(w: &World, options: &Options) -> Result<build::Shown, Refusal> {
    build::of_package(&w.app, &w.alice, "alice", "hello", Some("hello-noarch"), options).await
}

fn dict(package: &Package) -> Value {
    serde_json::from_str(&package.source).unwrap()
}

fn list(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|&name| name.to_owned()).collect())
}

both_engines! {
    async fn what_is_not_said_stays_and_a_password_is_not_lost(w: World) {
        w.project(&[X86]).await;
        let made = add(&w, &Input { webhook_rebuild: Some(true), max_builds: text("3"), timeout: text("60"), ..named(git("https://me:secret@x.org/a.git")) }).await;
        assert_eq!((made.auto_rebuild, made.max_builds, made.timeout), (true, 3, Some(60)));
        // Who sends back what is shown has not changed the address.
        let shown = Said { scm: scm::Input { clone_url: text("https://…@x.org/a.git"), subdirectory: text("sub"), scm_type: text("svn"), ..Default::default() }, ..Default::default() };
        let changed = edit(&w, Some("scm"), &named(shown)).await;
        assert_eq!(dict(&changed), json!({
            "type": "svn", "clone_url": "https://…@x.org/a.git", "committish": "main", "subdirectory": "sub", "spec": null,
            "srpm_build_method": "rpkg",
        }));
        assert!(changed.private_source.as_ref().unwrap().contains("me:secret@"));
        assert_eq!((changed.auto_rebuild, changed.max_builds, changed.timeout), (true, 3, Some(60)));
        let changed = edit(&w, None, &Input { max_builds: text("0"), timeout: text("0"), ..Input::default() }).await;
        assert_eq!((dict(&changed)["type"].as_str(), changed.max_builds, changed.timeout), (Some("git"), 0, Some(18_000)));
        assert!(changed.private_source.as_ref().unwrap().contains("me:secret@"));
        let other = Said { rubygems: copr_app::source::rubygems::Input { gem_name: text("rails") }, ..Default::default() };
        let changed = edit(&w, Some("rubygems"), &named(other)).await;
        assert_eq!((changed.source_kind, dict(&changed), changed.private_source), (SourceKind::Rubygems, json!({"gem_name": "rails"}), None));
    }

    async fn a_packages_build_knows_its_chroots_at_once(w: World) {
        w.project(&[X86, ARM]).await;
        add(&w, &Input { chroot_denylist: text("*-aarch64"), timeout: text("77"), ..named(git("https://x.org/a.git")) }).await;
        let shown = build(&w, &Options::default()).await.unwrap();
        assert_eq!(shown.chroots.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), [X86]);
        assert_eq!((shown.build.package.as_deref(), shown.build.timeout), (Some("hello-noarch"), 77));
        assert_eq!((shown.state(), shown.build.source_kind), (Some(State::Pending), SourceKind::Scm));
        // Whoever asks for a chroot gets it.
        let asked = build(&w, &Options { chroots: list(&[ARM]), timeout: text("5"), ..Default::default() }).await.unwrap();
        assert_eq!((asked.chroots[0].name.as_str(), asked.build.timeout), (ARM, 5));
        let refused = build(&w, &Options { exclude_chroots: list(&[X86]), ..Default::default() }).await.unwrap_err();
        assert_eq!(refused.message, "No chroots selected (or automatically selectable) for the package \"hello-noarch\" in \"hello\"");

        let builder = w.builder("b1").await;
        let lease = builder.lease().await;
        let Task::Source(task) = &lease.task else { panic!("no source task") };
        assert!(matches!(task.input, SourceInput::Scm(_)));
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.import().await;
        let imported = w.show(shown.build.id).await;
        assert_eq!(imported.chroots.len(), 1, "chroots were allocated a second time");
        assert_eq!(imported.chroots[0].state, State::Pending);
    }

    async fn a_package_without_a_source_of_its_own_can_not_be_built(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let text = "Package 'Unset default source for package hello-noarch' doesn't have the default source method set, but it is \
                    required for the rebuild request.  Please configure some source  method first";
        let refused = build(&w, &Options::default()).await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Invalid, text), "it came by a link");
        edit(&w, Some("scm"), &named(git("https://x.org/a.git"))).await;
        build(&w, &Options::default()).await.unwrap();
        let (_, reset) = package::reset(&w.app, &w.alice, "alice", "hello", Some("hello-noarch")).await.unwrap();
        assert_eq!((reset.package.source_kind, dict(&reset.package)), (SourceKind::Unset, json!({})));
        assert_eq!(build(&w, &Options::default()).await.unwrap_err().message, text);
    }

    async fn a_deleted_packages_builds_and_files_go_with_it(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let done = w.succeeded(&builder).await;
        edit(&w, Some("scm"), &named(git("https://x.org/a.git"))).await;
        let running = build(&w, &Options::default()).await.unwrap().build.id;
        let delete = async || package::delete(&w.app, &w.alice, "alice", "hello", Some("hello-noarch")).await;
        let refused = delete().await.unwrap_err();
        assert_eq!((refused.kind, refused.message), (Kind::Invalid, format!("Build(s) {running} are still running.\n")));
        build::cancel(&w.app, &w.alice, running).await.unwrap();
        let stranger = w.person("mallory").await;
        let refused = package::delete(&w.app, &stranger, "alice", "hello", Some("hello-noarch")).await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Forbidden, "You are not allowed to delete package `1`."));
        assert_eq!(delete().await.unwrap().1.package.source_kind, SourceKind::Scm);
        assert_eq!(delete().await.unwrap_err().message, "No package with name hello-noarch in copr hello");
        for id in [done, running] {
            assert_eq!(build::find(&w.app, id).await.unwrap_err().kind, Kind::NotFound);
        }
        w.publish().await;
        assert!(w.published().is_empty());
        w.sweep().await;
        assert!(!w.chroot_dir("hello").join("00000001-hello-noarch").exists());
    }

    async fn a_deny_list_that_leaves_nothing_is_not_heeded(w: World) {
        w.project(&[X86, ARM]).await;
        add(&w, &Input { chroot_denylist: text("fedora-*"), ..named(git("https://x.org/a.git")) }).await;
        assert_eq!(build(&w, &Options::default()).await.unwrap().chroots.len(), 2);
        edit(&w, None, &Input { chroot_denylist: text("*-x86_64, fedora-44-a*"), ..Input::default() }).await;
        assert_eq!(build(&w, &Options::default()).await.unwrap().chroots.len(), 2);
        edit(&w, None, &Input { chroot_denylist: text("*-x86_64"), ..Input::default() }).await;
        let left = build(&w, &Options::default()).await.unwrap().chroots;
        assert_eq!(left.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), [ARM]);
    }

    async fn all_packages_are_rebuilt_in_one_batch(w: World) {
        w.project(&[X86, ARM]).await;
        for (name, denylist) in [("one", "*-aarch64"), ("three", ""), ("two", "*-aarch64")] {
            let input = Input {
                package_name: text(name), chroot_denylist: text(denylist), ..named(git("https://x.org/a.git"))
            };
            package::add(&w.app, &w.alice, "alice", "hello", name, "scm", &input).await.unwrap();
        }
        // One without a source of its own.
        let builder = w.builder("b1").await;
        w.imported(&builder, "hello-noarch").await;
        let rebuild = async |wanted: Option<&[String]>, denied, options: &Options| {
            build::of_packages(&w.app, &w.alice, "alice", "hello", wanted, denied, options).await
        };
        let shown = |builds: &[build::Shown]| -> Vec<(String, usize)> {
            builds.iter().map(|one| (one.build.package.clone().unwrap(), one.chroots.len())).collect()
        };
        let all = rebuild(None, build::Denied::Always, &Options::default()).await.unwrap();
        assert_eq!(shown(&all), [("one".to_owned(), 1), ("three".to_owned(), 2), ("two".to_owned(), 1)]);
        let mut batches = std::collections::BTreeSet::new();
        for one in &all {
            batches.insert(copr_db::batch::of_build(&mut w.app.db.read().await.unwrap(), one.build.id).await.unwrap().unwrap());
        }
        assert_eq!(batches.len(), 1);
        let arm = Options { chroots: list(&[ARM]), ..Options::default() };
        let some = rebuild(None, build::Denied::Always, &arm).await.unwrap();
        assert_eq!(shown(&some), [("three".to_owned(), 1)]);
        let regardless = rebuild(Some(&["one".to_owned()]), build::Denied::Never, &arm).await.unwrap();
        assert_eq!(shown(&regardless), [("one".to_owned(), 1)]);
        assert!(copr_db::batch::of_build(&mut w.app.db.read().await.unwrap(), regardless[0].build.id).await.unwrap().is_some());
        let nothing = rebuild(Some(&["two".to_owned()]), build::Denied::Always, &arm).await.unwrap_err();
        assert_eq!(nothing.message, "There is no package that can be rebuilt there.");
        let unset = rebuild(Some(&["hello-noarch".to_owned()]), build::Denied::Never, &arm).await.unwrap_err();
        assert!(unset.message.contains("doesn't have the default source method set"), "{}", unset.message);
        // After another batch: all of them wait for it.
        let after = Options { after_build_id: Some(all[0].build.id.to_string()), ..Options::default() };
        for one in rebuild(None, build::Denied::UnlessNamed, &after).await.unwrap() {
            let tasks = copr_db::task::of_build(&mut w.app.db.read().await.unwrap(), one.build.id).await.unwrap();
            assert!(tasks.iter().all(|task| task.blocked));
        }
    }
}
