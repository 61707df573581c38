//! `coprd admin builder`

use super::table::{self, or_dash};
use super::{task, told, words};
use crate::cli::{BuilderCommand, Listing};
use crate::config::Config;
use anyhow::bail;
use copr_app::builders::SILENCE_SECONDS;
use copr_app::{App, Kind, builders, queue};
use copr_db::builder::Builder;
use copr_db::task::Task;
use serde::Serialize;

pub(super) async fn run(app: &App, config: &Config, command: BuilderCommand) -> anyhow::Result<()> {
    match command {
        BuilderCommand::Add { name } => add(app, config, &name).await,
        BuilderCommand::List(listing) => list(app, listing).await,
        BuilderCommand::Remove { name } => remove(app, &name).await,
    }
}

async fn add(app: &App, config: &Config, name: &str) -> anyhow::Result<()> {
    let token = match builders::add(app, name).await {
        Ok(token) => token,
        Err(refusal) if refusal.kind == Kind::Conflict => bail!(
            "{refusal}\nhint: for a new token `coprd admin builder remove {name}` comes first; or take another name"
        ),
        Err(refusal) => return Err(told(refusal)),
    };
    eprintln!(
        "The token is shown only this once. On the builder, put it into a file that only its user can read, and run:\n\
         coprd builder --server {} --token FILE",
        config.public_url
    );
    super::print(&format!("{token}\n"))
}

async fn remove(app: &App, name: &str) -> anyhow::Result<()> {
    let known = builders::list(app).await.map_err(told)?;
    if !known.iter().any(|builder| builder.name == name) {
        let names = known.iter().map(|builder| builder.name.as_str());
        let hint = words::hint(name, names, "`coprd admin builder list` lists them");
        bail!("there is no builder `{name}`\n{hint}");
    }
    builders::remove(app, name).await.map_err(told)?;
    eprintln!("`{name}` gets no tasks any more; those it holds go to others when their leases end.");
    Ok(())
}

/// A builder as programs see it.
#[derive(Serialize)]
struct Row {
    name: String,
    state: &'static str,
    tasks: usize,
    arches: Vec<String>,
    isolation: String,
    tools: Vec<String>,
    tags: Vec<String>,
    memory_mib: Option<i64>,
    last_seen: Option<String>,
    created: String,
    #[serde(skip)]
    silent_for: Option<i64>,
}

async fn list(app: &App, listing: Listing) -> anyhow::Result<()> {
    let now = app.clock.now();
    let tasks = queue::list(app, task::MOST).await.map_err(told)?;
    let rows: Vec<Row> = builders::list(app)
        .await
        .map_err(told)?
        .into_iter()
        .map(|builder| Row {
            state: state(&builder, &tasks, now),
            tasks: held(&builder, &tasks).count(),
            arches: list_of(&builder.arches),
            tools: list_of(&builder.tools),
            tags: list_of(&builder.tags),
            memory_mib: builder.memory_mib,
            isolation: builder.isolation,
            last_seen: builder.last_seen_on.map(words::stamp),
            created: words::stamp(builder.created_on),
            silent_for: builder.last_seen_on.map(|seen| now - seen),
            name: builder.name,
        })
        .collect();
    table::print(
        listing,
        &rows,
        ["NAME", "STATE", "TASKS", "ASKED", "ARCHES", "TOOLS", "TAGS", "MEMORY", "ISOLATION"],
        |row| {
            let asked = row.silent_for.map_or_else(|| "-".to_owned(), |silent| format!("{} ago", words::span(silent)));
            let state = row.state.to_owned();
            let (arches, tools) = (row.arches.join(" "), row.tools.join(" "));
            [
                row.name.clone(),
                state,
                row.tasks.to_string(),
                asked,
                or_dash(&arches),
                or_dash(&tools),
                or_dash(&row.tags.join(" ")),
                row.memory_mib.map_or_else(|| "-".to_owned(), |mib| format!("{mib} MiB")),
                or_dash(&row.isolation),
            ]
        },
    )
}

fn list_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn state(builder: &Builder, tasks: &[Task], now: i64) -> &'static str {
    match builder.last_seen_on {
        _ if held(builder, tasks).any(|task| task.deadline >= Some(now)) => "working",
        None => "never seen",
        Some(seen) if now - seen <= SILENCE_SECONDS => "waiting",
        Some(_) => "silent",
    }
}

fn held<'a>(builder: &Builder, tasks: &'a [Task]) -> impl Iterator<Item = &'a Task> {
    let id = builder.id.0;
    tasks.iter().filter(move |task| task.leased && task.builder_id == Some(id))
}
