//! `coprd admin builder`

use super::table::Table;
use super::told;
use crate::cli::BuilderCommand;
use copr_app::{App, builders};

pub(super) async fn run(app: &App, command: BuilderCommand) -> anyhow::Result<()> {
    match command {
        BuilderCommand::Add { name } => {
            let token = builders::add(app, &name).await.map_err(told)?;
            println!("{token}");
            eprintln!(
                "The token is shown only this once. On the builder put it into a file of its own and run:\n\
                 coprd builder --server {} --token FILE",
                app.rules.public_url
            );
        }
        BuilderCommand::List(listing) => {
            let mut table = Table::new(&["name", "last seen", "arches", "isolation"]);
            for builder in builders::list(app).await.map_err(told)? {
                table.row([
                    builder.name.into(),
                    builder.last_seen_on.map(super::task::time).into(),
                    builder.arches.into(),
                    builder.isolation.into(),
                ]);
            }
            table.print(listing.json)?;
        }
        BuilderCommand::Remove { name } => {
            builders::remove(app, &name).await.map_err(told)?;
            eprintln!("`{name}` gets no tasks any more; what it holds goes back when its leases end.");
        }
    }
    Ok(())
}
