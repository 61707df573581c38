//! `coprd admin user`

use super::table::Table;
use super::told;
use crate::cli::UserCommand;
use crate::config::Config;
use crate::first_run::{Credentials, client_block};
use copr_app::App;
use copr_app::account::{self, Issued};
use std::io::Write;

pub(super) async fn run(app: &App, config: &Config, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create { name, admin, email } => {
            let email = email.unwrap_or_default();
            let (_, issued) = account::create(app, &name, &email, admin).await.map_err(told)?;
            print_block(config, name.as_str(), issued)
        }
        UserCommand::Token { name } => {
            let issued = account::new_token(app, name.as_str()).await.map_err(told)?;
            eprintln!("The old token of `{name}` works no more.");
            print_block(config, name.as_str(), issued)
        }
        UserCommand::Disable { name } => {
            account::set_disabled(app, name.as_str(), true).await.map_err(told)?;
            eprintln!("`{name}` can't log in any more; projects and builds stay.");
            Ok(())
        }
        UserCommand::List(listing) => {
            let mut table = Table::new(&["name", "admin", "disabled", "email"]);
            for account in account::list(app).await.map_err(told)? {
                table.row([
                    account.name.as_str().into(),
                    account.admin.into(),
                    account.disabled.into(),
                    account.email.into(),
                ]);
            }
            table.print(listing.json)
        }
    }
}

fn print_block(config: &Config, name: &str, issued: Issued) -> anyhow::Result<()> {
    let credentials = Credentials {
        login: issued.login,
        username: name.to_owned(),
        token: issued.token,
        expiration: issued.expiration,
    };
    let block = client_block(&config.public_url, &credentials);
    Ok(std::io::stdout().lock().write_all(block.as_bytes())?)
}
