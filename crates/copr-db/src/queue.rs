//! The queue as the scheduler sees it: who waits first, what runs, what owners were given. It is never read whole.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::TaskId;
use sqlx::FromRow;

/// A task that waits.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Waiting {
    /// The task.
    #[sqlx(try_from = "i64")]
    pub id: TaskId,
    /// Owner of the project.
    pub owner: String,
    /// Who shares a builder.
    pub sandbox: String,
    /// Architecture.
    pub arch: Option<String>,
    /// Programs that its builder has to have, split by blanks.
    pub tools: String,
    /// After everybody who waits.
    pub background: bool,
    /// Makes a source package.
    pub source: bool,
    /// When it was made.
    pub created_on: i64,
}

/// The first task of each lane that could be handed out now. From lane to lane it goes by the index: the cost is that of the
/// lanes, however many tasks stand in them.
pub async fn waiting(conn: &mut Conn, now: i64) -> Result<Vec<Waiting>, Error> {
    run!(
        conn,
        fetch_all as Waiting,
        "WITH RECURSIVE lanes (lane) AS (
             SELECT (SELECT t.lane FROM task t WHERE NOT t.leased AND NOT t.blocked AND NOT t.cancel ORDER BY t.lane LIMIT 1)
             UNION ALL
             SELECT (SELECT t.lane FROM task t
                     WHERE NOT t.leased AND NOT t.blocked AND NOT t.cancel AND t.lane > l.lane ORDER BY t.lane LIMIT 1)
             FROM lanes l WHERE l.lane IS NOT NULL)
         SELECT t.id, t.owner, t.sandbox, t.arch, t.tools, t.background, t.build_chroot_id IS NULL AS source, t.created_on
         FROM lanes l JOIN task t ON t.id = (
             SELECT first.id FROM task first LEFT JOIN repo r ON r.id = first.repo_id
             WHERE NOT first.leased AND NOT first.blocked AND NOT first.cancel AND first.lane = l.lane
               AND first.not_before <= $1 AND (first.repo_id IS NULL OR r.generation > 0)
             ORDER BY first.lane, first.id LIMIT 1)
         WHERE l.lane IS NOT NULL",
        now
    )
}

/// Tasks that builders hold, of one owner, one sandbox and one architecture.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Load {
    /// Owner of the project.
    pub owner: String,
    /// Who shares a builder.
    pub sandbox: String,
    /// Architecture.
    pub arch: Option<String>,
    /// How many.
    pub tasks: i64,
    /// For how long they have been held, together.
    pub seconds: i64,
}

/// What builders hold.
pub async fn running(conn: &mut Conn, now: i64) -> Result<Vec<Load>, Error> {
    run!(
        conn,
        fetch_all as Load,
        "SELECT owner, sandbox, arch, COUNT(*) AS tasks, CAST(SUM($1 - COALESCE(leased_on, $1)) AS BIGINT) AS seconds
         FROM task WHERE leased GROUP BY owner, sandbox, arch",
        now
    )
}

/// Lets nobody else hand out tasks of an owner, or any task for none, until the transaction ends. On SQLite whoever writes
/// is alone anyway.
pub async fn lock(conn: &mut Conn, owner: Option<&str>) -> Result<(), Error> {
    run!(
        conn,
        execute,
        [
            sqlite: "SELECT $1",
            postgres: "SELECT pg_advisory_xact_lock(hashtext('handing out tasks of'), hashtext($1))"
        ],
        owner.unwrap_or_default()
    )?;
    Ok(())
}

/// What these owners were given of the builders' time: `(owner, seconds)` of leases that are over.
pub async fn shares(conn: &mut Conn, owners: &[&str]) -> Result<Vec<(String, i64)>, Error> {
    run!(
        conn,
        fetch_all as (String, i64),
        [
            sqlite: "SELECT owner, used FROM owner_share WHERE owner IN (SELECT value FROM json_each($1))",
            postgres: "SELECT owner, used FROM owner_share
                       WHERE owner = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)))"
        ],
        serde_json::to_string(owners)?
    )
}

/// Adds to what an owner was given.
pub async fn charge(conn: &mut Conn, owner: &str, seconds: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO owner_share (owner, used) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET used = owner_share.used + excluded.used",
        owner,
        seconds
    )?;
    Ok(())
}

/// Takes an owner to have been given this much, if it was less.
pub async fn raise(conn: &mut Conn, owner: &str, least: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO owner_share (owner, used) VALUES ($1, $2)
         ON CONFLICT (owner) DO UPDATE SET used = excluded.used WHERE owner_share.used < excluded.used",
        owner,
        least
    )?;
    Ok(())
}
