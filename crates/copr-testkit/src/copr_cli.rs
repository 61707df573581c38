//! copr-cli, unmodified, working for tests and the demo.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::distribution::Distribution;
use crate::run;
use crate::service::Service;

/// copr-cli's exit code for "the build failed".
const BUILD_FAILED: i32 = 4;
/// For one build, a first buildroot from a distant mirror included.
const PATIENCE: Duration = Duration::from_secs(1200);

/// copr-cli, working on one project.
#[derive(Debug)]
pub struct CoprCli<'service> {
    service: &'service Service,
    owner: String,
    project: &'static str,
    configuration: PathBuf,
}

impl<'service> CoprCli<'service> {
    /// As the administrator that the service made on its first run.
    pub fn new(service: &'service Service, project: &'static str) -> Result<CoprCli<'service>> {
        let owner = service.setting("username")?.to_owned();
        Ok(CoprCli { service, owner, project, configuration: service.configuration() })
    }

    /// Whose project it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// A call with the configuration of the service.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = crate::command(crate::client("copr-cli"));
        command.arg("--config").arg(&self.configuration).args(arguments);
        command
    }

    /// Makes the project.
    pub fn create(&self, chroot: &str) -> Result<()> {
        let description = "Made by a test of coprd";
        let arguments = ["create", self.project, "--chroot", chroot, "--description", description];
        run::read(&mut self.command(&arguments))?;
        Ok(())
    }

    /// Builds, waits, and shows the logs of a build that should not have failed.
    pub fn build(&self, srpm: &Path) -> Result<()> {
        let build = self.submit(srpm)?;
        let done = self.watch(build)?;
        if done.status.success() {
            return Ok(());
        }
        let said = run::both(&done);
        bail!("copr-cli said ({}):\n{said}\n{}", done.status, self.all_logs(build))
    }

    /// Submits with any sub-command that builds, waits, and shows the logs of a build that should not have failed. Gives
    /// its number.
    pub fn make(&self, subcommand: &str, arguments: &[&str]) -> Result<u64> {
        let build = self.submit_by(subcommand, arguments)?;
        let done = self.watch(build)?;
        if done.status.success() {
            return Ok(build);
        }
        bail!("copr-cli said ({}):\n{}\n{}", done.status, run::both(&done), self.all_logs(build))
    }

    /// Submits with any sub-command that builds, without waiting; gives the build's number.
    pub fn submit_by(&self, subcommand: &str, arguments: &[&str]) -> Result<u64> {
        let said = run::read(self.command(&[subcommand, "--nowait", self.project]).args(arguments))?;
        build_number(&said).with_context(|| format!("copr-cli named no build:\n{said}"))
    }

    /// The number of a build that must fail, as copr-cli reports failure.
    pub fn build_that_fails(&self, srpm: &Path) -> Result<u64> {
        let build = self.submit(srpm)?;
        let done = self.watch(build)?;
        ensure!(
            done.status.code() == Some(BUILD_FAILED),
            "copr-cli ended with {} instead of exit status {BUILD_FAILED}:\n{}",
            done.status,
            run::both(&done)
        );
        Ok(build)
    }

    /// Submits without waiting; gives the build's number.
    pub fn submit(&self, srpm: &Path) -> Result<u64> {
        let said = run::read(self.command(&["build", "--nowait", self.project]).arg(srpm))?;
        build_number(&said).with_context(|| format!("copr-cli named no build:\n{said}"))
    }

    /// What `copr-cli watch-build` says in the end.
    ///
    /// It looks every 30 seconds only, so it is asked when there is nothing left to wait for.
    fn watch(&self, build: u64) -> Result<Output> {
        let client = self.service.client()?;
        let start = Instant::now();
        loop {
            let answer = client.get(&format!("/api_3/build/{build}"))?.json()?;
            if matches!(answer["state"].as_str(), Some("succeeded" | "failed" | "canceled" | "skipped")) {
                return run::tried(&mut self.command(&["watch-build", &build.to_string()]));
            }
            ensure!(start.elapsed() < PATIENCE, "build {build} has not ended: {answer}");
            sleep(Duration::from_millis(50));
        }
    }

    /// The build log of one chroot, from the results as anybody can read them.
    pub fn log(&self, build: u64, chroot: &str) -> Result<String> {
        let path = format!("/api_3/build-chroot?build_id={build}&chrootname={chroot}");
        let answer = self.service.client()?.get(&path)?.json()?;
        let results = answer["result_url"].as_str().context("the chroot has no results yet")?;
        fetch_log(results)
    }

    /// Every log that the build has, for a person to find out what went wrong.
    pub fn all_logs(&self, build: u64) -> String {
        let ask = |path: String| self.service.client()?.get(&path)?.json();
        let mut places = Vec::new();
        if let Ok(source) = ask(format!("/api_3/build/source-chroot/{build}")) {
            places.extend(source["result_url"].as_str().map(|url| format!("{url}/")));
        }
        if let Ok(chroots) = ask(format!("/api_3/build-chroot/list?build_id={build}")) {
            let chroots = chroots["items"].as_array().cloned().unwrap_or_default();
            places.extend(chroots.iter().filter_map(|c| Some(c["result_url"].as_str()?.to_owned())));
        }
        let show = |place: &String| match fetch_log(place) {
            Ok(log) => format!("--- {place}\n{}\n", crate::service::tail(&log, 60)),
            Err(error) => format!("--- {place}: no log: {error}\n"),
        };
        places.iter().map(show).collect()
    }

    /// The `.repo` file that the service offers for the distribution.
    pub fn repository_file(&self, distribution: &Distribution) -> Result<String> {
        let name_release = distribution.name_release();
        let path = format!("/coprs/{}/{}/repo/{name_release}/", self.owner, self.project);
        let answer = self.service.client()?.get(&path)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status == 200, "GET {path}: HTTP {}: {text}", answer.status);
        Ok(text)
    }
}

/// `builder-live.log.gz`, which servers may send as it is or as a compressed transfer of the plain text.
fn fetch_log(results: &str) -> Result<String> {
    let file = tempfile::NamedTempFile::new()?;
    let address = format!("{results}builder-live.log.gz");
    let mut curl = run::program("curl")?;
    curl.args(["-fsSL", "--compressed", "--output"]).arg(file.path()).arg(address);
    run::read(&mut curl)?;
    // with --force, gzip passes on what is not compressed
    run::read(run::program("gzip")?.args(["--decompress", "--stdout", "--force"]).arg(file.path()))
}

/// From the line `Created builds: 7`.
fn build_number(said: &str) -> Option<u64> {
    let list = said.lines().find_map(|line| line.trim().strip_prefix("Created builds:"))?;
    list.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::build_number;

    #[test]
    fn the_build_is_named_among_other_words() {
        let said = "Uploading package x\nBuild was added to demo:\n  http://h/coprs/build/12\n\
                    Created builds: 12\nWatching build(s)";
        assert_eq!(build_number(said), Some(12));
        assert_eq!(build_number("Something went wrong"), None);
    }
}
