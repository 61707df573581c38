//! Sessions: logins that live in a cookie.

use crate::account::Account;
use crate::conn::run;
use crate::{Conn, Error};
use copr_types::UserId;

/// Opens a session.
pub async fn create(conn: &mut Conn, secret_hash: &str, id: UserId, now: i64, expires_on: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO session (secret_hash, account_id, created_on, expires_on) VALUES ($1, $2, $3, $4)",
        secret_hash,
        id.0,
        now,
        expires_on
    )?;
    Ok(())
}

/// The account of a session that has not expired.
pub async fn account(conn: &mut Conn, secret_hash: &str, now: i64) -> Result<Option<Account>, Error> {
    run!(
        conn,
        fetch_optional as Account,
        "SELECT a.id, a.name, a.email, a.admin, a.disabled, a.created_on
         FROM session s JOIN account a ON a.id = s.account_id WHERE s.secret_hash = $1 AND s.expires_on > $2",
        secret_hash,
        now
    )
}

/// Ends all sessions of an account; how many there were.
pub async fn end_all(conn: &mut Conn, id: UserId) -> Result<u64, Error> {
    run!(conn, execute, "DELETE FROM session WHERE account_id = $1", id.0)
}

/// Forgets the sessions that have expired; how many there were.
pub async fn prune(conn: &mut Conn, now: i64) -> Result<u64, Error> {
    run!(conn, execute, "DELETE FROM session WHERE expires_on <= $1", now)
}
