//! `cargo xtask demo`: the whole way of a package, with the clients that people have.
//!
//! Everything a user would see is done by unmodified programs of others: copr-cli submits, dnf installs,
//! `dnf copr` enables. Each step says how long it took; the first that fails ends the demo and shows why.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use clap::Args;

use copr_testkit::copr_cli::CoprCli;
use copr_testkit::distribution::Distribution;
use copr_testkit::root::Root;
use copr_testkit::service::{Afterwards, Launch, Service, tail};

use crate::{Suite, coprd, setup};

const PROJECT: &str = "demo";

/// Programs that come out of the built packages, with what they must say.
const PROGRAMS: &[(&[&str], &str)] = &[
    (&["hello-noarch"], "hello from a script"),
    (&["hello-c"], "hello from C, version 1.2"),
    (&["greet-app", "world"], "hello, world, from libgreet 2.1"),
];

#[derive(Args)]
pub struct Options {
    /// Leave the service running at the end
    #[arg(long)]
    keep: bool,
    /// Build for this chroot: one of ours (debian-12-x86_64, debian-13-x86_64) or of the catalogue
    /// (fedora-44-x86_64), if its mirrors can be reached
    #[arg(long, conflicts_with = "suite")]
    chroot: Option<String>,
    /// The same for one of ours, by the name of the Debian it is made from
    #[arg(long, value_enum)]
    suite: Option<Suite>,
    /// Base address of the distribution's repository, for a chroot where it can't be guessed
    #[arg(long, value_name = "URL", requires = "chroot")]
    distribution: Option<String>,
    /// Show this program instead of building coprd from the checkout
    #[arg(long, value_name = "PROGRAM")]
    coprd: Option<PathBuf>,
}

impl Options {
    fn chroot(&self) -> String {
        let suite = self.suite.unwrap_or(Suite::Bookworm);
        self.chroot.clone().unwrap_or_else(|| copr_testkit::Suite::from(suite).chroot().to_owned())
    }
}

/// Shows that the service works, from an empty directory to installed programs that run.
pub fn demo(options: &Options) -> Result<()> {
    let steps = Steps { start: Instant::now() };
    steps.step("look for the tools it needs", || setup::setup(false))?;
    let binary = steps.step("build coprd (release profile)", || coprd::program(options.coprd.as_deref()))?;
    let chroot = options.chroot();
    let distribution = steps.step(&format!("prepare a distribution for {chroot}"), || {
        Distribution::find(&chroot, options.distribution.as_deref())
    })?;

    let scratch = tempfile::Builder::new().prefix("coprd-demo-").tempdir()?;
    let afterwards = if options.keep { Afterwards::Stay } else { Afterwards::Stop };
    let service =
        steps.step("start the service", || Launch::of(&binary).afterwards(afterwards).start(scratch.path()))?;
    println!("    http://{} answers after {:.2} s", service.address(), service.ready_after().as_secs_f64());

    if let Err(error) = story(&steps, &service, &distribution, scratch.path()) {
        eprintln!("\n{}\n", service.log_tail());
        return Err(error);
    }
    println!("demo: ok ({:.1} s)", steps.start.elapsed().as_secs_f64());
    if options.keep {
        let address = service.address();
        let configuration = service.configuration();
        let pid = service.leave_running().context("the service is gone")?;
        println!(
            "The service runs on at http://{address}\n  as copr-cli sees it: {} --config {} list\n  \
             to stop it:          kill {pid} && rm -rf {}",
            copr_testkit::client("copr-cli").display(),
            configuration.display(),
            scratch.keep().display()
        );
    }
    Ok(())
}

fn story(steps: &Steps, service: &Service, distribution: &Distribution, scratch: &Path) -> Result<()> {
    let chroot = distribution.chroot.as_str();
    let cli = CoprCli::new(service, PROJECT)?;
    steps.step(&format!("coprd admin: add the chroot {chroot}"), || distribution.enable(service))?;
    steps.step("copr-cli: create a project", || cli.create(chroot))?;

    let packages = scratch.join("srpms");
    for (name, what) in [
        ("hello-noarch", "a script"),
        ("hello-c", "a C program that needs gcc and make"),
        ("libgreet", "a library with a -devel package"),
        ("greet-app", "a program that needs libgreet-devel from this same project"),
    ] {
        let srpm = copr_testkit::srpm(name, &packages);
        steps.step(&format!("copr-cli: build {name}, {what}"), || cli.build(&srpm))?;
    }

    let broken = copr_testkit::srpm("broken", &packages);
    let log = steps.step("copr-cli: build broken, which must fail and say why", || {
        let build = cli.build_that_fails(&broken)?;
        cli.log(build, chroot)
    })?;
    println!("{}", indent(&tail(&log, 12)));
    ensure!(log.contains("this package fails on purpose"), "the log does not show why the package fails");

    let root = Root::new(&scratch.join("install"), distribution)?;
    steps.step("dnf: install from the project, gpgcheck=1 and repo_gpgcheck=1", || {
        root.trust(&cli.repository_file(distribution)?)?;
        root.install(&["hello-noarch", "hello-c", "greet-app"])
    })?;
    for (command, expected) in PROGRAMS {
        let said = steps.step(&format!("run {}", command.join(" ")), || root.run(command))?;
        println!("    {}", said.trim());
        ensure!(said.trim() == *expected, "expected {expected:?}");
    }
    let seen = steps.step("dnf copr enable, and look into the enabled repository", || {
        root.enable_by_plugin(service, cli.owner(), PROJECT)
    })?;
    ensure!(seen.contains("hello-noarch"), "dnf sees no hello-noarch:\n{seen}");
    println!("{}", indent(&seen));
    Ok(())
}

/// Says what is being done, and how long it took.
struct Steps {
    start: Instant,
}

impl Steps {
    fn step<T>(&self, what: &str, action: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("==> [{:6.1} s] {what}", self.start.elapsed().as_secs_f64());
        let start = Instant::now();
        let done = action().with_context(|| format!("the step \"{what}\" failed"))?;
        println!("    done in {:.2} s", start.elapsed().as_secs_f64());
        Ok(done)
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    | {line}\n")).collect::<String>().trim_end().to_owned()
}
