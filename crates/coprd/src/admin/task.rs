//! `coprd admin task`

use super::table::{self, or_dash};
use super::{told, words};
use crate::cli::{Listing, TaskCommand};
use copr_app::queue::Around;
use copr_app::{App, queue};
use copr_db::task::Task;
use copr_types::TaskId;
use copr_wire::builder::Task as Work;
use serde::Serialize;
use std::collections::BTreeMap;

/// Tasks listed at most.
pub(super) const MOST: i64 = 1000;

pub(super) async fn run(app: &App, command: TaskCommand) -> anyhow::Result<()> {
    match command {
        TaskCommand::List(listing) => list(app, listing).await,
    }
}

/// A task as programs see it. Times are RFC 3339.
#[derive(Serialize)]
struct Row {
    id: i64,
    build: i64,
    /// The chroot, or `source`.
    work: String,
    owner: String,
    project: String,
    submitter: Option<String>,
    background: bool,
    state: &'static str,
    builder: Option<String>,
    phase: Option<String>,
    attempts: i64,
    deadline: Option<String>,
    created: String,
    /// Its place in the queue, where the whole of it is known.
    place: Option<usize>,
    /// Why it waits, where that is known.
    why: Option<String>,
    #[serde(skip)]
    age: i64,
    #[serde(skip)]
    left: Option<i64>,
}

async fn list(app: &App, listing: Listing) -> anyhow::Result<()> {
    let tasks = queue::list(app, MOST).await.map_err(told)?;
    let now = app.clock.now();
    let around = Around::read(app, &mut app.db.read().await?, &tasks).await.map_err(told)?;
    let places = places(app, &tasks).await?;
    let rows = tasks.iter().map(|task| row(task, now, &around, &places)).collect::<Result<Vec<Row>, _>>()?;
    let head =
        ["TASK", "BUILD", "WORK", "PROJECT", "STATE", "AGE", "BUILDER", "PHASE", "TRIES", "LEASE", "PLACE", "WHY"];
    table::print(listing, &rows, head, |row| {
        [
            row.id.to_string(),
            row.build.to_string(),
            row.work.clone(),
            format!("{}/{}", row.owner, row.project),
            row.state.to_owned(),
            words::span(row.age),
            or_dash(row.builder.as_deref().unwrap_or_default()),
            or_dash(row.phase.as_deref().unwrap_or_default()),
            row.attempts.to_string(),
            row.left.map_or_else(|| "-".to_owned(), lease_left),
            row.place.map_or_else(|| "-".to_owned(), |place| place.to_string()),
            or_dash(row.why.as_deref().unwrap_or_default()),
        ]
    })?;
    if tasks.len() == MOST.unsigned_abs() as usize {
        eprintln!("These are the first {MOST}; there may be more.");
    }
    Ok(())
}

fn lease_left(seconds: i64) -> String {
    if seconds < 0 { format!("over for {}", words::span(-seconds)) } else { words::span(seconds) }
}

/// Places; none of a queue that is longer than the list.
async fn places(app: &App, tasks: &[Task]) -> anyhow::Result<BTreeMap<TaskId, usize>> {
    if tasks.len() == MOST.unsigned_abs() as usize {
        return Ok(BTreeMap::new());
    }
    queue::places(app, tasks).await.map_err(told)
}

fn row(task: &Task, now: i64, around: &Around, places: &BTreeMap<TaskId, usize>) -> Result<Row, serde_json::Error> {
    let (build, work) = match serde_json::from_str(&task.spec)? {
        Work::Source(source) => (source.build, "source".to_owned()),
        Work::Rpm(rpm) => (rpm.build, rpm.chroot.name.to_string()),
    };
    Ok(Row {
        id: task.id.0,
        build: task.build_id.0,
        work,
        owner: task.owner.clone(),
        project: build.project,
        submitter: build.submitter,
        background: task.background,
        state: match (task.cancel, task.leased) {
            (true, _) => "stopping",
            (false, true) => "leased",
            (false, false) => "waiting",
        },
        builder: task.builder_name.clone(),
        phase: task.phase.clone(),
        attempts: task.attempts,
        deadline: task.deadline.map(words::stamp),
        created: words::stamp(task.created_on),
        place: places.get(&task.id).copied(),
        why: around.reason(task).map(|reason| reason.words(task)),
        age: now - task.created_on,
        left: task.deadline.map(|deadline| deadline - now),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_that_is_over_says_since_when() {
        assert_eq!([lease_left(40), lease_left(-200)], ["40 s", "over for 3 min"]);
    }
}
