//! Projects that get another name or owner.

use crate::both_engines;
use crate::fixture::{NOW, person};
use copr_db::rename::Move;
use copr_db::{Error, build, dir, doomed, project, rename};
use copr_types::{DirName, OwnerName, ProjectName};

fn owner(name: &str) -> OwnerName {
    name.parse().unwrap()
}

fn name(name: &str) -> ProjectName {
    name.parse().unwrap()
}

both_engines! {
    async fn what_a_project_is_to_be_called_is_noted_once_until_it_is(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let bob = person(&mut tx, "bob").await;
        let to = Move { project_id: h.project, owner: owner("bob"), name: name("bye"), account_id: Some(bob.0), group_id: None };
        assert_eq!(rename::of_project(&mut tx, h.project).await.unwrap(), None);
        assert!(!rename::is_promised(&mut tx, "bob", "bye").await.unwrap());
        rename::begin(&mut tx, &to, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let mut again = t.begin().await;
        assert!(matches!(rename::begin(&mut again, &to, NOW).await, Err(Error::Exists(_))));
        drop(again);
        let mut tx = t.begin().await;
        assert_eq!(rename::pending(&mut tx).await.unwrap(), std::slice::from_ref(&to));
        assert!(rename::is_promised(&mut tx, "bob", "bye").await.unwrap());
        rename::set(&mut tx, &to).await.unwrap();
        rename::end(&mut tx, h.project).await.unwrap();
        assert_eq!(rename::of_project(&mut tx, h.project).await.unwrap(), None);
        let found = project::by_name(&mut tx, "bob", "bye").await.unwrap().unwrap();
        assert_eq!((found.id, found.account_id, found.group_id), (h.project, Some(bob.0), None));
        assert!(project::by_name(&mut tx, "alice", "hello").await.unwrap().is_none());
    }

    async fn a_deleted_project_gets_no_name_and_keeps_none(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let to = Move { project_id: h.project, owner: owner("alice"), name: name("bye"), account_id: Some(h.account.0), group_id: None };
        rename::begin(&mut tx, &to, NOW).await.unwrap();
        rename::add_alias(&mut tx, h.project, &owner("alice"), &name("first"), NOW).await.unwrap();
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert!(rename::pending(&mut tx).await.unwrap().is_empty());
        assert!(!rename::is_promised(&mut tx, "alice", "bye").await.unwrap());
        assert_eq!(rename::alias(&mut tx, "alice", "first").await.unwrap(), None);
        project::purge(&mut tx, h.project).await.unwrap();
        assert!(project::rows(&mut tx).await.unwrap().iter().all(|(table, _)| !table.starts_with("project_")));
    }

    async fn another_project_of_the_name_is_no_way_around(t: Fixture) {
        let h = t.home("alice", "hello").await;
        t.home("alice", "bye").await;
        let mut tx = t.begin().await;
        let to = Move { project_id: h.project, owner: owner("alice"), name: name("bye"), account_id: Some(h.account.0), group_id: None };
        assert!(matches!(rename::set(&mut tx, &to).await, Err(Error::Exists(_))));
    }

    async fn a_former_name_is_the_last_projects_that_had_it_until_it_is_forgotten(t: Fixture) {
        let (one, other) = (t.home("alice", "one").await, t.home("alice", "other").await);
        let mut tx = t.begin().await;
        rename::add_alias(&mut tx, one.project, &owner("alice"), &name("x"), NOW).await.unwrap();
        rename::add_alias(&mut tx, one.project, &owner("@team"), &name("y"), NOW + 1).await.unwrap();
        rename::add_alias(&mut tx, other.project, &owner("alice"), &name("x"), NOW + 2).await.unwrap();
        let found = rename::alias(&mut tx, "alice", "x").await.unwrap().unwrap();
        assert_eq!((found.project_id, found.created_on), (other.project, NOW + 2));
        let left: Vec<String> = rename::aliases(&mut tx, one.project).await.unwrap().iter().map(|one| format!("{}/{}", one.owner, one.name)).collect();
        assert_eq!(left, ["@team/y"]);
        rename::forget_alias(&mut tx, "alice", "x").await.unwrap();
        assert_eq!(rename::alias(&mut tx, "alice", "x").await.unwrap(), None);
    }

    async fn what_is_called_after_a_project_is_called_after_its_new_name(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let other = t.home("alice", "hello2").await;
        let mut tx = t.begin().await;
        dir::create(&mut tx, h.project, &DirName::from("hello:pr:1".to_owned()), false, NOW).await.unwrap();
        let build = h.build_of(&mut tx, "a").await;
        let theirs = other.build_of(&mut tx, "a").await;
        for path in ["results/alice/hello/x", "results/alice/hello2/x", "results/alice/hello"] {
            doomed::add(&mut tx, path, None, NOW).await.unwrap();
        }
        rename::set_dirs(&mut tx, h.project, &name("hello"), &name("bye")).await.unwrap();
        rename::set_addresses(&mut tx, h.project, "http://here/", "http://there/").await.unwrap();
        rename::set_doomed(&mut tx, "results/alice/hello/", "results/bob/bye/").await.unwrap();
        let dirs = dir::of_project(&mut tx, h.project).await.unwrap();
        assert_eq!(dirs.iter().map(|dir| dir.name.as_str()).collect::<Vec<_>>(), ["bye", "bye:pr:1"]);
        let dirs = dir::of_project(&mut tx, other.project).await.unwrap();
        assert_eq!(dirs.iter().map(|dir| dir.name.as_str()).collect::<Vec<_>>(), ["hello2"]);
        for (build, address) in [(build, "http://there/a-1-1.src.rpm"), (theirs, "http://here/a-1-1.src.rpm")] {
            assert_eq!(build::by_id(&mut tx, build).await.unwrap().unwrap().source_url.as_deref(), Some(address));
        }
        let paths: Vec<String> = doomed::after(&mut tx, 0, 9).await.unwrap().into_iter().map(|one| one.path).collect();
        assert_eq!(paths, ["results/bob/bye/x", "results/alice/hello2/x", "results/alice/hello"]);
    }
}

#[test]
fn a_directory_under_another_name_of_its_project_keeps_what_is_its_own() {
    let under = |dir: &str| rename::dir_under(&DirName::from(dir.to_owned()), &name("hello"), &name("bye")).to_string();
    assert_eq!(
        [under("hello"), under("hello:pr:1"), under("hello:custom:hello")],
        ["bye", "bye:pr:1", "bye:custom:hello"]
    );
}
