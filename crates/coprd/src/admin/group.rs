//! `coprd admin group`

use super::table::{self, or_dash};
use super::{told, user, words};
use crate::cli::{GroupCommand, Listing};
use anyhow::{anyhow, bail};
use copr_app::{App, Kind, account};
use copr_types::GroupAlias;
use serde::Serialize;

pub(super) async fn run(app: &App, command: GroupCommand) -> anyhow::Result<()> {
    match command {
        GroupCommand::Create { name } => match account::create_group(app, &name, name.as_str()).await {
            Ok(_) => eprintln!("`@{name}` has no members yet.\nhint: `coprd admin group add {name} USER` adds one"),
            Err(refusal) if refusal.kind == Kind::Conflict => {
                bail!("{refusal}\nhint: `coprd admin group add {name} USER` adds somebody to it")
            }
            Err(refusal) => return Err(told(refusal)),
        },
        GroupCommand::Add { group, user } => {
            find(app, &group).await?;
            user::find(app, &user).await?;
            account::add_to_group(app, group.as_str(), user.as_str()).await.map_err(told)?;
            eprintln!("`{user}` is in `@{group}`.");
        }
        GroupCommand::Remove { group, user } => {
            find(app, &group).await?;
            user::find(app, &user).await?;
            account::remove_from_group(app, group.as_str(), user.as_str()).await.map_err(told)?;
            eprintln!("`{user}` is not in `@{group}` any more.");
        }
        GroupCommand::List(listing) => return list(app, listing).await,
    }
    Ok(())
}

/// A group as programs see it.
#[derive(Serialize)]
struct Row {
    name: String,
    members: Vec<String>,
}

async fn list(app: &App, listing: Listing) -> anyhow::Result<()> {
    let groups = account::groups(app).await.map_err(told)?;
    let rows: Vec<Row> = groups
        .into_iter()
        .map(|(group, members)| Row {
            name: group.alias.to_string(),
            members: members.into_iter().map(|member| member.name.to_string()).collect(),
        })
        .collect();
    table::print(listing, &rows, ["GROUP", "MEMBERS"], |row| {
        [format!("@{}", row.name), or_dash(&row.members.join(" "))]
    })
}

async fn find(app: &App, alias: &GroupAlias) -> anyhow::Result<()> {
    let groups = account::groups(app).await.map_err(told)?;
    if groups.iter().any(|(group, _)| group.alias == *alias) {
        return Ok(());
    }
    let known = groups.iter().map(|(group, _)| group.alias.as_str());
    let hint = words::hint(alias.as_str(), known, &format!("`coprd admin group create {alias}` makes one"));
    Err(anyhow!("there is no group `@{alias}`\n{hint}"))
}
