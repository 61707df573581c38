//! Builds that end before their time, those that have not ended, and those that go.

use super::not_ended;
use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{BuildId, ChrootId, DirId, PackageId, ProjectId};

/// Builds of web hooks of a package into a directory that nobody works on yet and that are of the same branch or tag.
pub async fn waiting_for(
    conn: &mut Conn,
    package: PackageId,
    dir: DirId,
    git_ref: &str,
) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT id FROM build
         WHERE package_id = $1 AND dir_id = $2 AND hook_ref = $3 AND source_state = 'pending' AND NOT canceled ORDER BY id",
        package.0,
        dir.0,
        git_ref
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Ends a build that nobody works on yet, with all its chroots, in favour of another; false when somebody was faster.
pub async fn superseded(conn: &mut Conn, id: BuildId, reason: &str, now: i64) -> Result<bool, Error> {
    let ended = run!(
        conn,
        execute,
        "UPDATE build SET canceled = $2, source_state = 'canceled', source_ended_on = $3
         WHERE id = $1 AND source_state = 'pending' AND NOT canceled",
        id.0,
        true,
        now
    )?;
    if ended == 0 {
        return Ok(false);
    }
    run!(
        conn,
        execute,
        "UPDATE build_chroot SET state = 'canceled', reason = $2, ended_on = $3 WHERE build_id = $1 AND state = 'waiting'",
        id.0,
        reason,
        now
    )?;
    conn.ring(Topic::Batches);
    Ok(true)
}

/// Sets the cancel flag; false when it was set already.
pub async fn set_canceled(conn: &mut Conn, id: BuildId) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(conn, execute, "UPDATE build SET canceled = $2 WHERE id = $1 AND canceled = $3", id.0, true, false)? > 0)
}

/// Removes a build's rows with all that belongs to it.
pub async fn delete(conn: &mut Conn, id: BuildId) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(conn, execute, "DELETE FROM build WHERE id = $1", id.0)? > 0)
}

/// Numbers of a project's builds that have not ended, and of canceled ones whose packages are still on their way
/// into a repository.
pub async fn unfinished(conn: &mut Conn, project: ProjectId) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        concat!(
            "SELECT b.id FROM build b WHERE b.project_id = $1
               AND ((",
            not_ended!(),
            ") OR EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id AND c.state = 'publishing'))
             ORDER BY b.id"
        ),
        project.0
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Ended builds that their packages do not keep any more: each package that has a number to keep keeps that many of the
/// newest, in each directory for itself; those that have not ended do not count yet. By number; none of projects whose
/// builds stay for ever.
pub async fn superfluous(conn: &mut Conn, limit: i64) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        concat!(
            "SELECT id FROM (
                 SELECT b.id, k.max_builds,
                        ROW_NUMBER() OVER (PARTITION BY b.package_id, b.dir_id ORDER BY b.id DESC) AS place
                 FROM package k JOIN project p ON p.id = k.project_id JOIN build b ON b.package_id = k.id
                 WHERE k.max_builds > 0 AND NOT p.persistent AND p.deleted_on IS NULL AND NOT (",
            not_ended!(),
            ") AND NOT EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id AND c.state = 'publishing')) ranked
             WHERE place > max_builds ORDER BY id LIMIT $1"
        ),
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Builds that have not ended and are to be made in a chroot, whosever they are, by number.
pub async fn unfinished_in_chroot(conn: &mut Conn, chroot: ChrootId) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT bc.build_id FROM build_chroot bc
         WHERE bc.chroot_id = $1 AND bc.state IN ('waiting', 'pending', 'starting', 'running')
         ORDER BY bc.build_id",
        chroot.0
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}
