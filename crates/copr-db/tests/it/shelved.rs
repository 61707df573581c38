//! What of repositories is in the bucket too.

use crate::both_engines;
use crate::fixture::{NOW, repo_package};
use copr_db::repo::{self, Which};
use copr_types::State;

both_engines! {
    async fn the_bucket_is_told_what_it_lacks_and_readers_what_it_has(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let build = h.build(&mut tx).await;
        let one = h.in_chroot(&mut tx, build, State::Succeeded).await;
        let packages = ["1/a.rpm", "1/b.rpm"].map(repo_package);
        repo::put_packages(&mut tx, h.repo, one, 1, &packages).await.unwrap();
        let turn = repo::claim(&mut tx, Some(h.repo), NOW, NOW + 9).await.unwrap().unwrap();
        assert_eq!(repo::listed_since(&mut tx, h.repo, 0, 1).await.unwrap(), ["1/a.rpm", "1/b.rpm"]);
        assert!(!repo::is_shelved(&mut tx, h.repo, "1/a.rpm").await.unwrap());
        assert!(!repo::shelved(&mut tx, h.repo, turn.publisher_fence - 1, 1).await.unwrap());
        assert!(repo::shelved(&mut tx, h.repo, turn.publisher_fence, 1).await.unwrap());
        assert!(!repo::is_shelved(&mut tx, h.repo, "1/a.rpm").await.unwrap(), "the turn may be taken again");
        repo::published(&mut tx, h.repo, turn.publisher_fence, 1, NOW).await.unwrap();
        assert!(repo::is_shelved(&mut tx, h.repo, "1/a.rpm").await.unwrap());
        assert!(!repo::is_shelved(&mut tx, h.repo, "1/c.rpm").await.unwrap());
        assert_eq!(repo::not_shelved(&mut tx).await.unwrap(), []);

        // Published without a bucket, and with one again.
        repo::withdraw(&mut tx, h.repo, Which::Hrefs(&["1/a.rpm"]), 2).await.unwrap();
        let other = h.build(&mut tx).await;
        let other = h.in_chroot(&mut tx, other, State::Succeeded).await;
        repo::put_packages(&mut tx, h.repo, other, 2, &[repo_package("2/c.rpm")]).await.unwrap();
        repo::want(&mut tx, h.repo).await.unwrap();
        assert_eq!(repo::not_shelved(&mut tx).await.unwrap(), [], "it is wanted already");
        let turn = repo::claim(&mut tx, Some(h.repo), NOW, NOW + 9).await.unwrap().unwrap();
        repo::published(&mut tx, h.repo, turn.publisher_fence, 2, NOW).await.unwrap();
        assert_eq!(repo::not_shelved(&mut tx).await.unwrap(), [h.repo]);
        assert_eq!(repo::listed_since(&mut tx, h.repo, 1, 2).await.unwrap(), ["2/c.rpm"]);
        assert!(!repo::is_shelved(&mut tx, h.repo, "2/c.rpm").await.unwrap());
        assert!(repo::is_shelved(&mut tx, h.repo, "1/a.rpm").await.unwrap(), "readers of the first still want it");
    }
}
