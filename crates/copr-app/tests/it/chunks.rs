//! Rendered metadata that is kept between generations: used while it is right, made anew when it is not.

use crate::both_engines;
use crate::world::{World, X86, entries};
use copr_app::project;
use copr_db::repo::Which;
use copr_types::{ProjectId, RepoId};
use std::fs;
use std::path::PathBuf;

async fn repository(w: &World, project: ProjectId) -> RepoId {
    let repos = copr_db::repo::of_project(&mut w.app.db.read().await.unwrap(), project).await.unwrap();
    repos[0].id
}

/// A generation with nothing new in it.
async fn again(w: &World, repo: RepoId) {
    let mut tx = w.app.db.begin().await.unwrap();
    copr_db::repo::want(&mut tx, repo).await.unwrap();
    tx.commit().await.unwrap();
    w.publish().await;
}

fn kept(w: &World, repo: RepoId) -> Vec<PathBuf> {
    entries(w.app.store.chunk_dir(repo))
}

both_engines! {
    async fn what_was_rendered_is_kept_and_joined_again(w: World) {
        let project = w.project(&[X86]).await;
        let repo = repository(&w, project.project.id).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let file = w.app.store.chunk_dir(repo).join("1");
        assert_eq!(kept(&w, repo), std::slice::from_ref(&file));
        let first = fs::read(&file).unwrap();
        again(&w, repo).await;
        assert_eq!(fs::read(&file).unwrap(), first, "it was rendered although nothing had changed");
        assert_eq!(w.published().len(), 2);
        w.succeeded(&builder).await;
        assert_eq!(w.published().len(), 4);
        assert_eq!(kept(&w, repo), std::slice::from_ref(&file));
        assert_ne!(fs::read(&file).unwrap(), first);
    }

    async fn damaged_and_lost_chunks_are_rendered_anew(w: World) {
        let project = w.project(&[X86]).await;
        let repo = repository(&w, project.project.id).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let (published, file) = (w.published(), w.app.store.chunk_dir(repo).join("1"));
        let whole = fs::read(&file).unwrap();
        let mut flipped = whole.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut other_head = whole.clone();
        other_head[30] ^= 1;
        for damaged in [whole[..whole.len() / 2].to_vec(), flipped, other_head, Vec::new()] {
            fs::write(&file, damaged).unwrap();
            again(&w, repo).await;
            assert_eq!(w.published(), published);
            assert_eq!(fs::read(&file).unwrap(), whole);
        }
        fs::remove_dir_all(w.app.store.chunks()).unwrap();
        again(&w, repo).await;
        assert_eq!(w.published(), published);
        assert_eq!(fs::read(&file).unwrap(), whole);
        // A file that is no chunk's, as a publisher that was killed leaves it.
        fs::write(w.app.store.chunk_dir(repo).join("1.7"), b"half").unwrap();
        again(&w, repo).await;
        assert_eq!(kept(&w, repo), [file]);
    }

    /// What a chunk's file says is true of a generation only when nothing is noted for later ones.
    async fn what_is_noted_for_a_later_generation_stays_out_of_this_one(w: World) {
        let project = w.project(&[X86]).await;
        let repo = repository(&w, project.project.id).await;
        let builder = w.builder("b1").await;
        let id = w.succeeded(&builder).await;
        let published = w.published();
        let chroot = w.show(id).await.chroots[0].id;
        let mut tx = w.app.db.begin().await.unwrap();
        let wanted = copr_db::repo::want(&mut tx, repo).await.unwrap();
        assert_eq!(copr_db::repo::withdraw(&mut tx, repo, Which::Chroot(chroot), wanted + 1).await.unwrap(), 2);
        tx.commit().await.unwrap();
        w.publish().await;
        assert_eq!(w.published(), published);
        again(&w, repo).await;
        assert!(w.published().is_empty());
        again(&w, repo).await;
        assert!(w.published().is_empty());
    }

    async fn chunks_go_with_their_repository(w: World) {
        let project = w.project(&[X86]).await;
        let repo = repository(&w, project.project.id).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        copr_app::publish::chunks::sweep(&w.app).await.unwrap();
        assert_eq!(kept(&w, repo).len(), 1, "it is there still");
        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        copr_app::publish::chunks::sweep(&w.app).await.unwrap();
        assert!(entries(w.app.store.chunks()).is_empty());
    }
}
