//! Paths to be removed: written in the transaction that makes them superfluous, removed by a reconciler.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::RepoId;
use sqlx::FromRow;

/// A path under the data directory.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Doomed {
    /// Its number.
    pub id: i64,
    /// Relative to the data directory.
    pub path: String,
}

/// A directory of a repository that has to be there for as long as a kept generation lists packages in it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The repository.
    pub repo: RepoId,
    /// The directory's name.
    pub name: &'a str,
}

/// Dooms a path; where a place is given, not before nothing is listed there any more.
pub async fn add(conn: &mut Conn, path: &str, after: Option<Place<'_>>, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO doomed_path (path, repo_id, place, created_on) VALUES ($1, $2, $3, $4)",
        path,
        after.map(|place| place.repo.0),
        after.map(|place| place.name.to_owned()),
        now
    )?;
    conn.ring(Topic::Remove);
    Ok(())
}

/// The doomed paths with larger numbers than `after` that may go now, in order.
pub async fn after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Doomed>, Error> {
    run!(
        conn,
        fetch_all as Doomed,
        "SELECT x.id, x.path FROM doomed_path x LEFT JOIN repo r ON r.id = x.repo_id
         WHERE x.id > $1 AND (x.repo_id IS NULL OR r.id IS NULL OR COALESCE(r.generation >= x.generation, x.place IS NOT NULL))
           AND NOT EXISTS (SELECT 1 FROM repo_package k WHERE k.repo_id = x.repo_id AND k.place = x.place)
         ORDER BY x.id LIMIT $2",
        after,
        limit
    )
}

/// Forgets a path that is gone.
pub async fn gone(conn: &mut Conn, id: i64) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM doomed_path WHERE id = $1", id)?;
    Ok(())
}
