//! `coprd admin`: the administrator's commands. They work on the same state as the service, while it runs or not.
//!
//! Data go to standard output, talk to standard error: `user create` prints only the block for `~/.config/copr`,
//! `builder add` only the token.

mod builder;
mod chroot;
mod group;
mod key;
mod prune;
mod repo;
mod table;
mod task;
mod user;
mod words;

use crate::cli::{Admin, Subject};
use crate::config::{Config, Surroundings};
use crate::running;
use std::io::{self, ErrorKind, Write};

/// Does what the command says.
pub async fn run(admin: Admin, surroundings: &Surroundings) -> anyhow::Result<()> {
    let config = Config::load(&admin.service.flags(), surroundings)?;
    let new = !config.data_dir.exists();
    let app = crate::app::open(&config).await?;
    if new {
        eprintln!("`{}` was not there: this is a new service.", config.data_dir.display());
    }
    let done = match admin.subject {
        Subject::User(command) => user::run(&app, &at_its_address(config).await, command).await,
        Subject::Group(command) => group::run(&app, command).await,
        Subject::Chroot(command) => chroot::run(&app, command).await,
        Subject::Key(command) => key::run(&app, command).await,
        Subject::Task(command) => task::run(&app, command).await,
        Subject::Prune(command) => prune::run(&app, command).await,
        Subject::Repo(command) => repo::run(&app, command).await,
        Subject::Builder(command) => builder::run(&app, &at_its_address(config).await, command).await,
    };
    app.db.close().await;
    done
}

/// The configuration with the address that a running service really has: `serve --listen` may have said another one.
async fn at_its_address(config: Config) -> Config {
    match running::address(&config.data_dir).await {
        Some(address) => config.bound_to(address),
        None => config,
    }
}

/// Prints data. A reader that has seen enough, such as `head`, is no error.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// A refusal in the words for people; what is behind one of our own faults is shown, because here the person is the
/// administrator.
fn told(refusal: copr_app::Refusal) -> anyhow::Error {
    match refusal.kind {
        copr_app::Kind::Internal => anyhow::anyhow!("{}", refusal.inside()),
        _ => anyhow::anyhow!("{refusal}"),
    }
}
