//! Building once more what was built before.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::build::{self, Options, Repeat, Upload};
use copr_app::{Kind, Refusal, chroot, project};
use copr_types::{BuildId, FailureClass, State};
use copr_wire::builder::{SourceInput, Task};

/// A build of an uploaded source package, as it is submitted.
async fn uploaded(w: &World, package: &str, options: &Options) -> BuildId {
    let made = crate::rpms::made(package);
    let file: copr_types::FileName = made.srpm.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let upload = Upload { upload: "upload-1".parse().unwrap(), file: file.clone(), size: 1 };
    let dir = w.app.store.upload_dir(&upload.upload);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::copy(&made.srpm, dir.join(file.as_str())).unwrap();
    build::by_upload(&w.app, &w.alice, "alice", "hello", Some(&upload), options).await.unwrap().build.id
}

async fn repeat(w: &World, id: BuildId, what: Repeat, options: &Options) -> Result<build::Shown, Refusal> {
    build::repeat(&w.app, &w.alice, id, what, options).await
}

fn chroots(shown: &build::Shown) -> Vec<(&str, State)> {
    shown.chroots.iter().map(|one| (one.name.as_str(), one.state)).collect()
}

fn only(names: &[&str]) -> Options {
    Options { chroots: Some(names.iter().map(|&name| name.to_owned()).collect()), ..Options::default() }
}

both_engines! {
    async fn a_build_of_an_address_is_made_from_there_once_more_with_the_same_options(w: World) {
        w.project(&[X86, ARM]).await;
        let options = Options {
            timeout: Some("77".to_owned()), enable_net: Some(true), background: true, isolation: Some("simple".to_owned()),
            bootstrap: Some("on".to_owned()), project_dirname: Some("hello:custom:x".to_owned()), ..only(&[X86])
        };
        let old = w.try_submit(&w.alice, &options).await.unwrap().remove(0).build;
        let builder = w.builder("b1").await;
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        assert_eq!(w.state(old.id).await, Some(State::Failed));
        let new = repeat(&w, old.id, Repeat::All, &Options::default()).await.unwrap();
        assert_eq!(chroots(&new), [(X86, State::Waiting)]);
        let new = new.build;
        assert_eq!((new.source_state, new.resubmitted_from), (State::Pending, Some(old.id.0)));
        assert_eq!(
            (new.timeout, new.enable_net, new.background, new.isolation, new.bootstrap, new.dir),
            (77, true, true, old.isolation, old.bootstrap, old.dir)
        );
        assert_eq!((new.source_kind, &new.source, &new.source_url), (old.source_kind, &old.source, &old.source_url));
        assert!(matches!(builder.lease().await.task, Task::Source(task) if matches!(task.input, SourceInput::Url { .. })));
    }

    async fn a_password_in_an_address_is_kept_for_the_builder(w: World) {
        w.project(&[X86]).await;
        let url = "https://me:secret@example.org/hello-noarch-1.0-1.src.rpm".to_owned();
        let old = build::by_urls(&w.app, &w.alice, "alice", "hello", &[url], &Options::default()).await.unwrap().remove(0);
        let builder = w.builder("b1").await;
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        let new = repeat(&w, old.build.id, Repeat::All, &Options::default()).await.unwrap();
        assert!(!new.build.source.contains("secret") && !new.build.source_url.unwrap().contains("secret"));
        let Task::Source(task) = builder.lease().await.task else { panic!("no source") };
        assert!(matches!(task.input, SourceInput::Url { url, .. } if url.contains("me:secret@")));
    }

    async fn an_upload_is_built_from_the_source_package_that_came_of_it(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let old = uploaded(&w, "hello-noarch", &Options::default()).await;
        let refused = repeat(&w, old, Repeat::All, &Options::default()).await.unwrap_err();
        assert!(refused.kind == Kind::Invalid && refused.message.contains("was not taken in"), "{}", refused.message);
        builder.make("hello-noarch").await;
        w.import().await;
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        w.sweep().await;
        assert!(crate::world::entries(w.data().join("uploads")).is_empty());
        let new = repeat(&w, old, Repeat::Failed, &Options::default()).await.unwrap();
        assert_eq!((new.build.source_state, chroots(&new)), (State::Succeeded, vec![(X86, State::Pending)]));
        assert_eq!((new.build.package.as_deref(), new.build.version.as_deref()), (Some("hello-noarch"), Some("1.0-1")));
        assert_eq!(new.build.resubmitted_from, Some(old.0));
        assert!(new.build.source_url.unwrap().contains("/srpm-builds/00000002/hello-noarch-1.0-1.src.rpm"));
        // The old one may go: the new one has files of its own.
        build::delete(&w.app, &w.alice, old).await.unwrap();
        w.publish().await;
        w.sweep().await;
        let lease = builder.lease().await;
        assert!(builder.source_file(&lease).await.unwrap().is_file());
        builder.deliver(&lease, "hello-noarch").await.unwrap();
        w.publish().await;
        let shown = w.show(new.build.id).await;
        assert_eq!((shown.state(), shown.build.resubmitted_from), (Some(State::Succeeded), Some(old.0)));
        assert_eq!(w.published().len(), 2);
    }

    async fn what_was_skipped_is_skipped_again(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let old = uploaded(&w, "excl-arch", &Options::default()).await;
        builder.make("excl-arch").await;
        w.import().await;
        let reason = "This chroot was skipped because of ExclusiveArch";
        let before = w.show(old).await;
        let skipped: Vec<_> = before.chroots.iter().filter(|one| one.state == State::Skipped).collect();
        assert!(!skipped.is_empty() && skipped.iter().all(|one| one.reason == reason));
        let new = repeat(&w, old, Repeat::All, &Options::default()).await.unwrap();
        let states = |shown: &build::Shown| shown.chroots.iter().map(|one| (one.name.clone(), one.state, one.reason.clone())).collect::<Vec<_>>();
        assert_eq!(states(&w.show(new.build.id).await), states(&before));
    }

    async fn only_chroots_that_failed_are_repeated_when_that_is_said(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        builder.make("hello-noarch").await;
        let arm = builder.lease_for(&["aarch64"]).await.unwrap();
        builder.fail(&arm, FailureClass::User).await.unwrap();
        w.publish().await;
        let new = repeat(&w, id, Repeat::Failed, &Options::default()).await.unwrap();
        assert_eq!(chroots(&new), [(ARM, State::Waiting)]);
        let all = repeat(&w, id, Repeat::All, &Options::default()).await.unwrap();
        assert_eq!(all.chroots.len(), 2);
        let said = repeat(&w, id, Repeat::Failed, &only(&["*-x86_64"])).await.unwrap();
        assert_eq!(chroots(&said), [(X86, State::Waiting)]);
        let (_, likely) = build::again(&w.app, &w.alice, id).await.unwrap();
        let likely: Vec<_> = likely.iter().map(|one| (one.name.as_str(), one.is_likely())).collect();
        assert_eq!(likely, [(ARM, true), (X86, false)]);
    }

    async fn a_build_that_failed_nowhere_has_nothing_to_repeat(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        let refused = repeat(&w, id, Repeat::Failed, &Options::default()).await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Invalid, "Build 1 failed in no chroot."));
        let again = repeat(&w, id, Repeat::All, &Options::default()).await.unwrap().build.id;
        w.made(&builder, again, "hello-noarch").await;
    }

    async fn chroots_that_are_no_more_are_left_out(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        chroot::retire(&w.app, ARM).await.unwrap();
        let new = repeat(&w, id, Repeat::Failed, &Options::default()).await.unwrap();
        assert_eq!(chroots(&new), [(X86, State::Waiting)]);
        build::cancel(&w.app, &w.alice, new.build.id).await.unwrap();
        chroot::put(&w.app, &"epel-9-x86_64".parse().unwrap(), &crate::world::definition(), true).await.unwrap();
        let said = project::Input { name: None, ..input("hello", &["epel-9-x86_64"]) };
        project::edit(&w.app, &w.alice, "alice", "hello", &said).await.unwrap();
        let refused = repeat(&w, id, Repeat::All, &Options::default()).await.unwrap_err();
        assert_eq!(refused.message, "None of the chroots in which build 1 would be repeated is enabled any more.");
        let elsewhere = repeat(&w, id, Repeat::All, &only(&["epel-*"])).await.unwrap();
        assert_eq!(chroots(&elsewhere), [("epel-9-x86_64", State::Waiting)]);
    }

    async fn who_may_not_build_any_more_may_not_repeat(w: World) {
        w.project(&[X86]).await;
        let id = w.submit().await;
        let stranger = w.person("mallory").await;
        let refused = build::repeat(&w.app, &stranger, id, Repeat::All, &Options::default()).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Forbidden);
        assert_eq!(refused.message, "User mallory is not allowed to build in the copr: alice/hello");
        assert_eq!(build::again(&w.app, &stranger, id).await.unwrap_err().kind, Kind::Forbidden);
        assert_eq!(repeat(&w, BuildId(99), Repeat::All, &Options::default()).await.unwrap_err().kind, Kind::NotFound);
    }
}
