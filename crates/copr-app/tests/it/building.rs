//! From a submission to packages that dnf installs.

use crate::both_engines;
use crate::rpms::made;
use crate::world::{ARM, X86, entries};
use copr_app::build;
use copr_types::{FailureClass, Phase, State};
use copr_wire::builder::Task;

both_engines! {
    async fn a_build_succeeds_only_when_the_published_repository_holds_its_packages(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        assert_eq!(w.state(id).await, Some(State::Pending));

        let source = builder.lease().await;
        assert!(matches!(source.task, Task::Source(_)));
        assert_eq!(w.state(id).await, Some(State::Starting));
        builder.beat(&source, Some(Phase::Fetch)).await.unwrap();
        assert_eq!(w.state(id).await, Some(State::Running));
        builder.log(&source, "fetching\n").await.unwrap();
        builder.deliver(&source, "hello-noarch").await.unwrap();
        assert_eq!(w.state(id).await, Some(State::Importing));
        w.import().await;
        let shown = w.show(id).await;
        assert_eq!((shown.state(), shown.build.package.as_deref()), (Some(State::Pending), Some("hello-noarch")));
        assert_eq!(shown.build.version.as_deref(), Some("1.0-1"));
        assert!(shown.build.source_url.unwrap().ends_with("/srpm-builds/00000001/hello-noarch-1.0-1.src.rpm"));

        let rpm = builder.lease().await;
        let Task::Rpm(task) = &rpm.task else { panic!("no rpm task: {:?}", rpm.task) };
        assert_eq!((task.package.as_str(), task.version.as_str()), ("hello-noarch", "1.0-1"));
        assert_eq!(task.repos[0].revision.as_deref(), Some("1"), "the generation that the project began with");
        let srpm = builder.source_file(&rpm).await.unwrap();
        assert_eq!(std::fs::read(srpm).unwrap(), std::fs::read(made("hello-noarch").srpm).unwrap());
        builder.deliver(&rpm, "hello-noarch").await.unwrap();
        assert_eq!(w.show(id).await.chroots[0].state, State::Publishing);
        assert!(w.published().is_empty());

        w.publish().await;
        let shown = w.show(id).await;
        assert_eq!(shown.state(), Some(State::Succeeded));
        assert_eq!((shown.chroots[0].generation, shown.chroots[0].staged.as_deref()), (Some(2), None));
        let names = ["00000001-hello-noarch/hello-noarch-1.0-1.noarch.rpm", "00000001-hello-noarch/hello-noarch-1.0-1.src.rpm"];
        assert_eq!(w.published_names(), names);
        let built: Vec<_> = build::built(&w.app, id).await.unwrap().1.into_iter().map(|one| one.arch).collect();
        assert_eq!(built, ["src", "noarch"]);
        assert!(w.tasks().await.is_empty());

        let dir = w.chroot_dir("hello").join("00000001-hello-noarch");
        for file in ["builder-live.log.gz", "backend.log.gz", "success", "build.info"] {
            assert!(dir.join(file).is_file(), "no {file}");
        }
        assert!(!dir.join("builder-live.log").exists());
        w.sweep().await;
        assert!(w.staging().is_empty(), "{:?}", w.staging());
        assert!(entries(dir).iter().all(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.')));
    }

    async fn dnf_and_rpm_trust_what_was_published(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let project = w.app.store.results().join("alice/hello");
        let found = crate::reader::dnf(&project, &["repoquery", "hello-noarch"]).1;
        assert!(found.contains("hello-noarch-0:1.0-1.noarch"), "{found}");
        for href in w.published_names() {
            assert!(crate::reader::rpm_trusts(&project.join("pubkey.gpg"), &project.join(X86).join(&href)), "{href}");
        }
    }

    async fn a_chroot_that_the_package_excludes_is_skipped_with_the_reason(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "excl-arch").await;
        let shown = w.show(id).await;
        let of = |name: &str| shown.chroots.iter().find(|one| one.name.as_str() == name).unwrap();
        assert_eq!((of(X86).state, of(ARM).state), (State::Skipped, State::Pending));
        assert_eq!(of(X86).reason, "This chroot was skipped because of ExclusiveArch");
        assert!(of(X86).ended_on.is_some());
        assert!(builder.try_lease().await.is_none(), "an x86_64 builder got work for aarch64");
        assert!(builder.lease_for(&["aarch64"]).await.is_some());
    }

    async fn a_package_that_no_chroot_can_build_is_skipped_as_a_whole(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "excl-arch").await;
        let shown = w.show(id).await;
        assert_eq!((shown.state(), shown.is_finished()), (Some(State::Skipped), true));
        assert!(w.tasks().await.is_empty());
    }

    async fn garbage_instead_of_a_source_package_fails_as_the_users(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.submit().await;
        let lease = builder.lease().await;
        let dir = copr_testkit::temp_dir();
        let path = dir.path().join("x-1-1.src.rpm");
        std::fs::write(&path, b"no package").unwrap();
        let file = builder.upload(&lease, &path).await.unwrap();
        let outcome = copr_wire::builder::Outcome::Succeeded { srpm: file.name.clone() };
        builder.finish(&lease, outcome, vec![file]).await.unwrap();
        w.import().await;
        let failure = w.show(id).await.build.failure().expect("a failure");
        assert_eq!((failure.class, failure.phase), (FailureClass::User, Phase::Import));
        assert_eq!(w.state(id).await, Some(State::Failed));
        w.succeeded(&builder).await;
        w.sweep().await;
        assert!(w.staging().is_empty());
    }

    async fn a_failed_source_fails_the_chroots_that_were_chosen(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let options = build::Options { chroots: Some(vec!["fedora-*".to_owned()]), ..Default::default() };
        let id = w.try_submit(&w.alice, &options).await.unwrap()[0].build.id;
        assert_eq!(w.show(id).await.chroots[0].state, State::Waiting);
        let lease = builder.lease().await;
        builder.fail(&lease, FailureClass::User).await.unwrap();
        let shown = w.show(id).await;
        assert_eq!((shown.state(), shown.chroots[0].state), (Some(State::Failed), State::Failed));
        assert!(w.tasks().await.is_empty());
    }

    async fn a_failed_build_keeps_its_log_and_publishes_nothing(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        builder.log(&lease, "error: it broke\n").await.unwrap();
        builder.fail(&lease, FailureClass::Resource).await.unwrap();
        let shown = w.show(id).await;
        assert_eq!(shown.chroots[0].state, State::Failed);
        assert_eq!(shown.chroots[0].failure().unwrap().class, FailureClass::Resource);
        assert!(w.chroot_dir("hello").join("00000001-hello-noarch/builder-live.log.gz").is_file());
        w.publish().await;
        assert!(w.published().is_empty());
    }
}
