//! What goes away by itself once its time is over.

use crate::conn::{id_list, run};
use crate::dir::Dir;
use crate::{Conn, Error};
use copr_types::{BuildId, ChrootId, DirId, DirName, ProjectId, RepoId};

/// Chroots that projects dropped and whose time is over.
pub async fn chroots(conn: &mut Conn, now: i64) -> Result<Vec<(ProjectId, ChrootId)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64),
        "SELECT pc.project_id, pc.chroot_id FROM project_chroot pc JOIN project p ON p.id = pc.project_id
         WHERE pc.delete_on IS NOT NULL AND pc.delete_on <= $1 AND pc.enabled = $2 AND p.deleted_on IS NULL
         ORDER BY pc.delete_on, pc.project_id, pc.chroot_id",
        now,
        false
    )?;
    Ok(rows.into_iter().map(|(project, chroot)| (ProjectId(project), ChrootId(chroot))).collect())
}

/// Directories of pull requests into which nobody built since a moment.
pub async fn dirs(conn: &mut Conn, moment: i64) -> Result<Vec<Dir>, Error> {
    run!(
        conn,
        fetch_all as Dir,
        "SELECT d.id, d.project_id, d.name, d.main, d.used_on FROM project_dir d JOIN project p ON p.id = d.project_id
         WHERE NOT d.main AND d.used_on <= $1 AND d.name LIKE '%:pr:%' AND d.name NOT LIKE '%:custom:%'
           AND p.deleted_on IS NULL
         ORDER BY d.used_on, d.id",
        moment
    )
}

/// Projects whose time is over.
pub async fn projects(conn: &mut Conn, now: i64) -> Result<Vec<ProjectId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT id FROM project WHERE delete_on IS NOT NULL AND delete_on <= $1 AND persistent = $2
           AND deleted_on IS NULL
         ORDER BY delete_on, id",
        now,
        false
    )?;
    Ok(rows.into_iter().map(|(id,)| ProjectId(id)).collect())
}

/// Whether anybody works in one of a project's chroots.
pub async fn chroot_is_busy(conn: &mut Conn, project: ProjectId, chroot: ChrootId) -> Result<bool, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT bc.id FROM build_chroot bc JOIN build b ON b.id = bc.build_id
         WHERE b.project_id = $1 AND bc.chroot_id = $2
           AND (bc.state NOT IN ('succeeded', 'failed', 'canceled', 'skipped', 'forking', 'forked')
                OR EXISTS (SELECT 1 FROM task t WHERE t.build_chroot_id = bc.id))
         LIMIT 1",
        project.0,
        chroot.0
    )?;
    Ok(row.is_some())
}

/// Whether anybody works in a directory.
pub async fn dir_is_busy(conn: &mut Conn, dir: DirId) -> Result<bool, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT b.id FROM build b
         WHERE b.dir_id = $1
           AND (b.source_state NOT IN ('succeeded', 'failed', 'canceled')
                OR EXISTS (SELECT 1 FROM task t WHERE t.build_id = b.id)
                OR EXISTS (SELECT 1 FROM build_chroot bc WHERE bc.build_id = b.id
                           AND bc.state NOT IN ('succeeded', 'failed', 'canceled', 'skipped', 'forking', 'forked')))
         LIMIT 1",
        dir.0
    )?;
    Ok(row.is_some())
}

/// Takes away what is to be published in repositories that nobody publishes just now, and holds their rows. False when
/// somebody is at one of them.
pub async fn stop_publishing(conn: &mut Conn, repos: &[RepoId], now: i64) -> Result<bool, Error> {
    let stopped = run!(
        conn,
        execute,
        [
            sqlite: "UPDATE repo SET publisher_fence = publisher_fence + 1
                     WHERE publisher_until <= $2 AND id IN (SELECT value FROM json_each($1))",
            postgres: "UPDATE repo SET publisher_fence = publisher_fence + 1
                     WHERE publisher_until <= $2
                       AND id IN (SELECT value::bigint FROM json_array_elements_text($1::json))"
        ],
        id_list(repos.iter().map(|id| id.0)),
        now
    )?;
    Ok(stopped == repos.len() as u64)
}

/// Forgets a chroot that a project dropped, with its settings; false when it was chosen again.
pub async fn forget_chroot(conn: &mut Conn, project: ProjectId, chroot: ChrootId, now: i64) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "DELETE FROM project_chroot
         WHERE project_id = $1 AND chroot_id = $2 AND enabled = $4 AND delete_on IS NOT NULL AND delete_on <= $3",
        project.0,
        chroot.0,
        now,
        false
    )? > 0)
}

/// Builds of a project that have no other chroot than this one, with the names of their directories.
pub async fn builds_only_in(
    conn: &mut Conn,
    project: ProjectId,
    chroot: ChrootId,
) -> Result<Vec<(BuildId, DirName)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, String),
        "SELECT b.id, d.name FROM build b JOIN project_dir d ON d.id = b.dir_id
         WHERE b.project_id = $1
           AND EXISTS (SELECT 1 FROM build_chroot bc WHERE bc.build_id = b.id AND bc.chroot_id = $2)
           AND NOT EXISTS (SELECT 1 FROM build_chroot bc WHERE bc.build_id = b.id AND bc.chroot_id <> $2)
         ORDER BY b.id",
        project.0,
        chroot.0
    )?;
    Ok(rows.into_iter().map(|(id, dir)| (BuildId(id), DirName::from(dir))).collect())
}

/// Removes what a project's builds did in a chroot.
pub async fn forget_results(conn: &mut Conn, project: ProjectId, chroot: ChrootId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "DELETE FROM build_chroot WHERE chroot_id = $2 AND build_id IN (SELECT id FROM build WHERE project_id = $1)",
        project.0,
        chroot.0
    )?;
    Ok(())
}

/// Removes a repository's rows.
pub async fn forget_repo(conn: &mut Conn, repo: RepoId) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM repo WHERE id = $1", repo.0)?;
    Ok(())
}

/// Removes a directory into which nobody built since a moment, with its builds and repositories; false when somebody
/// did.
pub async fn forget_dir(conn: &mut Conn, dir: DirId, moment: i64) -> Result<bool, Error> {
    Ok(run!(conn, execute, "DELETE FROM project_dir WHERE id = $1 AND NOT main AND used_on <= $2", dir.0, moment)? > 0)
}

/// Removes events from before a moment, a part at a time. Returns how many.
pub async fn forget_events(conn: &mut Conn, moment: i64, limit: i64) -> Result<u64, Error> {
    // Numbers rise with time: the oldest are the first, and no more than these are looked at.
    run!(
        conn,
        execute,
        "DELETE FROM event WHERE created_on < $1 AND id IN (SELECT id FROM event ORDER BY id LIMIT $2)",
        moment,
        limit
    )
}

/// Numbers of the tasks that there are.
pub async fn living_tasks(conn: &mut Conn, ids: &[i64]) -> Result<Vec<i64>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        [
            sqlite: "SELECT id FROM task WHERE id IN (SELECT value FROM json_each($1))",
            postgres: "SELECT id FROM task WHERE id = ANY (translate($1, '[]', '{}')::bigint[])"
        ],
        id_list(ids.iter().copied())
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What builders delivered and nobody has taken in yet, as JSON.
pub async fn staged(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT staged FROM build WHERE staged IS NOT NULL
         UNION ALL SELECT staged FROM build_chroot WHERE staged IS NOT NULL"
    )?;
    Ok(rows.into_iter().map(|(staged,)| staged).collect())
}
