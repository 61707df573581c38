//! People's accounts and their API tokens.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::{UserId, UserName};
use sqlx::FromRow;

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Account {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: UserId,
    /// Its name.
    #[sqlx(try_from = "String")]
    pub name: UserName,
    /// Where mail goes; empty when unknown.
    pub email: String,
    /// An administrator of the service.
    pub admin: bool,
    /// May not log in.
    pub disabled: bool,
    /// When it was made.
    pub created_on: i64,
}

/// An account with the token that a login names.
#[derive(Clone, Debug, FromRow)]
pub struct Credential {
    /// The account.
    #[sqlx(flatten)]
    pub account: Account,
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// Valid before this second.
    pub expires_on: i64,
}

/// What is known of an account's API token: what it was is not.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Token {
    /// The login that goes with it.
    pub login: String,
    /// Valid before this second.
    pub expires_on: i64,
}

/// Makes an account; `Exists` when the name is taken.
pub async fn create(conn: &mut Conn, name: &UserName, email: &str, admin: bool, now: i64) -> Result<Account, Error> {
    run!(
        conn,
        fetch_one as Account,
        "INSERT INTO account (name, email, admin, disabled, created_on) VALUES ($1, $2, $3, $4, $5)
         RETURNING id, name, email, admin, disabled, created_on",
        name.as_str(),
        email,
        admin,
        false,
        now
    )
}

/// The account of a name.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Account>, Error> {
    run!(
        conn,
        fetch_optional as Account,
        "SELECT id, name, email, admin, disabled, created_on FROM account WHERE name = $1",
        name
    )
}

/// The account of a number.
pub async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<Account>, Error> {
    run!(
        conn,
        fetch_optional as Account,
        "SELECT id, name, email, admin, disabled, created_on FROM account WHERE id = $1",
        id.0
    )
}

/// All accounts by name.
pub async fn list(conn: &mut Conn) -> Result<Vec<Account>, Error> {
    run!(conn, fetch_all as Account, "SELECT id, name, email, admin, disabled, created_on FROM account ORDER BY name")
}

/// Forbids or allows an account to log in; whether there was one.
pub async fn set_disabled(conn: &mut Conn, name: &str, disabled: bool) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE account SET disabled = $2 WHERE name = $1", name, disabled)? > 0)
}

/// Replaces an account's API token by a new one.
pub async fn replace_token(
    conn: &mut Conn,
    id: UserId,
    login: &str,
    token_hash: &str,
    now: i64,
    expires_on: i64,
) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM api_token WHERE account_id = $1", id.0)?;
    run!(
        conn,
        execute,
        "INSERT INTO api_token (account_id, login, token_hash, created_on, expires_on) VALUES ($1, $2, $3, $4, $5)",
        id.0,
        login,
        token_hash,
        now,
        expires_on
    )?;
    Ok(())
}

/// The account and token of a login.
pub async fn by_login(conn: &mut Conn, login: &str) -> Result<Option<Credential>, Error> {
    run!(
        conn,
        fetch_optional as Credential,
        "SELECT a.id, a.name, a.email, a.admin, a.disabled, a.created_on, t.token_hash, t.expires_on
         FROM api_token t JOIN account a ON a.id = t.account_id WHERE t.login = $1",
        login
    )
}

/// The API token of an account.
pub async fn token(conn: &mut Conn, id: UserId) -> Result<Option<Token>, Error> {
    run!(conn, fetch_optional as Token, "SELECT login, expires_on FROM api_token WHERE account_id = $1", id.0)
}
