//! What the sub-commands do, one file for each group of them.

mod build;
mod chroot;
mod config;
mod download;
mod logs;
mod package;
mod permission;
mod project;
mod submit;

use crate::cli::Command;
use crate::failure::Failure;
use crate::session::Session;
use tokio::signal::unix::{SignalKind, signal};

/// Carries out a command, from the first question to the last line.
pub fn run(session: &Session, command: Command) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let mut interrupted = signal(SignalKind::interrupt())?;
        tokio::select! {
            // A command that knows what to do about an interruption goes first.
            biased;
            done = carried_out(session, command) => done,
            Some(()) = interrupted.recv() => Err(Failure::interrupted()),
        }
    });
    // Nobody waits for what is still on its way, such as the look-up of a name.
    runtime.shutdown_background();
    session.screen.flush()?;
    done
}

async fn carried_out(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Config(command) => config::run(session, command).await,
        Command::Project(command) => project::run(session, command).await,
        Command::Build(command) => build::run(session, *command).await,
        Command::Chroot(command) => chroot::run(session, command).await,
        Command::Package(command) => package::run(session, *command).await,
        Command::Permission(command) => permission::run(session, command).await,
    }
}
