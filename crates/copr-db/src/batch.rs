//! Batches: builds that start together, after another batch where one blocks them.

use crate::build::not_ended;
use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{BatchId, BuildId, ProjectId};

/// Makes a batch; one that has to wait is looked at as soon as this transaction is in.
pub async fn create(conn: &mut Conn, after: Option<BatchId>, now: i64) -> Result<BatchId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO batch (blocked_by, created_on) VALUES ($1, $2) RETURNING id",
        after.map(|id| id.0),
        now
    )?;
    if after.is_some() {
        conn.ring(Topic::Batches);
    }
    Ok(BatchId(id))
}

/// The batch of a build.
pub async fn of_build(conn: &mut Conn, build: BuildId) -> Result<Option<BatchId>, Error> {
    let row = run!(conn, fetch_optional as (Option<i64>,), "SELECT batch_id FROM build WHERE id = $1", build.0)?;
    Ok(row.and_then(|(id,)| id).map(BatchId))
}

/// The batch of a build that gets into no other one until this transaction ends.
pub async fn hold_build(conn: &mut Conn, build: BuildId) -> Result<Option<BatchId>, Error> {
    let row = run!(
        conn,
        fetch_optional as (Option<i64>,),
        "UPDATE build SET batch_id = batch_id WHERE id = $1 RETURNING batch_id",
        build.0
    )?;
    Ok(row.and_then(|(id,)| id).map(BatchId))
}

/// Keeps a batch from being released until this transaction ends.
pub async fn hold(conn: &mut Conn, id: BatchId) -> Result<(), Error> {
    run!(conn, execute, "UPDATE batch SET blocked_by = blocked_by WHERE id = $1", id.0)?;
    Ok(())
}

/// Puts a build that is in no batch into one; false when it is in one already.
pub async fn add(conn: &mut Conn, id: BatchId, build: BuildId) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE build SET batch_id = $2 WHERE id = $1 AND batch_id IS NULL", build.0, id.0)? > 0)
}

/// Whether all builds of a batch have ended, whatever came of them.
pub async fn is_finished(conn: &mut Conn, id: BatchId) -> Result<bool, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        concat!("SELECT b.id FROM build b WHERE b.batch_id = $1 AND ", not_ended!(), " LIMIT 1"),
        id.0
    )?;
    Ok(row.is_none())
}

/// The projects that have builds in a batch.
pub async fn projects(conn: &mut Conn, id: BatchId) -> Result<Vec<ProjectId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT DISTINCT project_id FROM build WHERE batch_id = $1 ORDER BY project_id",
        id.0
    )?;
    Ok(rows.into_iter().map(|(id,)| ProjectId(id)).collect())
}

/// What lets a batch `g` go: the one before it, `p`, waits for none itself and has no build that has not ended.
macro_rules! over {
    () => {
        concat!(
            "p.id = g.blocked_by AND p.blocked_by IS NULL
             AND NOT EXISTS (SELECT 1 FROM build b WHERE b.batch_id = p.id AND ",
            not_ended!(),
            ")"
        )
    };
}

/// Blocked batches whose blocking batch is over, by number.
pub async fn due(conn: &mut Conn) -> Result<Vec<BatchId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        concat!("SELECT g.id FROM batch g JOIN batch p ON ", over!(), " WHERE g.blocked_by IS NOT NULL ORDER BY g.id")
    )?;
    Ok(rows.into_iter().map(|(id,)| BatchId(id)).collect())
}

/// Lets a batch go when the one before it is over; false when it is not, or when somebody was faster.
pub async fn release(conn: &mut Conn, id: BatchId) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        concat!(
            "UPDATE batch AS g SET blocked_by = NULL WHERE g.id = $1 AND EXISTS (SELECT 1 FROM batch p WHERE ",
            over!(),
            ")"
        ),
        id.0
    )? > 0)
}
