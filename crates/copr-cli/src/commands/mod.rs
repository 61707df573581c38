//! What the sub-commands do, one file for each group of them.

mod build;
mod chain;
mod chroot;
mod config;
mod download;
mod login;
mod logs;
mod package;
mod permission;
mod project;
mod repo;
mod setup;
mod submit;

use crate::cli::Command;
use crate::failure::Failure;
use crate::hint;
use crate::session::Session;
use crate::show::Screen;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

/// Carries out a command, from the first question to the last line. `path` is the configuration that was named.
pub fn run(screen: Screen, path: Option<PathBuf>, debug: bool, command: Command) -> Result<(), Failure> {
    if let Command::Setup(command) = command {
        return within_runtime(&screen, setup::run(&screen, path, command));
    }
    let is_hinting = screen.hints;
    let hinted = |failure: Failure| Failure { hints: hint::without_service(&failure), ..failure };
    let session =
        Session::open(path, debug, screen).map_err(|failure| if is_hinting { hinted(failure) } else { failure })?;
    within_runtime(&session.screen, async {
        let mut done = carried_out(&session, command).await;
        if let (true, Err(failure)) = (is_hinting, &mut done) {
            failure.hints = hint::about(&session, failure).await;
        }
        done
    })
}

/// Waits for something, unless somebody does not want to wait any longer.
fn within_runtime(screen: &Screen, work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        let mut interrupted = signal(SignalKind::interrupt())?;
        tokio::select! {
            // A command that knows what to do about an interruption goes first.
            biased;
            done = work => done,
            Some(()) = interrupted.recv() => Err(Failure::interrupted()),
        }
    });
    // Nobody waits for what is still on its way, such as the look-up of a name.
    runtime.shutdown_background();
    screen.flush()?;
    done
}

async fn carried_out(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::Config(command) => config::run(session, command).await,
        Command::Project(command) => project::run(session, command).await,
        Command::Build(command) => build::run(session, *command).await,
        Command::Chain(command) => chain::run(session, command).await,
        Command::Repo(command) => repo::run(session, command).await,
        Command::Chroot(command) => chroot::run(session, command).await,
        Command::Package(command) => package::run(session, *command).await,
        Command::Permission(command) => permission::run(session, command).await,
        Command::Setup(command) => setup::run(&session.screen, session.path(), command).await,
    }
}
