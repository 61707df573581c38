//! What changes repositories besides builds: each makes a generation, and leaves nothing behind.

use crate::both_engines;
use crate::world::{ARM, World, X86, input};
use copr_app::{chroot, package, project, project_chroot};

const DAY: i64 = 86_400;

/// The published generation, and what it lists of groups.
async fn generation(w: &World) -> (i64, usize) {
    let id = project::find(&w.app, "alice", "hello").await.unwrap().project.id;
    let repos = copr_db::repo::of_project(&mut w.app.db.read().await.unwrap(), id).await.unwrap();
    let repo = repos.iter().find(|repo| repo.chroot.as_str() == X86).unwrap();
    assert_eq!(repo.generation, repo.wanted, "something is not published");
    let report = copr_rpm::repodata::verify(&w.chroot_dir("hello").join("repodata")).unwrap();
    assert_eq!(report.repomd.revision, repo.generation.to_string());
    (repo.generation, report.repomd.records.iter().filter(|record| record.kind == "group").count())
}

/// The same after everything was published and cleared up.
async fn settled(w: &World) -> (i64, usize) {
    w.publish().await;
    w.clock.advance(DAY);
    w.sweep().await;
    generation(w).await
}

/// Files in the repository that are no metadata.
fn files(w: &World) -> Vec<String> {
    fn below(dir: &std::path::Path, found: &mut Vec<String>) {
        for path in crate::world::entries(dir.to_owned()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.symlink_metadata().unwrap().is_dir() && !name.starts_with('.') {
                below(&path, found);
            } else if name.ends_with(".rpm") {
                found.push(name);
            }
        }
    }
    let mut found = Vec::new();
    below(&w.chroot_dir("hello"), &mut found);
    found.sort();
    found
}

both_engines! {
    async fn regenerating_makes_the_same_once_more(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        let (before, packages) = (generation(&w).await.0, w.published());
        project::regenerate(&w.app, &w.alice, "alice", "hello").await.unwrap();
        assert_eq!(settled(&w).await.0, before + 1);
        assert_eq!(w.published(), packages);
    }

    async fn groups_come_and_go_with_their_file(w: World) {
        w.project(&[X86]).await;
        let (before, none) = generation(&w).await;
        assert_eq!(none, 0);
        let edit = |input: project_chroot::Input| {
            let (app, alice) = (w.app.clone(), w.alice.clone());
            async move { project_chroot::edit(&app, &alice, "alice", "hello", X86, &input).await.unwrap() }
        };
        let comps = |text: &str| project_chroot::Input { comps: Some(("c.xml".to_owned(), text.to_owned())), ..Default::default() };
        edit(comps("<comps/>")).await;
        assert_eq!(settled(&w).await, (before + 1, 1));
        edit(comps("<comps/>")).await;
        assert_eq!(settled(&w).await, (before + 1, 1), "nothing changed");
        edit(project_chroot::Input { delete_comps: true, ..Default::default() }).await;
        assert_eq!(settled(&w).await, (before + 2, 0));
        edit(comps("<comps><!-- other --></comps>")).await;
        edit(project_chroot::Input { reset_fields: vec!["comps_name".to_owned()], ..Default::default() }).await;
        assert_eq!(settled(&w).await.1, 0);
    }

    async fn a_deleted_package_takes_its_builds_and_files_along(w: World) {
        w.project(&[X86]).await;
        let builder = w.builder("b1").await;
        w.succeeded(&builder).await;
        w.succeeded(&builder).await;
        let before = generation(&w).await.0;
        assert_eq!(files(&w).len(), 4);
        package::delete(&w.app, &w.alice, "alice", "hello", Some("hello-noarch")).await.unwrap();
        assert!(settled(&w).await.0 > before);
        assert!(w.published().is_empty() && files(&w).is_empty());
        let rows = copr_db::project::rows(&mut w.app.db.read().await.unwrap()).await.unwrap();
        let left: Vec<&str> = rows.iter().map(|(table, _)| table.as_str()).filter(|table| ["repo_package", "package", "build", "build_chroot", "built_package", "doomed_path"].contains(table)).collect();
        assert!(left.is_empty(), "{left:?}");
    }

    async fn a_chroot_that_comes_back_has_what_it_had_and_goes_on(w: World) {
        w.project(&[X86, ARM]).await;
        let builder = w.builder("b1").await;
        w.succeeded_in(&builder, &[X86]).await;
        let packages = w.published();
        let chosen = |names: &[&str]| project::Input { name: None, ..input("hello", names) };
        project::edit(&w.app, &w.alice, "alice", "hello", &chosen(&[ARM])).await.unwrap();
        settled(&w).await;
        assert_eq!(w.published(), packages, "its data is kept for some days");
        project::edit(&w.app, &w.alice, "alice", "hello", &chosen(&[X86, ARM])).await.unwrap();
        settled(&w).await;
        assert_eq!(w.published(), packages);
        // Switched off by the administrator it keeps everything, and what is deleted leaves it all the same.
        chroot::set_enabled(&w.app, X86, false).await.unwrap();
        settled(&w).await;
        assert_eq!(w.published(), packages);
        package::delete(&w.app, &w.alice, "alice", "hello", Some("hello-noarch")).await.unwrap();
        settled(&w).await;
        assert!(w.published().is_empty() && files(&w).is_empty());
    }
}
