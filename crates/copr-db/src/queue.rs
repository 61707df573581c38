//! The queue as the scheduler sees it: who waits first, what runs, what owners were given. It is never read whole.

use crate::conn::{Each, id_list, run};
use crate::{Conn, Error};
use copr_types::TaskId;
use sqlx::FromRow;

/// A task that waits, where it stands.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Waiting {
    /// The task.
    #[sqlx(try_from = "i64")]
    pub id: TaskId,
    /// Its lane.
    pub lane_number: i64,
    /// Who shares a builder.
    pub sandbox: String,
    /// When it was made.
    pub created_on: i64,
    /// Not handed out before.
    pub not_before: i64,
    /// The builder that had it last, and lost it or failed by itself.
    pub last_builder_id: Option<i64>,
}

impl From<(i64, i64, String, i64, i64, Option<i64>)> for Waiting {
    fn from(row: (i64, i64, String, i64, i64, Option<i64>)) -> Self {
        let (id, lane_number, sandbox, created_on, not_before, last_builder_id) = row;
        Self { id: TaskId(id), lane_number, sandbox, created_on, not_before, last_builder_id }
    }
}

/// From lane to lane.
macro_rules! lanes {
    () => {
        "WITH RECURSIVE lanes (lane) AS (
             SELECT (SELECT t.lane_number FROM task t WHERE NOT t.leased AND NOT t.blocked AND NOT t.cancel
                     ORDER BY t.lane_number LIMIT 1)
             UNION ALL
             SELECT (SELECT t.lane_number FROM task t
                     WHERE NOT t.leased AND NOT t.blocked AND NOT t.cancel AND t.lane_number > l.lane
                     ORDER BY t.lane_number LIMIT 1)
             FROM lanes l WHERE l.lane IS NOT NULL) "
    };
}

/// The statements of [`waiting`], for SQLite and for PostgreSQL; tests ask the engines how they do them.
///
/// Of a lane alone (`=`) both know that its order is that of the numbers, and look for its first task among all that there are
/// when they take lanes to be few. Between two lanes that happen to be the same one they can not know that.
pub const WAITING: [&str; 2] = [
    concat!(
        lanes!(),
        "SELECT json_group_array(json_array(t.id, t.lane_number, t.sandbox, t.created_on, t.not_before, t.last_builder_id))
         FROM lanes l JOIN task t ON t.id = (
              SELECT f.id FROM task f LEFT JOIN repo r ON r.id = f.repo_id
              WHERE NOT f.leased AND NOT f.blocked AND NOT f.cancel AND f.lane_number BETWEEN l.lane AND l.lane
                AND f.not_before <= $1 AND (f.repo_id IS NULL OR r.generation > 0)
              ORDER BY f.lane_number, f.id LIMIT 1)
          WHERE l.lane IS NOT NULL"
    ),
    concat!(
        lanes!(),
        "SELECT t.id, t.lane_number, t.sandbox, t.created_on, t.not_before, t.last_builder_id
         FROM lanes l CROSS JOIN LATERAL (
              SELECT f.* FROM task f LEFT JOIN repo r ON r.id = f.repo_id
              WHERE NOT f.leased AND NOT f.blocked AND NOT f.cancel AND f.lane_number BETWEEN l.lane AND l.lane
                AND f.not_before <= $1 AND (f.repo_id IS NULL OR r.generation > 0)
              ORDER BY f.lane_number, f.id LIMIT 1) t
          WHERE l.lane IS NOT NULL"
    ),
];

/// The first task of each lane that could be handed out now. From lane to lane it goes by the index: the cost is that of the
/// lanes, however many tasks stand in them.
pub async fn waiting(conn: &mut Conn, now: i64) -> Result<Vec<Waiting>, Error> {
    match conn.next().await? {
        // One long text costs a third of what thousands of rows cost on their way between two threads.
        Each::Sqlite(inner) => {
            let (rows,): (String,) = sqlx::query_as(WAITING[0]).bind(now).fetch_one(inner).await?;
            let rows: Vec<(i64, i64, String, i64, i64, Option<i64>)> = serde_json::from_str(&rows)?;
            Ok(rows.into_iter().map(Waiting::from).collect())
        }
        Each::Postgres(inner) => Ok(sqlx::query_as(WAITING[1]).bind(now).fetch_all(inner).await?),
    }
}

/// The next tasks of a lane that could be handed out now, behind one.
pub async fn behind(conn: &mut Conn, lane: i64, after: TaskId, now: i64, limit: i64) -> Result<Vec<Waiting>, Error> {
    run!(
        conn,
        fetch_all as Waiting,
        "SELECT t.id, t.lane_number, t.sandbox, t.created_on, t.not_before, t.last_builder_id
         FROM task t LEFT JOIN repo r ON r.id = t.repo_id
         WHERE NOT t.leased AND NOT t.blocked AND NOT t.cancel AND (t.lane_number, t.id) > ($1, $2)
           AND t.lane_number <= $1 AND t.not_before <= $3 AND (t.repo_id IS NULL OR r.generation > 0)
         ORDER BY t.lane_number, t.id LIMIT $4",
        lane,
        after.0,
        now,
        limit
    )
}

/// What the tasks of a lane have in common.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Lane {
    /// Its number.
    pub lane_number: i64,
    /// Owner of the project.
    pub owner: String,
    /// Architecture.
    pub arch: Option<String>,
    /// Programs that its builder has to have, split by blanks.
    pub tools: String,
    /// What its builder has to be called, split by blanks.
    pub tags: String,
    /// Memory that it asks for, MiB.
    pub memory_mib: i64,
    /// After everybody who waits.
    pub background: bool,
    /// Makes a source package.
    pub source: bool,
}

/// The lanes in which these tasks stand.
pub async fn lanes(conn: &mut Conn, tasks: impl IntoIterator<Item = TaskId>) -> Result<Vec<Lane>, Error> {
    run!(
        conn,
        fetch_all as Lane,
        [
            sqlite: "SELECT t.lane_number, t.owner, t.arch, t.tools, t.tags, t.memory_mib, t.background,
                            t.build_chroot_id IS NULL AS source
                     FROM task t WHERE t.id IN (SELECT value FROM json_each($1))",
            postgres: "SELECT t.lane_number, t.owner, t.arch, t.tools, t.tags, t.memory_mib, t.background,
                              t.build_chroot_id IS NULL AS source
                       FROM task t WHERE t.id = ANY (translate($1, '[]', '{}')::bigint[])"
        ],
        id_list(tasks.into_iter().map(|id| id.0))
    )
}

/// How many tasks stand before one in its lane; counted to a limit.
pub async fn before(conn: &mut Conn, lane: i64, id: TaskId, limit: i64) -> Result<i64, Error> {
    let (count,) = run!(
        conn,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM task t
                               WHERE NOT t.leased AND NOT t.blocked AND NOT t.cancel AND t.lane_number BETWEEN $1 AND $1
                                 AND t.id < $2
                               ORDER BY t.lane_number, t.id LIMIT $3) before_it",
        lane,
        id.0,
        limit
    )?;
    Ok(count)
}

/// The memory that a builder's tasks have, of one process of it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Held {
    /// The builder's number.
    pub builder_id: i64,
    /// The name it gave itself.
    pub builder_name: String,
    /// Memory that the tasks asked for, MiB.
    pub memory_mib: i64,
}

/// How much of their memory builders have given away.
pub async fn held(conn: &mut Conn) -> Result<Vec<Held>, Error> {
    run!(
        conn,
        fetch_all as Held,
        "SELECT builder_id, COALESCE(builder_name, '') AS builder_name, CAST(SUM(memory_mib) AS BIGINT) AS memory_mib
         FROM task WHERE leased AND builder_id IS NOT NULL GROUP BY builder_id, builder_name"
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
