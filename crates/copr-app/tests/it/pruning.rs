//! Old versions leave the repositories, and what lies about of old builds goes away.

use crate::both_engines;
use crate::builder::FakeBuilder;
use crate::rpms::{Made, version};
use crate::world::{World, X86, entries};
use copr_app::prune::{self, Manner};
use copr_app::{Kind, chroot, project};
use copr_types::{BuildId, FailureClass, State};

const DAY: i64 = 86_400;
const NAME: &str = "aging";

/// A build that has succeeded.
async fn built(w: &World, builder: &FakeBuilder, made: &Made) -> BuildId {
    let id = w.submit().await;
    builder.deliver_made(&builder.lease().await, made).await.unwrap();
    w.import().await;
    builder.deliver_made(&builder.lease().await, made).await.unwrap();
    w.publish().await;
    assert_eq!(w.state(id).await, Some(State::Succeeded));
    id
}

/// Lets the packages of this test, which were made by the machine's own time, be so many days old.
fn age(w: &World, days: i64) {
    w.clock.advance(copr_types::Clock::system().now() + days * DAY - w.app.clock.now());
}

/// What happens in some days, each with its looks.
async fn days_pass(w: &World, days: i64) {
    for _ in 0..days {
        w.clock.advance(DAY);
        prune::due(&w.app).await.unwrap();
        w.publish().await;
        w.clock.advance(w.app.rules.generation_seconds + 1);
        w.sweep().await;
    }
}

fn holds(w: &World) -> Vec<String> {
    w.published_names().iter().map(|href| href.rsplit('/').next().unwrap().to_owned()).collect()
}

fn names(dir: std::path::PathBuf) -> Vec<String> {
    let mut names: Vec<_> =
        entries(dir).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with('.') && !["repodata", "gen"].contains(&name.as_str()));
    names.sort();
    names
}

both_engines! {
    async fn an_old_version_leaves_with_all_that_was_built_with_it_and_the_build_stays(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let first = built(&w, &builder, &version(NAME, "1")).await;
        let second = built(&w, &builder, &version(NAME, "2")).await;
        age(&w, 12);
        days_pass(&w, 1).await;
        assert_eq!(w.published().len(), 4, "it is too young");
        age(&w, 15);
        let told = prune::now(&w.app, Some(("alice", "hello")), Manner::Dry).await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].packages, ["aging-1-1.noarch.rpm", "aging-1-1.src.rpm"].map(|name| format!("{}-{NAME}/{name}", first.padded())));
        assert_eq!(w.published().len(), 4, "it was only told");
        days_pass(&w, 2).await;
        assert_eq!(holds(&w), ["aging-2-1.noarch.rpm", "aging-2-1.src.rpm"]);
        assert_eq!(names(w.chroot_dir("hello")), [format!("{}-{NAME}", second.padded())]);
        assert!(names(w.chroot_dir("hello").with_file_name("srpm-builds")).is_empty());
        let shown = w.show(first).await;
        assert_eq!((shown.state(), shown.build.result_dir, shown.chroots[0].result_dir.clone()), (Some(State::Succeeded), None, None));
        assert!(w.show(second).await.chroots[0].result_dir.is_some());
        // And nothing else ever happens.
        let generation = w.published();
        days_pass(&w, 3).await;
        assert_eq!(w.published(), generation);
        assert!(prune::now(&w.app, None, Manner::Real).await.unwrap().is_empty());
    }

    async fn what_a_failed_build_left_goes_when_it_is_old(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        let lease = builder.lease().await;
        builder.log(&lease, "it broke\n").await.unwrap();
        builder.fail(&lease, FailureClass::User).await.unwrap();
        days_pass(&w, 13).await;
        assert_eq!(names(w.chroot_dir("hello")).len(), 1);
        days_pass(&w, 3).await;
        assert!(names(w.chroot_dir("hello")).is_empty());
        assert_eq!(w.state(id).await, Some(State::Failed));
        assert!(w.show(id).await.chroots[0].failure().is_some());
    }

    async fn what_still_runs_loses_nothing(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.imported(&builder, "hello-noarch").await;
        days_pass(&w, 20).await;
        builder.make("hello-noarch").await;
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert_eq!(w.published().len(), 2);
    }

    async fn projects_that_say_so_keep_everything(w: World) {
        w.project(&[X86]).await;
        let root = w.admin().await;
        let builder = w.builder("b1").await;
        built(&w, &builder, &version(NAME, "1")).await;
        built(&w, &builder, &version(NAME, "2")).await;
        let input = |on| project::Input { auto_prune: Some(on), ..project::Input::default() };
        project::edit(&w.app, &root, "alice", "hello", &input(false)).await.unwrap();
        age(&w, 30);
        days_pass(&w, 2).await;
        assert_eq!(w.published().len(), 4);
        let refused = prune::now(&w.app, Some(("alice", "hello")), Manner::Real).await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Invalid, "alice/hello is never pruned: `auto_prune` is off"));
        project::edit(&w.app, &root, "alice", "hello", &input(true)).await.unwrap();
        days_pass(&w, 1).await;
        assert_eq!(w.published().len(), 2);
    }

    async fn a_chroot_that_is_switched_off_is_pruned_a_last_time(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        built(&w, &builder, &version(NAME, "1")).await;
        built(&w, &builder, &version(NAME, "2")).await;
        built(&w, &builder, &version(NAME, "3")).await;
        age(&w, 15);
        chroot::set_enabled(&w.app, X86, false).await.unwrap();
        days_pass(&w, 1).await;
        assert_eq!(holds(&w), ["aging-3-1.noarch.rpm", "aging-3-1.src.rpm"]);
        assert!(copr_db::prune::due(&mut w.app.db.read().await.unwrap(), i64::MAX, i64::MAX, 9).await.unwrap().is_empty());
    }

    async fn two_servers_prune_once(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        built(&w, &builder, &version(NAME, "1")).await;
        built(&w, &builder, &version(NAME, "2")).await;
        age(&w, 15);
        let other = w.second().await;
        let (one, two) = tokio::join!(prune::due(&w.app), prune::due(&other));
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        let id = project::find(&w.app, "alice", "hello").await.unwrap().project.id;
        let repo = copr_db::repo::of_project(&mut w.app.db.read().await.unwrap(), id).await.unwrap().remove(0);
        assert_eq!(repo.wanted - repo.generation, 1, "one generation is enough");
    }

    async fn the_newest_version_of_a_deleted_build_supersedes_nothing(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        built(&w, &builder, &version(NAME, "1")).await;
        let second = built(&w, &builder, &version(NAME, "2")).await;
        age(&w, 15);
        // The deletion is not published yet when the pruner comes.
        copr_app::build::delete(&w.app, &w.alice, second).await.unwrap();
        prune::due(&w.app).await.unwrap();
        days_pass(&w, 2).await;
        assert_eq!(holds(&w), ["aging-1-1.noarch.rpm", "aging-1-1.src.rpm"]);
    }
}
