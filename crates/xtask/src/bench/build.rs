//! One small package after another, through the API that copr-cli uses.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use copr_testkit::distribution::Distribution;
use copr_testkit::http::Client;
use copr_testkit::run;
use copr_testkit::service::{Launch, Service};
use serde_json::{Value, json};

use super::median;
use crate::coprd;

pub(super) const CHROOT: &str = "debian-12-x86_64";
const PROJECT: &str = "bench";
/// The first builds make the buildroot; they are not measured.
const WARM_UP: usize = 2;
const PATIENCE: Duration = Duration::from_secs(120);

/// When each phase of one build ended, in seconds since it was submitted.
pub(super) struct Timing {
    pub submitted: f64,
    pub source: f64,
    pub delivered: f64,
    pub installable: f64,
}

pub fn build(rounds: usize, given: Option<&Path>) -> Result<()> {
    let binary = coprd::program(given)?;
    let distribution = Distribution::find(CHROOT, None)?;
    let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
    let srpm = copr_testkit::srpm("hello-noarch", scratch.path());
    let service = Launch::of(&binary).start(scratch.path())?;
    distribution.enable(&service)?;
    let submitter = Submitter::new(&service, PROJECT)?;
    let package = Package::read("hello-noarch", &srpm)?;

    let mut timings = Vec::new();
    for round in 0..WARM_UP + rounds {
        let timing = submitter.build_once(&package)?;
        if round >= WARM_UP {
            timings.push(timing);
        }
    }
    let peer = median((0..rounds).map(|_| rpmbuild_alone(&srpm, scratch.path())).collect::<Result<_>>()?);

    let of = |figure: &dyn Fn(&Timing) -> f64| median(timings.iter().map(figure).collect());
    report("submit", of(&|t| t.submitted), None);
    report("source", of(&|t| t.source - t.submitted), None);
    report("rpm", of(&|t| t.delivered - t.source), Some(peer));
    report("publish", of(&|t| t.installable - t.delivered), None);
    report("installable", of(&|t| t.installable), Some(peer));
    Ok(())
}

fn report(figure: &str, ours: f64, peer: Option<f64>) {
    let (peer, ratio) = match peer {
        Some(peer) => (format!("{peer:.3}s"), format!("{:.2}", ours / peer)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    println!("bench build {figure}: ours={ours:.3}s peer={peer} ratio={ratio}");
}

/// A source package to be uploaded again and again.
pub(super) struct Package {
    name: String,
    file: String,
    srpm: Vec<u8>,
}

impl Package {
    pub fn read(name: &str, srpm: &Path) -> Result<Package> {
        let file = srpm.file_name().context("a source package has a name")?.to_string_lossy().into_owned();
        Ok(Package { name: name.to_owned(), file, srpm: std::fs::read(srpm)? })
    }
}

/// Uploads source packages to a project of its own.
pub(super) struct Submitter {
    client: Client,
    owner: String,
    project: String,
    results: PathBuf,
}

impl Submitter {
    pub fn new(service: &Service, project: &str) -> Result<Submitter> {
        let client = service.client()?;
        let owner = service.setting("username")?.to_owned();
        let wanted = json!({"name": project, "chroots": [CHROOT]});
        client.post_json(&format!("/api_3/project/add/{owner}"), &wanted)?.json()?;
        Ok(Submitter { client, owner, project: project.to_owned(), results: service.data_dir().join("results") })
    }

    pub fn build_once(&self, package: &Package) -> Result<Timing> {
        let before = self.revision()?;
        let start = Instant::now();
        let options = json!({
            "ownername": self.owner, "projectname": self.project, "project_dirname": self.project,
            "chroots": [CHROOT], "timeout": "100",
        });
        let path = "/api_3/build/create/upload";
        let build = self.client.post_file(path, &package.file, &package.srpm, &options)?.json()?;
        let submitted = start.elapsed().as_secs_f64();
        let id = build["id"].as_u64().context("the build has no id")?;

        let source = self.when(start, &format!("/api_3/build/source-chroot/{id}"), is_done)?;
        let chroot = format!("/api_3/build-chroot?build_id={id}&chrootname={CHROOT}");
        let installable = self.when(start, &chroot, is_done)?;
        let delivered = installable - self.publishing(id, package)?;
        // "succeeded" has to mean that: the repository that dnf would read is a new one.
        ensure!(self.revision()? != before, "build {id} succeeded, but its repository is as it was");
        Ok(Timing { submitted, source, delivered, installable })
    }

    /// Seconds from `start` until the answer is as wanted.
    fn when(&self, start: Instant, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<f64> {
        let asked = Instant::now();
        loop {
            let answer = self.client.get(path)?.json()?;
            if wanted(&answer) {
                return Ok(start.elapsed().as_secs_f64());
            }
            if matches!(answer["state"].as_str(), Some("failed" | "canceled" | "skipped")) {
                bail!("the build ended otherwise: {answer}");
            }
            ensure!(asked.elapsed() < PATIENCE, "still {answer} after {PATIENCE:?}");
            sleep(Duration::from_millis(2));
        }
    }

    /// Seconds from the delivery to the switch to the new repository. The API shows no such moment, the tree does: the
    /// first thing that publishing writes beside the results, and the link to the metadata.
    fn publishing(&self, id: u64, package: &Package) -> Result<f64> {
        let repository = self.results.join(&self.owner).join(&self.project).join(CHROOT);
        let begun = repository.join(format!("{id:08}-{}/build.info", package.name));
        let begun = begun.metadata().and_then(|file| file.modified()).context("when publishing began")?;
        let switched = repository.join("repodata").symlink_metadata().and_then(|link| link.modified())?;
        Ok(switched.duration_since(begun).context("the switch came before its beginning")?.as_secs_f64())
    }

    /// The repository's index, which changes with every publication.
    fn revision(&self) -> Result<Vec<u8>> {
        let path = format!("/results/{}/{}/{CHROOT}/repodata/repomd.xml", self.owner, self.project);
        let answer = self.client.get(&path)?;
        ensure!(answer.status == 200, "GET {path}: HTTP {}", answer.status);
        Ok(answer.body)
    }
}

fn is_done(answer: &Value) -> bool {
    answer["state"] == "succeeded"
}

/// Seconds that the host's rpmbuild needs for the same package: no service, no clean root, no signature.
fn rpmbuild_alone(srpm: &Path, scratch: &Path) -> Result<f64> {
    let top = scratch.join("rpmbuild");
    let mut rpmbuild = run::program("rpmbuild")?;
    rpmbuild
        .env("HOME", scratch)
        .args(["--rebuild", "--quiet", "--nodeps", "--define"])
        .arg(format!("_topdir {}", top.display()))
        .arg("--define")
        .arg(format!("_dbpath {}", top.join("rpmdb").display()))
        .arg(srpm);
    let start = Instant::now();
    run::read(&mut rpmbuild)?;
    Ok(start.elapsed().as_secs_f64())
}
