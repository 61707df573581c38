//! `coprd admin task`

use super::builder::{arches, is_there, tools};
use super::table::{self, or_dash};
use super::{told, words};
use crate::cli::{Listing, TaskCommand};
use copr_app::queue::Outlook;
use copr_app::{App, builders, queue};
use copr_db::builder::Builder;
use copr_db::task::Task;
use copr_sched::Full;
use copr_types::RepoId;
use copr_wire::builder::Task as Work;
use serde::Serialize;
use std::collections::BTreeSet;

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
    let builders = builders::list(app).await.map_err(told)?;
    let now = app.clock.now();
    let around = Around {
        now,
        max_attempts: app.rules.max_attempts,
        builders: builders.iter().filter(|builder| is_there(builder, &tasks, now)).map(Offer::of).collect(),
        unpublished: unpublished(app, &tasks).await?,
        outlook: outlook(app, &tasks).await?,
    };
    let rows = tasks.iter().map(|task| row(task, &around)).collect::<Result<Vec<Row>, _>>()?;
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

/// What decides whether a task can be handed out.
#[derive(Default)]
struct Around {
    now: i64,
    max_attempts: i64,
    /// The builders that are there.
    builders: Vec<Offer>,
    /// Repositories that do not exist yet.
    unpublished: BTreeSet<i64>,
    outlook: Outlook,
}

/// Limits and places; no places of a queue that is longer than the list.
async fn outlook(app: &App, tasks: &[Task]) -> anyhow::Result<Outlook> {
    let mut outlook = queue::outlook(app, tasks).await.map_err(told)?;
    if tasks.len() == MOST.unsigned_abs() as usize {
        outlook.places.clear();
    }
    Ok(outlook)
}

/// What a builder can do.
struct Offer {
    arches: BTreeSet<String>,
    tools: BTreeSet<String>,
}

impl Offer {
    fn of(builder: &Builder) -> Self {
        Self {
            arches: arches(builder).map(str::to_owned).collect(),
            tools: tools(builder).map(str::to_owned).collect(),
        }
    }

    fn builds_for(&self, task: &Task) -> bool {
        task.arch.as_ref().is_none_or(|arch| self.arches.contains(arch))
    }

    /// What it lacks for a task.
    fn lacks<'a>(&self, task: &'a Task) -> Vec<&'a str> {
        task.tools.split_whitespace().filter(|tool| !self.tools.contains(*tool)).collect()
    }
}

/// The repositories of waiting tasks that have no generation yet.
async fn unpublished(app: &App, tasks: &[Task]) -> anyhow::Result<BTreeSet<i64>> {
    let wanted: BTreeSet<i64> = tasks.iter().filter(|task| !task.leased).filter_map(|task| task.repo_id).collect();
    let mut missing = BTreeSet::new();
    let mut conn = app.db.read().await?;
    for id in wanted {
        if copr_db::repo::by_id(&mut conn, RepoId(id)).await?.is_none_or(|repo| repo.generation == 0) {
            missing.insert(id);
        }
    }
    Ok(missing)
}

fn row(task: &Task, around: &Around) -> Result<Row, serde_json::Error> {
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
        place: around.outlook.places.get(&task.id).copied(),
        why: why(task, around),
        age: around.now - task.created_on,
        left: task.deadline.map(|deadline| deadline - around.now),
    })
}

/// Why nobody has this task.
fn why(task: &Task, around: &Around) -> Option<String> {
    if task.leased || task.cancel {
        return None;
    }
    if task.blocked {
        return Some("builds of the batch before its own, or of its chain, go first".to_owned());
    }
    if task.not_before > around.now {
        let (next, most) = (task.attempts + 1, around.max_attempts);
        return Some(format!("try {next} of {most} in {}", words::span(task.not_before - around.now)));
    }
    if task.repo_id.is_some_and(|repo| around.unpublished.contains(&repo)) {
        return Some("its repository is not published yet".to_owned());
    }
    if around.builders.is_empty() {
        return Some("no builder is there".to_owned());
    }
    let mut lacking = around.builders.iter().filter(|one| one.builds_for(task)).map(|one| one.lacks(task));
    match lacking.by_ref().min_by_key(Vec::len) {
        None => return Some(format!("no builder for {} is there", task.arch.as_deref().unwrap_or_default())),
        Some(lacks) if !lacks.is_empty() => return Some(format!("no builder with {} is there", lacks.join(" and "))),
        Some(_) => {}
    }
    if let Some(full) = around.outlook.full.get(&task.id) {
        return Some(held_back(task, *full));
    }
    let free = "until a builder is free";
    Some(if task.background { format!("{free}; in the background") } else { free.to_owned() })
}

/// The limit that a task waits for, in words.
fn held_back(task: &Task, full: Full) -> String {
    let (owner, arch) = (&task.owner, task.arch.as_deref().unwrap_or_default());
    match full {
        Full::Tasks(most) => format!("{most} tasks run, as many as may at one time"),
        Full::Owner(most) => format!("{most} tasks of {owner} run, as many as may at one time"),
        Full::Sandbox(most) => format!("{most} tasks of its project and submitter run, as many as may at one time"),
        Full::ArchOwner(most) => {
            format!("{most} tasks of {owner} for {} run, as many as may at one time", copr_sched::family(arch))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use copr_types::{BuildId, TaskId};

    fn task() -> Task {
        Task {
            id: TaskId(7),
            build_id: BuildId(3),
            build_chroot_id: Some(5),
            repo_id: Some(2),
            owner: "ada".to_owned(),
            sandbox: "ada/hello--ada".to_owned(),
            arch: Some("x86_64".to_owned()),
            tools: String::new(),
            background: false,
            leased: false,
            blocked: false,
            builder_id: None,
            builder_name: None,
            isolation: None,
            fence: 0,
            attempts: 1,
            leased_on: None,
            deadline: None,
            phase: None,
            cancel: false,
            not_before: 0,
            spec: String::new(),
            created_on: 0,
        }
    }

    fn offer(arch: &str, tools: &[&str]) -> Offer {
        Offer { arches: [arch.to_owned()].into(), tools: tools.iter().map(|&tool| tool.to_owned()).collect() }
    }

    fn around() -> Around {
        let builders = vec![offer("x86_64", &["git"]), offer("aarch64", &["git", "tito"])];
        Around { now: 1000, max_attempts: 3, builders, ..Around::default() }
    }

    fn full(limit: Full) -> Around {
        Around { outlook: Outlook { full: [(TaskId(7), limit)].into(), ..Outlook::default() }, ..around() }
    }

    #[test]
    fn a_task_that_waits_says_why() {
        let cases = [
            (task(), around()),
            (Task { background: true, ..task() }, around()),
            (Task { arch: Some("s390x".to_owned()), ..task() }, around()),
            (Task { arch: None, ..task() }, around()),
            (Task { tools: "git".to_owned(), ..task() }, around()),
            (Task { tools: "git tito".to_owned(), ..task() }, around()),
            (Task { tools: "git tito".to_owned(), arch: None, ..task() }, around()),
            (Task { tools: "gem2rpm".to_owned(), ..task() }, around()),
            (task(), Around { builders: Vec::new(), ..around() }),
            (task(), Around { unpublished: [2].into(), ..around() }),
            (Task { not_before: 1060, ..task() }, around()),
            (Task { blocked: true, ..task() }, around()),
            (Task { leased: true, ..task() }, around()),
            (task(), full(Full::Tasks(40))),
            (task(), full(Full::Owner(9))),
            (task(), full(Full::Sandbox(5))),
            (
                Task { arch: Some("i686".to_owned()), ..task() },
                Around { builders: vec![offer("i686", &[])], ..full(Full::ArchOwner(2)) },
            ),
        ];
        let reasons: Vec<String> =
            cases.iter().map(|(task, around)| why(task, around).unwrap_or_else(|| "-".to_owned())).collect();
        insta::assert_snapshot!(reasons.join("\n"), @r"
        until a builder is free
        until a builder is free; in the background
        no builder for s390x is there
        until a builder is free
        until a builder is free
        no builder with tito is there
        until a builder is free
        no builder with gem2rpm is there
        no builder is there
        its repository is not published yet
        try 2 of 3 in 60 s
        builds of the batch before its own, or of its chain, go first
        -
        40 tasks run, as many as may at one time
        9 tasks of ada run, as many as may at one time
        5 tasks of its project and submitter run, as many as may at one time
        2 tasks of ada for x86_64 run, as many as may at one time
        ");
    }

    #[test]
    fn a_lease_that_is_over_says_since_when() {
        assert_eq!([lease_left(40), lease_left(-200)], ["40 s", "over for 3 min"]);
    }
}
