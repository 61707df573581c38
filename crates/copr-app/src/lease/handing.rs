//! Leasing what was chosen.

use super::choosing::running;
use super::{Place, change, note, place, time};
use crate::build::refresh_revisions;
use crate::{App, Refusal};
use copr_db::task::{Holder, Task as Row};
use copr_db::{Conn, queue};
use copr_sched::{Books, Taken};
use copr_types::{BuildChrootId, BuilderId, Event, TaskId};
use copr_wire::builder::{Lease, LeaseRequest, Task};
use futures::{StreamExt, stream};
use tokio::sync::oneshot;

/// Seconds between heartbeats: also the longest that a builder takes to hear of a cancel.
const HEARTBEAT_SECONDS: u64 = 1;
/// Transactions at one time, where several can be.
const AT_ONE_TIME: usize = 8;

/// A task, and who shall have it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub builder: BuilderId,
    pub request: &'a LeaseRequest,
    pub taken: &'a Taken,
}

/// What came of an attempt to lease a task.
#[derive(Debug)]
pub(super) enum Attempt {
    Leased(Box<Handed>),
    /// Somebody was faster, or nobody needs it any more: the next of its lane is to be looked at.
    Gone,
    /// A limit was reached in the meantime.
    HeldBack,
}

/// A lease that nobody has been told of yet.
#[derive(Debug)]
pub(super) struct Handed {
    row: Row,
    lease: Lease,
    place: Place,
    line: String,
}

/// What a builder that waits is told: its task, that there is none, or what went wrong.
pub(super) type Answer = oneshot::Sender<Result<Option<Lease>, Refusal>>;

impl Handed {
    /// Begins the log, and tells the builder. When it can not be told, or not begin, the task is nobody's again.
    pub async fn tell(self: Box<Self>, app: App, answer: Answer) {
        let Self { row, lease, place, line } = *self;
        let begun = begin(&app, &row, place, line).await;
        let failed = begun.is_err();
        let untold = answer.send(begun.map(|is_wanted| is_wanted.then_some(lease))).is_err();
        if (failed || untold)
            && let Err(refusal) = super::ending::take_back(&app, &row).await
        {
            tracing::warn!(task = row.id.0, "could not take a task back: {}", refusal.inside());
        }
    }
}

/// Begins the logs of a lease; whether anybody still wants it.
async fn begin(app: &App, row: &Row, place: Place, line: String) -> Result<bool, Refusal> {
    let dir = place.dir.clone();
    crate::blocking(move || {
        place.live_log().begin()?;
        Ok(place.server_log().line(&line)?)
    })
    .await?;
    let now = copr_db::task::by_id(&mut app.db.read().await?, row.id).await?;
    if now.is_some_and(|now| now.leased && now.fence == row.fence) {
        return Ok(true);
    }
    // Its time is over already, or it was removed with its build before there was a log.
    crate::removal::clear_late(app, row.build_id, &dir).await?;
    Ok(false)
}

/// Leases all that can be leased. Where writers take turns it is one transaction, unless something in it fails.
pub(super) async fn lease_all(app: &App, pairs: &[Pair<'_>]) -> Vec<Result<Attempt, Refusal>> {
    if app.db.has_one_writer()
        && pairs.len() > 1
        && let Ok(attempts) = lease_together(app, pairs).await
    {
        return attempts.into_iter().map(Ok).collect();
    }
    let each: Vec<_> = pairs.iter().map(|pair| lease_one(app, pair)).collect();
    stream::iter(each).buffered(AT_ONE_TIME).collect().await
}

async fn lease_one(app: &App, pair: &Pair<'_>) -> Result<Attempt, Refusal> {
    Ok(lease_together(app, std::slice::from_ref(pair)).await?.pop().unwrap_or(Attempt::Gone))
}

async fn lease_together(app: &App, pairs: &[Pair<'_>]) -> Result<Vec<Attempt>, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut limits = limits(app, &mut tx, pairs, now).await?;
    let mut attempts = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if limits.as_ref().is_some_and(|books| books.full(&pair.taken.task).is_some()) {
            attempts.push(Attempt::HeldBack);
            continue;
        }
        let attempt = lease(app, &mut tx, pair, now).await?;
        if let (Some(books), Attempt::Leased(_)) = (&mut limits, &attempt) {
            books.take(&pair.taken.task);
        }
        attempts.push(attempt);
    }
    tx.commit().await?;
    Ok(attempts)
}

/// What runs now, where limits are to be kept. Until the transaction ends nobody else can change the answer.
async fn limits(app: &App, tx: &mut Conn, pairs: &[Pair<'_>], now: i64) -> Result<Option<Books>, Refusal> {
    let policy = &app.rules.schedule;
    if !policy.has_limits() {
        return Ok(None);
    }
    if policy.tasks > 0 {
        // A limit for all tasks together is reached by those of any owner.
        queue::lock(tx, None).await?;
    } else {
        let mut owners: Vec<&str> = pairs.iter().map(|pair| pair.taken.task.owner.as_str()).collect();
        owners.sort_unstable();
        owners.dedup();
        for owner in owners {
            queue::lock(tx, Some(owner)).await?;
        }
    }
    Ok(Some(Books::new(&[], &running(tx, now).await?, &[], policy)))
}

/// Leases one task, unless somebody was faster.
async fn lease(app: &App, tx: &mut Conn, pair: &Pair<'_>, now: i64) -> Result<Attempt, Refusal> {
    let deadline = now + app.rules.lease_seconds;
    let request = pair.request;
    let holder = Holder { id: pair.builder, name: &request.builder, isolation: &request.isolation };
    let id = TaskId(pair.taken.task.id);
    let Some(row) = copr_db::task::lease(tx, id, holder, now, deadline).await? else {
        return Ok(Attempt::Gone);
    };
    if !change(tx, &row, Event::Leased).await? {
        // Whatever it belongs to has ended in the meantime: nobody needs this task.
        copr_db::task::remove(tx, row.id, row.fence).await?;
        return Ok(Attempt::Gone);
    }
    let place = place(app, tx, &row).await?;
    match row.build_chroot_id {
        Some(chroot) => {
            copr_db::build_chroot::started(tx, BuildChrootId(chroot), &place.result_dir, now).await?;
        }
        None => copr_db::build::source_started(tx, row.build_id, &place.result_dir, now).await?,
    }
    let mut task: Task = serde_json::from_str(&row.spec)?;
    refresh_revisions(app, tx, &mut task).await?;
    note(tx, &row, "starting", now).await?;
    if let Some(least) = pair.taken.raise {
        queue::raise(tx, &row.owner, least).await?;
    }
    let line = format!(
        "[{}] leased by builder {} (attempt {}); isolation: {}",
        time(now),
        request.builder,
        row.attempts,
        request.isolation
    );
    let lease = Lease { task_id: row.id.0, fence: row.fence, deadline, heartbeat_seconds: HEARTBEAT_SECONDS, task };
    Ok(Attempt::Leased(Box::new(Handed { row, lease, place, line })))
}
