//! Asking for roles in a project, giving and taking them.

use crate::both_engines;
use crate::world::{World, X86, input};
use copr_app::permission::{self, Roles, Wish};
use copr_app::{Kind, Refusal, account, project, webhook};
use copr_db::account::Account;

fn roles<T: Clone>(said: &[(&str, T)]) -> Roles<T> {
    said.iter().map(|(role, what)| ((*role).to_owned(), what.clone())).collect()
}

async fn set(w: &World, who: &Account, said: &[(&str, &[(&str, &str)])]) -> Result<Vec<String>, Refusal> {
    let words =
        |said: &[(&str, &str)]| said.iter().map(|(role, state)| ((*role).to_owned(), (*state).to_owned())).collect();
    let changes: Vec<_> = said.iter().map(|(user, said)| ((*user).to_owned(), words(said))).collect();
    permission::set(&w.app, who, "alice", "hello", Ok(changes)).await
}

async fn ask(w: &World, who: &Account, said: &[(&str, Wish)]) -> Result<bool, Refusal> {
    permission::request(&w.app, who, "alice", "hello", Ok(roles(said))).await
}

/// Everybody's roles: user, admin, builder.
async fn given(w: &World) -> Vec<String> {
    let found = permission::get(&w.app, &w.alice, "alice", "hello").await.unwrap();
    found.iter().map(|one| format!("{} {} {}", one.user, one.admin.as_str(), one.builder.as_str())).collect()
}

/// The newest event: its kind and its body.
async fn told(w: &World) -> (String, serde_json::Value) {
    let events = copr_db::event::after(&mut w.app.db.read().await.unwrap(), 0, 1000).await.unwrap();
    let last = events.last().unwrap();
    (last.kind.clone(), serde_json::from_str(&last.body).unwrap())
}

fn said<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (Kind, String) {
    let refusal = result.expect_err("it was accepted");
    (refusal.kind, refusal.message)
}

fn invalid(text: &str) -> (Kind, String) {
    (Kind::Invalid, text.to_owned())
}

both_engines! {
    async fn a_role_is_asked_for_given_and_dropped(w: World) {
        w.project(&[X86]).await;
        let (bob, carol) = (w.person("bob").await, w.person("carol").await);
        let none = permission::get(&w.app, &w.alice, "alice", "hello").await;
        assert_eq!(said(none), (Kind::NotFound, "No permissions set on alice/hello project".to_owned()));
        assert!(ask(&w, &bob, &[("builder", Wish::Ask), ("admin", Wish::Drop)]).await.unwrap());
        assert!(!ask(&w, &bob, &[("builder", Wish::Ask)]).await.unwrap(), "it was asked before");
        assert_eq!(given(&w).await, ["bob nothing request"]);
        let (kind, body) = told(&w).await;
        assert_eq!(kind, "permission.requested");
        assert_eq!(body.to_string(), r#"{"by":"bob","user":"bob","roles":{"builder":{"from":"nothing","to":"request"}},"tell":["alice"]}"#);

        let updated = set(&w, &w.alice, &[("bob", &[("builder", "approved")]), ("carol", &[("admin", "approved")])]).await;
        assert_eq!(updated.unwrap(), ["bob", "carol"]);
        assert_eq!(given(&w).await, ["bob nothing approved", "carol approved nothing"]);
        let (kind, body) = told(&w).await;
        assert_eq!((kind.as_str(), &body["by"], &body["tell"]), ("permission.changed", &"alice".into(), &serde_json::json!(["carol"])));
        let may = async |who: &str| permission::can_build_in(&w.app, who, "alice", "hello").await.unwrap().1;
        assert!(may("bob").await && may("carol").await && may("alice").await);
        assert_eq!(said(ask(&w, &bob, &[("builder", Wish::Ask)]).await), invalid("You already are 'builder' in 'alice/hello'"));

        // Who has the admin role decides too, and hears of requests.
        assert!(set(&w, &carol, &[("bob", &[("builder", "approved")])]).await.unwrap().is_empty(), "nothing changed");
        ask(&w, &bob, &[("admin", Wish::Ask)]).await.unwrap();
        assert_eq!(told(&w).await.1["tell"], serde_json::json!(["alice", "carol"]));
        assert_eq!(set(&w, &carol, &[("carol", &[("admin", "nothing")])]).await.unwrap(), ["carol"]);
        assert_eq!(said(set(&w, &carol, &[("carol", &[("admin", "approved")])]).await).0, Kind::Forbidden);
        assert!(ask(&w, &bob, &[("builder", Wish::Drop), ("admin", Wish::Drop)]).await.unwrap());
        assert_eq!(given(&w).await, ["bob nothing nothing", "carol nothing nothing"]);
        assert!(!may("bob").await);
    }

    async fn roles_are_set_all_or_none(w: World) {
        w.project(&[X86]).await;
        w.person("bob").await;
        let good: (&str, &[(&str, &str)]) = ("bob", &[("admin", "approved")]);
        for (bad, text) in [
            (("nobody", &[("admin", "approved")][..]), "user 'nobody' doesn't exist in database"),
            (("alice", &[("admin", "nothing")]), "user 'alice' is owner of the 'alice/hello' project"),
            (("bob", &[("boss", "approved")]), "invalid permission 'boss', allowed admin|builder"),
            (("bob", &[("admin", "yes")]), "invalid 'admin' permission state 'yes', use nothing|request|approved"),
        ] {
            assert_eq!(said(set(&w, &w.alice, &[good, bad]).await), invalid(text));
        }
        assert_eq!(said(set(&w, &w.alice, &[]).await), invalid("no permission change requested"));
        assert_eq!(permission::get(&w.app, &w.alice, "alice", "hello").await.unwrap_err().kind, Kind::NotFound);
    }

    async fn odd_requests_are_refused_in_words(w: World) {
        w.project(&[X86]).await;
        let bob = w.person("bob").await;
        assert_eq!(said(ask(&w, &bob, &[]).await), invalid("no permission requested"));
        assert_eq!(said(ask(&w, &bob, &[("boss", Wish::Ask)]).await), invalid("invalid permission 'boss', allowed admin|builder"));
        let odd = ask(&w, &bob, &[("admin", Wish::Other("1".to_owned()))]).await;
        assert_eq!(said(odd), invalid("invalid 'admin' permission request '1', expected True or False"));
        let own = ask(&w, &w.alice, &[("admin", Wish::Ask)]).await;
        assert_eq!(said(own), invalid("user 'alice' is owner of the 'alice/hello' project"));
        let nowhere = permission::request(&w.app, &bob, "alice", "none", Ok(roles(&[("admin", Wish::Ask)]))).await;
        assert_eq!(said(nowhere).0, Kind::NotFound);
        assert_eq!(said(permission::can_build_in(&w.app, "nobody", "alice", "hello").await), (Kind::NotFound, "No such user `nobody'".to_owned()));
    }

    async fn in_a_groups_project_its_maker_owns_and_its_members_decide(w: World) {
        let (bob, carol) = (w.person("bob").await, w.person("carol").await);
        account::create_group(&w.app, &"crew".parse().unwrap(), "gitcrew").await.unwrap();
        for name in ["alice", "bob"] {
            account::add_to_group(&w.app, "crew", name).await.unwrap();
        }
        project::create(&w.app, &w.alice, "@crew", &input("hello", &[X86]), false).await.unwrap();
        let ask = async |who: &Account| permission::request(&w.app, who, "@crew", "hello", Ok(roles(&[("admin", Wish::Ask)]))).await;
        assert_eq!(said(ask(&w.alice).await), invalid("user 'alice' is owner of the '@crew/hello' project"));
        ask(&carol).await.unwrap();
        assert_eq!(told(&w).await.1["tell"], serde_json::json!(["alice", "bob"]));
        let given = roles(&[("admin", "approved".to_owned())]);
        permission::set(&w.app, &bob, "@crew", "hello", Ok(vec![("carol".to_owned(), given)])).await.unwrap();
        assert!(permission::can_build_in(&w.app, "carol", "@crew", "hello").await.unwrap().1);
    }

    async fn two_changes_at_once_keep_both_roles(w: World) {
        w.project(&[X86]).await;
        let bob = w.person("bob").await;
        let other = w.second().await;
        for _ in 0..5 {
            let approved = vec![("bob".to_owned(), roles(&[("builder", "approved".to_owned())]))];
            let asked = roles(&[("admin", Wish::Ask)]);
            let (given, asked) = tokio::join!(
                permission::set(&w.app, &w.alice, "alice", "hello", Ok(approved)),
                permission::request(&other, &bob, "alice", "hello", Ok(asked)),
            );
            assert!(asked.unwrap() && given.unwrap() == ["bob"]);
            assert_eq!(self::given(&w).await, ["bob request approved"]);
            set(&w, &w.alice, &[("bob", &[("admin", "nothing"), ("builder", "nothing")])]).await.unwrap();
        }
    }

    async fn a_web_hook_secret_is_a_uuid_and_each_replaces_the_last(w: World) {
        w.project(&[X86]).await;
        let bob = w.person("bob").await;
        let refused = webhook::renew_secret(&w.app, &bob, "alice", "hello").await;
        let text = "User 'bob' can not see permissions for project 'alice/hello' (missing admin rights)";
        assert_eq!(said(refused), (Kind::Forbidden, text.to_owned()));
        let (project, first) = webhook::renew_secret(&w.app, &w.alice, "alice", "hello").await.unwrap();
        let (_, second) = webhook::renew_secret(&w.app, &w.alice, "alice", "hello").await.unwrap();
        assert_ne!(first, second);
        let parts: Vec<usize> = second.split('-').map(str::len).collect();
        assert_eq!((parts, &second[14..15]), (vec![8, 4, 4, 4, 12], "4"));
        let stored = copr_db::webhook::secret(&mut w.app.db.read().await.unwrap(), project.id).await.unwrap();
        assert_eq!(stored, Some(second));
    }
}
