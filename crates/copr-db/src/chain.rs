//! Chains: builds of one directory of a project whose order the service finds itself.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{BuildChrootId, BuildId, ChainId, ProjectId, UserId};
use sqlx::FromRow;

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Chain {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: ChainId,
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// The project's owner.
    pub owner: String,
    /// The project's name.
    pub project: String,
    /// Name of the directory that its builds go into.
    pub dir: String,
    /// Who made it.
    #[sqlx(try_from = "i64")]
    pub account_id: UserId,
    /// The name of who made it.
    pub submitter: String,
    /// Members are built although what they need failed.
    pub keep_going: bool,
    /// Who needs its members becomes one.
    pub with_dependents: bool,
    /// `open`, `started`, `planned`, `canceling` or `ended`.
    pub state: String,
    /// Who needs its members has become one.
    pub expanded: bool,
    /// When it was made.
    pub created_on: i64,
    /// When it was started.
    pub started_on: Option<i64>,
    /// When it ended.
    pub ended_on: Option<i64>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.project_id, p.owner, p.name AS project, g.dir, g.account_id, a.name AS submitter, g.keep_going,
                    g.with_dependents, g.state, g.expanded, g.created_on, g.started_on, g.ended_on
             FROM chain g
             JOIN project p ON p.id = g.project_id
             JOIN account a ON a.id = g.account_id ",
            $rest
        )
    };
}

/// What is known of a chain when it is made.
#[derive(Clone, Copy, Debug)]
pub struct NewChain<'a> {
    /// The project.
    pub project: ProjectId,
    /// Name of the directory.
    pub dir: &'a str,
    /// Who makes it.
    pub account: UserId,
    /// Members are built although what they need failed.
    pub keep_going: bool,
    /// Who needs its members becomes one.
    pub with_dependents: bool,
}

/// Makes a chain without members.
pub async fn create(conn: &mut Conn, new: NewChain<'_>, now: i64) -> Result<ChainId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO chain (project_id, dir, account_id, keep_going, with_dependents, state, expanded, created_on)
         VALUES ($1, $2, $3, $4, $5, 'open', $6, $7) RETURNING id",
        new.project.0,
        new.dir,
        new.account.0,
        new.keep_going,
        new.with_dependents,
        !new.with_dependents,
        now
    )?;
    Ok(ChainId(id))
}

/// The chain of a number.
pub async fn by_id(conn: &mut Conn, id: ChainId) -> Result<Option<Chain>, Error> {
    run!(conn, fetch_optional as Chain, select!("WHERE g.id = $1 AND p.deleted_on IS NULL"), id.0)
}

/// The chain of a build.
pub async fn of_build(conn: &mut Conn, build: BuildId) -> Result<Option<ChainId>, Error> {
    let row = run!(conn, fetch_optional as (i64,), "SELECT chain_id FROM chain_member WHERE build_id = $1", build.0)?;
    Ok(row.map(|(id,)| ChainId(id)))
}

/// The chains of a project, newest first.
pub async fn list(conn: &mut Conn, project: ProjectId, limit: i64, offset: i64) -> Result<Vec<Chain>, Error> {
    run!(
        conn,
        fetch_all as Chain,
        select!("WHERE g.project_id = $1 ORDER BY g.id DESC LIMIT $2 OFFSET $3"),
        project.0,
        limit,
        offset
    )
}

/// Chains that have not ended, by number.
pub async fn unfinished(conn: &mut Conn) -> Result<Vec<Chain>, Error> {
    run!(conn, fetch_all as Chain, select!("WHERE g.state <> 'ended' AND p.deleted_on IS NULL ORDER BY g.id"))
}

/// Keeps a chain as it is until this transaction ends; false when it is not in this state.
pub async fn hold(conn: &mut Conn, id: ChainId, state: &str) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE chain SET state = state WHERE id = $1 AND state = $2", id.0, state)? > 0)
}

/// Makes a build a member.
pub async fn add(conn: &mut Conn, id: ChainId, build: BuildId, added_for: &str) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO chain_member (build_id, chain_id, added_for) VALUES ($1, $2, $3)",
        build.0,
        id.0,
        added_for
    )?;
    conn.ring(Topic::Batches);
    Ok(())
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Member {
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// Why it is there when nobody named it; empty otherwise.
    pub added_for: String,
}

/// The members of a chain that are there, by number.
pub async fn members(conn: &mut Conn, id: ChainId) -> Result<Vec<Member>, Error> {
    run!(
        conn,
        fetch_all as Member,
        "SELECT build_id, added_for FROM chain_member WHERE chain_id = $1 ORDER BY build_id",
        id.0
    )
}

/// Moves a chain from `open` to `started`; false when somebody was faster.
pub async fn start(conn: &mut Conn, id: ChainId, now: i64) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(
        conn,
        execute,
        "UPDATE chain SET state = 'started', started_on = $2 WHERE id = $1 AND state = 'open'",
        id.0,
        now
    )? > 0)
}

/// Notes that all who need its members are members.
pub async fn expanded(conn: &mut Conn, id: ChainId) -> Result<(), Error> {
    run!(conn, execute, "UPDATE chain SET expanded = $2 WHERE id = $1", id.0, true)?;
    conn.ring(Topic::Batches);
    Ok(())
}

/// Moves a chain from `started` to `planned`; false when somebody was faster.
pub async fn planned(conn: &mut Conn, id: ChainId) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE chain SET state = 'planned' WHERE id = $1 AND state = 'started'", id.0)? > 0)
}

/// Begins to cancel a chain; false when somebody did before, or when it has ended.
pub async fn cancel(conn: &mut Conn, id: ChainId) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(
        conn,
        execute,
        "UPDATE chain SET state = 'canceling' WHERE id = $1 AND state NOT IN ('canceling', 'ended')",
        id.0
    )? > 0)
}

/// Ends a chain; false when it had ended.
pub async fn end(conn: &mut Conn, id: ChainId, now: i64) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE chain SET state = 'ended', ended_on = $2 WHERE id = $1 AND state <> 'ended'",
        id.0,
        now
    )? > 0)
}

/// A chroot of a member, as it was planned.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Step {
    /// The build's chroot.
    #[sqlx(try_from = "i64")]
    pub build_chroot_id: BuildChrootId,
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// `waiting`, `let_go` or `held`.
    pub state: String,
    /// Its wave, from 1; 0 for one in a circle.
    pub wave: i64,
    /// JSON of what it needs.
    pub needs: String,
    /// JSON of its failure, while it is held.
    pub held: Option<String>,
    /// How often it was held.
    pub tries: i64,
}

/// Notes where a chroot of a member stands in the order.
pub async fn put_step(
    conn: &mut Conn,
    id: ChainId,
    chroot: BuildChrootId,
    state: &str,
    wave: i64,
    needs: &str,
) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO chain_step (build_chroot_id, chain_id, state, wave, needs) VALUES ($1, $2, $3, $4, $5)",
        chroot.0,
        id.0,
        state,
        wave,
        needs
    )?;
    Ok(())
}

macro_rules! steps {
    ($rest:literal) => {
        concat!(
            "SELECT s.build_chroot_id, bc.build_id, s.state, s.wave, s.needs, s.held, s.tries
             FROM chain_step s JOIN build_chroot bc ON bc.id = s.build_chroot_id ",
            $rest
        )
    };
}

/// The order of a chain.
pub async fn steps(conn: &mut Conn, id: ChainId) -> Result<Vec<Step>, Error> {
    run!(conn, fetch_all as Step, steps!("WHERE s.chain_id = $1 ORDER BY s.build_chroot_id"), id.0)
}

/// Where a chroot stands in its chain's order, and which chain that is.
pub async fn step(conn: &mut Conn, chroot: BuildChrootId) -> Result<Option<(ChainId, Step)>, Error> {
    let Some(step) = run!(conn, fetch_optional as Step, steps!("WHERE s.build_chroot_id = $1"), chroot.0)? else {
        return Ok(None);
    };
    Ok(of_build(conn, step.build_id).await?.map(|chain| (chain, step)))
}

/// Lets a step go that waits or is held; false when somebody was faster.
pub async fn let_go(conn: &mut Conn, chroot: BuildChrootId) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE chain_step SET state = 'let_go', held = NULL WHERE build_chroot_id = $1 AND state <> 'let_go'",
        chroot.0
    )? > 0)
}

/// Holds a step that was let go and never held before; false when it is not one.
pub async fn hold_step(conn: &mut Conn, chroot: BuildChrootId, held: &str) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(
        conn,
        execute,
        "UPDATE chain_step SET state = 'held', held = $2, tries = tries + 1
         WHERE build_chroot_id = $1 AND state = 'let_go' AND tries = 0",
        chroot.0,
        held
    )? > 0)
}

/// Notes a later wave and more needs of a step.
pub async fn set_needs(conn: &mut Conn, chroot: BuildChrootId, wave: i64, needs: &str) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE chain_step SET wave = $2, needs = $3 WHERE build_chroot_id = $1",
        chroot.0,
        wave,
        needs
    )?;
    Ok(())
}
