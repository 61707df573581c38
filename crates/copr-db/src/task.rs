//! The queue: work that waits for, or is held by, a builder.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{BatchId, BuildChrootId, BuildId, BuilderId, ProjectId, RepoId, TaskId};
use sha2::{Digest, Sha256};
use sqlx::FromRow;

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Task {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: TaskId,
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// The build's chroot; none for the source.
    pub build_chroot_id: Option<i64>,
    /// The repository that must exist before and will hold the result.
    pub repo_id: Option<i64>,
    /// Owner of the project.
    pub owner: String,
    /// Who shares a builder: owner, project and submitter.
    pub sandbox: String,
    /// Architecture; any when none.
    pub arch: Option<String>,
    /// Programs that its builder has to have, split by blanks.
    pub tools: String,
    /// What its builder has to be called, split by blanks.
    pub tags: String,
    /// Memory that it asks for, MiB.
    pub memory_mib: i64,
    /// The lane it stands in.
    pub lane_number: i64,
    /// The builder that had it last, and lost it or failed by itself.
    pub last_builder_id: Option<i64>,
    /// After everybody who waits.
    pub background: bool,
    /// Held by a builder.
    pub leased: bool,
    /// The build's batch waits for another, or its chain for other members.
    pub blocked: bool,
    /// The builder's number.
    pub builder_id: Option<i64>,
    /// The builder's name.
    pub builder_name: Option<String>,
    /// The builder's isolation, in words.
    pub isolation: Option<String>,
    /// Rises with each lease.
    pub fence: i64,
    /// Leases so far.
    pub attempts: i64,
    /// When the lease began.
    pub leased_on: Option<i64>,
    /// When the lease ends.
    pub deadline: Option<i64>,
    /// Phase the builder last reported.
    pub phase: Option<String>,
    /// To be stopped.
    pub cancel: bool,
    /// Not handed out before.
    pub not_before: i64,
    /// JSON of the work.
    pub spec: String,
    /// When it was made.
    pub created_on: i64,
}

macro_rules! columns {
    () => {
        "t.id, t.build_id, t.build_chroot_id, t.repo_id, t.owner, t.sandbox, t.arch, t.tools, t.background, t.leased,
         t.blocked, t.builder_id, t.builder_name, t.isolation, t.fence, t.attempts, t.leased_on, t.deadline, t.phase, t.cancel, t.not_before,
         t.spec, t.created_on, t.tags, t.memory_mib, t.lane_number, t.last_builder_id"
    };
}

/// What is known of a task when it is made.
#[derive(Clone, Debug)]
pub struct NewTask<'a> {
    /// The build.
    pub build: BuildId,
    /// The build's chroot; none for the source.
    pub build_chroot: Option<BuildChrootId>,
    /// The repository.
    pub repo: Option<RepoId>,
    /// Owner of the project.
    pub owner: &'a str,
    /// Who shares a builder.
    pub sandbox: &'a str,
    /// Whose tasks stand in one line: the sandbox, but all who have one for a single build stand together.
    pub line: &'a str,
    /// Architecture.
    pub arch: Option<&'a str>,
    /// Programs that its builder has to have, split by blanks.
    pub tools: &'a str,
    /// What its builder has to be called, split by blanks.
    pub tags: &'a str,
    /// Memory that it asks for, MiB.
    pub memory_mib: i64,
    /// After everybody who waits.
    pub background: bool,
    /// JSON of the work.
    pub spec: &'a str,
}

/// The number of a task's lane: a digest of all that the tasks of a lane have in common. Nobody has to agree on it with anybody, and
/// two lanes of one number are not to be expected, nor can they be made.
fn lane(new: &NewTask<'_>) -> i64 {
    let NewTask { owner, line, tools, tags, memory_mib, .. } = new;
    let (arch, background, source) = (new.arch.unwrap_or("-"), new.background, new.build_chroot.is_none());
    let text = format!("{owner}\n{line}\n{arch}\n{background}\n{source}\n{tools}\n{tags}\n{memory_mib}");
    let digest = Sha256::digest(text);
    i64::from_be_bytes(std::array::from_fn(|at| digest[at])) & i64::MAX
}

/// Puts a task into the queue. It is not handed out while its build's batch is blocked; packages of a chain's member are
/// built when the chain says so.
pub async fn create(conn: &mut Conn, new: &NewTask<'_>, now: i64) -> Result<TaskId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO task (build_id, build_chroot_id, repo_id, owner, sandbox, arch, background, leased, cancel, spec,
             created_on, tools, lane_number, tags, memory_mib, blocked)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $11, $12, $13, $14,
             COALESCE((SELECT g.blocked_by IS NOT NULL FROM build b JOIN batch g ON g.id = b.batch_id WHERE b.id = $1),
                      $8)
             OR ($2 IS NOT NULL AND EXISTS (SELECT 1 FROM chain_member m WHERE m.build_id = $1)))
         RETURNING id",
        new.build.0,
        new.build_chroot.map(|id| id.0),
        new.repo.map(|id| id.0),
        new.owner,
        new.sandbox,
        new.arch,
        new.background,
        false,
        new.spec,
        now,
        new.tools,
        lane(new),
        new.tags,
        new.memory_mib
    )?;
    conn.ring(Topic::Tasks);
    Ok(TaskId(id))
}

/// The task of a number.
pub async fn by_id(conn: &mut Conn, id: TaskId) -> Result<Option<Task>, Error> {
    run!(conn, fetch_optional as Task, concat!("SELECT ", columns!(), " FROM task t WHERE t.id = $1"), id.0)
}

/// All tasks of a build.
pub async fn of_build(conn: &mut Conn, build: BuildId) -> Result<Vec<Task>, Error> {
    run!(
        conn,
        fetch_all as Task,
        concat!("SELECT ", columns!(), " FROM task t WHERE t.build_id = $1 ORDER BY t.id"),
        build.0
    )
}

/// All tasks, leased ones first, then in the order of the queue.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<Task>, Error> {
    run!(
        conn,
        fetch_all as Task,
        concat!("SELECT ", columns!(), " FROM task t ORDER BY t.leased DESC, t.background, t.id LIMIT $1"),
        limit
    )
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Counts {
    /// Sources that are being taken in.
    pub importing: i64,
    /// Tasks that nobody holds.
    pub waiting: i64,
    /// Tasks that builders hold.
    pub running: i64,
}

/// How much there is to do in the whole service.
pub async fn counts(conn: &mut Conn) -> Result<Counts, Error> {
    run!(
        conn,
        fetch_one as Counts,
        "SELECT (SELECT COUNT(*) FROM build WHERE source_state = 'importing' AND NOT canceled) AS importing,
                (SELECT COUNT(*) FROM task WHERE NOT leased) AS waiting,
                (SELECT COUNT(*) FROM task WHERE leased) AS running"
    )
}

/// Who takes a lease.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The builder's number.
    pub id: BuilderId,
    /// The name it gave itself.
    pub name: &'a str,
    /// Its isolation, in words.
    pub isolation: &'a str,
}

/// Moves the deadline on; false when the fence is old or the lease is gone.
pub async fn beat(conn: &mut Conn, id: TaskId, fence: i64, deadline: i64, phase: Option<&str>) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE task SET deadline = $3, phase = COALESCE($4, phase) WHERE id = $1 AND fence = $2 AND leased = $5",
        id.0,
        fence,
        deadline,
        phase,
        true
    )? > 0)
}

/// Gives a lease back: the task is handed out again, not before a time. False when the fence is old.
pub async fn release(conn: &mut Conn, id: TaskId, fence: i64, not_before: i64) -> Result<bool, Error> {
    let done = run!(
        conn,
        execute,
        "UPDATE task SET leased = $3, last_builder_id = builder_id, builder_id = NULL, builder_name = NULL, leased_on = NULL, deadline = NULL, phase = NULL,
             not_before = $4
         WHERE id = $1 AND fence = $2 AND leased = $5",
        id.0,
        fence,
        false,
        not_before,
        true
    )? > 0;
    conn.ring(Topic::Tasks);
    Ok(done)
}

/// Hands out a task that nobody holds not before a time.
pub async fn postpone(conn: &mut Conn, id: TaskId, not_before: i64) -> Result<(), Error> {
    run!(conn, execute, "UPDATE task SET not_before = $2 WHERE id = $1 AND leased = $3", id.0, not_before, false)?;
    Ok(())
}

/// Counts the last lease not among the attempts, nor against its builder.
pub async fn forget_attempt(conn: &mut Conn, id: TaskId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE task SET attempts = attempts - 1, last_builder_id = NULL WHERE id = $1 AND attempts > 0",
        id.0
    )?;
    Ok(())
}

/// Leases whose deadline has passed.
pub async fn lost(conn: &mut Conn, now: i64) -> Result<Vec<Task>, Error> {
    run!(
        conn,
        fetch_all as Task,
        concat!("SELECT ", columns!(), " FROM task t WHERE t.leased = $2 AND t.deadline < $1 ORDER BY t.id"),
        now,
        true
    )
}

/// Leases that a builder holds.
pub async fn held_by(conn: &mut Conn, builder: BuilderId) -> Result<Vec<Task>, Error> {
    run!(
        conn,
        fetch_all as Task,
        concat!("SELECT ", columns!(), " FROM task t WHERE t.leased = $2 AND t.builder_id = $1 ORDER BY t.id"),
        builder.0,
        true
    )
}

/// Asks for the end of all tasks of a build.
pub async fn cancel_build(conn: &mut Conn, build: BuildId) -> Result<(), Error> {
    run!(conn, execute, "UPDATE task SET cancel = $2 WHERE build_id = $1", build.0, true)?;
    run!(conn, execute, "DELETE FROM task WHERE build_id = $1 AND leased = $2", build.0, false)?;
    conn.ring(Topic::Tasks);
    Ok(())
}

/// Takes the tasks of a project out of the queue, those that builders hold too: they are told that the lease is over. Gives
/// the leases that there were: task and fence.
pub async fn remove_project(conn: &mut Conn, project: ProjectId) -> Result<Vec<(TaskId, i64)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64, bool),
        "DELETE FROM task WHERE build_id IN (SELECT id FROM build WHERE project_id = $1) RETURNING id, fence, leased",
        project.0
    )?;
    Ok(leases(rows))
}

/// The same for the tasks of a build.
pub async fn remove_build(conn: &mut Conn, build: BuildId) -> Result<Vec<(TaskId, i64)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64, bool),
        "DELETE FROM task WHERE build_id = $1 RETURNING id, fence, leased",
        build.0
    )?;
    Ok(leases(rows))
}

/// Those of some tasks that were leased.
fn leases(tasks: Vec<(i64, i64, bool)>) -> Vec<(TaskId, i64)> {
    tasks.into_iter().filter(|task| task.2).map(|(id, fence, _)| (TaskId(id), fence)).collect()
}

/// Asks for the end of the task of one chroot of a build.
pub async fn cancel_chroot(conn: &mut Conn, id: BuildChrootId) -> Result<(), Error> {
    run!(conn, execute, "UPDATE task SET cancel = $2 WHERE build_chroot_id = $1", id.0, true)?;
    run!(conn, execute, "DELETE FROM task WHERE build_chroot_id = $1 AND leased = $2", id.0, false)?;
    conn.ring(Topic::Tasks);
    Ok(())
}

/// Holds the task of a build's source, when nobody ever had it, until the transaction ends: nobody gets it meanwhile.
pub async fn hold_fresh(conn: &mut Conn, build: BuildId) -> Result<Option<TaskId>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "UPDATE task SET cancel = cancel
         WHERE build_id = $1 AND build_chroot_id IS NULL AND NOT leased AND fence = 0 AND NOT cancel RETURNING id",
        build.0
    )?;
    Ok(row.map(|(id,)| TaskId(id)))
}

/// Gives a held task's place in the queue to the source of another build, whose own task goes.
pub async fn take_place(conn: &mut Conn, held: TaskId, build: BuildId) -> Result<(), Error> {
    let moved = run!(
        conn,
        fetch_optional as (String, Option<String>, String, bool, String, i64, String, i64),
        "DELETE FROM task WHERE build_id = $1 AND build_chroot_id IS NULL
         RETURNING sandbox, arch, tools, background, spec, lane_number, tags, memory_mib",
        build.0
    )?;
    let Some((sandbox, arch, tools, background, spec, lane, tags, memory)) = moved else { return Ok(()) };
    run!(
        conn,
        execute,
        "UPDATE task SET build_id = $2, sandbox = $3, arch = $4, tools = $5, background = $6, spec = $7, lane_number = $8,
             tags = $9, memory_mib = $10
         WHERE id = $1",
        held.0,
        build.0,
        sandbox,
        arch,
        tools,
        background,
        spec,
        lane,
        tags,
        memory
    )?;
    Ok(())
}

/// Lets the tasks of a batch be handed out that was blocked until now.
pub async fn unblock(conn: &mut Conn, batch: BatchId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE task SET blocked = $2 WHERE blocked = $3 AND build_id IN (SELECT id FROM build WHERE batch_id = $1)",
        batch.0,
        false,
        true
    )?;
    conn.ring(Topic::Tasks);
    Ok(())
}

/// Keeps the task of a chroot from being handed out, or lets it; one that a builder holds stays with it.
pub async fn block_chroot(conn: &mut Conn, chroot: BuildChrootId, blocked: bool) -> Result<(), Error> {
    run!(conn, execute, "UPDATE task SET blocked = $2 WHERE build_chroot_id = $1", chroot.0, blocked)?;
    conn.ring(Topic::Tasks);
    Ok(())
}

/// Takes the task of a chroot that nobody holds out of the queue for good.
pub async fn withdraw_chroot(conn: &mut Conn, chroot: BuildChrootId) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM task WHERE build_chroot_id = $1 AND leased = $2", chroot.0, false)?;
    Ok(())
}

/// Takes a task that nobody holds out of the queue for good.
pub async fn withdraw(conn: &mut Conn, id: TaskId) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM task WHERE id = $1 AND leased = $2", id.0, false)?;
    Ok(())
}

/// Takes a held task out of the queue for good; false when the fence is old or the lease is gone. A task that was
/// given back keeps its fence until the next lease: without the lease its number alone says nothing.
pub async fn remove(conn: &mut Conn, id: TaskId, fence: i64) -> Result<bool, Error> {
    Ok(run!(conn, execute, "DELETE FROM task WHERE id = $1 AND fence = $2 AND leased = $3", id.0, fence, true)? > 0)
}
