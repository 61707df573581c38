//! Leasing what was chosen.

use super::choosing::running;
use super::{Place, about, place_of, state_body, time};
use crate::build::refresh_revisions;
use crate::{App, Refusal};
use copr_db::handing::{self, Start, Whose};
use copr_db::task::{Holder, Task as Row};
use copr_db::{Conn, queue};
use copr_sched::{Books, Taken};
use copr_store::LogFile;
use copr_types::{BuilderId, Event, Role, TaskId, state};
use copr_wire::builder::{Lease, LeaseRequest, Task};
use futures::{StreamExt, stream};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::oneshot;

/// Seconds between heartbeats: also the longest that a builder takes to hear of a cancel.
const HEARTBEAT_SECONDS: u64 = 1;
/// Transactions at one time, where several can be.
const AT_ONE_TIME: usize = 4;
/// Leases in each of them.
const TOGETHER: usize = 16;

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

/// Begins the logs of leases, and tells the builders. Where one can not be told, or its log not begin, the task is nobody's again.
pub(super) async fn tell(app: App, handed: Vec<(Box<Handed>, Answer)>) {
    let begun = begin(&app, &handed).await;
    for ((one, answer), begun) in handed.into_iter().zip(begun) {
        let Handed { row, lease, .. } = *one;
        let failed = begun.is_err();
        let untold = answer.send(begun.map(|is_wanted| is_wanted.then_some(lease))).is_err();
        if (failed || untold)
            && let Err(refusal) = super::ending::take_back(&app, &row).await
        {
            tracing::warn!(task = row.id.0, "could not take a task back: {}", refusal.inside());
        }
    }
}

/// Begins the logs of leases; of each, whether anybody still wants it.
async fn begin(app: &App, handed: &[(Box<Handed>, Answer)]) -> Vec<Result<bool, Refusal>> {
    let log = |one: &Handed| (one.place.live_log(), one.place.server_log(), one.line.clone());
    let logs: Vec<_> = handed.iter().map(|(one, _)| log(one)).collect();
    let begin_one = |(live, server, line): (LogFile, LogFile, String)| -> Result<(), Refusal> {
        live.begin()?;
        Ok(server.line(&line)?)
    };
    let begun: Result<Vec<_>, Refusal> = crate::blocking(move || Ok(logs.into_iter().map(begin_one).collect())).await;
    let held = match &begun {
        Ok(_) => fences(app, handed.iter().map(|(one, _)| one.row.id)).await,
        Err(refusal) => Err(refusal.again()),
    };
    let begun = begun.unwrap_or_else(|_| handed.iter().map(|_| Ok(())).collect());
    let mut wanted = Vec::with_capacity(begun.len());
    for ((one, _), begun) in handed.iter().zip(begun) {
        wanted.push(match (begun, &held) {
            (Err(refusal), _) => Err(refusal),
            (_, Err(refusal)) => Err(refusal.again()),
            (_, Ok(held)) if held.contains(&(one.row.id, one.row.fence)) => Ok(true),
            // Its time is over already, or it was removed with its build before there was a log.
            _ => crate::removal::clear_late(app, one.row.build_id, &one.place.dir).await.map(|()| false),
        });
    }
    wanted
}

async fn fences(app: &App, tasks: impl Iterator<Item = TaskId>) -> Result<Vec<(TaskId, i64)>, Refusal> {
    Ok(handing::fences(&mut app.db.read().await?, tasks).await?)
}

/// Leases all that can be leased. Where writers take turns it is one transaction, elsewhere a few at one time; those of a
/// transaction that fails are tried one by one.
pub(super) async fn lease_all(app: &App, pairs: &[Pair<'_>]) -> Vec<Result<Attempt, Refusal>> {
    // Servers that hand out tasks of the same projects come to them in the same order.
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by_key(|&at| pairs.get(at).map(|pair| (&pair.taken.task.owner, &pair.taken.task.sandbox)));
    let size = if app.db.has_one_writer() { pairs.len().max(1) } else { TOGETHER };
    let parts: Vec<_> = order.chunks(size).map(|part| lease_part(app, pairs, part)).collect();
    let mut all: Vec<(usize, Result<Attempt, Refusal>)> =
        stream::iter(parts).buffered(AT_ONE_TIME).collect::<Vec<_>>().await.into_iter().flatten().collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, attempt)| attempt).collect()
}

async fn lease_part(app: &App, pairs: &[Pair<'_>], part: &[usize]) -> Vec<(usize, Result<Attempt, Refusal>)> {
    let chosen: Vec<Pair<'_>> = part.iter().filter_map(|&at| pairs.get(at).copied()).collect();
    match lease_together(app, &chosen).await {
        Ok(attempts) => return part.iter().copied().zip(attempts.into_iter().map(Ok)).collect(),
        Err(refusal) if part.len() < 2 => return part.iter().copied().zip([Err(refusal)]).collect(),
        Err(_) => {}
    }
    let mut attempts = Vec::with_capacity(part.len());
    for (&at, pair) in part.iter().zip(&chosen) {
        let one = lease_together(app, std::slice::from_ref(pair)).await;
        attempts.push((at, one.map(|mut one| one.pop().unwrap_or(Attempt::Gone))));
    }
    attempts
}

async fn lease_together(app: &App, pairs: &[Pair<'_>]) -> Result<Vec<Attempt>, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let mut limits = limits(app, &mut tx, pairs, now).await?;
    let within: Vec<bool> = pairs
        .iter()
        .map(|pair| {
            let Some(books) = &mut limits else { return true };
            let fits = books.full(&pair.taken.task).is_none();
            if fits {
                books.take(&pair.taken.task);
            }
            fits
        })
        .collect();
    let chosen: Vec<&Pair<'_>> =
        pairs.iter().zip(&within).filter(|(_, within)| **within).map(|(pair, _)| pair).collect();
    let mut leased = if chosen.is_empty() { HashMap::new() } else { lease(app, &mut tx, &chosen, now).await? };
    tx.commit().await?;
    let attempt = |(pair, within): (&Pair<'_>, bool)| match leased.remove(&pair.taken.task.id) {
        Some(one) => Attempt::Leased(Box::new(one)),
        None if within => Attempt::Gone,
        None => Attempt::HeldBack,
    };
    Ok(pairs.iter().zip(within).map(attempt).collect())
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

/// Leases tasks, unless somebody was faster: what was leased, by task.
async fn lease(app: &App, tx: &mut Conn, pairs: &[&Pair<'_>], now: i64) -> Result<HashMap<i64, Handed>, Refusal> {
    let deadline = now + app.rules.lease_seconds;
    let mut leases = Vec::with_capacity(pairs.len());
    for Pair { builder, request, taken } in pairs.iter().copied() {
        let holder = Holder { id: *builder, name: &request.builder, isolation: &request.isolation };
        leases.push((TaskId(taken.task.id), holder));
    }
    let rows = handing::lease(tx, &leases, now, deadline).await?;
    let (mut rows, mut places): (HashMap<i64, Row>, _) =
        (rows.into_iter().map(|row| (row.id.0, row)).collect(), HashMap::new());
    start(app, tx, &mut rows, &mut places, now).await?;
    let (mut handed, mut tasks) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for pair in pairs {
        let id = pair.taken.task.id;
        let (Some(row), Some(place)) = (rows.remove(&id), places.remove(&id)) else { continue };
        tasks.push(serde_json::from_str::<Task>(&row.spec)?);
        handed.push((*pair, row, place));
    }
    refresh_revisions(app, tx, &mut tasks).await?;
    note_leased(tx, handed.iter().map(|(_, row, _)| row), now).await?;
    raise(tx, handed.iter().map(|(pair, row, _)| (row, pair.taken.raise))).await?;
    let all = handed.into_iter().zip(tasks).map(|((pair, row, place), task)| {
        let line = format!(
            "[{}] leased by builder {} (attempt {}); isolation: {}",
            time(now),
            pair.request.builder,
            row.attempts,
            pair.request.isolation
        );
        let (task_id, fence, heartbeat_seconds) = (row.id.0, row.fence, HEARTBEAT_SECONDS);
        let lease = Lease { task_id, fence, deadline, heartbeat_seconds, task };
        (task_id, Handed { row, lease, place, line })
    });
    Ok(all.collect())
}

/// Moves what leased tasks belong to on, and says where their results go. Tasks of what has ended in the meantime nobody needs: they
/// go, and are taken out of `rows`.
async fn start(
    app: &App,
    tx: &mut Conn,
    rows: &mut HashMap<i64, Row>,
    places: &mut HashMap<i64, Place>,
    now: i64,
) -> Result<(), Refusal> {
    // Who was faster (an import, a cancel) leads to another look, not to a lost event.
    loop {
        let left: Vec<TaskId> = rows.values().map(|row| row.id).filter(|id| !places.contains_key(&id.0)).collect();
        if left.is_empty() {
            return Ok(());
        }
        let known = handing::whose(tx, left.iter().copied()).await?;
        let known: HashMap<i64, Whose> = known.into_iter().map(|whose| (whose.task_id.0, whose)).collect();
        let (mut chroots, mut sources, mut begun) = (Vec::new(), Vec::new(), Vec::new());
        for id in left {
            let (Some(row), whose) = (rows.get(&id.0), known.get(&id.0)) else { continue };
            let whose = whose.ok_or_else(|| crate::build::missing(row.build_id))?;
            let role = if row.build_chroot_id.is_some() { Role::Chroot } else { Role::Source };
            let Ok(to) = state::next(role, whose.state, Event::Leased) else {
                copr_db::task::remove(tx, row.id, row.fence).await?;
                rows.remove(&id.0);
                continue;
            };
            let place = place_of(
                app,
                whose.build_id,
                &whose.owner,
                &whose.dir,
                whose.chroot().as_ref(),
                whose.package.as_deref(),
            )?;
            let number = row.build_chroot_id.unwrap_or(row.build_id.0);
            let start = Start { id: number, from: whose.state, to, result_dir: place.result_dir.clone() };
            if row.build_chroot_id.is_some() {
                chroots.push(start)
            } else {
                sources.push(start)
            }
            begun.push((id.0, role, number, place));
        }
        let moved_chroots =
            if chroots.is_empty() { Vec::new() } else { handing::start_chroots(tx, &chroots, now).await? };
        let moved_sources =
            if sources.is_empty() { Vec::new() } else { handing::start_sources(tx, &sources, now).await? };
        for (id, role, number, place) in begun {
            let moved = if role == Role::Chroot { &moved_chroots } else { &moved_sources };
            if moved.contains(&number) {
                places.insert(id, place);
            }
        }
    }
}

/// Writes leases into the outbox.
async fn note_leased(tx: &mut Conn, rows: impl Iterator<Item = &Row>, now: i64) -> Result<(), Refusal> {
    let (chroots, sources): (Vec<_>, Vec<_>) = rows.partition(|row| row.build_chroot_id.is_some());
    for (kind, rows) in [("chroot.state", chroots), ("source.state", sources)] {
        if !rows.is_empty() {
            let events: Vec<_> = rows.into_iter().map(|row| (about(row), state_body(row, "starting"))).collect();
            copr_db::event::append_all(tx, kind, &events, now).await?;
        }
    }
    Ok(())
}

/// Writes down owners who are too far behind; each once, in the order of their names.
async fn raise(tx: &mut Conn, raises: impl Iterator<Item = (&Row, Option<i64>)>) -> Result<(), Refusal> {
    let mut owners = BTreeMap::new();
    for (row, least) in raises {
        if let Some(least) = least {
            let most = owners.entry(row.owner.as_str()).or_insert(least);
            *most = least.max(*most);
        }
    }
    if !owners.is_empty() {
        handing::raise(tx, &owners.into_iter().collect::<Vec<_>>()).await?;
    }
    Ok(())
}
