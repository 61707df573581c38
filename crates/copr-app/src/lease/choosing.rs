//! Which builders get which tasks.

use super::desk::Asking;
use super::handing::{Answer, Attempt, Handed, Pair, lease_all};
use crate::builders::there;
use crate::{App, Refusal};
use copr_db::queue::{self, Held};
use copr_db::{Conn, task};
use copr_sched::{Assigning, Books, Load, Offer, Share, Step, Taken, Waiting};
use copr_types::TaskId;
use std::collections::HashMap;

/// Tasks handed out in one look: the next one begins with who has come since.
const MOST: usize = 128;
/// Tasks of a lane that are read at one time when the first one is given away.
const BEHIND: usize = 16;
/// Seconds for which a task is put aside that can not be handed out.
const ASIDE_SECONDS: i64 = 60;
/// Seconds for which a task that a builder lost waits for another one that could do it.
const ELSEWHERE_SECONDS: i64 = 60;
/// Lanes that are remembered at most.
const LANES: usize = 200_000;

/// What the scheduler looks at.
#[derive(Debug, Default)]
struct Queue {
    /// The first task of each lane.
    waiting: Vec<Waiting>,
    /// What runs.
    running: Vec<Load>,
    /// What owners were given.
    shares: Vec<Share>,
    /// How much of their memory builders have given away.
    held: Vec<Held>,
}

impl Queue {
    async fn read(app: &App, conn: &mut Conn, now: i64) -> Result<Self, Refusal> {
        let rows = queue::waiting(conn, now).await?;
        if rows.is_empty() {
            return Ok(Self::default());
        }
        let held = queue::held(conn).await?;
        let waiting = waiting(app, conn, rows, now, &held).await?;
        let running = running(conn, now).await?;
        let shares = shares(conn, &waiting, &running).await?;
        Ok(Self { waiting, running, shares, held })
    }
}

/// Tasks with all that the scheduler has to know of them.
async fn waiting(
    app: &App,
    conn: &mut Conn,
    rows: Vec<queue::Waiting>,
    now: i64,
    held: &[Held],
) -> Result<Vec<Waiting>, Refusal> {
    let unknown: Vec<TaskId> = {
        let lanes = app.desk.lanes();
        rows.iter().filter(|row| !lanes.contains_key(&row.lane_number)).map(|row| row.id).collect()
    };
    if !unknown.is_empty() {
        let found = queue::lanes(conn, unknown).await?;
        let mut lanes = app.desk.lanes();
        if lanes.len() > LANES {
            lanes.clear();
        }
        lanes.extend(found.into_iter().map(|lane| (lane.lane_number, like(lane))));
    }
    // Rarely does any task come from a builder that lost it.
    let is_fresh = |row: &queue::Waiting| row.last_builder_id.is_some() && now < row.not_before + ELSEWHERE_SECONDS;
    let builders = if rows.iter().any(is_fresh) { there(conn, held, now).await? } else { Vec::new() };
    let lanes = app.desk.lanes();
    let with_all = rows.into_iter().filter_map(|row| {
        let last = row.last_builder_id.filter(|_| is_fresh(&row));
        let mut task = lanes.get(&row.lane_number)?.clone();
        (task.id, task.since, task.sandbox) = (row.id.0, row.created_on, row.sandbox);
        let others = |last: &i64| builders.iter().any(|other| other.builder != *last && other.fits(&task));
        task.avoid = last.filter(others);
        Some(task)
    });
    Ok(with_all.collect())
}

/// A task as all are in a lane.
fn like(lane: queue::Lane) -> Waiting {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Waiting {
        lane: lane.lane_number,
        tools: words(&lane.tools),
        tags: words(&lane.tags),
        owner: lane.owner,
        arch: lane.arch,
        memory_mib: lane.memory_mib,
        background: lane.background,
        source: lane.source,
        ..Waiting::default()
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

fn offer(asking: &Asking, held: &HashMap<(i64, &str), i64>) -> Offer {
    let request = &asking.request;
    Offer {
        builder: asking.builder.0,
        name: request.builder.clone(),
        arches: request.arches.clone(),
        tools: request.tools.clone(),
        tags: request.tags.clone(),
        memory_mib: request.memory_mib.map(|memory| i64::try_from(memory).unwrap_or(i64::MAX)),
        held_mib: held.get(&(asking.builder.0, request.builder.as_str())).copied().unwrap_or_default(),
    }
}

/// What came of a look at the queue.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// There may be more to give at once.
    pub again: bool,
    /// Leases, and who is to be told of them.
    pub handed: Vec<(Box<Handed>, Answer)>,
}

/// Looks at the queue once, and gives tasks to those in the line who can have one: these leave it.
pub(super) async fn look(app: &App, line: &mut Vec<Asking>) -> Result<Looked, Refusal> {
    let now = app.clock.now();
    let taken = choose(app, line, now).await?;
    if taken.is_empty() {
        return Ok(Looked::default());
    }
    let mut again = taken.len() == MOST;
    let pairs: Vec<Pair<'_>> = taken.iter().filter_map(|taken| pair(line, taken)).collect();
    let attempts = lease_all(app, &pairs).await;
    let mut handed = HashMap::new();
    for (taken, attempt) in taken.into_iter().zip(attempts) {
        match attempt {
            Ok(Attempt::Leased(one)) => drop(handed.insert(taken.offer, one)),
            Ok(Attempt::Gone) => again = true,
            Ok(Attempt::HeldBack) => {}
            Err(refusal) => {
                // One task that can not be handed out stops no other, nor those behind it.
                tracing::error!(task = taken.task.id, "could not hand out a task: {}", refusal.inside());
                match put_aside(app, TaskId(taken.task.id), now).await {
                    Ok(()) => again = true,
                    Err(refusal) => tracing::error!(task = taken.task.id, "nor put it aside: {}", refusal.inside()),
                }
            }
        }
    }
    Ok(Looked { again, handed: leave(line, handed) })
}

fn pair<'a>(line: &'a [Asking], taken: &'a Taken) -> Option<Pair<'a>> {
    let asking = line.get(taken.offer)?;
    Some(Pair { builder: asking.builder, request: &asking.request, taken })
}

/// Who could have what, if nobody else were there.
async fn choose(app: &App, line: &[Asking], now: i64) -> Result<Vec<Taken>, Refusal> {
    let mut conn = app.db.read().await?;
    let queue = Queue::read(app, &mut conn, now).await?;
    if queue.waiting.is_empty() {
        return Ok(Vec::new());
    }
    let held: HashMap<_, _> =
        queue.held.iter().map(|held| ((held.builder_id, held.builder_name.as_str()), held.memory_mib)).collect();
    let offers = line.iter().map(|asking| offer(asking, &held)).collect();
    let books = Books::new(&queue.waiting, &queue.running, &queue.shares, &app.rules.schedule);
    let mut assigning = Assigning::new(queue.waiting, offers, books, now);
    let mut all = Vec::new();
    while all.len() < MOST {
        match assigning.step() {
            Step::Take(taken) => all.push(*taken),
            Step::Behind { lane, after } => {
                let limit = i64::try_from(line.len().min(BEHIND)).unwrap_or(1);
                let rows = queue::behind(&mut conn, lane, TaskId(after), now, limit).await?;
                assigning.behind(waiting(app, &mut conn, rows, now, &queue.held).await?);
            }
            Step::Done => break,
        }
    }
    Ok(all)
}

/// Those who got something leave the line.
fn leave(line: &mut Vec<Asking>, mut handed: HashMap<usize, Box<Handed>>) -> Vec<(Box<Handed>, Answer)> {
    let (mut left, mut served) = (Vec::with_capacity(line.len()), Vec::with_capacity(handed.len()));
    for (number, asking) in line.drain(..).enumerate() {
        match handed.remove(&number) {
            Some(one) => served.push((one, asking.answer)),
            None => left.push(asking),
        }
    }
    *line = left;
    served
}

async fn put_aside(app: &App, id: TaskId, now: i64) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    task::postpone(&mut tx, id, now + ASIDE_SECONDS).await?;
    Ok(tx.commit().await?)
}
