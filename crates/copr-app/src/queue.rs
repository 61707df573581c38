//! The queue: as administrators see it, and as everybody does.

use crate::lease::{running, shares};
use crate::{App, Refusal};
use copr_db::task::{Counts, Task};
use copr_sched::{Books, Full, Waiting};
use copr_types::TaskId;
use std::collections::BTreeMap;

/// Tasks: those that are held first, then the others in their order.
pub async fn list(app: &App, limit: i64) -> Result<Vec<Task>, Refusal> {
    Ok(copr_db::task::list(&mut app.db.read().await?, limit).await?)
}

/// How much there is to do.
pub async fn counts(app: &App) -> Result<Counts, Refusal> {
    Ok(copr_db::task::counts(&mut app.db.read().await?).await?)
}

/// What is before tasks that wait.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Limits that hold tasks back.
    pub full: BTreeMap<TaskId, Full>,
    /// Places in the queue, from 1, of tasks that could be handed out.
    pub places: BTreeMap<TaskId, usize>,
}

/// What is before the tasks of a list. The places are right when it is the whole queue.
pub async fn outlook(app: &App, tasks: &[Task]) -> Result<Outlook, Refusal> {
    let now = app.clock.now();
    let is_due = |task: &&Task| !task.leased && !task.cancel && !task.blocked && task.not_before <= now;
    let waiting: Vec<Waiting> = tasks.iter().filter(is_due).map(waiting).collect();
    let mut conn = app.db.read().await?;
    let running = running(&mut conn, now).await?;
    let shares = shares(&mut conn, &waiting, &running).await?;
    let books = Books::new(&waiting, &running, &shares, &app.rules.schedule);
    let full = waiting.iter().filter_map(|task| Some((TaskId(task.id), books.full(task)?))).collect();
    let places = copr_sched::places(&waiting, books, now).into_iter().map(TaskId).zip(1..).collect();
    Ok(Outlook { full, places })
}

fn waiting(task: &Task) -> Waiting {
    Waiting {
        id: task.id.0,
        owner: task.owner.clone(),
        sandbox: task.sandbox.clone(),
        arch: task.arch.clone(),
        tools: task.tools.split_whitespace().map(str::to_owned).collect(),
        background: task.background,
        source: task.build_chroot_id.is_none(),
        since: task.created_on,
    }
}
