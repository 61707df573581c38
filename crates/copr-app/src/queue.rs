//! The queue: as administrators see it, and as everybody does.

mod reason;

pub use reason::{Around, Reason};

use crate::lease::{running, shares};
use crate::{App, Refusal};
use copr_db::Conn;
use copr_db::build_chroot::BuildChroot;
use copr_db::task::{Counts, Task};
use copr_sched::{Books, Waiting};
use copr_types::{BuildId, State, TaskId};
use copr_wire::builder::Task as Work;
use std::collections::BTreeMap;

/// Tasks before one in its lane are counted to this.
const COUNTED: i64 = 1000;

/// Tasks: those that are held first, then the others in their order.
pub async fn list(app: &App, limit: i64) -> Result<Vec<Task>, Refusal> {
    Ok(copr_db::task::list(&mut app.db.read().await?, limit).await?)
}

/// How much there is to do.
pub async fn counts(app: &App) -> Result<Counts, Refusal> {
    Ok(copr_db::task::counts(&mut app.db.read().await?).await?)
}

/// Places in the queue, from 1, of tasks that could be handed out. They are right when the list is the whole queue.
pub async fn places(app: &App, tasks: &[Task]) -> Result<BTreeMap<TaskId, usize>, Refusal> {
    let now = app.clock.now();
    let is_due = |task: &&Task| !task.leased && !task.cancel && !task.blocked && task.not_before <= now;
    let waiting: Vec<Waiting> = tasks.iter().filter(is_due).map(waiting).collect();
    let mut conn = app.db.read().await?;
    let running = running(&mut conn, now).await?;
    let shares = shares(&mut conn, &waiting, &running).await?;
    let books = Books::new(&waiting, &running, &shares, &app.rules.schedule);
    Ok(copr_sched::places(&waiting, books, now).into_iter().map(TaskId).zip(1..).collect())
}

pub(crate) fn waiting(task: &Task) -> Waiting {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Waiting {
        id: task.id.0,
        lane: task.lane_number,
        owner: task.owner.clone(),
        sandbox: task.sandbox.clone(),
        arch: task.arch.clone(),
        tools: words(&task.tools),
        tags: words(&task.tags),
        memory_mib: task.memory_mib,
        background: task.background,
        source: task.build_chroot_id.is_none(),
        since: task.created_on,
        avoid: None,
    }
}

/// A task of a build that nobody has yet, or a chroot that is yet to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The chroot; none for the source.
    pub chroot: Option<String>,
    /// When it was made.
    pub since: i64,
    /// How many like it (of its project, submitter and architecture) come first, counted to a thousand.
    pub before: i64,
    /// Why nobody has it.
    pub reason: String,
}

impl Wait {
    /// Both in one sentence.
    pub fn sentence(&self) -> String {
        match self.before {
            0 => self.reason.clone(),
            1 => format!("{}; another one like it comes first", self.reason),
            COUNTED.. => format!("{}; {COUNTED} like it and more come first", self.reason),
            many => format!("{}; {many} like it come first", self.reason),
        }
    }
}

/// What a build's tasks wait for that nobody has, and which of its chroots could not be published yet. The cost does not
/// grow with the queue.
pub async fn waits(app: &App, build: BuildId) -> Result<Vec<Wait>, Refusal> {
    let mut conn = app.db.read().await?;
    let mut waits = of_tasks(app, &mut conn, build).await?;
    waits.extend(of_repositories(app, &mut conn, build).await?);
    Ok(waits)
}

async fn of_tasks(app: &App, conn: &mut Conn, build: BuildId) -> Result<Vec<Wait>, Refusal> {
    let mut tasks = copr_db::task::of_build(conn, build).await?;
    tasks.retain(|task| !task.leased && !task.cancel);
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let around = Around::read(app, conn, &tasks).await?;
    let mut waits = Vec::with_capacity(tasks.len());
    for task in &tasks {
        let chroot = match serde_json::from_str(&task.spec)? {
            Work::Source(_) => None,
            Work::Rpm(rpm) => Some(rpm.chroot.name.to_string()),
        };
        let Some(reason) = around.reason(task) else { continue };
        let before = copr_db::queue::before(conn, task.lane_number, task.id, COUNTED).await?;
        waits.push(Wait { chroot, since: task.created_on, before, reason: reason.words(task) });
    }
    Ok(waits)
}

/// Chroots that are done but for their repositories, of which the last tries to publish them failed. What went wrong there
/// is for administrators, who are told by `coprd admin repo list`.
async fn of_repositories(app: &App, conn: &mut Conn, build: BuildId) -> Result<Vec<Wait>, Refusal> {
    let waiting = |chroot: &BuildChroot| {
        let is_ready = chroot.state == State::Pending && chroot.staged.is_some();
        is_ready || matches!(chroot.state, State::Publishing | State::Forking)
    };
    let mut chroots = copr_db::build_chroot::of_builds(conn, &[build]).await?;
    chroots.retain(waiting);
    let Some(found) = copr_db::build::by_id(conn, build).await?.filter(|_| !chroots.is_empty()) else {
        return Ok(Vec::new());
    };
    let repos = copr_db::repo::of_project(conn, found.project_id).await?;
    let waits = chroots.into_iter().filter_map(|chroot| {
        let repo = repos.iter().find(|repo| repo.dir == found.dir && repo.chroot_id == chroot.chroot_id)?;
        let reason = reason::unpublishable(repo.failures, repo.retry_on - app.clock.now())?;
        let since = chroot.started_on.unwrap_or(found.submitted_on);
        Some(Wait { chroot: Some(chroot.name.to_string()), since, before: 0, reason })
    });
    Ok(waits.collect())
}
