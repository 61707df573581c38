//! Versions of projects' keys.

use crate::both_engines;
use crate::fixture::NOW;
use copr_db::project_key::{self, ProjectKey, PublicHalf};
use copr_db::{project, repo};

const LATER: i64 = NOW + 1000;

fn half(fingerprint: &str, expires_on: Option<i64>) -> PublicHalf<'_> {
    PublicHalf { fingerprint, key_id: "id", public_key: "block", expires_on }
}

fn versions(keys: &[ProjectKey]) -> Vec<i64> {
    keys.iter().map(|key| key.version).collect()
}

both_engines! {
    async fn a_version_is_noted_once_and_those_before_it_get_an_end(t: Fixture) {
        let (home, other) = (t.home("alice", "p").await, t.home("bob", "p").await);
        let mut tx = t.begin().await;
        for (project, version) in [(home.project, 1), (home.project, 2), (home.project, 3), (other.project, 1)] {
            assert!(project_key::add(&mut tx, project, version, half("f", None), NOW).await.unwrap());
        }
        assert!(!project_key::add(&mut tx, home.project, 3, half("another", None), NOW).await.unwrap());
        project_key::supersede(&mut tx, home.project, 2, NOW + 10).await.unwrap();
        project_key::supersede(&mut tx, home.project, 3, NOW + 20).await.unwrap();
        let keys = project_key::of_project(&mut tx, home.project).await.unwrap();
        let ends: Vec<_> = keys.iter().map(|key| (key.version, key.retire_on, key.fingerprint.as_str())).collect();
        // What was to end sooner still does.
        assert_eq!(ends, [(1, Some(NOW + 10), "f"), (2, Some(NOW + 20), "f"), (3, None, "f")]);
        project_key::supersede(&mut tx, home.project, 3, NOW).await.unwrap();
        let keys = project_key::of_project(&mut tx, home.project).await.unwrap();
        assert_eq!((keys[0].retire_on, keys[1].retire_on), (Some(NOW), Some(NOW)));
        let all = project_key::all(&mut tx).await.unwrap();
        assert_eq!(versions(&all), [1, 2, 3, 1]);
        assert_eq!((all[3].project_id, all[3].retire_on, all[3].created_on), (other.project, None, NOW));
    }

    async fn a_version_retires_and_is_withdrawn_once_each(t: Fixture) {
        let home = t.home("alice", "p").await;
        let mut tx = t.begin().await;
        for version in [1, 2] {
            project_key::add(&mut tx, home.project, version, half("f", None), NOW).await.unwrap();
        }
        assert!(!project_key::retired(&mut tx, home.project, 1, NOW).await.unwrap(), "nothing has superseded it");
        assert_eq!(project_key::due(&mut tx, LATER, 0).await.unwrap(), []);
        project_key::supersede(&mut tx, home.project, 2, LATER).await.unwrap();
        assert_eq!(project_key::due(&mut tx, LATER - 1, 0).await.unwrap(), []);
        assert_eq!(versions(&project_key::due(&mut tx, LATER, 0).await.unwrap()), [1]);
        assert!(!project_key::withdrawn(&mut tx, home.project, 1, LATER).await.unwrap(), "it signs");
        assert!(project_key::retired(&mut tx, home.project, 1, LATER).await.unwrap());
        assert!(!project_key::retired(&mut tx, home.project, 1, LATER + 1).await.unwrap());
        assert_eq!(versions(&project_key::due(&mut tx, NOW, 0).await.unwrap()), [1], "it waits to be withdrawn");
        assert!(project_key::withdrawn(&mut tx, home.project, 1, LATER + 2).await.unwrap());
        assert!(!project_key::withdrawn(&mut tx, home.project, 1, LATER + 3).await.unwrap());
        assert_eq!(project_key::due(&mut tx, LATER + 9, i64::MAX).await.unwrap(), []);
        let key = project_key::of_project(&mut tx, home.project).await.unwrap().remove(0);
        assert_eq!((key.retired_on, key.withdrawn_on), (Some(LATER), Some(LATER + 2)));
    }

    async fn the_end_of_a_key_is_due_before_it_comes_and_put_off_for_the_same_key_alone(t: Fixture) {
        let (home, gone) = (t.home("alice", "p").await, t.home("bob", "p").await);
        let mut tx = t.begin().await;
        project_key::add(&mut tx, home.project, 1, half("f", Some(LATER)), NOW).await.unwrap();
        project_key::add(&mut tx, gone.project, 1, half("f", Some(LATER)), NOW).await.unwrap();
        project::mark_deleted(&mut tx, gone.project, NOW).await.unwrap();
        assert_eq!(project_key::due(&mut tx, NOW, LATER).await.unwrap(), []);
        let due = project_key::due(&mut tx, NOW, LATER + 1).await.unwrap();
        assert_eq!((due.len(), due[0].project_id, due[0].expires_on), (1, home.project, Some(LATER)));
        let new = PublicHalf { public_key: "new block", ..half("f", Some(LATER + 500)) };
        assert!(!project_key::extended(&mut tx, home.project, 1, PublicHalf { fingerprint: "g", ..new }).await.unwrap());
        assert!(project_key::extended(&mut tx, home.project, 1, new).await.unwrap());
        assert_eq!(project_key::due(&mut tx, NOW, LATER + 1).await.unwrap(), []);
        let key = project_key::of_project(&mut tx, home.project).await.unwrap().remove(0);
        assert_eq!((key.public_key.as_str(), key.expires_on), ("new block", Some(LATER + 500)));
        project::purge(&mut tx, gone.project).await.unwrap();
        assert_eq!(project_key::of_project(&mut tx, gone.project).await.unwrap(), []);
    }

    async fn a_turn_that_was_put_off_counts_as_one_failure_however_often(t: Fixture) {
        let home = t.home("alice", "p").await;
        let mut tx = t.begin().await;
        for round in 0..3 {
            let now = NOW + 10 * round;
            let turn = repo::claim(&mut tx, None, now, now + 60).await.unwrap().unwrap();
            repo::put_off(&mut tx, home.repo, turn.publisher_fence - 1, "an old turn", NOW + 9999).await.unwrap();
            repo::put_off(&mut tx, home.repo, turn.publisher_fence, "the signer is away", now + 5).await.unwrap();
            assert_eq!(repo::claim(&mut tx, None, now + 4, now + 60).await.unwrap(), None);
            assert_eq!(repo::by_id(&mut tx, home.repo).await.unwrap().unwrap().failures, 1);
        }
    }

    async fn paths_of_packages_are_listed_in_order(t: Fixture) {
        let home = t.home("alice", "p").await;
        let mut tx = t.begin().await;
        let build = home.build(&mut tx).await;
        let chroot = home.in_chroot(&mut tx, build, copr_types::State::Publishing).await;
        let packages = ["2/b.rpm", "1/a.rpm"].map(crate::fixture::repo_package);
        repo::put_packages(&mut tx, home.repo, chroot, 1, &packages).await.unwrap();
        assert_eq!(repo::hrefs(&mut tx, home.repo).await.unwrap(), ["1/a.rpm", "2/b.rpm"]);
    }
}
