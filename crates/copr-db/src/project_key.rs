//! Versions of projects' keys: which sign, and which are served. Private halves are not here.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::ProjectId;
use sqlx::FromRow;

/// A version of a project's key.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ProjectKey {
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// 1, 2, …
    pub version: i64,
    /// 40 lower-case hexadecimal digits.
    pub fingerprint: String,
    /// The last 16 of them.
    pub key_id: String,
    /// The public half, armored.
    pub public_key: String,
    /// When it was noted here.
    pub created_on: i64,
    /// When it ends by itself.
    pub expires_on: Option<i64>,
    /// Until when it signs metadata beside a newer one; none for the newest.
    pub retire_on: Option<i64>,
    /// When its private half went.
    pub retired_on: Option<i64>,
    /// Since when its public half is served no more.
    pub withdrawn_on: Option<i64>,
}

/// A public half, as it is noted.
#[derive(Clone, Copy, Debug)]
pub struct PublicHalf<'a> {
    /// 40 lower-case hexadecimal digits.
    pub fingerprint: &'a str,
    /// The last 16 of them.
    pub key_id: &'a str,
    /// Armored.
    pub public_key: &'a str,
    /// When it ends by itself.
    pub expires_on: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.project_id, k.version, k.fingerprint, k.key_id, k.public_key, k.created_on, k.expires_on, k.retire_on,
                    k.retired_on, k.withdrawn_on
             FROM project_key k ",
            $rest
        )
    };
}

/// A project's versions, the oldest first.
pub async fn of_project(conn: &mut Conn, project: ProjectId) -> Result<Vec<ProjectKey>, Error> {
    run!(conn, fetch_all as ProjectKey, select!("WHERE k.project_id = $1 ORDER BY k.version"), project.0)
}

/// Notes a new version; false when there is one of that number already.
pub async fn add(
    conn: &mut Conn,
    project: ProjectId,
    version: i64,
    half: PublicHalf<'_>,
    now: i64,
) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "INSERT INTO project_key (project_id, version, fingerprint, key_id, public_key, created_on, expires_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (project_id, version) DO NOTHING",
        project.0,
        version,
        half.fingerprint,
        half.key_id,
        half.public_key,
        now,
        half.expires_on
    )? > 0)
}

/// Says until when the versions before one sign beside it, those at most that were to do so for longer.
pub async fn supersede(conn: &mut Conn, project: ProjectId, by: i64, retire_on: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE project_key SET retire_on = $3
         WHERE project_id = $1 AND version < $2 AND retired_on IS NULL AND (retire_on IS NULL OR retire_on > $3)",
        project.0,
        by,
        retire_on
    )?;
    Ok(())
}

/// Notes that a version signs no more; false when that was noted before.
pub async fn retired(conn: &mut Conn, project: ProjectId, version: i64, now: i64) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE project_key SET retired_on = $3
         WHERE project_id = $1 AND version = $2 AND retire_on IS NOT NULL AND retired_on IS NULL",
        project.0,
        version,
        now
    )? > 0)
}

/// Notes that a retired version is served no more; false when that was noted before.
pub async fn withdrawn(conn: &mut Conn, project: ProjectId, version: i64, now: i64) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE project_key SET withdrawn_on = $3
         WHERE project_id = $1 AND version = $2 AND retired_on IS NOT NULL AND withdrawn_on IS NULL",
        project.0,
        version,
        now
    )? > 0)
}

/// Notes a version's new public half, with another end; false when it is another key, or signs no more.
pub async fn extended(conn: &mut Conn, project: ProjectId, version: i64, half: PublicHalf<'_>) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE project_key SET public_key = $4, expires_on = $5
         WHERE project_id = $1 AND version = $2 AND fingerprint = $3 AND retired_on IS NULL",
        project.0,
        version,
        half.fingerprint,
        half.public_key,
        half.expires_on
    )? > 0)
}

/// Versions whose time is over, or that end before a moment, of projects that are there: those that are to be retired, that wait to
/// be withdrawn, and that are to be extended.
pub async fn due(conn: &mut Conn, now: i64, ending: i64) -> Result<Vec<ProjectKey>, Error> {
    run!(
        conn,
        fetch_all as ProjectKey,
        select!(
            "JOIN project p ON p.id = k.project_id
             WHERE p.deleted_on IS NULL AND k.withdrawn_on IS NULL
               AND (k.retired_on IS NOT NULL OR k.retire_on <= $1 OR k.expires_on < $2)
             ORDER BY k.project_id, k.version"
        ),
        now,
        ending
    )
}

/// All versions of all projects that are there.
pub async fn all(conn: &mut Conn) -> Result<Vec<ProjectKey>, Error> {
    run!(
        conn,
        fetch_all as ProjectKey,
        select!(
            "JOIN project p ON p.id = k.project_id WHERE p.deleted_on IS NULL ORDER BY p.owner, p.name, k.project_id, k.version"
        )
    )
}
