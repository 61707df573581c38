//! `coprd admin task`

use super::table::Table;
use super::told;
use crate::cli::TaskCommand;
use copr_app::{App, queue};
use copr_db::task::Task;
use serde_json::Value;

/// Tasks printed at most.
const MOST: i64 = 1000;

pub(super) async fn run(app: &App, command: TaskCommand) -> anyhow::Result<()> {
    let TaskCommand::List(listing) = command;
    let mut table = Table::new(&["task", "build", "kind", "owner", "arch", "state", "builder", "attempts", "since"]);
    let now = app.clock.now();
    for task in queue::list(app, MOST).await.map_err(told)? {
        let kind = if task.build_chroot_id.is_some() { "rpm" } else { "source" };
        table.row([
            task.id.0.into(),
            task.build_id.0.into(),
            kind.into(),
            task.owner.clone().into(),
            task.arch.clone().into(),
            state(&task, now).into(),
            task.builder_name.clone().into(),
            task.attempts.into(),
            Value::from(time(task.created_on)),
        ]);
    }
    table.print(listing.json)
}

/// What a task does, or what it waits for.
fn state(task: &Task, now: i64) -> String {
    if task.leased {
        let doing = task.phase.as_deref().unwrap_or("starting");
        return if task.cancel { format!("{doing}, to be stopped") } else { doing.to_owned() };
    }
    if task.not_before > now {
        return format!("waiting {} s before the next attempt", task.not_before - now);
    }
    if task.background { "waiting in the background".to_owned() } else { "waiting for a builder".to_owned() }
}

/// A time for people.
pub(super) fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}
