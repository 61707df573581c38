//! How many builds packages keep.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::world::{World, X86, input};
use copr_app::build::{self, Options};
use copr_app::package::{self, Input};
use copr_app::project;
use copr_types::{BuildId, FailureClass, State};

async fn keep(w: &World, number: &str) {
    let input = Input { max_builds: Some(number.to_owned()), ..Input::default() };
    package::edit(&w.app, &w.alice, "alice", "hello", "hello-noarch", None, &input).await.unwrap();
}

async fn there(w: &World) -> Vec<i64> {
    let builds = build::list(&w.app, "alice", "hello", None, None, &Default::default()).await.unwrap();
    builds.iter().map(|one| one.build.id.0).collect()
}

async fn into(w: &World, builder: &FakeBuilder, dir: &str) -> BuildId {
    let options = Options { project_dirname: Some(dir.to_owned()), ..Options::default() };
    let id = w.try_submit(&w.alice, &options).await.unwrap()[0].build.id;
    w.made(builder, id, "hello-noarch").await;
    id
}

both_engines! {
    async fn the_newest_stay_in_each_directory_and_the_others_go_with_their_files(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        for _ in 0..3 {
            w.succeeded(&builder).await;
        }
        for _ in 0..2 {
            into(&w, &builder, "hello:custom:x").await;
        }
        assert_eq!(build::prune(&w.app).await.unwrap(), 0);
        keep(&w, "2").await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 1);
        assert_eq!(there(&w).await, [5, 4, 3, 2]);
        w.publish().await;
        w.sweep().await;
        assert!(w.published_names().iter().all(|href| !href.starts_with("00000001")));
        assert!(!w.chroot_dir("hello").join("00000001-hello-noarch").exists());
        assert!(!w.app.store.results().join("alice/hello/srpm-builds/00000001").exists());
        keep(&w, "1").await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 2);
        assert_eq!(there(&w).await, [5, 3]);
        keep(&w, "0").await;
        w.succeeded(&builder).await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 0);
    }

    async fn what_has_not_ended_neither_goes_nor_counts(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        keep(&w, "1").await;
        let running = w.imported(&builder, "hello-noarch").await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 0);
        builder.make("hello-noarch").await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 0, "its packages are on their way in");
        w.publish().await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 1);
        assert_eq!(there(&w).await, [running.0]);
    }

    /// As with Copr, it is the number that counts, not what came of the build.
    async fn a_newer_build_that_failed_takes_the_place_of_one_that_succeeded(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        keep(&w, "1").await;
        let failed = w.imported(&builder, "hello-noarch").await;
        builder.fail(&builder.lease().await, FailureClass::User).await.unwrap();
        assert_eq!(build::prune(&w.app).await.unwrap(), 1);
        assert_eq!(there(&w).await, [failed.0]);
        w.publish().await;
        assert!(w.published().is_empty());
    }

    async fn a_persistent_project_keeps_all(w: World) {
        let admin = w.admin().await;
        let said = project::Input { persistent: Some(true), ..input("hello", &[X86]) };
        project::create(&w.app, &admin, "alice", &said, false).await.unwrap();
        let builder = w.builder("b1").await;
        for _ in 0..2 {
            w.succeeded(&builder).await;
        }
        keep(&w, "1").await;
        assert_eq!(build::prune(&w.app).await.unwrap(), 0);
    }

    async fn two_servers_that_prune_at_once_do_each_other_no_harm(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        for _ in 0..4 {
            w.succeeded(&builder).await;
        }
        keep(&w, "1").await;
        let second = w.second().await;
        let (one, two) = tokio::join!(build::prune(&w.app), build::prune(&second));
        one.unwrap();
        two.unwrap();
        assert_eq!(there(&w).await, [4]);
        w.publish().await;
        w.sweep().await;
        assert_eq!(w.published().len(), 2);
        assert_eq!(w.state(BuildId(4)).await, Some(State::Succeeded));
    }
}
