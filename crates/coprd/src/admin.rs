//! `coprd admin`: the administrator's commands. They work on the same state as the service, while it runs or not.
//!
//! Data go to standard output, talk to standard error: `user create` prints only the block for `~/.config/copr`,
//! `builder add` only the token.

mod builder;
mod chroot;
mod group;
mod table;
mod task;
mod user;

use crate::cli::{Admin, Subject};
use crate::config::{Config, Surroundings};

/// Does what the command says.
pub async fn run(admin: Admin, surroundings: &Surroundings) -> anyhow::Result<()> {
    let config = Config::load(&admin.service.flags(), surroundings)?;
    let app = crate::app::open(&config).await?;
    let done = match admin.subject {
        Subject::User(command) => user::run(&app, &config, command).await,
        Subject::Group(command) => group::run(&app, command).await,
        Subject::Chroot(command) => chroot::run(&app, command).await,
        Subject::Task(command) => task::run(&app, command).await,
        Subject::Builder(command) => builder::run(&app, command).await,
    };
    app.db.close().await;
    done
}

/// A refusal in the words for people; what is behind one of our own faults is shown, because here the person is the
/// administrator.
fn told(refusal: copr_app::Refusal) -> anyhow::Error {
    match refusal.kind {
        copr_app::Kind::Internal => anyhow::anyhow!("{}", refusal.inside()),
        _ => anyhow::anyhow!("{refusal}"),
    }
}
