//! Generations: what was published, when, and for how long it is kept.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::RepoId;
use sqlx::FromRow;

/// A published generation of which every package is there.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Generation {
    /// Its number in its repository.
    pub number: i64,
    /// When it was published.
    pub created_on: i64,
    /// When another followed; none for the present one.
    pub superseded_on: Option<i64>,
    /// Why it was made.
    pub cause: String,
    /// How many packages it lists.
    pub packages: i64,
    /// Name of the directory of its metadata, while that is kept.
    pub metadata: Option<String>,
    /// The name under which somebody keeps it.
    pub pinned: Option<String>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT number, created_on, superseded_on, cause, packages, metadata, pinned FROM generation ", $rest)
    };
}

/// Notes a generation that is published now, in place of the present one. Why it was made is what was said when it was
/// asked for, or else what changed.
pub async fn publish(
    conn: &mut Conn,
    id: RepoId,
    number: i64,
    packages: i64,
    metadata: &str,
    now: i64,
) -> Result<(), Error> {
    let (before,) = run!(
        conn,
        fetch_one as (i64,),
        "SELECT COALESCE(MAX(number), 0) FROM generation WHERE repo_id = $1 AND number < $2",
        id.0,
        number
    )?;
    run!(
        conn,
        execute,
        "UPDATE generation SET superseded_on = $3 WHERE repo_id = $1 AND number < $2 AND superseded_on IS NULL",
        id.0,
        number,
        now
    )?;
    run!(
        conn,
        execute,
        "INSERT INTO generation (repo_id, number, created_on, cause, packages, metadata)
         SELECT r.id, $2, $5,
                COALESCE(r.cause,
                    CASE WHEN $2 = 1 THEN 'new'
                         WHEN EXISTS (SELECT 1 FROM repo_package k
                                      WHERE k.repo_id = r.id AND k.added_in > $6 AND k.added_in <= $2) THEN 'build'
                         WHEN EXISTS (SELECT 1 FROM repo_package k
                                      WHERE k.repo_id = r.id AND k.removed_in > $6 AND k.removed_in <= $2) THEN 'removal'
                         ELSE 'change' END),
                $3, $4
         FROM repo r WHERE r.id = $1
         ON CONFLICT (repo_id, number) DO UPDATE SET created_on = excluded.created_on, superseded_on = NULL,
             cause = excluded.cause, packages = excluded.packages, metadata = excluded.metadata",
        id.0,
        number,
        packages,
        metadata,
        now,
        before
    )?;
    run!(conn, execute, "UPDATE repo SET cause = NULL WHERE id = $1 AND wanted <= $2", id.0, number)?;
    Ok(())
}

/// The generations of a repository, newest first.
pub async fn list(conn: &mut Conn, id: RepoId, limit: i64) -> Result<Vec<Generation>, Error> {
    run!(conn, fetch_all as Generation, select!("WHERE repo_id = $1 ORDER BY number DESC LIMIT $2"), id.0, limit)
}

/// The generation of a number.
pub async fn by_number(conn: &mut Conn, id: RepoId, number: i64) -> Result<Option<Generation>, Error> {
    run!(conn, fetch_optional as Generation, select!("WHERE repo_id = $1 AND number = $2"), id.0, number)
}

/// The generation that is pinned under a name.
pub async fn by_pin(conn: &mut Conn, id: RepoId, name: &str) -> Result<Option<Generation>, Error> {
    run!(conn, fetch_optional as Generation, select!("WHERE repo_id = $1 AND pinned = $2"), id.0, name)
}

/// Keeps a generation under a name. False when it is pinned, or not there, or its metadata is gone.
pub async fn pin(conn: &mut Conn, id: RepoId, number: i64, name: &str) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE generation SET pinned = $3
         WHERE repo_id = $1 AND number = $2 AND pinned IS NULL AND metadata IS NOT NULL",
        id.0,
        number,
        name
    )? > 0)
}

/// Keeps a generation no longer than others. False when it was not pinned.
pub async fn unpin(conn: &mut Conn, id: RepoId, number: i64) -> Result<bool, Error> {
    conn.ring(Topic::Remove);
    Ok(run!(
        conn,
        execute,
        "UPDATE generation SET pinned = NULL WHERE repo_id = $1 AND number = $2 AND pinned IS NOT NULL",
        id.0,
        number
    )? > 0)
}

/// The smallest number from which on all generations count as kept: of those superseded after a moment, or the present one.
/// Generations that were published and never noted lie between those that are.
pub async fn oldest_kept(conn: &mut Conn, id: RepoId, moment: i64) -> Result<i64, Error> {
    let (number,) = run!(
        conn,
        fetch_one as (i64,),
        "SELECT COALESCE((SELECT MIN(g.number) FROM generation g
                          WHERE g.repo_id = r.id AND (g.superseded_on IS NULL OR g.superseded_on > $2)),
                         r.generation)
         FROM repo r WHERE r.id = $1",
        id.0,
        moment
    )?;
    Ok(number)
}

/// Names of the directories of metadata that are kept.
pub async fn metadata(conn: &mut Conn, id: RepoId) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT metadata FROM generation WHERE repo_id = $1 AND metadata IS NOT NULL ORDER BY number",
        id.0
    )?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Repositories with metadata that need not be kept: of generations that were superseded before a moment, are not pinned and not
/// among the newest.
pub async fn due(conn: &mut Conn, moment: i64, newest: i64) -> Result<Vec<RepoId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT DISTINCT g.repo_id FROM generation g
         WHERE g.metadata IS NOT NULL AND g.superseded_on <= $1 AND g.pinned IS NULL
           AND g.number < (SELECT MIN(n.number) FROM (SELECT o.number FROM generation o WHERE o.repo_id = g.repo_id
                                                      ORDER BY o.number DESC LIMIT $2) n)
         ORDER BY g.repo_id",
        moment,
        newest
    )?;
    Ok(rows.into_iter().map(|(id,)| RepoId(id)).collect())
}

/// Forgets the metadata of generations that were superseded before a moment and are not among the newest; of those pinned
/// nothing. Returns the names of the directories. The caller holds the repository's row.
pub async fn forget_metadata(conn: &mut Conn, id: RepoId, moment: i64, newest: i64) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, String),
        "SELECT number, metadata FROM generation
         WHERE repo_id = $1 AND metadata IS NOT NULL AND pinned IS NULL AND superseded_on <= $2
           AND number NOT IN (SELECT n.number FROM generation n WHERE n.repo_id = $1 ORDER BY n.number DESC LIMIT $3)",
        id.0,
        moment,
        newest
    )?;
    let mut names = Vec::new();
    for (number, name) in rows {
        run!(conn, execute, "UPDATE generation SET metadata = NULL WHERE repo_id = $1 AND number = $2", id.0, number)?;
        names.push(name);
    }
    Ok(names)
}

/// Forgets generations without metadata that are not among the newest.
pub async fn forget_old(conn: &mut Conn, id: RepoId, newest: i64) -> Result<u64, Error> {
    run!(
        conn,
        execute,
        "DELETE FROM generation
         WHERE repo_id = $1 AND metadata IS NULL AND pinned IS NULL AND superseded_on IS NOT NULL
           AND number NOT IN (SELECT n.number FROM generation n WHERE n.repo_id = $1 ORDER BY n.number DESC LIMIT $2)",
        id.0,
        newest
    )
}
