//! What lets forges report pushes, and what they reported.

use crate::conn::{id_list, run};
use crate::{Conn, Error};
use copr_types::{BuildId, Forge, HookCallId, HookOutcome, ProjectId};
use sqlx::FromRow;

/// Gives a project a new secret; the old one is void.
pub async fn set_secret(conn: &mut Conn, project: ProjectId, secret: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE project SET webhook_secret = $2 WHERE id = $1", project.0, secret)?;
    Ok(())
}

/// A project's secret; none when nobody asked for one yet.
pub async fn secret(conn: &mut Conn, project: ProjectId) -> Result<Option<String>, Error> {
    let row = run!(
        conn,
        fetch_optional as (Option<String>,),
        "SELECT webhook_secret FROM project WHERE id = $1 AND deleted_on IS NULL",
        project.0
    )?;
    Ok(row.and_then(|(secret,)| secret))
}

/// A call as it came.
#[derive(Clone, Copy, Debug)]
pub struct NewCall<'a> {
    /// Who called.
    pub forge: Forge,
    /// What the caller calls the event.
    pub event: &'a str,
    /// The branch or tag, as `refs/…`.
    pub git_ref: Option<&'a str>,
    /// The commit.
    pub commit: Option<&'a str>,
    /// The caller's own name of the call.
    pub delivery: Option<&'a str>,
    /// The caller's program.
    pub user_agent: Option<&'a str>,
    /// Who pushed, in the caller's words.
    pub sender: Option<&'a str>,
}

/// A call that was taken down.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Call {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: HookCallId,
    /// When it came.
    pub received_on: i64,
    /// Who called.
    #[sqlx(try_from = "String")]
    pub forge: Forge,
    /// What the caller calls the event.
    pub event: String,
    /// The branch or tag, as `refs/…`.
    pub git_ref: Option<String>,
    /// The commit.
    pub git_commit: Option<String>,
    /// The caller's own name of the call.
    pub delivery: Option<String>,
    /// The caller's program.
    pub user_agent: Option<String>,
    /// Who pushed, in the caller's words.
    pub sender: Option<String>,
    /// What came of it.
    #[sqlx(try_from = "String")]
    pub outcome: HookOutcome,
    /// Why there are no builds, or fewer than there might be.
    pub reason: String,
}

/// Takes a call down; what came of it is to be said by [`settle`].
pub async fn record(conn: &mut Conn, project: ProjectId, new: &NewCall<'_>, now: i64) -> Result<HookCallId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO hook_call (project_id, received_on, forge, event, git_ref, git_commit, delivery, user_agent, sender, outcome)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        project.0,
        now,
        new.forge.as_str(),
        new.event,
        new.git_ref,
        new.commit,
        new.delivery,
        new.user_agent,
        new.sender,
        HookOutcome::Nothing.as_str()
    )?;
    Ok(HookCallId(id))
}

/// Says what came of a call.
pub async fn settle(conn: &mut Conn, id: HookCallId, outcome: HookOutcome, reason: &str) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE hook_call SET outcome = $2, reason = $3 WHERE id = $1",
        id.0,
        outcome.as_str(),
        reason
    )?;
    Ok(())
}

/// Builds of an earlier call that was this one: of the same name, with the same branch or tag at the same commit.
pub async fn delivered(conn: &mut Conn, project: ProjectId, call: &NewCall<'_>) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT b.id FROM hook_call h JOIN build b ON b.hook_call_id = h.id
         WHERE h.project_id = $1 AND h.forge = $2 AND h.delivery = $3
           AND COALESCE(h.git_ref, '') = $4 AND COALESCE(h.git_commit, '') = $5 ORDER BY b.id",
        project.0,
        call.forge.as_str(),
        call.delivery,
        call.git_ref.unwrap_or_default(),
        call.commit.unwrap_or_default()
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// A project's calls, newest first.
pub async fn calls(conn: &mut Conn, project: ProjectId, limit: i64, offset: i64) -> Result<Vec<Call>, Error> {
    run!(
        conn,
        fetch_all as Call,
        "SELECT id, received_on, forge, event, git_ref, git_commit, delivery, user_agent, sender, outcome, reason
         FROM hook_call WHERE project_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $3",
        project.0,
        limit,
        offset
    )
}

/// The builds of calls: `(call, build)`, in their order.
pub async fn builds(conn: &mut Conn, calls: &[HookCallId]) -> Result<Vec<(HookCallId, BuildId)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64),
        [
            sqlite: "SELECT hook_call_id, id FROM build
                     WHERE hook_call_id IN (SELECT value FROM json_each($1)) ORDER BY id",
            postgres: "SELECT hook_call_id, id FROM build
                       WHERE hook_call_id = ANY (translate($1, '[]', '{}')::bigint[]) ORDER BY id"
        ],
        id_list(calls.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(call, build)| (HookCallId(call), BuildId(build))).collect())
}

/// Forgets a project's calls but for the newest ones.
pub async fn forget(conn: &mut Conn, project: ProjectId, keep: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "DELETE FROM hook_call WHERE project_id = $1
           AND id <= (SELECT id FROM hook_call WHERE project_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)",
        project.0,
        keep
    )?;
    Ok(())
}

/// What of a repository a build is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScmObject {
    /// `commit` or `tag`.
    pub kind: String,
    /// The commit's hash, or the tag's name.
    pub id: String,
    /// Its page at the forge.
    pub url: Option<String>,
}

/// Where a build that nobody submitted comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The call.
    pub call: HookCallId,
    /// The branch or tag that was pushed, as `refs/…`.
    pub git_ref: Option<&'a str>,
    /// What of the repository it is of.
    pub object: Option<&'a ScmObject>,
}

/// Notes where a build comes from.
pub async fn made(conn: &mut Conn, build: BuildId, origin: &Origin<'_>) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET hook_call_id = $2, hook_ref = $3, scm_object_type = $4, scm_object_id = $5, scm_object_url = $6
         WHERE id = $1",
        build.0,
        origin.call.0,
        origin.git_ref,
        origin.object.map(|object| object.kind.as_str()),
        origin.object.map(|object| object.id.as_str()),
        origin.object.and_then(|object| object.url.as_deref())
    )?;
    Ok(())
}
