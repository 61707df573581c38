//! Groups that own projects.

use crate::account::Account;
use crate::conn::run;
use crate::{Conn, Error};
use copr_types::{GroupAlias, GroupId, UserId};
use sqlx::FromRow;

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Group {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: GroupId,
    /// What stands behind the `@`.
    #[sqlx(try_from = "String")]
    pub alias: GroupAlias,
    /// The name under which membership is known elsewhere.
    pub external_name: String,
}

/// Makes a group; `Exists` when the alias is taken.
pub async fn create(conn: &mut Conn, alias: &GroupAlias, external_name: &str, now: i64) -> Result<Group, Error> {
    run!(
        conn,
        fetch_one as Group,
        "INSERT INTO owner_group (alias, external_name, created_on) VALUES ($1, $2, $3)
         RETURNING id, alias, external_name",
        alias.as_str(),
        external_name,
        now
    )
}

/// The group of an alias.
pub async fn by_alias(conn: &mut Conn, alias: &str) -> Result<Option<Group>, Error> {
    run!(conn, fetch_optional as Group, "SELECT id, alias, external_name FROM owner_group WHERE alias = $1", alias)
}

/// All groups by alias.
pub async fn list(conn: &mut Conn) -> Result<Vec<Group>, Error> {
    run!(conn, fetch_all as Group, "SELECT id, alias, external_name FROM owner_group ORDER BY alias")
}

/// Adds a member; nothing happens when it is one already.
pub async fn add(conn: &mut Conn, group: GroupId, account: UserId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO group_member (group_id, account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        group.0,
        account.0
    )?;
    Ok(())
}

/// Removes a member; whether it was one.
pub async fn remove(conn: &mut Conn, group: GroupId, account: UserId) -> Result<bool, Error> {
    Ok(run!(conn, execute, "DELETE FROM group_member WHERE group_id = $1 AND account_id = $2", group.0, account.0)? > 0)
}

/// Whether an account is a member.
pub async fn has(conn: &mut Conn, group: GroupId, account: UserId) -> Result<bool, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT account_id FROM group_member WHERE group_id = $1 AND account_id = $2",
        group.0,
        account.0
    )?;
    Ok(row.is_some())
}

/// The members by name.
pub async fn members(conn: &mut Conn, group: GroupId) -> Result<Vec<Account>, Error> {
    run!(
        conn,
        fetch_all as Account,
        "SELECT a.id, a.name, a.email, a.admin, a.disabled, a.created_on
         FROM group_member m JOIN account a ON a.id = m.account_id WHERE m.group_id = $1 ORDER BY a.name",
        group.0
    )
}
