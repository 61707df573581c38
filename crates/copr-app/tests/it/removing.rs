//! Deleting builds and projects.

use crate::both_engines;
use crate::world::{X86, input};
use copr_app::{Kind, build, project, publish};
use copr_types::{BuildId, State};

both_engines! {
    async fn a_deleted_builds_packages_leave_the_metadata_before_their_files_go(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (first, second) = (w.succeeded(&builder).await, w.succeeded(&builder).await);
        build::delete(&w.app, &w.alice, first).await.unwrap();
        assert_eq!(build::find(&w.app, first).await.unwrap_err().kind, Kind::NotFound);
        w.sweep().await;
        assert_eq!(w.published().len(), 4, "files went before the metadata that name them");
        w.publish().await;
        assert!(w.published_names().iter().all(|href| href.starts_with(&second.padded())));
        let dir = w.chroot_dir("hello").join("00000001-hello-noarch");
        assert!(dir.exists());
        w.sweep().await;
        assert!(!dir.exists());
        assert!(!w.app.store.results().join("alice/hello/srpm-builds/00000001").exists());
    }

    async fn an_unfinished_build_can_not_be_deleted(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let refused = build::delete(&w.app, &w.alice, id).await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Conflict, "User 'alice' can not delete build 1"));
    }

    async fn several_builds_are_deleted_all_or_none(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (done, running) = (w.succeeded(&builder).await, w.submit().await);
        let refused = build::delete_list(&w.app, &w.alice, &[done, running, BuildId(99)]).await.unwrap_err();
        assert_eq!(refused.message, "Build(s) 2 are still running.\nBuild(s) 99 don't exist.\n");
        assert!(build::find(&w.app, done).await.is_ok());
        build::cancel(&w.app, &w.alice, running).await.unwrap();
        let stranger = w.person("mallory").await;
        let refused = build::delete_list(&w.app, &stranger, &[done, running]).await.unwrap_err();
        assert_eq!(refused.message, "You don't have permissions to delete build(s) 1, 2.\n");
        build::delete_list(&w.app, &w.alice, &[done, running]).await.unwrap();
        assert!(build::list(&w.app, "alice", "hello", None, None, &Default::default()).await.unwrap().is_empty());
        build::delete_list(&w.app, &w.alice, &[]).await.unwrap();
    }

    async fn a_deleted_project_is_gone_at_once_and_its_files_and_key_soon(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        assert_eq!(project::find(&w.app, "alice", "hello").await.unwrap_err().kind, Kind::NotFound);
        assert_eq!(build::find(&w.app, BuildId(1)).await.unwrap_err().kind, Kind::NotFound);
        w.sweep().await;
        assert!(!w.app.store.results().join("alice/hello").exists());
        let key = copr_sign::KeyName::new("project-1".to_owned()).unwrap();
        assert!(matches!(w.app.signer.public_key(&key), Err(copr_sign::Error::NoSuchKey { .. })));
        assert!(crate::world::entries(w.data().join("trash")).is_empty());
        w.sweep().await;
    }

    async fn a_project_made_anew_has_no_old_file_and_another_key(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let pubkey = w.app.store.results().join("alice/hello/pubkey.gpg");
        let old = std::fs::read(&pubkey).unwrap();
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        // Before the sweep has come by.
        w.project(&[X86]).await;
        assert!(w.published().is_empty());
        assert!(!w.chroot_dir("hello").join("00000001-hello-noarch").exists());
        assert_ne!(std::fs::read(&pubkey).unwrap(), old);
        w.sweep().await;
        assert!(w.published().is_empty(), "the sweep took the new project's files");
        let id = w.succeeded(&builder).await;
        assert!(w.published_names().iter().all(|href| href.starts_with(&id.padded())));
        // And once more: two dead ones of one name.
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        assert!(!w.chroot_dir("hello").exists());
    }

    async fn a_deletion_that_was_broken_off_goes_on(w: World) {
        w.project(&[X86]).await;
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        // An earlier sweep had moved the tree and ended there; then somebody wrote a straggler.
        let trash = w.data().join("trash/1/1-0");
        std::fs::create_dir_all(&trash).unwrap();
        std::fs::write(trash.join("full"), b"x").unwrap();
        w.sweep().await;
        assert!(!w.app.store.results().join("alice/hello").exists());
        assert!(crate::world::entries(w.data().join("trash")).is_empty());
    }

    async fn a_publisher_that_is_still_at_it_can_not_bring_a_deleted_project_back(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        let mut tx = w.app.db.begin().await.unwrap();
        let now = w.app.clock.now();
        let turn = copr_db::repo::claim(&mut tx, None, now, now + 600).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        let mut tx = w.app.db.begin().await.unwrap();
        assert!(!copr_db::repo::keep(&mut tx, turn.id, turn.publisher_fence, now + 600).await.unwrap());
        drop(tx);
        assert!(!publish::next(&w.app, None).await.unwrap());
    }

    async fn a_project_with_unfinished_builds_stays(w: World) {
        w.project(&[X86]).await;
        let id = w.submit().await;
        let refused = project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap_err();
        assert_eq!(refused.message, "Build(s) 1 are still running.\n");
        build::cancel(&w.app, &w.alice, id).await.unwrap();
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        project::create(&w.app, &w.alice, "alice", &input("other", &[X86]), false).await.unwrap();
    }
}
