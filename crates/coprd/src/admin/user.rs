//! `coprd admin user`

use super::table::{self, or_dash};
use super::{told, words};
use crate::cli::{Listing, UserCommand};
use crate::config::Config;
use crate::first_run::{Credentials, client_block};
use anyhow::{anyhow, bail};
use copr_app::account::{self, Issued};
use copr_app::{App, Kind};
use copr_db::account::Account;
use copr_types::UserName;
use serde::Serialize;

pub(super) async fn run(app: &App, config: &Config, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create { name, admin, email } => {
            create(app, config, &name, admin, &email.unwrap_or_default()).await
        }
        UserCommand::List(listing) => list(app, listing).await,
        UserCommand::Token { name } => token(app, config, &name).await,
        UserCommand::Disable { name } => {
            find(app, &name).await?;
            account::set_disabled(app, name.as_str(), true).await.map_err(told)?;
            eprintln!(
                "`{name}` can't log in any more; projects and builds stay.\n\
                 hint: `coprd admin user enable {name}` takes it back"
            );
            Ok(())
        }
        UserCommand::Enable { name } => {
            find(app, &name).await?;
            account::set_disabled(app, name.as_str(), false).await.map_err(told)?;
            eprintln!("`{name}` can log in with the token of before.");
            Ok(())
        }
    }
}

async fn create(app: &App, config: &Config, name: &UserName, admin: bool, email: &str) -> anyhow::Result<()> {
    if email.contains(|c: char| c.is_control() || c.is_whitespace()) || !(email.is_empty() || email.contains('@')) {
        bail!("`{}` is not a mail address: write `name@example.org`", email.escape_debug());
    }
    match account::create(app, name, email, admin).await {
        Ok((_, issued)) => print_block(config, name, issued),
        Err(refusal) if refusal.kind == Kind::Conflict => {
            bail!("{refusal}\nhint: `coprd admin user token {name}` gives it a new token in place of the old one")
        }
        Err(refusal) => Err(told(refusal)),
    }
}

async fn token(app: &App, config: &Config, name: &UserName) -> anyhow::Result<()> {
    if find(app, name).await?.disabled {
        bail!("`{name}` is disabled, and no token would help\nhint: `coprd admin user enable {name}` comes first");
    }
    let issued = account::new_token(app, name.as_str()).await.map_err(told)?;
    eprintln!("The old token of `{name}` works no more.");
    print_block(config, name, issued)
}

/// A user as programs see it.
#[derive(Serialize)]
struct Row {
    name: String,
    admin: bool,
    disabled: bool,
    email: String,
    groups: Vec<String>,
    created: String,
}

async fn list(app: &App, listing: Listing) -> anyhow::Result<()> {
    let groups = account::groups(app).await.map_err(told)?;
    let groups_of = |who: &Account| {
        let with = groups.iter().filter(|(_, members)| members.iter().any(|member| member.id == who.id));
        with.map(|(group, _)| format!("@{}", group.alias)).collect()
    };
    let accounts = account::list(app).await.map_err(told)?;
    let rows: Vec<Row> = accounts
        .into_iter()
        .map(|account| Row {
            name: account.name.to_string(),
            admin: account.admin,
            disabled: account.disabled,
            groups: groups_of(&account),
            email: account.email,
            created: words::stamp(account.created_on),
        })
        .collect();
    table::print(listing, &rows, ["NAME", "ROLE", "GROUPS", "EMAIL"], |row| {
        let role = match row {
            Row { disabled: true, .. } => "disabled",
            Row { admin: true, .. } => "admin",
            _ => "user",
        };
        [row.name.clone(), role.to_owned(), or_dash(&row.groups.join(" ")), or_dash(&row.email)]
    })
}

/// The account of a name, or an error that knows the names there are.
pub(super) async fn find(app: &App, name: &UserName) -> anyhow::Result<Account> {
    let accounts = account::list(app).await.map_err(told)?;
    if let Some(found) = accounts.iter().find(|account| account.name == *name) {
        return Ok(found.clone());
    }
    let known = accounts.iter().map(|account| account.name.as_str());
    let hint = words::hint(name.as_str(), known, &format!("`coprd admin user create {name}` makes one"));
    Err(anyhow!("there is no user `{name}`\n{hint}"))
}

fn print_block(config: &Config, name: &UserName, issued: Issued) -> anyhow::Result<()> {
    let credentials = Credentials {
        login: issued.login,
        username: name.to_string(),
        token: issued.token,
        expiration: issued.expiration,
    };
    eprintln!("Put the block into `{name}`'s ~/.config/copr; the token is shown only this once.");
    super::print(&client_block(&config.public_url, &credentials))
}
