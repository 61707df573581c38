//! Chains, their members and their steps.

use crate::both_engines;
use crate::fixture::{Home, NOW, repo_package};
use copr_db::chain::NewChain;
use copr_db::repo::RepoPackage;
use copr_db::{Conn, build, build_chroot, chain, project, queue, repo, task};
use copr_types::{BuildChrootId, BuildId, ChainId, State};

fn new(h: &Home) -> NewChain<'_> {
    NewChain { project: h.project, dir: "hello", account: h.account, keep_going: false, with_dependents: true }
}

/// A chain with a member that has a chroot and a task for it.
async fn with_member(tx: &mut Conn, h: &Home) -> (ChainId, BuildId, BuildChrootId) {
    let id = chain::create(tx, new(h), NOW).await.unwrap();
    let build = h.build_of(tx, "a").await;
    chain::add(tx, id, build, "it needs `x` of `y`").await.unwrap();
    let chroot = h.in_chroot(tx, build, State::Pending).await;
    h.task(tx, build, Some(chroot)).await;
    (id, build, chroot)
}

both_engines! {
    async fn a_chain_goes_from_open_to_ended_and_never_back(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let id = chain::create(&mut tx, new(&h), NOW).await.unwrap();
        let found = chain::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.owner.as_str(), found.project.as_str(), found.submitter.as_str()), ("alice", "hello", "alice"));
        assert_eq!((found.state.as_str(), found.expanded, found.keep_going), ("open", false, false));
        assert!(chain::hold(&mut tx, id, "open").await.unwrap() && !chain::hold(&mut tx, id, "started").await.unwrap());
        assert!(!chain::planned(&mut tx, id).await.unwrap(), "it is not started");
        assert!(chain::start(&mut tx, id, NOW + 1).await.unwrap() && !chain::start(&mut tx, id, NOW).await.unwrap());
        chain::expanded(&mut tx, id).await.unwrap();
        assert!(chain::planned(&mut tx, id).await.unwrap() && !chain::planned(&mut tx, id).await.unwrap());
        assert!(chain::cancel(&mut tx, id).await.unwrap() && !chain::cancel(&mut tx, id).await.unwrap());
        assert_eq!(chain::unfinished(&mut tx).await.unwrap().len(), 1);
        assert!(chain::end(&mut tx, id, NOW + 2).await.unwrap() && !chain::end(&mut tx, id, NOW).await.unwrap());
        assert!(chain::unfinished(&mut tx).await.unwrap().is_empty());
        let found = chain::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.started_on, found.ended_on, found.expanded), (Some(NOW + 1), Some(NOW + 2), true));
        let plain = NewChain { with_dependents: false, ..new(&h) };
        let later = chain::create(&mut tx, plain, NOW).await.unwrap();
        let list = chain::list(&mut tx, h.project, 10, 0).await.unwrap();
        assert_eq!(list.iter().map(|chain| chain.id).collect::<Vec<_>>(), [later, id]);
        assert!(list[0].expanded, "nobody has to look for dependents");
        assert_eq!(chain::list(&mut tx, h.project, 1, 1).await.unwrap()[0].id, id);
    }

    async fn a_members_packages_are_not_built_before_its_step_is_let_go(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let turn = repo::claim(&mut tx, None, NOW, NOW + 9).await.unwrap().unwrap();
        repo::published(&mut tx, h.repo, turn.publisher_fence, 1, NOW).await.unwrap();
        let (id, one, chroot) = with_member(&mut tx, &h).await;
        assert_eq!(chain::of_build(&mut tx, one).await.unwrap(), Some(id));
        let member = chain::members(&mut tx, id).await.unwrap().remove(0);
        assert_eq!((member.build_id, member.added_for.as_str()), (one, "it needs `x` of `y`"));
        let source = h.task(&mut tx, one, None).await;
        let ready = |found: Vec<queue::Waiting>| found.into_iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ready(queue::waiting(&mut tx, NOW).await.unwrap()), [source], "sources wait for nobody");
        task::withdraw(&mut tx, source).await.unwrap();

        assert_eq!(chain::step(&mut tx, chroot).await.unwrap(), None);
        chain::put_step(&mut tx, id, chroot, "waiting", 2, "[]").await.unwrap();
        assert!(!chain::hold_step(&mut tx, chroot, "{}").await.unwrap(), "it was not let go");
        task::block_chroot(&mut tx, chroot, false).await.unwrap();
        assert!(chain::let_go(&mut tx, chroot).await.unwrap() && !chain::let_go(&mut tx, chroot).await.unwrap());
        assert_eq!(queue::waiting(&mut tx, NOW).await.unwrap().len(), 1);
        assert!(chain::hold_step(&mut tx, chroot, "{}").await.unwrap());
        assert!(chain::let_go(&mut tx, chroot).await.unwrap());
        assert!(!chain::hold_step(&mut tx, chroot, "{}").await.unwrap(), "once is enough");
        chain::set_needs(&mut tx, chroot, 3, "[1]").await.unwrap();
        let (of, step) = chain::step(&mut tx, chroot).await.unwrap().unwrap();
        assert_eq!(chain::steps(&mut tx, id).await.unwrap(), std::slice::from_ref(&step));
        assert_eq!((of, step.build_id, step.wave, step.needs.as_str(), step.tries), (id, one, 3, "[1]", 1));
        task::withdraw_chroot(&mut tx, chroot).await.unwrap();
        assert!(task::of_build(&mut tx, one).await.unwrap().is_empty());
    }

    async fn what_is_deleted_leaves_its_chain(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (id, one, chroot) = with_member(&mut tx, &h).await;
        chain::put_step(&mut tx, id, chroot, "waiting", 1, "[]").await.unwrap();
        build::delete(&mut tx, one).await.unwrap();
        assert!(chain::members(&mut tx, id).await.unwrap().is_empty() && chain::steps(&mut tx, id).await.unwrap().is_empty());
        project::mark_deleted(&mut tx, h.project, NOW).await.unwrap();
        assert_eq!(chain::by_id(&mut tx, id).await.unwrap(), None);
        assert!(chain::unfinished(&mut tx).await.unwrap().is_empty());
        project::purge(&mut tx, h.project).await.unwrap();
    }

    async fn what_a_repository_holds_is_told_with_its_builds(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let mut builds = Vec::new();
        for name in ["a", "b"] {
            let one = h.build_of(&mut tx, name).await;
            let chroot = h.in_chroot(&mut tx, one, State::Succeeded).await;
            let package = RepoPackage { primary_xml: name.as_bytes().to_vec(), ..repo_package(&format!("{one}/{name}.rpm")) };
            repo::put_packages(&mut tx, h.repo, chroot, 1, &[package]).await.unwrap();
            builds.push(one);
        }
        let found = repo::built(&mut tx, h.dir, h.chroot).await.unwrap();
        let told: Vec<_> = found.iter().map(|one| (one.build_id, one.package.as_str(), one.primary_xml.as_slice())).collect();
        assert_eq!(told, [(builds[1], "b", &b"b"[..]), (builds[0], "a", &b"a"[..])]);
        assert_eq!(build_chroot::of_builds(&mut tx, &builds).await.unwrap().len(), 2);
    }
}
