//! Sources that builders make: what is stored of them, what others see, what a builder is told.

use crate::both_engines;
use crate::world::{ARM, World, X86, definition, input};
use copr_app::build::{self, Options};
use copr_app::project::{self, Input as ProjectInput};
use copr_app::source::{Input, Said, custom, distgit, pypi, rubygems, scm};
use copr_app::{chroot, package};
use copr_types::{Failure, FailureClass, Phase, SourceKind, State};
use copr_wire::builder::{Outcome, SourceInput, SourceTask, Task};
use serde_json::{Value, json};

pub fn text(words: &str) -> Option<String> {
    Some(words.to_owned())
}

pub fn git(url: &str) -> Said {
    Said {
        scm: scm::Input { clone_url: text(url), committish: text("main"), ..Default::default() },
        ..Default::default()
    }
}

async fn submit(w: &World, said: Said, kind: SourceKind) -> build::Shown {
    let input: Input = said.about(kind).unwrap();
    build::by_source(&w.app, &w.alice, "alice", "hello", &input, Some("pkg"), &Options::default()).await.unwrap()
}

fn dict(shown: &build::Shown) -> Value {
    serde_json::from_str(&shown.build.source).unwrap()
}

/// What the builder of the only source task is told.
async fn told(w: &World) -> SourceTask {
    let tasks = w.tasks().await;
    assert_eq!(tasks.len(), 1);
    match serde_json::from_str(&tasks[0].spec).unwrap() {
        Task::Source(task) => task,
        Task::Rpm(task) => panic!("no source task: {task:?}"),
    }
}

both_engines! {
    async fn only_the_builder_is_told_the_password_of_a_repository(w: World) {
        w.project(&[X86]).await;
        let shown = submit(&w, git("https://me:secret@git.example.org/a.git"), SourceKind::Scm).await;
        assert_eq!(shown.state(), Some(State::Pending));
        assert_eq!(dict(&shown), json!({
            "type": "git", "clone_url": "https://…@git.example.org/a.git", "committish": "main", "subdirectory": null,
            "spec": null, "srpm_build_method": "rpkg",
        }));
        let task = told(&w).await;
        assert_eq!(task.chroot.name.as_str(), X86);
        let SourceInput::Scm(scm) = task.input else { panic!("another kind") };
        assert_eq!(scm.scm.clone_url, "https://me:secret@git.example.org/a.git");

        // The package that the build turns out to be of is built again with it, and shows it to nobody either.
        let builder = w.builder("b1").await;
        builder.make("hello-noarch").await;
        w.import().await;
        let found = package::find(&w.app, "alice", "hello", "hello-noarch", Default::default()).await.unwrap().1.package;
        assert_eq!(found.source_kind, SourceKind::Scm);
        assert!(!found.source.contains("secret") && found.source.contains("https://…@git.example.org/a.git"));
        builder.make("hello-noarch").await;
        w.publish().await;
        let again = build::of_package(&w.app, &w.alice, "alice", "hello", Some("hello-noarch"), &Options::default()).await.unwrap();
        assert!(!again.build.source.contains("secret"));
        let SourceInput::Scm(scm) = told(&w).await.input else { panic!("another kind") };
        assert_eq!(scm.scm.clone_url, "https://me:secret@git.example.org/a.git");
    }

    async fn a_source_goes_where_its_chroot_and_its_programs_are(w: World) {
        w.project(&[ARM, X86]).await;
        let builder = w.builder("b1").await;
        let tito = scm::Input { clone_url: text("https://git.example.org/a.git"), source_build_method: text("tito"), ..Default::default() };
        submit(&w, Said { scm: tito, ..Default::default() }, SourceKind::Scm).await;
        let task = w.tasks().await.remove(0);
        assert_eq!((task.tools.as_str(), task.arch), ("git tito", None), "tito needs no chroot");
        let lease = builder.lease().await;
        builder.fail(&lease, FailureClass::User).await.unwrap();
        // The builder has said by now what it builds for: of the project's chroots it is the second.
        submit(&w, git("https://git.example.org/a.git"), SourceKind::Scm).await;
        let task = w.tasks().await.remove(0);
        assert_eq!((task.tools.as_str(), task.arch.as_deref()), ("git", Some("x86_64")));
        assert_eq!(told(&w).await.chroot.name.as_str(), X86);
    }

    async fn the_look_aside_cache_of_a_known_repository_is_told(w: World) {
        w.project(&[X86]).await;
        submit(&w, git("https://src.fedoraproject.org/rpms/hello.git"), SourceKind::Scm).await;
        let SourceInput::Scm(checkout) = told(&w).await.input else { panic!("another kind") };
        let expected = "https://src.fedoraproject.org/repo/pkgs/rpms/hello/{filename}/{hashtype}/{hash}/{filename}";
        assert_eq!(checkout.lookaside_url.as_deref(), Some(expected));
    }

    async fn projects_and_gems_are_stored_as_the_api_shows_them(w: World) {
        w.project(&[X86]).await;
        let said = Said {
            pypi: pypi::Input { package_name: text("requests"), ..Default::default() },
            rubygems: rubygems::Input { gem_name: text("rails") },
            ..Default::default()
        };
        let shown = submit(&w, said.clone(), SourceKind::Pypi).await;
        assert_eq!(dict(&shown), json!({
            "pypi_package_name": "requests", "pypi_package_version": null, "spec_generator": "pyp2spec",
            "spec_template": "", "python_versions": ["3"],
        }));
        let SourceInput::Pypi(pypi) = told(&w).await.input else { panic!("another kind") };
        assert_eq!(serde_json::to_value(pypi).unwrap(), dict(&shown));
        build::cancel(&w.app, &w.alice, shown.build.id).await.unwrap();
        let shown = submit(&w, said, SourceKind::Rubygems).await;
        assert_eq!(dict(&shown), json!({"gem_name": "rails"}));
        assert!(matches!(told(&w).await.input, SourceInput::Rubygems(gem) if gem.gem_name == "rails"));
    }

    async fn a_script_runs_in_the_newest_fedora_that_has_a_number(w: World) {
        w.project(&[X86]).await;
        for (name, on) in [("fedora-45-x86_64", true), ("fedora-46-x86_64", false), ("fedora-rawhide-x86_64", true), ("fedora-47-aarch64", true)] {
            chroot::put(&w.app, &name.parse().unwrap(), &definition(), on).await.unwrap();
        }
        project::create(&w.app, &w.alice, "alice", &input("other", &[X86]), false).await.unwrap();
        let said = Said {
            custom: custom::Input {
                script: text("#!/bin/sh\r\necho\r\n"),
                builddeps: text("git make"),
                resultdir: text("out"),
                repos: text("copr://alice/other https://t@mirror.example.org/$chroot/"),
                ..Default::default()
            },
            ..Default::default()
        };
        let shown = submit(&w, said, SourceKind::Custom).await;
        assert_eq!(dict(&shown), json!({
            "script": "#!/bin/sh\necho\n", "chroot": "fedora-45-x86_64", "builddeps": "git make", "resultdir": "out",
            "repos": "copr://alice/other\nhttps://…@mirror.example.org/$chroot/",
        }));
        let task = told(&w).await;
        assert_eq!(task.chroot.name.as_str(), "fedora-45-x86_64");
        let SourceInput::Custom { script, package, builddeps, resultdir, repos, .. } = task.input else { panic!("another kind") };
        assert_eq!((script.as_str(), package), ("#!/bin/sh\necho\n", None));
        assert_eq!((builddeps, resultdir.as_deref()), (vec!["git".to_owned(), "make".to_owned()], Some("out")));
        assert!(repos[0].baseurl.ends_with("/results/alice/other/fedora-45-x86_64/"), "{repos:?}");
        assert!(repos[0].gpgkey.as_ref().unwrap().ends_with("/results/alice/other/pubkey.gpg"));
        assert_eq!(repos[1].baseurl, "https://t@mirror.example.org/fedora-45-x86_64/");
    }

    async fn a_dist_git_says_where_its_packages_are(w: World) {
        w.project(&[X86]).await;
        let said = Said {
            distgit: distgit::Input { namespace: text("forks/me"), committish: text("f44"), ..Default::default() },
            ..Default::default()
        };
        let shown = submit(&w, said, SourceKind::Distgit).await;
        let url = "https://src.fedoraproject.org/forks/me/rpms/pkg";
        assert_eq!(dict(&shown), json!({"clone_url": url, "namespace": "forks/me", "committish": "f44"}));
        let SourceInput::Distgit { clone_url, committish, package, instance, lookaside_url } = told(&w).await.input else {
            panic!("another kind")
        };
        assert_eq!((clone_url.as_str(), committish.as_deref(), package.as_str()), (url, Some("f44"), "pkg"));
        assert_eq!(instance, "fedora");
        assert_eq!(lookaside_url, "https://src.fedoraproject.org/repo/pkgs/rpms/pkg/{filename}/{hashtype}/{hash}/{filename}");
    }

    async fn a_project_under_review_says_so_in_each_build_and_in_no_package(w: World) {
        w.project(&[X86]).await;
        let review = ProjectInput { fedora_review: Some(true), ..Default::default() };
        project::edit(&w.app, &w.alice, "alice", "hello", &review).await.unwrap();
        let id = w.submit().await;
        let shown = w.show(id).await;
        assert_eq!(dict(&shown)["fedora_review"], json!(true));
        let builder = w.builder("b1").await;
        builder.make("hello-noarch").await;
        w.import().await;
        let found = package::find(&w.app, "alice", "hello", "hello-noarch", Default::default()).await.unwrap().1.package;
        assert_eq!(found.source, r#"{"url":"http://example.org/hello-noarch-1.0-1.src.rpm"}"#);
    }

    async fn a_task_that_no_builder_can_do_is_tried_once(w: World) {
        w.project(&[X86]).await;
        let id = submit(&w, git("https://git.example.org/a.git"), SourceKind::Scm).await.build.id;
        let builder = w.builder("b1").await;
        let lease = builder.lease().await;
        let failure = Failure::new(FailureClass::Infrastructure, Phase::Fetch, "can not make `scm` yet");
        builder.finish(&lease, Outcome::Unable { failure: failure.clone() }, Vec::new()).await.unwrap();
        let shown = w.show(id).await;
        assert_eq!((shown.state(), shown.build.failure()), (Some(State::Failed), Some(failure)));
        assert!(w.tasks().await.is_empty());
    }
}
