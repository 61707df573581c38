//! Sessions: a login that a browser or python-copr keeps in a cookie. The cookie's value is shown once; what is
//! stored is its hash.

use crate::{App, Refusal, secret};
use copr_db::account::Account;

/// Seconds a session lives: 31 days, as Copr's.
pub const LIFE: i64 = 31 * 86_400;

/// Opens a session for somebody whose identity is proven; gives the secret that names it.
pub async fn open(app: &App, account: &Account) -> Result<String, Refusal> {
    let (secret, now) = (secret::session(), app.clock.now());
    let mut tx = app.db.begin().await?;
    copr_db::session::create(&mut tx, &secret::hash(&secret), account.id, now, now + LIFE).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Whose session a secret names, while it lives and its owner may log in.
pub async fn account(app: &App, secret: &str) -> Result<Option<Account>, Refusal> {
    let mut conn = app.db.read().await?;
    let found = copr_db::session::account(&mut conn, &secret::hash(secret), app.clock.now()).await?;
    Ok(found.filter(|account| !account.disabled))
}

/// Forgets the sessions that have expired; how many there were.
pub async fn prune(app: &App) -> Result<u64, Refusal> {
    let mut tx = app.db.begin().await?;
    let gone = copr_db::session::prune(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    Ok(gone)
}
