//! `coprd admin group`

use super::told;
use crate::cli::GroupCommand;
use copr_app::{App, account};

pub(super) async fn run(app: &App, command: GroupCommand) -> anyhow::Result<()> {
    match command {
        GroupCommand::Create { name } => {
            account::create_group(app, &name, name.as_str()).await.map_err(told)?;
            eprintln!("The group `@{name}` has no members yet.\nhint: coprd admin group add {name} USER");
        }
        GroupCommand::Add { group, user } => {
            account::add_to_group(app, group.as_str(), user.as_str()).await.map_err(told)?;
            eprintln!("`{user}` is in the group `@{group}`.");
        }
        GroupCommand::Remove { group, user } => {
            account::remove_from_group(app, group.as_str(), user.as_str()).await.map_err(told)?;
            eprintln!("`{user}` is not in the group `@{group}` any more.");
        }
    }
    Ok(())
}
