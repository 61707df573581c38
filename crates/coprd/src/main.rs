//! The program `coprd`. See the library of the same name.

use anyhow::Context;
use clap::Parser;
use coprd::cli::{Cli, Command};
use coprd::config::{Config, Surroundings};
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let surroundings = Surroundings::of_this_process()?;
    match command {
        Command::CheckConfig(check) => {
            let config = Config::load(&check.service.flags(), &surroundings)?;
            coprd::check_config::show(&config, &mut io::stdout().lock(), &mut io::stderr().lock())
                .context("can't write the configuration")
        }
        Command::Serve(_) | Command::Builder(_) | Command::Admin(_) => {
            anyhow::bail!("this build of coprd has no part for that command yet")
        }
    }
}
