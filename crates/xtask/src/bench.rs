//! `cargo xtask bench …`: figures of the release build, each beside a peer or a bar.

mod api;
mod build;
mod buildroot;
mod cli;
mod idle;
mod publish;
mod queue;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Subcommand;
use copr_testkit::run;

use crate::setup;

#[derive(Subcommand)]
pub enum Bench {
    /// Processor time, rate and p99 of API v3 on 5,000 projects and 200,000 builds, with SQLite and with PostgreSQL
    Api {
        /// How long each kind of request is measured
        #[arg(long, default_value_t = 4)]
        seconds: u64,
        /// Only this database: sqlite or postgres
        #[arg(long, value_name = "ENGINE")]
        database: Option<String>,
        /// Only kinds of requests with this in their name
        #[arg(long, value_name = "WORD")]
        only: Option<String>,
        /// Measure this program instead of building coprd from the checkout
        #[arg(long, value_name = "PROGRAM")]
        coprd: Option<PathBuf>,
    },
    /// From submitting a small noarch package to its being installable, against rpmbuild alone
    Build {
        /// Measured builds
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// Measure this program instead of building coprd from the checkout
        #[arg(long, value_name = "PROGRAM")]
        coprd: Option<PathBuf>,
    },
    /// The build phase of small packages with nothing kept, a warm base and warm dependencies, against dnf and rpmbuild alone
    Buildroot {
        /// Measured builds of each kind; a third as many with nothing kept
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// Measure this program instead of building coprd from the checkout
        #[arg(long, value_name = "PROGRAM")]
        coprd: Option<PathBuf>,
    },
    /// Start-up of `copr`, and listing 1,000 builds with it, against copr-cli
    Cli {
        /// Measured runs of each
        #[arg(long, default_value_t = 21)]
        rounds: usize,
        /// Start this program instead of building coprd from the checkout
        #[arg(long, value_name = "PROGRAM")]
        coprd: Option<PathBuf>,
        /// Measure this program instead of building copr from the checkout
        #[arg(long, value_name = "PROGRAM")]
        copr: Option<PathBuf>,
    },
    /// Handing out tasks to 400 builders while 200,000 wait: from submitting to the builder's having it, and leases a second,
    /// with SQLite and with PostgreSQL
    Queue {
        /// How long each is measured
        #[arg(long, default_value_t = 15)]
        seconds: u64,
        /// Tasks that wait
        #[arg(long, default_value_t = 200_000)]
        tasks: u64,
        /// Only this database: sqlite or postgres
        #[arg(long, value_name = "ENGINE")]
        database: Option<String>,
        /// Measure this program instead of building coprd from the checkout
        #[arg(long, value_name = "PROGRAM")]
        coprd: Option<PathBuf>,
    },
    /// A publisher's turns for large repositories: everything, one package more, one less, and memory; against createrepo_c
    Publish {
        /// Packages of each repository
        #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 50_000])]
        sizes: Vec<u64>,
        /// Measured turns of each kind
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Memory of a service that does nothing, and how soon it is ready
    Idle {
        /// Measure this program instead of building coprd from the checkout
        #[arg(long, value_name = "PROGRAM")]
        coprd: Option<PathBuf>,
    },
}

pub fn bench(bench: &Bench) -> Result<()> {
    setup::setup(false)?;
    match bench {
        Bench::Api { seconds, database, only, coprd } => {
            api::api(coprd.as_deref(), *seconds, database.as_deref(), only.as_deref())
        }
        Bench::Build { rounds, coprd } => build::build(*rounds, coprd.as_deref()),
        Bench::Buildroot { rounds, coprd } => buildroot::buildroot(*rounds, coprd.as_deref()),
        Bench::Cli { rounds, coprd, copr } => cli::cli(coprd.as_deref(), copr.as_deref(), *rounds),
        Bench::Queue { seconds, tasks, database, coprd } => {
            queue::queue(coprd.as_deref(), Duration::from_secs(*seconds), *tasks, database.as_deref())
        }
        Bench::Publish { sizes, rounds } => publish::publish(sizes, *rounds),
        Bench::Idle { coprd } => idle::idle(coprd.as_deref()),
    }
}

/// Fills a database as a busy service has it, see the example `population` of copr-db.
fn populate(address: &str, more: &[&str]) -> Result<()> {
    fill("population", address, more)
}

/// Fills a database by an example of copr-db.
fn fill(example: &str, address: &str, more: &[&str]) -> Result<()> {
    let start = Instant::now();
    let mut cargo = run::cargo();
    cargo.args(["run", "--quiet", "--package", "copr-db", "--example", example, "--", address]).args(more);
    run::passes(&mut cargo)?;
    eprintln!("bench: filled the database in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// The middle one; of an even number the lower.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(vec![]).is_nan());
    }
}
