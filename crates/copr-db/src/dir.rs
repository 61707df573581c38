//! Directories of projects: the main one and those beside it, each with repositories of its own.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::{DirId, DirName, ProjectId};
use sqlx::FromRow;

/// A directory of a project.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Dir {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: DirId,
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// Its name: the project's for the main one.
    #[sqlx(try_from = "String")]
    pub name: DirName,
    /// The main directory.
    pub main: bool,
    /// When a build was last submitted to it, or it was made.
    pub used_on: i64,
}

/// Makes a directory; `Exists` when it is there.
pub async fn create(conn: &mut Conn, project: ProjectId, name: &DirName, main: bool, now: i64) -> Result<DirId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO project_dir (project_id, name, main, created_on, used_on) VALUES ($1, $2, $3, $4, $4) RETURNING id",
        project.0,
        name.as_str(),
        main,
        now
    )?;
    Ok(DirId(id))
}

/// The directory of that name, beside the main one, made when it is new; it is used now. Two that ask at the same time get
/// the same, and what removes unused ones waits for whoever asked.
pub async fn ensure(conn: &mut Conn, project: ProjectId, name: &DirName, now: i64) -> Result<Dir, Error> {
    run!(
        conn,
        fetch_one as Dir,
        "INSERT INTO project_dir (project_id, name, main, created_on, used_on) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (project_id, name) DO UPDATE SET used_on = excluded.used_on
         RETURNING id, project_id, name, main, used_on",
        project.0,
        name.as_str(),
        false,
        now
    )
}

/// A project's directories, the main one first.
pub async fn of_project(conn: &mut Conn, project: ProjectId) -> Result<Vec<Dir>, Error> {
    run!(
        conn,
        fetch_all as Dir,
        "SELECT id, project_id, name, main, used_on FROM project_dir WHERE project_id = $1 ORDER BY main DESC, id",
        project.0
    )
}

/// A directory by name.
pub async fn by_name(conn: &mut Conn, project: ProjectId, name: &str) -> Result<Option<Dir>, Error> {
    run!(
        conn,
        fetch_optional as Dir,
        "SELECT id, project_id, name, main, used_on FROM project_dir WHERE project_id = $1 AND name = $2",
        project.0,
        name
    )
}

/// A directory by the names of its project's owner and its own; those of deleted projects are none.
pub async fn by_path(conn: &mut Conn, owner: &str, name: &str) -> Result<Option<Dir>, Error> {
    run!(
        conn,
        fetch_optional as Dir,
        "SELECT d.id, d.project_id, d.name, d.main, d.used_on
         FROM project_dir d JOIN project p ON p.id = d.project_id
         WHERE p.owner = $1 AND d.name = $2 AND p.deleted_on IS NULL",
        owner,
        name
    )
}

/// A directory by number.
pub async fn by_id(conn: &mut Conn, id: DirId) -> Result<Option<Dir>, Error> {
    run!(conn, fetch_optional as Dir, "SELECT id, project_id, name, main, used_on FROM project_dir WHERE id = $1", id.0)
}
