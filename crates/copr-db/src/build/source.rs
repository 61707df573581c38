//! The source of a build: made, delivered, taken in.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{BuildId, Failure, PackageId, State};

/// Moves the source from one state to another; false when somebody was faster.
pub async fn set_source_state(conn: &mut Conn, id: BuildId, from: State, to: State) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE build SET source_state = $3 WHERE id = $1 AND source_state = $2",
        id.0,
        from.as_str(),
        to.as_str()
    )? > 0)
}

/// Keeps the source as it was given, where others are shown something else.
pub async fn keep_private(conn: &mut Conn, id: BuildId, source: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build SET private_source = $2 WHERE id = $1", id.0, source)?;
    Ok(())
}

/// Notes the version of a ready package.
pub async fn set_version(conn: &mut Conn, id: BuildId, version: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build SET version = $2 WHERE id = $1", id.0, version)?;
    Ok(())
}

/// Notes the first start of the source and its result directory.
pub async fn source_started(conn: &mut Conn, id: BuildId, result_dir: &str, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET source_started_on = COALESCE(source_started_on, $3), result_dir = $2 WHERE id = $1",
        id.0,
        result_dir,
        now
    )?;
    Ok(())
}

/// Notes what a builder delivered for the source.
pub async fn source_staged(conn: &mut Conn, id: BuildId, staged: Option<&str>) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build SET staged = $2 WHERE id = $1", id.0, staged)?;
    Ok(())
}

/// Notes the end of the source and, when it failed, why.
pub async fn source_ended(conn: &mut Conn, id: BuildId, failure: Option<&Failure>, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET source_ended_on = $2, failure_class = $3, failure_phase = $4, failure_message = $5, staged = NULL
         WHERE id = $1",
        id.0,
        now,
        failure.map(|f| f.class.as_str()),
        failure.map(|f| f.phase.as_str()),
        failure.map(|f| f.message.as_str())
    )?;
    conn.ring(Topic::Batches);
    conn.ring(Topic::Retention);
    Ok(())
}

/// Notes what the import found.
pub async fn imported(
    conn: &mut Conn,
    id: BuildId,
    package: PackageId,
    version: &str,
    srpm_name: &str,
    source_url: &str,
) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET package_id = $2, version = $3, srpm_name = $4, source_url = $5 WHERE id = $1",
        id.0,
        package.0,
        version,
        srpm_name,
        source_url
    )?;
    Ok(())
}

/// Builds whose source waits for its import, oldest first.
pub async fn importing(conn: &mut Conn, limit: i64) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT id FROM build WHERE source_state = 'importing' ORDER BY id LIMIT $1",
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// What was delivered, of sources and for chroots, and is being taken in: JSON as the one who stored it wrote it.
pub async fn delivered(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT staged FROM build WHERE source_state = 'importing' AND staged IS NOT NULL
         UNION ALL
         SELECT staged FROM build_chroot WHERE state = 'publishing' AND staged IS NOT NULL"
    )?;
    Ok(rows.into_iter().map(|(staged,)| staged).collect())
}

/// Sources, as JSON, of the builds that still need the file that was uploaded for them.
pub async fn uploads_in_use(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT source FROM build
         WHERE (source_state IN ('pending', 'starting', 'running', 'importing') AND source_kind IN ('upload', 'custom'))
            OR (source_kind = 'rpm_upload'
                AND EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = build.id AND c.staged IS NOT NULL))"
    )?;
    Ok(rows.into_iter().map(|(source,)| source).collect())
}
