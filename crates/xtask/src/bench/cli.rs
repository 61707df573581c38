//! `copr` against copr-cli, in one run on one service: how soon it says something, and how soon it has listed a thousand
//! builds. Runs of the two alternate, so that whatever else the machine does meets both.

pub(super) mod child;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use copr_testkit::run;
use copr_testkit::service::{Launch, Service};

use crate::bench::{median, populate};
use crate::coprd;
use child::{Cost, peak_megabytes};

/// Builds of the project whose builds are listed.
const BUILDS: &str = "1000";
const MEMORY_BAR: f64 = 30.0;
const SIZE_BAR: f64 = 30.0;

/// What both are told, by a name. What is `asked` goes to the service.
const CALLS: &[(&str, &[&str])] = &[
    ("version", &["--version"]),
    ("help", &["--help"]),
    ("whoami", &["whoami"]),
    ("list-builds", &["list-builds", "owner0/big", "--output-format", "text-row"]),
];

/// A command line.
struct Program {
    path: PathBuf,
    configuration: PathBuf,
}

pub fn cli(coprd: Option<&Path>, copr: Option<&Path>, rounds: usize) -> Result<()> {
    ensure!(rounds > 0, "no rounds, no figures");
    let (binary, ours) = (coprd::program(coprd)?, coprd::release("copr-cli", "copr", copr)?);
    let peer = copr_testkit::client("copr-cli");
    let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
    let service = filled(&binary, scratch.path())?;
    let size = stripped_megabytes(&ours, scratch.path())?;
    println!("bench cli size: ours={size:.1}MB bar={SIZE_BAR}MB ratio={:.2}", size / SIZE_BAR);
    let program = |path: PathBuf| Program { path, configuration: service.configuration() };
    let (ours, peer) = (program(ours), program(peer));
    for (name, words) in CALLS {
        ensure!(
            lines(&ours, words)? == lines(&peer, words)? || *name == "help" || *name == "version",
            "`{}` does not print the same",
            words.join(" ")
        );
        compare(name, words, &ours, &peer, rounds)?;
    }
    Ok(())
}

/// The size of a program as it is installed (`install -s`), without what debuggers read.
fn stripped_megabytes(program: &Path, scratch: &Path) -> Result<f64> {
    let stripped = scratch.join("stripped");
    run::read(run::program("strip")?.arg("-o").arg(&stripped).arg(program))?;
    Ok(fs::metadata(stripped)?.len() as f64 / 1e6)
}

/// A service with the project that is listed.
fn filled(binary: &Path, directory: &Path) -> Result<Service> {
    let launch = Launch::of(binary).argument("--no-builder").setting("log.level", "warn");
    let mut service = launch.start(directory)?;
    let database = format!("sqlite://{}", service.data_dir().join("coprd.sqlite").display());
    populate(&database, &[BUILDS])?;
    service.terminate()?;
    service.start_again()?;
    Ok(service)
}

impl Program {
    fn command(&self, words: &[&str]) -> Result<std::process::Command> {
        let mut command = run::program(&self.path)?;
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("no_proxy", "*");
        // What Python has compiled once it need not compile again.
        command.env("HOME", "/nonexistent").arg("--config").arg(&self.configuration).args(words);
        Ok(command)
    }
}

fn lines(program: &Program, words: &[&str]) -> Result<String> {
    run::read(&mut program.command(words)?)
}

fn compare(name: &str, words: &[&str], ours: &Program, peer: &Program, rounds: usize) -> Result<()> {
    let (mut of_ours, mut of_peer) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        of_ours.push(Cost::of(&mut ours.command(words)?)?);
        of_peer.push(Cost::of(&mut peer.command(words)?)?);
    }
    let middle = |costs: &[Cost], of: fn(&Cost) -> f64| median(costs.iter().map(of).collect()) * 1000.0;
    for (figure, of) in [("wall", (|cost| cost.wall) as fn(&Cost) -> f64), ("cpu", |cost| cost.processor)] {
        let (ours, peer) = (middle(&of_ours, of), middle(&of_peer, of));
        println!("bench cli {name} {figure}: ours={ours:.1}ms peer={peer:.1}ms ratio=1/{:.0}", peer / ours.max(1e-3));
    }
    let ours = peak_megabytes(ours.command(words)?).context("our peak of memory")?;
    let peer = peak_megabytes(peer.command(words)?).context("the peer's peak of memory")?;
    println!(
        "bench cli {name} memory: ours={ours:.1}MB peer={peer:.1}MB ratio={:.2} bar={MEMORY_BAR}MB",
        ours / peer.max(1e-3)
    );
    Ok(())
}
