//! `coprd admin key`

use super::table;
use super::{told, words};
use crate::cli::{KeyCommand, Listing, ProjectPath};
use copr_app::key::{self, Shown};
use copr_app::{App, Kind, Refusal};
use serde::Serialize;

const DAY: i64 = 86_400;

pub(super) async fn run(app: &App, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::List { project: Some(project), listing } => {
            let keys = key::list(app, &project.owner.to_string(), project.name.as_str()).await;
            print(listing, &keys.map_err(said)?)
        }
        KeyCommand::List { project: None, listing } => print(listing, &key::list_all(app).await.map_err(told)?),
        KeyCommand::Rotate { project, retire_after } => rotate(app, &project, retire_after).await,
        KeyCommand::Extend { project, days, .. } => {
            let until = days.map(|days| app.clock.now() + i64::from(days) * DAY);
            let done = key::extend(app, &project.owner.to_string(), project.name.as_str(), until).await;
            let keys = done.map_err(said)?;
            eprintln!(
                "`pubkey.gpg` has it as soon as the service has published; machines that have the key keep the old end."
            );
            print(Listing::default(), &keys)
        }
    }
}

async fn rotate(app: &App, project: &ProjectPath, retire_after: u32) -> anyhow::Result<()> {
    let (owner, name) = (project.owner.to_string(), project.name.as_str());
    let keys = key::rotate(app, &owner, name, i64::from(retire_after) * DAY).await.map_err(said)?;
    eprintln!(
        "The service publishes every repository of `{owner}/{name}` anew. From then on `pubkey.gpg` has the old key and the new one, \
         and metadata are signed by both for {}; packages that are there keep their signatures.",
        words::count(retire_after as usize, "day")
    );
    print(Listing::default(), &keys)
}

/// A refusal in words, with the next step.
fn said(refusal: Refusal) -> anyhow::Error {
    let missing = refusal.kind == Kind::NotFound;
    let error = told(refusal);
    if missing {
        anyhow::anyhow!("{error}\nhint: `coprd admin key list` lists all projects that have keys")
    } else {
        error
    }
}

/// A version as programs see it. Times are RFC 3339.
#[derive(Serialize)]
struct Row {
    project: String,
    version: i64,
    fingerprint: String,
    state: &'static str,
    created: String,
    expires: Option<String>,
    retires: Option<String>,
    retired: Option<String>,
    withdrawn: Option<String>,
}

fn print(listing: Listing, keys: &[Shown]) -> anyhow::Result<()> {
    let rows: Vec<Row> = keys
        .iter()
        .map(|Shown { project, key, role }| Row {
            project: project.full_name(),
            version: key.version,
            fingerprint: key.fingerprint.clone(),
            state: role.as_str(),
            created: words::stamp(key.created_on),
            expires: key.expires_on.map(words::stamp),
            retires: key.retire_on.map(words::stamp),
            retired: key.retired_on.map(words::stamp),
            withdrawn: key.withdrawn_on.map(words::stamp),
        })
        .collect();
    table::print(
        listing,
        &rows,
        ["PROJECT", "VERSION", "STATE", "FINGERPRINT", "CREATED", "EXPIRES", "RETIRES"],
        |row| {
            let time = |time: &Option<String>| table::or_dash(time.as_deref().unwrap_or_default());
            [
                row.project.clone(),
                row.version.to_string(),
                row.state.to_owned(),
                row.fingerprint.clone(),
                row.created.clone(),
                time(&row.expires),
                time(&row.retires),
            ]
        },
    )
}
