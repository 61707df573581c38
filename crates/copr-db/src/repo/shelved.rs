//! What of repositories is in the bucket too.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::RepoId;

/// Where the packages lie, below the repository, that one generation lists and another, older one does not yet: as if
/// what came since had never left again.
pub async fn listed_since(conn: &mut Conn, id: RepoId, since: i64, generation: i64) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT DISTINCT href FROM repo_package
         WHERE repo_id = $1 AND added_in > $2 AND added_in <= $3 AND (removed_in IS NULL OR removed_in > $3)
         ORDER BY href",
        id.0,
        since,
        generation
    )?;
    Ok(rows.into_iter().map(|(href,)| href).collect())
}

/// Notes that the bucket has everything up to a generation; false when the turn was lost.
pub async fn shelved(conn: &mut Conn, id: RepoId, fence: i64, generation: i64) -> Result<bool, Error> {
    let done = run!(
        conn,
        execute,
        "UPDATE repo SET shelved = $3 WHERE id = $1 AND publisher_fence = $2",
        id.0,
        fence,
        generation
    )?;
    Ok(done > 0)
}

/// Whether the bucket has the package at a path. What came under a number that is not published yet may be on its way there,
/// though an earlier turn of that number was in the bucket.
pub async fn is_shelved(conn: &mut Conn, id: RepoId, href: &str) -> Result<bool, Error> {
    let (count,) = run!(
        conn,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM repo_package k JOIN repo r ON r.id = k.repo_id
         WHERE k.repo_id = $1 AND k.href = $2 AND k.added_in <= r.shelved AND k.added_in <= r.generation",
        id.0,
        href
    )?;
    Ok(count > 0)
}

/// The repositories that are published as they are wanted, and not in the bucket.
pub async fn not_shelved(conn: &mut Conn) -> Result<Vec<RepoId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT r.id FROM repo r JOIN project_dir d ON d.id = r.dir_id JOIN project p ON p.id = d.project_id
         WHERE r.shelved < r.generation AND r.wanted = r.generation AND p.deleted_on IS NULL ORDER BY r.id"
    )?;
    Ok(rows.into_iter().map(|(id,)| RepoId(id)).collect())
}
