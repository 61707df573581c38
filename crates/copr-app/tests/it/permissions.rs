//! Who may do what: a stranger, holders of roles, members of the owning group, administrators of the service.

use crate::both_engines;
use crate::world::{World, X86, input};
use copr_app::build::{self, Options};
use copr_app::project::{self, Input};
use copr_app::{Kind, Refusal, account, project_chroot};
use copr_db::account::Account;
use copr_types::permission::Grant;

/// What somebody may do in `alice/hello`: submit, cancel, edit, edit a chroot, delete a build, delete the project.
async fn may(w: &World, who: &Account, owner: &str) -> Vec<&'static str> {
    let allowed = |word, result: Result<(), Refusal>| match result {
        Ok(()) => Some(word),
        Err(refusal) if refusal.kind == Kind::Forbidden => None,
        Err(refusal) => panic!("{word}: {}", refusal.inside()),
    };
    let urls = ["http://example.org/a-1-1.src.rpm".to_owned()];
    let root = account::list(&w.app).await.unwrap().into_iter().find(|one| one.admin).expect("an administrator");
    let own =
        async || build::by_urls(&w.app, &root, owner, "hello", &urls, &Options::default()).await.unwrap()[0].build.id;
    let (first, second) = (own().await, own().await);
    build::cancel(&w.app, &root, second).await.unwrap();
    let words = vec![
        allowed("check", build::check(&w.app, who, owner, "hello", &Options::default()).await),
        allowed("submit", build::by_urls(&w.app, who, owner, "hello", &urls, &Options::default()).await.map(drop)),
        allowed("cancel", build::cancel(&w.app, who, first).await.map(drop)),
        allowed("edit", project::edit(&w.app, who, owner, "hello", &Input::default()).await.map(drop)),
        allowed("chroot", project_chroot::edit(&w.app, who, owner, "hello", X86, &Default::default()).await.map(drop)),
        allowed("delete build", build::delete(&w.app, who, second).await.map(drop)),
        allowed("regenerate", project::regenerate(&w.app, who, owner, "hello").await.map(drop)),
    ];
    for shown in build::list(&w.app, owner, "hello", None, None, &Default::default()).await.unwrap() {
        let _ = build::cancel(&w.app, &root, shown.build.id).await;
    }
    let mut words = words;
    words.push(allowed("delete", project::delete(&w.app, who, owner, "hello").await.map(drop)));
    words.into_iter().flatten().collect()
}

const ALL: [&str; 8] = ["check", "submit", "cancel", "edit", "chroot", "delete build", "regenerate", "delete"];

both_engines! {
    async fn a_stranger_may_nothing(w: World) {
        w.admin().await;
        w.project(&[X86]).await;
        let mallory = w.person("mallory").await;
        assert!(may(&w, &mallory, "alice").await.is_empty());
    }

    async fn roles_widen_what_one_may(w: World) {
        w.admin().await;
        let id = w.project(&[X86]).await.project.id;
        let bob = w.person("bob").await;
        for (admin, builder, expected) in [
            (Grant::Request, Grant::Request, &[][..]),
            (Grant::Nothing, Grant::Approved, &ALL[..3]),
            (Grant::Approved, Grant::Nothing, &ALL[..7]),
        ] {
            let mut tx = w.app.db.begin().await.unwrap();
            copr_db::project::grant(&mut tx, id, bob.id, admin, builder).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(may(&w, &bob, "alice").await, expected, "{admin:?} {builder:?}");
        }
    }

    async fn the_owner_and_the_administrator_may_everything(w: World) {
        let root = w.admin().await;
        w.project(&[X86]).await;
        assert_eq!(may(&w, &w.alice, "alice").await, ALL);
        w.project(&[X86]).await;
        assert_eq!(may(&w, &root, "alice").await, ALL);
    }

    async fn members_of_the_group_may_everything_and_others_nothing(w: World) {
        w.admin().await;
        account::create_group(&w.app, &"crew".parse().unwrap(), "gitcrew").await.unwrap();
        account::add_to_group(&w.app, "crew", "alice").await.unwrap();
        let bob = w.person("bob").await;
        let refused = project::create(&w.app, &bob, "@crew", &input("hello", &[X86]), false).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Forbidden);
        assert_eq!(refused.message, "User 'bob' doesn't have access to the copr group 'crew' (fas_name='gitcrew')");
        project::create(&w.app, &w.alice, "@crew", &input("hello", &[X86]), false).await.unwrap();
        assert!(may(&w, &bob, "@crew").await.is_empty());
        account::add_to_group(&w.app, "crew", "bob").await.unwrap();
        assert_eq!(may(&w, &bob, "@crew").await, ALL);
        account::remove_from_group(&w.app, "crew", "bob").await.unwrap();
        assert_eq!(account::remove_from_group(&w.app, "crew", "bob").await.unwrap_err().kind, Kind::NotFound);
    }

    async fn projects_are_made_for_oneself(w: World) {
        let (root, bob) = (w.admin().await, w.person("bob").await);
        let make = async |who: &Account, owner: &str| project::create(&w.app, who, owner, &input("x", &[X86]), false).await;
        let refused = make(&bob, "alice").await.unwrap_err();
        assert_eq!(refused.message, "You were authorized as 'bob' user without permissions to access projects of user 'alice'");
        assert_eq!(refused.kind, Kind::Forbidden);
        let refused = make(&bob, "nobody").await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::NotFound, "No such user `nobody'"));
        let refused = make(&bob, "@nogroup").await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::NotFound, "Group nogroup does not exist."));
        assert_eq!(make(&root, "alice").await.unwrap().project.full_name(), "alice/x");
    }

    async fn some_settings_are_for_administrators(w: World) {
        let root = w.admin().await;
        for (change, words) in [
            (Input { persistent: Some(true), ..input("p", &[X86]) }, "Non-admin cannot create persistent project."),
            (Input { auto_prune: Some(false), ..input("p", &[X86]) }, "Non-admin cannot disable auto-prunning."),
            (Input { storage: Some("pulp".to_owned()), ..input("p", &[X86]) }, "Non-admin cannot set storage"),
        ] {
            let refused = project::create(&w.app, &w.alice, "alice", &change, false).await.unwrap_err();
            assert_eq!((refused.kind, refused.message.as_str()), (Kind::Forbidden, words));
        }
        let kept = Input { persistent: Some(true), auto_prune: Some(false), ..input("kept", &[X86]) };
        project::create(&w.app, &root, "alice", &kept, false).await.unwrap();
        let refused = project::edit(&w.app, &w.alice, "alice", "kept", &Input::default()).await.unwrap_err();
        assert_eq!(refused.message, "Non-admin cannot disable auto-prunning.");
        let refused = project::delete(&w.app, &root, "alice", "kept").await.unwrap_err();
        assert_eq!((refused.kind, refused.message.as_str()), (Kind::Forbidden, "This project is protected against deletion."));
    }

    async fn a_login_needs_its_token_while_it_is_valid_and_the_account_is_not_disabled(w: World) {
        let (bob, issued) = account::create(&w.app, &"bob".parse().unwrap(), "", false).await.unwrap();
        assert_eq!(w.app.authenticate(&issued.login, &issued.token).await.unwrap(), bob);
        let unknown = w.app.authenticate(&issued.login, "wrong").await.unwrap_err();
        assert_eq!(unknown.kind, Kind::Unauthenticated);
        assert!(unknown.message.starts_with("Login invalid/expired. Please visit http"));
        account::set_disabled(&w.app, "bob", true).await.unwrap();
        assert!(w.app.authenticate(&issued.login, &issued.token).await.is_err());
        account::set_disabled(&w.app, "bob", false).await.unwrap();
        let fresh = account::new_token(&w.app, "bob").await.unwrap();
        assert!(w.app.authenticate(&issued.login, &issued.token).await.is_err(), "the old token still works");
        w.clock.advance(181 * 86_400);
        assert!(w.app.authenticate(&fresh.login, &fresh.token).await.is_err(), "it never expires");
        assert!(!format!("{fresh:?}").contains(&fresh.token));
        assert_eq!(w.app.authenticate_builder("wrong").await.unwrap_err().kind, Kind::Unauthenticated);
    }
}
