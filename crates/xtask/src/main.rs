//! `cargo xtask …`: the habits of this house as commands.
//!
//! Not part of the service, and not a build system: each command is a short list of other programs' calls
//! that people and CI make in the same way.
//!
//! ```text
//! cargo xtask demo        build packages with the real clients, install them, show that it works
//! cargo xtask test        all tests, with a private PostgreSQL
//! cargo xtask check       what CI checks
//! ```

mod bench;
mod check;
mod coprd;
mod demo;
mod postgres;
mod setup;
mod test;

use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use copr_testkit::run;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set up, test, check, show and measure coprd")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what tests, demo and benchmarks need (apt or dnf; sudo when not root)
    Setup {
        /// Only say what is missing; fails if anything is
        #[arg(long)]
        check: bool,
    },
    /// Run all tests, with a private PostgreSQL
    Test {
        /// Only tests whose names contain this
        #[arg(long)]
        filter: Option<String>,
        /// Only this crate; may be given several times
        #[arg(long, short)]
        package: Vec<String>,
    },
    /// Format, lints, documentation, licences, tests: as CI does
    Check,
    /// Start a service, build packages with copr-cli, install them with dnf
    Demo(demo::Options),
    /// Measure the release build
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
    },
    /// Make the small distribution that tests build for
    Minidistro {
        /// The Debian it is made from
        #[arg(long, value_enum, default_value = "bookworm")]
        suite: Suite,
        /// The repository directory to make
        #[arg(long)]
        out: PathBuf,
    },
    /// Make the source package of one of `packages/`
    Srpm {
        /// Its name: a directory in `packages/`
        name: String,
        /// The directory to write it to
        out: PathBuf,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Suite {
    /// Debian 12: chroot debian-12-x86_64
    Bookworm,
    /// Debian 13: chroot debian-13-x86_64
    Trixie,
}

impl From<Suite> for copr_testkit::Suite {
    fn from(suite: Suite) -> Self {
        match suite {
            Suite::Bookworm => copr_testkit::Suite::Bookworm,
            Suite::Trixie => copr_testkit::Suite::Trixie,
        }
    }
}

/// The test support panics with words for people; here they are an error like others.
fn plain_words_from_test_support() {
    let otherwise = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let here = panic.location().is_some_and(|place| place.file().contains("copr-testkit"));
        match panic.payload_as_str() {
            Some(words) if here => eprintln!("error: {words}"),
            _ => otherwise(panic),
        }
    }));
}

fn main() -> ExitCode {
    plain_words_from_test_support();
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    match task {
        Task::Setup { check } => setup::setup(check),
        Task::Test { filter, package } => test::test(filter.as_deref(), &package),
        Task::Check => check::check(),
        Task::Demo(options) => demo::demo(&options),
        Task::Bench { bench } => bench::bench(&bench),
        Task::Minidistro { suite, out } => minidistro(suite.into(), &out),
        Task::Srpm { name, out } => {
            println!("{}", copr_testkit::srpm(&name, &out).display());
            Ok(())
        }
    }
}

fn minidistro(suite: copr_testkit::Suite, out: &std::path::Path) -> Result<()> {
    run::passes(
        run::program(copr_testkit::checkout().join("distro/make-minidistro"))?
            .arg("--suite")
            .arg(suite.name())
            .arg("--out")
            .arg(out)
            .arg("--cache")
            .arg(copr_testkit::cache_dir().join("minidistro")),
    )
}
