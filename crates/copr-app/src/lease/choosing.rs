//! Which task a builder gets, and the lease of it.

use super::{change, note, place, time};
use crate::build::refresh_revisions;
use crate::{App, Refusal};
use copr_db::builder::Builder;
use copr_db::task::Holder;
use copr_db::{Conn, queue};
use copr_sched::{Books, Load, Offer, Share, Waiting};
use copr_types::{BuildChrootId, Event, TaskId};
use copr_wire::builder::{Lease, LeaseRequest, Task};

/// Seconds between heartbeats: also the longest that a builder takes to hear of a cancel.
const HEARTBEAT_SECONDS: u64 = 1;
/// Looks at the queue in one go, while others are faster each time.
const LOOKS: usize = 16;
/// Seconds for which a task is put aside that can not be handed out.
const ASIDE_SECONDS: i64 = 60;

/// What the scheduler looks at.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// The first task of each lane.
    pub waiting: Vec<Waiting>,
    /// What runs.
    pub running: Vec<Load>,
    /// What owners were given.
    pub shares: Vec<Share>,
}

impl Queue {
    pub(crate) async fn read(conn: &mut Conn, now: i64) -> Result<Self, Refusal> {
        let waiting: Vec<Waiting> = queue::waiting(conn, now).await?.into_iter().map(waiting).collect();
        if waiting.is_empty() {
            return Ok(Self::default());
        }
        let running = running(conn, now).await?;
        let shares = shares(conn, &waiting, &running).await?;
        Ok(Self { waiting, running, shares })
    }
}

fn waiting(row: queue::Waiting) -> Waiting {
    Waiting {
        id: row.id.0,
        owner: row.owner,
        sandbox: row.sandbox,
        arch: row.arch,
        tools: row.tools.split_whitespace().map(str::to_owned).collect(),
        background: row.background,
        source: row.source,
        since: row.created_on,
    }
}

/// What runs.
pub(crate) async fn running(conn: &mut Conn, now: i64) -> Result<Vec<Load>, Refusal> {
    let load = |row: queue::Load| Load {
        owner: row.owner,
        sandbox: row.sandbox,
        arch: row.arch,
        tasks: row.tasks,
        seconds: row.seconds,
    };
    Ok(queue::running(conn, now).await?.into_iter().map(load).collect())
}

/// What the owners who take part were given.
pub(crate) async fn shares(conn: &mut Conn, waiting: &[Waiting], running: &[Load]) -> Result<Vec<Share>, Refusal> {
    let waiting = waiting.iter().map(|task| task.owner.as_str());
    let mut owners: Vec<&str> = waiting.chain(running.iter().map(|load| load.owner.as_str())).collect();
    owners.sort_unstable();
    owners.dedup();
    let share = |(owner, used)| Share { owner, used };
    Ok(queue::shares(conn, &owners).await?.into_iter().map(share).collect())
}

/// What came of an attempt to lease a task.
enum Attempt {
    Leased(Box<Lease>),
    /// Somebody was faster, or nobody needs it any more: the next of its lane is to be looked at.
    Gone,
    /// A limit was reached in the meantime.
    HeldBack,
}

pub(super) async fn try_take(app: &App, builder: &Builder, request: &LeaseRequest) -> Result<Option<Lease>, Refusal> {
    let offer = Offer { arches: request.arches.clone(), tools: request.tools.clone() };
    for _ in 0..LOOKS {
        let now = app.clock.now();
        let queue = Queue::read(&mut app.db.read().await?, now).await?;
        let books = Books::new(&queue.waiting, &queue.running, &queue.shares, &app.rules.schedule);
        let mut look_again = false;
        for id in copr_sched::order(&queue.waiting, &books, &offer, now) {
            let Some(task) = queue.waiting.iter().find(|task| task.id == id) else { continue };
            match lease(app, builder, request, task, books.raise(&task.owner)).await {
                Ok(Attempt::Leased(lease)) => return Ok(Some(*lease)),
                Ok(Attempt::Gone) => look_again = true,
                Ok(Attempt::HeldBack) => {}
                Err(refusal) => {
                    // One task that can not be handed out stops no other, nor those behind it.
                    tracing::error!(task = id, "could not hand out a task: {}", refusal.inside());
                    put_aside(app, TaskId(id), now).await?;
                    look_again = true;
                }
            }
        }
        if !look_again {
            break;
        }
    }
    Ok(None)
}

async fn put_aside(app: &App, id: TaskId, now: i64) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    copr_db::task::postpone(&mut tx, id, now + ASIDE_SECONDS).await?;
    Ok(tx.commit().await?)
}

/// Whether a limit holds a task back now. Until the transaction ends nobody else can change the answer.
async fn is_held_back(app: &App, tx: &mut Conn, task: &Waiting, now: i64) -> Result<bool, Refusal> {
    let policy = &app.rules.schedule;
    if !policy.has_limits() {
        return Ok(false);
    }
    // A limit for all tasks together is reached by those of any owner.
    queue::lock(tx, (policy.tasks == 0).then_some(task.owner.as_str())).await?;
    let running = running(tx, now).await?;
    Ok(Books::new(&[], &running, &[], policy).full(task).is_some())
}

/// Leases one task, unless somebody was faster.
async fn lease(
    app: &App,
    builder: &Builder,
    request: &LeaseRequest,
    task: &Waiting,
    raise: Option<i64>,
) -> Result<Attempt, Refusal> {
    let now = app.clock.now();
    let deadline = now + app.rules.lease_seconds;
    let holder = Holder { id: builder.id, name: &request.builder, isolation: &request.isolation };
    let mut tx = app.db.begin().await?;
    if is_held_back(app, &mut tx, task, now).await? {
        return Ok(Attempt::HeldBack);
    }
    let Some(row) = copr_db::task::lease(&mut tx, TaskId(task.id), holder, now, deadline).await? else {
        return Ok(Attempt::Gone);
    };
    if !change(&mut tx, &row, Event::Leased).await? {
        // Whatever it belongs to has ended in the meantime: nobody needs this task.
        copr_db::task::remove(&mut tx, row.id, row.fence).await?;
        tx.commit().await?;
        return Ok(Attempt::Gone);
    }
    let place = place(app, &mut tx, &row).await?;
    match row.build_chroot_id {
        Some(chroot) => {
            copr_db::build_chroot::started(&mut tx, BuildChrootId(chroot), &place.result_dir, now).await?;
        }
        None => copr_db::build::source_started(&mut tx, row.build_id, &place.result_dir, now).await?,
    }
    let mut task: Task = serde_json::from_str(&row.spec)?;
    refresh_revisions(app, &mut tx, &mut task).await?;
    note(&mut tx, &row, "starting", now).await?;
    if let Some(least) = raise {
        queue::raise(&mut tx, &row.owner, least).await?;
    }
    tx.commit().await?;
    let line = format!(
        "[{}] leased by builder {} (attempt {}); isolation: {}",
        time(now),
        request.builder,
        row.attempts,
        request.isolation
    );
    let dir = place.dir.clone();
    crate::blocking(move || {
        place.live_log().begin()?;
        Ok(place.server_log().line(&line)?)
    })
    .await?;
    if copr_db::task::by_id(&mut app.db.read().await?, row.id).await?.is_none() {
        // Removed, with its build or its project, before there was a log.
        crate::removal::clear_late(app, &dir).await?;
        return Ok(Attempt::Gone);
    }
    let lease = Lease { task_id: row.id.0, fence: row.fence, deadline, heartbeat_seconds: HEARTBEAT_SECONDS, task };
    Ok(Attempt::Leased(Box::new(lease)))
}
