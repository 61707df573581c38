//! Repositories that are in a bucket too, which a real S3 service has.

use crate::both_engines;
use crate::world::{World, X86};
use copr_app::shelf::{self, Shelf};
use copr_app::{build, project};
use copr_bucket::{Bucket, Settings};
use copr_testbucket::{ACCESS_KEY, BUCKET, SECRET_KEY, Server};
use copr_types::State;
use std::sync::Arc;
use std::time::Duration;

fn settings(server: &Server) -> Settings {
    Settings {
        bucket: BUCKET.to_owned(),
        endpoint: Some(server.endpoint()),
        access_key: Some(ACCESS_KEY.to_owned()),
        secret_key: Some(SECRET_KEY.to_owned().into()),
        allow_http: true,
        retry: Duration::from_millis(200),
        ..Settings::default()
    }
}

fn shelf_of(server: &Server) -> Option<Arc<Shelf>> {
    let bucket = Bucket::open(&settings(server)).expect("a bucket");
    Some(Arc::new(Shelf::new(bucket, Some("https://cdn.example.org/copr".to_owned()))))
}

/// What the bucket's head names, and that all of it is there as it is in the tree.
fn named(w: &World, server: &Server) -> Vec<String> {
    let head = std::fs::read_to_string(server.file("repositories/1/head")).expect("a head");
    let place = server.file("repositories/1");
    let report = copr_rpm::repodata::verify(&place.join(".repodata").join(&head)).expect("metadata that verify");
    let mut hrefs: Vec<String> = report.packages.into_iter().map(|one| one.href).collect();
    hrefs.sort_unstable();
    for href in &hrefs {
        let (there, here) = (std::fs::read(place.join(href)), std::fs::read(w.chroot_dir("hello").join(href)));
        assert_eq!(there.expect(href), here.expect(href), "{href}");
    }
    hrefs
}

fn packages(server: &Server) -> Vec<String> {
    server.objects().into_iter().filter(|name| name.ends_with(".rpm")).collect()
}

both_engines! {
    async fn what_is_published_is_in_the_bucket_and_goes_with_what_it_is_of(w: World) {
        let server = Server::start();
        let mut w = w;
        w.app.shelf = shelf_of(&server);
        w.project(&[X86]).await;
        assert_eq!(named(&w, &server), [""; 0]);
        let builder = w.builder("b1").await;
        let first = w.succeeded(&builder).await;
        let second = w.succeeded(&builder).await;
        assert_eq!(named(&w, &server), w.published_names());
        assert_eq!(w.published_names().len(), 4);

        build::delete(&w.app, &w.alice, first).await.unwrap();
        w.publish().await;
        w.sweep().await;
        assert_eq!(named(&w, &server), w.published_names());
        let prefix = format!("repositories/1/{second:08}-");
        assert!(packages(&server).iter().all(|name| name.starts_with(&prefix)), "{:?}", packages(&server));

        project::delete(&w.app, &w.alice, "alice", "hello").await.unwrap();
        w.sweep().await;
        w.sweep().await;
        assert_eq!(server.objects(), [""; 0]);
    }

    async fn nothing_succeeds_while_the_bucket_is_away_and_nothing_is_lost(w: World) {
        let (server, gone) = (Server::start(), Server::start());
        let mut w = w;
        w.app.shelf = shelf_of(&server);
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        let id = w.delivered(&builder).await;
        w.app.shelf = shelf_of(&gone);
        drop(gone);
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Running), "as clients are told");
        assert_eq!(packages(&server), [""; 0]);
        w.app.shelf = shelf_of(&server);
        w.clock.advance(600);
        w.publish().await;
        assert_eq!(w.state(id).await, Some(State::Succeeded));
        assert_eq!(named(&w, &server), w.published_names());
        assert_eq!(packages(&server).len(), 2);
    }

    async fn a_bucket_that_comes_later_gets_what_is_there(w: World) {
        let server = Server::start();
        let mut w = w;
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let href = w.published_names().remove(0);
        shelf::fill(&w.app).await.unwrap();
        w.app.shelf = shelf_of(&server);
        let address = |app: copr_app::App| async move {
            shelf::elsewhere(&app, "alice", "hello", X86, "00000001-hello-noarch/hello-noarch-1.0-1.src.rpm").await.unwrap()
        };
        assert_eq!(address(w.app.clone()).await, None, "it is in the tree alone");
        shelf::fill(&w.app).await.unwrap();
        w.publish().await;
        assert_eq!(named(&w, &server), w.published_names());
        assert!(w.published_names().contains(&href));
        let found = address(w.app.clone()).await.expect("an address");
        assert_eq!(
            found,
            "https://cdn.example.org/copr/repositories/1/00000001-hello-noarch/hello-noarch-1.0-1.src.rpm"
        );
        shelf::fill(&w.app).await.unwrap();
        assert!(copr_db::repo::not_shelved(&mut w.app.db.read().await.unwrap()).await.unwrap().is_empty());
    }
}
