//! Generations: kept for a while or for good, compared, brought back; and repositories that are made by hand.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::generations::{self, Place, Shown};
use copr_app::project::{self, Input};
use copr_app::{App, Kind, Rules, build, removal};
use copr_types::{BuildId, State};
use copr_wire::builder::Task;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn place() -> Place {
    Place { owner: "alice".into(), project: "hello".into(), dir: None, chroot: Some(X86.into()) }
}

async fn shown(w: &World) -> Shown {
    generations::list(&w.app, &place()).await.unwrap()
}

/// Numbers and causes of what is remembered, newest first.
async fn remembered(w: &World) -> Vec<(i64, String)> {
    let generations = shown(w).await.repositories.remove(0).generations;
    generations.into_iter().map(|one| (one.number, one.cause)).collect()
}

/// The builds that metadata list packages of.
fn builds(dir: &Path) -> BTreeSet<String> {
    let report = copr_rpm::repodata::verify(dir).expect("metadata that verify");
    report.packages.into_iter().map(|one| one.href[..8].to_owned()).collect()
}

fn named(ids: &[BuildId]) -> BTreeSet<String> {
    ids.iter().map(|id| id.padded()).collect()
}

fn files(w: &World, id: BuildId) -> PathBuf {
    w.chroot_dir("hello").join(format!("{}-hello-noarch", id.padded())).join("hello-noarch-1.0-1.noarch.rpm")
}

fn kept(w: &World, number: i64) -> PathBuf {
    w.chroot_dir("hello").join("gen").join(number.to_string()).join("repodata")
}

/// A server that keeps generations for ten minutes.
async fn patient(w: &mut World) -> App {
    w.generation_seconds = 600;
    w.second().await
}

async fn made_by_hand(w: &World, by_hand: bool) {
    let input = Input { devel_mode: Some(by_hand), ..Input::default() };
    project::edit(&w.app, &w.alice, "alice", "hello", &input).await.unwrap();
    w.publish().await;
}

both_engines! {
    async fn what_is_deleted_leaves_the_next_generation_and_its_files_when_nobody_reads_the_last(w: World) {
        let mut w = w;
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (first, second) = (w.succeeded(&builder).await, w.succeeded(&builder).await);
        let app = patient(&mut w).await;
        build::delete(&w.app, &w.alice, first).await.unwrap();
        w.publish().await;
        assert_eq!(builds(&w.chroot_dir("hello").join("repodata")), named(&[second]));
        w.clock.advance(599);
        removal::sweep(&app).await.unwrap();
        assert!(files(&w, first).exists(), "a file went away under its readers");
        assert_eq!(builds(&kept(&w, 3)), named(&[first, second]));
        let causes = remembered(&w).await;
        let expected = [(4, "removal"), (3, "build"), (2, "build"), (1, "new")];
        assert_eq!(causes, expected.map(|(number, cause)| (number, cause.to_owned())));
        w.clock.advance(1);
        removal::sweep(&app).await.unwrap();
        assert!(!files(&w, first).parent().unwrap().exists());
        let numbers: Vec<i64> = remembered(&w).await.into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [4, 1], "a generation is remembered of which something is gone");
        assert_eq!(w.published().len(), 2);
    }

    async fn what_is_pinned_stays_whatever_is_deleted(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let first = w.succeeded(&builder).await;
        let pinned = generations::pin(&w.app, &w.alice, &place(), None, "v1").await.unwrap();
        assert_eq!(pinned.repositories[0].generations[0].pinned.as_deref(), Some("v1"));
        build::delete(&w.app, &w.alice, first).await.unwrap();
        for _ in 0..8 {
            project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
            w.publish().await;
            w.sweep().await;
        }
        assert!(w.published().is_empty());
        assert!(files(&w, first).exists());
        assert_eq!(builds(&kept(&w, 2)), named(&[first]));
        let again = generations::pin(&w.app, &w.alice, &place(), Some("2"), "other").await.unwrap_err();
        assert_eq!(again.message, format!("Generation 2 of alice/hello/{X86} is pinned already, as 'v1'."));
        let taken = generations::pin(&w.app, &w.alice, &place(), None, "v1").await.unwrap_err();
        assert_eq!(taken.kind, Kind::Conflict);
        let late = generations::pin(&w.app, &w.alice, &place(), Some("1"), "late").await.unwrap_err();
        assert_eq!(late.kind, Kind::Conflict, "{}", late.message);
        // Deletion wins over a roll-back: nothing comes back of what was deleted.
        generations::roll_back(&w.app, &w.alice, &place(), "v1").await.unwrap();
        w.publish().await;
        assert!(w.published().is_empty());
        generations::unpin(&w.app, &w.alice, &place(), "v1").await.unwrap();
        w.sweep().await;
        assert!(!files(&w, first).exists());
        assert!(!kept(&w, 2).exists());
        assert_eq!(generations::unpin(&w.app, &w.alice, &place(), "v1").await.unwrap_err().kind, Kind::NotFound);
    }

    async fn an_earlier_generation_comes_back_and_later_builds_go_on_top(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let (first, second) = (w.succeeded(&builder).await, w.succeeded(&builder).await);
        let head = w.chroot_dir("hello").join("repodata");
        generations::roll_back(&w.app, &w.alice, &place(), "2").await.unwrap();
        w.publish().await;
        w.sweep().await;
        assert_eq!(builds(&head), named(&[first]));
        assert!(files(&w, second).exists(), "its build is there");
        assert_eq!(w.state(second).await, Some(State::Succeeded));
        let third = w.succeeded(&builder).await;
        assert_eq!(builds(&head), named(&[first, third]));
        let diff = generations::diff(&w.app, &place(), "3", None).await.unwrap();
        assert_eq!((diff.from, diff.to, diff.diff.added.len(), diff.diff.removed.len()), (3, 5, 2, 2));
        assert!(diff.diff.added.iter().all(|one| one.href.starts_with(&third.padded())));
        assert!(diff.diff.removed.iter().all(|one| one.href.starts_with(&second.padded())));
        generations::roll_back(&w.app, &w.alice, &place(), "3").await.unwrap();
        w.publish().await;
        assert_eq!(builds(&head), named(&[first, second]));
        w.published();
        let causes: Vec<String> = remembered(&w).await.into_iter().map(|(_, cause)| cause).collect();
        assert_eq!(causes, ["rolled back to 3", "build", "rolled back to 2", "build", "build", "new"]);
        build::delete(&w.app, &w.alice, third).await.unwrap();
        w.sweep().await;
        assert!(!files(&w, third).exists(), "what was put aside goes with its build");
    }

    async fn all_chroots_go_back_to_what_is_pinned_or_none(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        let first = w.succeeded_in(&builder, &[X86]).await;
        let all = Place { chroot: None, ..place() };
        generations::pin(&w.app, &w.alice, &all, None, "v1").await.unwrap();
        w.succeeded_in(&builder, &[X86]).await;
        let vague = generations::roll_back(&w.app, &w.alice, &all, "1").await.unwrap_err();
        assert_eq!(vague.kind, Kind::Invalid);
        generations::roll_back(&w.app, &w.alice, &all, "v1").await.unwrap();
        w.publish().await;
        assert_eq!(builds(&w.chroot_dir("hello").join("repodata")), named(&[first]));
        generations::unpin(&w.app, &w.alice, &place(), "v1").await.unwrap();
        let before = generations::list(&w.app, &all).await.unwrap();
        let refused = generations::roll_back(&w.app, &w.alice, &all, "v1").await.unwrap_err();
        assert_eq!(refused.kind, Kind::NotFound);
        let after = generations::list(&w.app, &all).await.unwrap();
        let wanted = |shown: &Shown| shown.repositories.iter().map(|one| one.repo.wanted).collect::<Vec<_>>();
        assert_eq!(wanted(&before), wanted(&after));
    }

    async fn only_administrators_change_which_generations_there_are(w: World) {
        w.project(&[X86]).await;
        let stranger = w.person("mallory").await;
        let refusals = [
            generations::pin(&w.app, &stranger, &place(), None, "v1").await.unwrap_err(),
            generations::unpin(&w.app, &stranger, &place(), "v1").await.unwrap_err(),
            generations::roll_back(&w.app, &stranger, &place(), "1").await.unwrap_err(),
            generations::promote(&w.app, &stranger, &place()).await.unwrap_err(),
        ];
        assert!(refusals.iter().all(|refusal| refusal.kind == Kind::Forbidden), "{refusals:?}");
        for wrong in [
            Place { project: "gone".into(), ..place() },
            Place { dir: Some("hello:pr:1".into()), ..place() },
            Place { chroot: Some("fedora-1-x86_64".into()), ..place() },
        ] {
            assert_eq!(generations::list(&w.app, &wrong).await.unwrap_err().kind, Kind::NotFound);
        }
        assert_eq!(generations::diff(&w.app, &place(), "1", Some("7")).await.unwrap_err().kind, Kind::NotFound);
    }

    async fn what_a_lost_turn_put_is_in_no_generation_when_its_chroot_fails(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        let row = w.show(id).await.chroots.remove(0);
        let mut tx = w.app.db.begin().await.unwrap();
        let (repo, _) = copr_db::repo::by_path(&mut tx, "alice", "hello", X86).await.unwrap().unwrap();
        let turn = copr_db::repo::by_id(&mut tx, repo).await.unwrap().unwrap();
        let package = copr_db::repo::RepoPackage {
            href: format!("{}-hello-noarch/hello-noarch-1.0-1.noarch.rpm", id.padded()),
            pkgid: "00".repeat(32),
            nevra: "hello-noarch-1.0-1.noarch".to_owned(),
            primary_xml: b"<package/>".to_vec(),
            filelists_xml: Vec::new(),
            other_xml: Vec::new(),
        };
        copr_db::repo::put_packages(&mut tx, repo, row.id, turn.wanted, &[package]).await.unwrap();
        // Somebody else wants something meanwhile, so the next turn has another number.
        let next = copr_db::repo::want(&mut tx, repo).await.unwrap();
        tx.commit().await.unwrap();
        for dir in w.staging() {
            std::fs::remove_dir_all(dir).unwrap();
        }
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Failed));
        assert!(w.published().is_empty());
        let listed = copr_db::repo::listed_at(&mut w.app.db.read().await.unwrap(), repo, next).await.unwrap();
        assert!(listed.is_empty(), "{listed:?}");
    }

    async fn repositories_made_by_hand_are_public_when_somebody_says_so(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let first = w.succeeded(&builder).await;
        made_by_hand(&w, true).await;
        let second = w.succeeded(&builder).await;
        let (public, devel) = (w.chroot_dir("hello").join("repodata"), w.chroot_dir("hello").join("devel/repodata"));
        assert_eq!(builds(&public), named(&[first]));
        assert_eq!(builds(&devel), named(&[first, second]));
        assert_eq!(shown(&w).await.repositories[0].devel, 2);
        generations::promote(&w.app, &w.alice, &Place { chroot: None, ..place() }).await.unwrap();
        w.publish().await;
        assert_eq!(builds(&public), named(&[first, second]));
        assert_eq!(shown(&w).await.repositories[0].devel, 0);
        let third = w.succeeded(&builder).await;
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.publish().await;
        assert_eq!(builds(&public), named(&[first, second, third]));
        let fourth = w.succeeded(&builder).await;
        build::delete(&w.app, &w.alice, first).await.unwrap();
        w.publish().await;
        assert_eq!(builds(&public), named(&[second, third]));
        made_by_hand(&w, false).await;
        let all = named(&[second, third, fourth]);
        assert_eq!((builds(&public), builds(&devel)), (all.clone(), all));
        w.published();
        w.sweep().await;
        assert!(!files(&w, first).exists() && files(&w, fourth).exists());
    }
}

/// dnf finds packages of a devel repository where they are, and the builds of the project are told of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dnf_finds_what_is_not_public_by_way_of_the_devel_repository() {
    let mut w = World::sqlite().await;
    let results_url = format!("file://{}", w.app.store.results().display());
    w.app.rules = Arc::new(Rules { results_url, ..(*w.app.rules).clone() });
    let input = Input { devel_mode: Some(true), ..input("hello", &[X86]) };
    project::create(&w.app, &w.alice, "alice", &input, false).await.unwrap();
    let builder = w.builder("b1").await;
    // It needs nothing, unlike what the builder makes.
    let id = crate::ready::greeting(&w, "up1").await;
    w.publish().await;
    assert_eq!(w.state(id).await, Some(copr_types::State::Succeeded));
    let project = w.app.store.results().join("alice/hello");
    let elsewhere = copr_testkit::temp_dir();
    std::os::unix::fs::symlink(project.join(X86).join("devel"), elsewhere.path().join(X86)).unwrap();
    std::fs::copy(project.join("pubkey.gpg"), elsewhere.path().join("pubkey.gpg")).unwrap();
    crate::reader::dnf(elsewhere.path(), &["install", "greeting"]);
    assert!(w.published().is_empty());
    w.imported(&builder, "hello-noarch").await;
    let Task::Rpm(task) = builder.lease().await.task else { panic!("no task for packages") };
    let repos: Vec<(&str, Option<&str>)> =
        task.repos.iter().map(|repo| (repo.id.as_str(), repo.revision.as_deref())).collect();
    assert_eq!(repos, [("copr_base", Some("2")), ("copr_base_devel", Some("2"))]);
}
