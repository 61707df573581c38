//! Accounts, tokens, groups, builders, chroots.

use crate::both_engines;
use crate::fixture::{CHROOT, NOW, chroot, definition, person};
use copr_db::builder::Says;
use copr_db::{Error, account, builder, chroot as chroots, group, permission, project, session, webhook};
use copr_types::BuilderId;
use copr_types::permission::Grant;

both_engines! {
    async fn an_account_is_found_by_name_and_number_and_its_name_is_unique(t: Fixture) {
        let mut tx = t.begin().await;
        let made = account::create(&mut tx, &"alice".parse().unwrap(), "a@example.org", true, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert!(made.admin && !made.disabled && made.created_on == NOW && made.email == "a@example.org");

        let mut conn = t.read().await;
        assert_eq!(account::by_name(&mut conn, "alice").await.unwrap().as_ref(), Some(&made));
        assert_eq!(account::by_id(&mut conn, made.id).await.unwrap().as_ref(), Some(&made));
        assert_eq!(account::list(&mut conn).await.unwrap(), [made]);
        assert_eq!(account::by_name(&mut conn, "ALICE").await.unwrap(), None);
        drop(conn);

        let mut tx = t.begin().await;
        let twice = account::create(&mut tx, &"alice".parse().unwrap(), "", false, NOW).await;
        assert!(matches!(twice, Err(Error::Exists(_))), "{twice:?}");
    }

    async fn an_account_can_be_disabled_and_enabled(t: Fixture) {
        let mut tx = t.begin().await;
        let id = person(&mut tx, "alice").await;
        assert!(account::set_disabled(&mut tx, "alice", true).await.unwrap());
        assert!(account::by_id(&mut tx, id).await.unwrap().unwrap().disabled);
        assert!(account::set_disabled(&mut tx, "alice", false).await.unwrap());
        assert!(!account::by_id(&mut tx, id).await.unwrap().unwrap().disabled);
        assert!(!account::set_disabled(&mut tx, "nobody", true).await.unwrap());
    }

    async fn a_new_token_replaces_the_old_one(t: Fixture) {
        let mut tx = t.begin().await;
        let id = person(&mut tx, "alice").await;
        account::replace_token(&mut tx, id, "first", "hash one", NOW, NOW + 10).await.unwrap();
        account::replace_token(&mut tx, id, "second", "hash two", NOW, NOW + 20).await.unwrap();
        assert!(account::by_login(&mut tx, "first").await.unwrap().is_none());
        let found = account::by_login(&mut tx, "second").await.unwrap().unwrap();
        assert_eq!((found.account.id, found.token_hash.as_str(), found.expires_on), (id, "hash two", NOW + 20));
        let token = account::token(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((token.login.as_str(), token.expires_on), ("second", NOW + 20));
        let other = person(&mut tx, "bob").await;
        assert_eq!(account::token(&mut tx, other).await.unwrap(), None);
        let twice = account::replace_token(&mut tx, other, "second", "hash", NOW, NOW).await;
        assert!(matches!(twice, Err(Error::Exists(_))));
    }

    async fn a_session_names_its_account_until_it_expires_or_is_ended(t: Fixture) {
        let mut tx = t.begin().await;
        let (alice, bob) = (person(&mut tx, "alice").await, person(&mut tx, "bob").await);
        session::create(&mut tx, "hash one", alice, NOW, NOW + 10).await.unwrap();
        session::create(&mut tx, "hash two", alice, NOW, NOW + 20).await.unwrap();
        session::create(&mut tx, "hash three", bob, NOW, NOW + 20).await.unwrap();
        let of = async |tx: &mut copr_db::Conn, hash, now| session::account(tx, hash, now).await.unwrap().map(|one| one.id);
        assert_eq!(of(&mut tx, "hash one", NOW + 9).await, Some(alice));
        assert_eq!(of(&mut tx, "hash one", NOW + 10).await, None);
        assert_eq!(of(&mut tx, "hash four", NOW).await, None);

        assert_eq!(session::prune(&mut tx, NOW + 10).await.unwrap(), 1);
        assert_eq!(of(&mut tx, "hash one", NOW).await, None);
        assert_eq!(session::end_all(&mut tx, alice).await.unwrap(), 1);
        assert_eq!(of(&mut tx, "hash two", NOW).await, None);
        assert_eq!(of(&mut tx, "hash three", NOW).await, Some(bob));
        let twice = session::create(&mut tx, "hash three", alice, NOW, NOW + 1).await;
        assert!(matches!(twice, Err(Error::Exists(_))));
    }

    async fn what_is_not_committed_is_not_there(t: Fixture) {
        let mut tx = t.begin().await;
        person(&mut tx, "alice").await;
        drop(tx);
        assert!(account::by_name(&mut t.read().await, "alice").await.unwrap().is_none());
    }

    async fn who_has_no_role_has_none_and_who_had_one_is_listed(t: Fixture) {
        let h = t.home("alice", "hello").await;
        let mut tx = t.begin().await;
        let (bob, carol) = (person(&mut tx, "bob").await, person(&mut tx, "carol").await);
        assert!(permission::list(&mut tx, h.project).await.unwrap().is_empty());
        assert_eq!(permission::hold(&mut tx, h.project, carol).await.unwrap(), (Grant::Nothing, Grant::Nothing));
        project::grant(&mut tx, h.project, bob, Grant::Approved, Grant::Request).await.unwrap();
        assert_eq!(permission::hold(&mut tx, h.project, bob).await.unwrap(), (Grant::Approved, Grant::Request));
        let listed = permission::list(&mut tx, h.project).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|one| (one.user.as_str(), one.admin, one.builder)).collect();
        assert_eq!(listed, [("bob", Grant::Approved, Grant::Request), ("carol", Grant::Nothing, Grant::Nothing)]);
    }

    async fn a_project_has_one_web_hook_secret_at_a_time(t: Fixture) {
        let (h, other) = (t.home("alice", "hello").await, t.home("alice", "other").await);
        let mut tx = t.begin().await;
        assert_eq!(webhook::secret(&mut tx, h.project).await.unwrap(), None);
        for secret in ["first", "second"] {
            webhook::set_secret(&mut tx, h.project, secret).await.unwrap();
        }
        assert_eq!(webhook::secret(&mut tx, h.project).await.unwrap().as_deref(), Some("second"));
        assert_eq!(webhook::secret(&mut tx, other.project).await.unwrap(), None);
    }

    async fn groups_have_members(t: Fixture) {
        let mut tx = t.begin().await;
        let (alice, bob) = (person(&mut tx, "alice").await, person(&mut tx, "bob").await);
        let made = group::create(&mut tx, &"crew".parse().unwrap(), "gitcrew", NOW).await.unwrap();
        group::create(&mut tx, &"band".parse().unwrap(), "gitband", NOW).await.unwrap();
        assert_eq!(group::by_alias(&mut tx, "crew").await.unwrap().unwrap(), made);
        assert_eq!(made.external_name, "gitcrew");
        for account in [bob, alice, alice] {
            group::add(&mut tx, made.id, account).await.unwrap();
        }
        let names = |members: Vec<account::Account>| members.into_iter().map(|one| one.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(group::members(&mut tx, made.id).await.unwrap()), ["alice", "bob"]);
        assert!(group::has(&mut tx, made.id, alice).await.unwrap());
        assert!(group::remove(&mut tx, made.id, alice).await.unwrap());
        assert!(!group::remove(&mut tx, made.id, alice).await.unwrap());
        assert!(!group::has(&mut tx, made.id, alice).await.unwrap());
        let aliases: Vec<_> = group::list(&mut tx).await.unwrap().into_iter().map(|one| one.alias.to_string()).collect();
        assert_eq!(aliases, ["band", "crew"]);
        let twice = group::create(&mut tx, &"crew".parse().unwrap(), "other", NOW).await;
        assert!(matches!(twice, Err(Error::Exists(_))));
    }

    async fn a_builder_is_known_by_its_token(t: Fixture) {
        let mut tx = t.begin().await;
        let made = builder::create(&mut tx, "b1", "hash 1", NOW).await.unwrap();
        assert_eq!((made.last_seen_on, made.arches.as_str()), (None, ""));
        let says = Says {
            arches: "x86_64 i386", isolation: "namespaces", tools: "git tito", tags: "powerful", memory_mib: Some(8192),
        };
        builder::seen(&mut tx, made.id, &says, NOW + 5).await.unwrap();
        let found = builder::by_token(&mut tx, "hash 1").await.unwrap().unwrap();
        assert_eq!((found.last_seen_on, found.arches.as_str()), (Some(NOW + 5), "x86_64 i386"));
        assert_eq!((found.isolation.as_str(), found.tools.as_str()), ("namespaces", "git tito"));
        assert_eq!((found.tags.as_str(), found.memory_mib), ("powerful", Some(8192)));

        builder::replace_token(&mut tx, "b1", "hash 2", NOW).await.unwrap();
        assert!(builder::by_token(&mut tx, "hash 1").await.unwrap().is_none());
        assert_eq!(builder::by_token(&mut tx, "hash 2").await.unwrap().unwrap().id, made.id);
        builder::replace_token(&mut tx, "a0", "hash 3", NOW).await.unwrap();
        let names: Vec<_> = builder::list(&mut tx).await.unwrap().into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["a0", "b1"]);
        assert!(builder::remove(&mut tx, "a0").await.unwrap());
        assert!(!builder::remove(&mut tx, "a0").await.unwrap());
        let twice = builder::create(&mut tx, "b1", "hash 9", NOW).await;
        assert!(matches!(twice, Err(Error::Exists(_))));
        assert_ne!(made.id, BuilderId(0));
    }

    async fn putting_a_chroot_again_keeps_its_number_and_its_switch(t: Fixture) {
        let mut tx = t.begin().await;
        let id = chroot(&mut tx, CHROOT).await;
        assert!(chroots::set_enabled(&mut tx, CHROOT, false).await.unwrap());
        assert!(!chroots::set_enabled(&mut tx, "fedora-1-x86_64", true).await.unwrap());
        chroots::put(&mut tx, &CHROOT.parse().unwrap(), &definition("EOL soon"), true, NOW).await.unwrap();
        let found = chroots::by_id(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.enabled, found.comment.as_str()), (CHROOT, false, "EOL soon"));
        assert_eq!(found.definition.0, definition("EOL soon"));
        chroot(&mut tx, "epel-9-x86_64").await;
        let names: Vec<_> = chroots::list(&mut tx).await.unwrap().into_iter().map(|one| one.name.to_string()).collect();
        assert_eq!(names, ["epel-9-x86_64", CHROOT]);
    }
}
