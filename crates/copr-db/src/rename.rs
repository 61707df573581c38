//! Projects that get another name or owner.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{DirName, OwnerName, ProjectId, ProjectName};
use sqlx::FromRow;

/// What a project was called before.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Alias {
    /// The owner then.
    #[sqlx(try_from = "String")]
    pub owner: OwnerName,
    /// The name then.
    #[sqlx(try_from = "String")]
    pub name: ProjectName,
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// When it was called otherwise.
    pub created_on: i64,
}

/// The project that had an owner and a name, unless it is deleted.
pub async fn alias(conn: &mut Conn, owner: &str, name: &str) -> Result<Option<Alias>, Error> {
    run!(
        conn,
        fetch_optional as Alias,
        "SELECT a.owner, a.name, a.project_id, a.created_on
         FROM project_alias a JOIN project p ON p.id = a.project_id
         WHERE a.owner = $1 AND a.name = $2 AND p.deleted_on IS NULL",
        owner,
        name
    )
}

/// What a project was called before, the latest first.
pub async fn aliases(conn: &mut Conn, project: ProjectId) -> Result<Vec<Alias>, Error> {
    run!(
        conn,
        fetch_all as Alias,
        "SELECT owner, name, project_id, created_on FROM project_alias WHERE project_id = $1
         ORDER BY created_on DESC, owner, name",
        project.0
    )
}

/// Notes what a project was called.
pub async fn add_alias(
    conn: &mut Conn,
    project: ProjectId,
    owner: &OwnerName,
    name: &ProjectName,
    now: i64,
) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO project_alias (owner, name, project_id, created_on) VALUES ($1, $2, $3, $4)
         ON CONFLICT (owner, name) DO UPDATE SET project_id = excluded.project_id, created_on = excluded.created_on",
        owner.to_string(),
        name.as_str(),
        project.0,
        now
    )?;
    Ok(())
}

/// Forgets that any project had an owner and a name.
pub async fn forget_alias(conn: &mut Conn, owner: &str, name: &str) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM project_alias WHERE owner = $1 AND name = $2", owner, name)?;
    Ok(())
}

/// A project that is about to be called otherwise.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Move {
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// Whose it will be, as in addresses.
    #[sqlx(try_from = "String")]
    pub owner: OwnerName,
    /// What it will be called.
    #[sqlx(try_from = "String")]
    pub name: ProjectName,
    /// The new owner, when a person.
    pub account_id: Option<i64>,
    /// The new owner, when a group.
    pub group_id: Option<i64>,
}

/// Notes what a project is to be called; `Exists` when something is noted already.
pub async fn begin(conn: &mut Conn, to: &Move, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO project_move (project_id, owner, name, account_id, group_id, created_on)
         VALUES ($1, $2, $3, $4, $5, $6)",
        to.project_id.0,
        to.owner.to_string(),
        to.name.as_str(),
        to.account_id,
        to.group_id,
        now
    )?;
    conn.ring(Topic::Remove);
    Ok(())
}

/// Projects with something noted, unless they are deleted.
pub async fn pending(conn: &mut Conn) -> Result<Vec<Move>, Error> {
    run!(
        conn,
        fetch_all as Move,
        "SELECT m.project_id, m.owner, m.name, m.account_id, m.group_id
         FROM project_move m JOIN project p ON p.id = m.project_id
         WHERE p.deleted_on IS NULL ORDER BY m.created_on, m.project_id"
    )
}

/// What a project is to be called.
pub async fn of_project(conn: &mut Conn, project: ProjectId) -> Result<Option<Move>, Error> {
    run!(
        conn,
        fetch_optional as Move,
        "SELECT project_id, owner, name, account_id, group_id FROM project_move WHERE project_id = $1",
        project.0
    )
}

/// Whether a project that is not deleted is to get an owner and a name.
pub async fn is_promised(conn: &mut Conn, owner: &str, name: &str) -> Result<bool, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT m.project_id FROM project_move m JOIN project p ON p.id = m.project_id
         WHERE m.owner = $1 AND m.name = $2 AND p.deleted_on IS NULL LIMIT 1",
        owner,
        name
    )?;
    Ok(row.is_some())
}

/// Forgets what a project was to be called.
pub async fn end(conn: &mut Conn, project: ProjectId) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM project_move WHERE project_id = $1", project.0)?;
    Ok(())
}

/// Gives a project its new owner and name; `Exists` when another project has them.
pub async fn set(conn: &mut Conn, to: &Move) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE project SET owner = $2, name = $3, account_id = $4, group_id = $5 WHERE id = $1",
        to.project_id.0,
        to.owner.to_string(),
        to.name.as_str(),
        to.account_id,
        to.group_id
    )?;
    Ok(())
}

/// Lets the names of a project's directories begin with its new name instead of the old one.
pub async fn set_dirs(conn: &mut Conn, project: ProjectId, from: &ProjectName, to: &ProjectName) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE project_dir SET name = $3 || substr(name, length($2) + 1)
         WHERE project_id = $1 AND substr(name, 1, length($2)) = $2",
        project.0,
        from.as_str(),
        to.as_str()
    )?;
    run!(
        conn,
        execute,
        "UPDATE chain SET dir = $3 || substr(dir, length($2) + 1)
         WHERE project_id = $1 AND substr(dir, 1, length($2)) = $2",
        project.0,
        from.as_str(),
        to.as_str()
    )?;
    Ok(())
}

/// Changes how the addresses of source packages of a project's builds begin.
pub async fn set_addresses(conn: &mut Conn, project: ProjectId, from: &str, to: &str) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET source_url = $3 || substr(source_url, length($2) + 1)
         WHERE project_id = $1 AND substr(source_url, 1, length($2)) = $2",
        project.0,
        from,
        to
    )?;
    Ok(())
}

/// Changes how the paths begin that are to be removed: what they lead to has moved.
pub async fn set_doomed(conn: &mut Conn, from: &str, to: &str) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE doomed_path SET path = $2 || substr(path, length($1) + 1) WHERE substr(path, 1, length($1)) = $1",
        from,
        to
    )?;
    Ok(())
}

/// What a directory of a project is called under another name of the project.
pub fn dir_under(dir: &DirName, project: &ProjectName, other: &ProjectName) -> DirName {
    let rest = dir.as_str().strip_prefix(project.as_str()).unwrap_or_default();
    DirName::from(format!("{other}{rest}"))
}
