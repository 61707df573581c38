//! Sessions and the accounts that Kerberos brings.

use crate::both_engines;
use copr_app::kerberos::Admission;
use copr_app::{Rules, account, kerberos, session};
use std::sync::Arc;

both_engines! {
    async fn a_session_lasts_a_month_and_is_forgotten_then(w: World) {
        let secret = session::open(&w.app, &w.alice).await.unwrap();
        let other = session::open(&w.app, &w.alice).await.unwrap();
        assert_ne!(secret, other);
        w.clock.advance(session::LIFE - 1);
        assert_eq!(session::account(&w.app, &secret).await.unwrap().as_ref(), Some(&w.alice));
        assert_eq!(session::prune(&w.app).await.unwrap(), 0);
        w.clock.advance(1);
        assert_eq!(session::account(&w.app, &secret).await.unwrap(), None);
        assert_eq!(session::prune(&w.app).await.unwrap(), 2);
        assert_eq!(session::prune(&w.app).await.unwrap(), 0);
    }

    async fn a_new_token_ends_no_session(w: World) {
        let secret = session::open(&w.app, &w.alice).await.unwrap();
        account::new_token(&w.app, "alice").await.unwrap();
        assert!(session::account(&w.app, &secret).await.unwrap().is_some());
    }

    async fn first_logins_at_one_time_make_one_account(w: World) {
        let kerberos = Admission { create_in: Some("people.example".to_owned()), ..Admission::default() };
        let mut app = w.app.clone();
        app.rules = Arc::new(Rules { kerberos, ..(*w.app.rules).clone() });
        let logins = (0..4).map(|_| {
            let app = app.clone();
            tokio::spawn(async move { kerberos::account(&app, "ada@TEST.EXAMPLE").await.map(|account| account.id) })
        });
        let mut ids = Vec::new();
        for login in logins.collect::<Vec<_>>() {
            ids.push(login.await.unwrap().unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    }
}
