//! What which generation lists, and for how long it is kept.

use crate::both_engines;
use crate::fixture::{Home, NOW, repo_package};
use copr_db::repo::{CHUNK, Which};
use copr_db::{Conn, build, generation, project, repo};
use copr_types::{BuildChrootId, BuildId, State};

/// A build whose packages are listed from a generation on.
async fn put(conn: &mut Conn, h: &Home, number: i64, hrefs: &[&str]) -> (BuildId, BuildChrootId) {
    let id = h.build(conn).await;
    let one = h.in_chroot(conn, id, State::Succeeded).await;
    let packages: Vec<_> = hrefs.iter().map(|href| repo_package(href)).collect();
    repo::put_packages(conn, h.repo, one, number, &packages).await.unwrap();
    (id, one)
}

/// The generation that is wanted next, published: its number.
async fn publish(conn: &mut Conn, h: &Home, now: i64) -> i64 {
    let found = repo::by_id(conn, h.repo).await.unwrap().unwrap();
    let turn = match repo::claim(conn, Some(h.repo), now, now + 9).await.unwrap() {
        Some(turn) => turn,
        None => {
            repo::want(conn, h.repo).await.unwrap();
            repo::claim(conn, Some(h.repo), now, now + 9).await.unwrap().unwrap()
        }
    };
    assert!(turn.wanted > found.generation);
    let packages = repo::listed_at(conn, h.repo, turn.wanted).await.unwrap().len();
    assert!(repo::published(conn, h.repo, turn.publisher_fence, turn.wanted, now).await.unwrap());
    let name = format!("{:08}-{}", turn.wanted, turn.publisher_fence);
    generation::publish(conn, h.repo, turn.wanted, i64::try_from(packages).unwrap(), &name, now).await.unwrap();
    turn.wanted
}

async fn hrefs(conn: &mut Conn, h: &Home, number: i64) -> Vec<String> {
    repo::packages_at(conn, h.repo, number).await.unwrap().into_iter().map(|one| one.href).collect()
}

async fn numbers(conn: &mut Conn, h: &Home) -> Vec<i64> {
    generation::list(conn, h.repo, 100).await.unwrap().into_iter().map(|one| one.number).collect()
}

both_engines! {
    async fn each_generation_lists_what_it_listed_whatever_comes_later(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (first, _) = put(&mut tx, &h, 1, &["1/a.rpm", "1/b.rpm"]).await;
        put(&mut tx, &h, 2, &["2/c.rpm"]).await;
        assert_eq!(repo::coming(&mut tx, h.repo).await.unwrap(), 2);
        assert_eq!(repo::withdraw(&mut tx, h.repo, Which::Build(first), 3).await.unwrap(), 2);
        assert_eq!(repo::withdraw(&mut tx, h.repo, Which::Build(first), 4).await.unwrap(), 0);
        assert_eq!(hrefs(&mut tx, &h, 0).await, [""; 0]);
        assert_eq!(hrefs(&mut tx, &h, 1).await, ["1/a.rpm", "1/b.rpm"]);
        assert_eq!(hrefs(&mut tx, &h, 2).await, ["1/a.rpm", "1/b.rpm", "2/c.rpm"]);
        assert_eq!(hrefs(&mut tx, &h, 3).await, ["2/c.rpm"]);
        put(&mut tx, &h, 5, &["1/a.rpm"]).await;
        assert_eq!(hrefs(&mut tx, &h, 4).await, ["2/c.rpm"]);
        assert_eq!(hrefs(&mut tx, &h, 5).await, ["1/a.rpm", "2/c.rpm"]);
        let diff = repo::diff(&mut tx, h.repo, 1, 5).await.unwrap();
        let names = |listed: &[repo::Listed]| -> Vec<String> { listed.iter().map(|one| one.href.clone()).collect() };
        assert_eq!((names(&diff.added), names(&diff.removed)), (vec!["2/c.rpm".to_owned()], vec!["1/b.rpm".to_owned()]));
        let back = repo::diff(&mut tx, h.repo, 5, 1).await.unwrap();
        assert_eq!((back.added, back.removed), (diff.removed, diff.added));
        let diff = repo::diff(&mut tx, h.repo, 3, 4).await.unwrap();
        assert_eq!(diff, repo::Diff::default());
    }

    async fn packages_that_are_put_again_stay_as_they_are(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (_, one) = put(&mut tx, &h, 1, &["1/a.rpm", "1/b.rpm"]).await;
        let before = repo::chunks(&mut tx, h.repo).await.unwrap();
        // The turn was lost, and the next one has another number.
        repo::put_packages(&mut tx, h.repo, one, 2, &[repo_package("1/a.rpm"), repo_package("1/b.rpm")]).await.unwrap();
        assert_eq!(repo::chunks(&mut tx, h.repo).await.unwrap(), before);
        assert_eq!(hrefs(&mut tx, &h, 2).await, ["1/a.rpm", "1/b.rpm"]);
        // It was put by nobody who came to an end, and is in no generation then.
        repo::withdraw(&mut tx, h.repo, Which::Chroot(one), 1).await.unwrap();
        assert_eq!(hrefs(&mut tx, &h, 1).await, [""; 0]);
        assert_eq!(repo::purge(&mut tx, h.repo, 9).await.unwrap(), (Vec::new(), false));
        assert!(repo::chunks(&mut tx, h.repo).await.unwrap()[0].edition > before[0].edition);
    }

    async fn packages_stand_in_chunks_that_are_filled_one_after_the_other(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let names: Vec<String> = (0..CHUNK + 10).map(|n| format!("1/{n:04}.rpm")).collect();
        put(&mut tx, &h, 1, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        put(&mut tx, &h, 2, &["2/a.rpm"]).await;
        let chunks = repo::chunks(&mut tx, h.repo).await.unwrap();
        let seen: Vec<_> = chunks.iter().map(|one| (one.number, one.packages, one.changed_in, one.edition)).collect();
        assert_eq!(seen, [(1, CHUNK, 1, 1), (2, 11, 2, 2)]);
        assert_eq!(repo::withdraw(&mut tx, h.repo, Which::Hrefs(&["1/0001.rpm", "1/0002.rpm"]), 3).await.unwrap(), 2);
        assert_eq!(repo::withdraw(&mut tx, h.repo, Which::Hrefs(&[]), 3).await.unwrap(), 0);
        let chunks = repo::chunks(&mut tx, h.repo).await.unwrap();
        let seen: Vec<_> = chunks.iter().map(|one| (one.number, one.packages, one.changed_in, one.edition)).collect();
        assert_eq!(seen, [(1, CHUNK, 3, 2), (2, 11, 2, 2)], "holes stay");
        assert_eq!(repo::chunk_at(&mut tx, h.repo, 1, 3).await.unwrap().len() as i64, CHUNK - 2);
        assert_eq!(repo::chunk_at(&mut tx, h.repo, 1, 2).await.unwrap().len() as i64, CHUNK);
        assert_eq!(repo::chunk_at(&mut tx, h.repo, 2, 1).await.unwrap().len(), 10);
        let all = repo::packages_at(&mut tx, h.repo, 3).await.unwrap();
        let last = repo::chunk_at(&mut tx, h.repo, 2, 3).await.unwrap();
        assert_eq!(all[all.len() - last.len()..], last[..], "chunks follow one another");
    }

    async fn what_is_superseded_is_kept_for_a_while_and_what_is_pinned_for_good(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (first, _) = put(&mut tx, &h, 1, &["1/a.rpm"]).await;
        assert_eq!(publish(&mut tx, &h, NOW).await, 1);
        assert!(repo::hold_one(&mut tx, h.repo).await.unwrap());
        let number = repo::want(&mut tx, h.repo).await.unwrap();
        repo::withdraw(&mut tx, h.repo, Which::Build(first), number).await.unwrap();
        build::delete(&mut tx, first).await.unwrap();
        assert!(repo::due(&mut tx, i64::MAX).await.unwrap().is_empty(), "the present generation lists it");
        assert_eq!(publish(&mut tx, &h, NOW + 100).await, 2);
        assert!(repo::due(&mut tx, NOW + 99).await.unwrap().is_empty());
        assert_eq!(repo::due(&mut tx, NOW + 100).await.unwrap(), [h.repo]);
        assert_eq!(generation::oldest_kept(&mut tx, h.repo, NOW + 99).await.unwrap(), 1);
        assert_eq!(generation::oldest_kept(&mut tx, h.repo, NOW + 100).await.unwrap(), 2);
        assert_eq!(repo::purge(&mut tx, h.repo, 1).await.unwrap(), (Vec::new(), false));

        assert!(generation::pin(&mut tx, h.repo, 1, "first").await.unwrap());
        assert!(!generation::pin(&mut tx, h.repo, 1, "again").await.unwrap());
        assert!(!generation::pin(&mut tx, h.repo, 7, "none").await.unwrap());
        assert_eq!(generation::by_pin(&mut tx, h.repo, "first").await.unwrap().unwrap().number, 1);
        assert!(repo::due(&mut tx, i64::MAX).await.unwrap().is_empty());
        assert_eq!(repo::purge(&mut tx, h.repo, 2).await.unwrap(), (Vec::new(), false));
        assert!(generation::unpin(&mut tx, h.repo, 1).await.unwrap());
        assert!(!generation::unpin(&mut tx, h.repo, 1).await.unwrap());
        assert_eq!(generation::by_pin(&mut tx, h.repo, "first").await.unwrap(), None);

        assert_eq!(numbers(&mut tx, &h).await, [2, 1]);
        assert_eq!(repo::purge(&mut tx, h.repo, 2).await.unwrap(), (vec!["1/a.rpm".to_owned()], false));
        assert_eq!(numbers(&mut tx, &h).await, [2], "a generation that is not whole is remembered");
    }

    async fn generations_say_why_they_are_and_how_much_they_list(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        publish(&mut tx, &h, NOW).await;
        let number = repo::coming(&mut tx, h.repo).await.unwrap();
        let (first, _) = put(&mut tx, &h, number, &["1/a.rpm", "1/b.rpm"]).await;
        publish(&mut tx, &h, NOW + 1).await;
        let number = repo::want(&mut tx, h.repo).await.unwrap();
        repo::withdraw(&mut tx, h.repo, Which::Build(first), number).await.unwrap();
        publish(&mut tx, &h, NOW + 2).await;
        publish(&mut tx, &h, NOW + 3).await;
        repo::want_for(&mut tx, h.repo, "somebody wished it").await.unwrap();
        publish(&mut tx, &h, NOW + 4).await;
        publish(&mut tx, &h, NOW + 5).await;
        let seen: Vec<_> = generation::list(&mut tx, h.repo, 100).await.unwrap().into_iter()
            .map(|one| (one.number, one.created_on - NOW, one.superseded_on.map(|end| end - NOW), one.cause, one.packages))
            .collect();
        let expected = [
            (6, 5, None, "change", 0), (5, 4, Some(5), "somebody wished it", 0), (4, 3, Some(4), "change", 0),
            (3, 2, Some(3), "removal", 0), (2, 1, Some(2), "build", 2), (1, 0, Some(1), "new", 0),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(a, b, c, cause, d)| (a, b, c, cause.to_owned(), d)).collect();
        assert_eq!(seen, expected);
        assert_eq!(generation::by_number(&mut tx, h.repo, 2).await.unwrap().unwrap().packages, 2);
        assert_eq!(generation::by_number(&mut tx, h.repo, 9).await.unwrap(), None);
    }

    async fn metadata_of_old_generations_is_forgotten_first_and_then_they_are(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        for n in 0..5 {
            publish(&mut tx, &h, NOW + n).await;
        }
        let all = generation::metadata(&mut tx, h.repo).await.unwrap();
        assert_eq!(all.len(), 5);
        assert!(generation::pin(&mut tx, h.repo, 2, "kept").await.unwrap());
        assert!(generation::due(&mut tx, NOW + 100, 5).await.unwrap().is_empty());
        assert!(generation::due(&mut tx, NOW, 2).await.unwrap().is_empty());
        assert_eq!(generation::due(&mut tx, NOW + 1, 2).await.unwrap(), [h.repo]);
        let gone = generation::forget_metadata(&mut tx, h.repo, NOW + 100, 2).await.unwrap();
        assert_eq!(gone, [all[0].clone(), all[2].clone()]);
        assert!(generation::forget_metadata(&mut tx, h.repo, NOW + 100, 2).await.unwrap().is_empty());
        assert!(!generation::pin(&mut tx, h.repo, 1, "late").await.unwrap(), "its metadata is gone");
        assert_eq!(numbers(&mut tx, &h).await, [5, 4, 3, 2, 1]);
        assert_eq!(generation::forget_old(&mut tx, h.repo, 3).await.unwrap(), 1);
        assert_eq!(numbers(&mut tx, &h).await, [5, 4, 3, 2]);
    }

    async fn what_is_made_by_hand_is_public_when_somebody_says_so(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        put(&mut tx, &h, 1, &["1/a.rpm"]).await;
        publish(&mut tx, &h, NOW).await;
        let settings = project::by_id(&mut tx, h.project).await.unwrap().unwrap().settings;
        project::update(&mut tx, h.project, &project::Settings { devel_mode: true, ..settings }).await.unwrap();
        let number = repo::want(&mut tx, h.repo).await.unwrap();
        put(&mut tx, &h, number, &["2/b.rpm"]).await;
        publish(&mut tx, &h, NOW + 1).await;
        assert_eq!(hrefs(&mut tx, &h, 2).await, ["1/a.rpm"]);
        assert_eq!(repo::chunk_at(&mut tx, h.repo, 1, 2).await.unwrap().len(), 1);
        assert_eq!(repo::devel_at(&mut tx, h.repo, 2).await.unwrap().len(), 2);
        assert_eq!(repo::devel_count(&mut tx, h.repo, 2).await.unwrap(), 1);
        assert_eq!(repo::diff(&mut tx, h.repo, 1, 2).await.unwrap(), repo::Diff::default());

        let number = repo::want(&mut tx, h.repo).await.unwrap();
        put(&mut tx, &h, number, &["3/c.rpm"]).await;
        assert_eq!(repo::promote(&mut tx, h.repo, number).await.unwrap(), 2);
        assert_eq!(repo::promote(&mut tx, h.repo, number).await.unwrap(), 0);
        publish(&mut tx, &h, NOW + 2).await;
        assert_eq!(hrefs(&mut tx, &h, 3).await, ["1/a.rpm", "2/b.rpm", "3/c.rpm"]);
        assert_eq!(repo::devel_at(&mut tx, h.repo, 3).await.unwrap().len(), 3);
        assert_eq!(repo::devel_count(&mut tx, h.repo, 3).await.unwrap(), 0);
        assert_eq!(hrefs(&mut tx, &h, 2).await, ["1/a.rpm"]);
        assert_eq!(repo::purge(&mut tx, h.repo, 3).await.unwrap(), (Vec::new(), false), "the file is listed still");
        assert_eq!(numbers(&mut tx, &h).await, [3, 2, 1]);
    }

    async fn an_earlier_generation_comes_back_as_far_as_its_builds_are_there(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (first, _) = put(&mut tx, &h, 1, &["1/a.rpm"]).await;
        let (second, _) = put(&mut tx, &h, 1, &["2/b.rpm"]).await;
        publish(&mut tx, &h, NOW).await;
        let (third, _) = put(&mut tx, &h, 2, &["3/c.rpm"]).await;
        let number = repo::want(&mut tx, h.repo).await.unwrap();
        repo::withdraw(&mut tx, h.repo, Which::Build(first), number).await.unwrap();
        repo::withdraw(&mut tx, h.repo, Which::Build(second), number).await.unwrap();
        publish(&mut tx, &h, NOW + 1).await;
        build::delete(&mut tx, second).await.unwrap();
        assert_eq!(hrefs(&mut tx, &h, 2).await, ["3/c.rpm"]);

        let number = repo::want_for(&mut tx, h.repo, "roll back").await.unwrap();
        assert_eq!(repo::restore(&mut tx, h.repo, 1, number).await.unwrap(), 2);
        publish(&mut tx, &h, NOW + 2).await;
        assert_eq!(hrefs(&mut tx, &h, 3).await, ["1/a.rpm"]);
        assert_eq!(hrefs(&mut tx, &h, 2).await, ["3/c.rpm"]);
        // The deleted build's package goes; that which is only put aside stays, and comes back.
        assert_eq!(repo::purge(&mut tx, h.repo, 3).await.unwrap().0, ["2/b.rpm"]);
        assert_eq!(numbers(&mut tx, &h).await, [3, 2]);
        let number = repo::want(&mut tx, h.repo).await.unwrap();
        assert_eq!(repo::restore(&mut tx, h.repo, 2, number).await.unwrap(), 2);
        publish(&mut tx, &h, NOW + 3).await;
        assert_eq!(hrefs(&mut tx, &h, 4).await, ["3/c.rpm"]);
        build::delete(&mut tx, third).await.unwrap();
        repo::withdraw(&mut tx, h.repo, Which::Hrefs(&["3/c.rpm"]), 5).await.unwrap();
        publish(&mut tx, &h, NOW + 4).await;
        assert_eq!(repo::purge(&mut tx, h.repo, 5).await.unwrap().0, ["3/c.rpm"]);
    }
}
