//! The program `coprd`. See the library of the same name.

use anyhow::Context;
use clap::Parser;
use coprd::cli::{Cli, Command};
use coprd::config::{Config, Surroundings};
use coprd::{admin, builder, log, serve, signer};
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Sandboxes start this program again: such a process is no service, and must know before any thread exists.
    copr_builder::main_if_child();
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
        Command::Serve(flags) => {
            let config = Config::load(&flags.flags(), &surroundings)?;
            coprd::kerberos::name_keytab(&config.gssapi)?;
            log::start(&config.log);
            runtime()?.block_on(serve::serve(config))
        }
        Command::Builder(flags) => runtime()?.block_on(builder::alone(flags, &surroundings)),
        Command::Signer(flags) => runtime()?.block_on(signer::run(flags, &surroundings)),
        Command::Admin(admin) => runtime()?.block_on(admin::run(admin, &surroundings)),
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    // The TLS library wants to be told once which cryptography to use.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("can't start the runtime")
}
