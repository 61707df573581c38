//! How long packages take to be built: with nothing kept, with a warm base, with warm dependencies.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use copr_testkit::distribution::Distribution;
use copr_testkit::run;
use copr_testkit::service::{Launch, Service};

use super::build::{CHROOT, Package, Submitter};
use super::median;
use crate::coprd;

const PEER: &str = include_str!("buildroot.sh");

/// Seconds of one figure.
type Times = Vec<f64>;

pub fn buildroot(rounds: usize, given: Option<&Path>) -> Result<()> {
    let binary = coprd::program(given)?;
    let distribution = Distribution::find(CHROOT, None)?;
    let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
    let noarch = copr_testkit::srpm("hello-noarch", scratch.path());
    let c = copr_testkit::srpm("hello-c", scratch.path());
    let peer = Peer::new(scratch.path(), &distribution)?;
    let (noarch, c) = (Input::read("hello-noarch", noarch)?, Input::read("hello-c", c)?);

    let (mut cold, mut cold_peer) = (Times::new(), Times::new());
    for round in 0..rounds.div_ceil(3) {
        let place = scratch.path().join(format!("cold-{round}"));
        let (_service, submitter) = start(&binary, &place, &distribution)?;
        cold.push(build_phase(&submitter, &noarch)?);
        cold_peer.push(peer.run("cold", &noarch)?);
    }
    report("cold", cold, cold_peer);

    let (service, submitter) = start(&binary, &scratch.path().join("warm"), &distribution)?;
    let kept = service.data_dir().join("builder");
    for input in [&noarch, &c] {
        build_phase(&submitter, input)?;
    }
    peer.run("dependencies", &c)?;
    let figures =
        [("noarch", &noarch, "base"), ("new-dependencies", &c, "builddep"), ("known-dependencies", &c, "layer")];
    for (figure, input, mode) in figures {
        let (mut ours, mut theirs) = (Times::new(), Times::new());
        for _ in 0..rounds {
            if mode == "builddep" {
                forget_layers(&kept)?;
            }
            ours.push(build_phase(&submitter, input)?);
            theirs.push(peer.run(mode, input)?);
        }
        report(figure, ours, theirs);
    }
    Ok(())
}

/// A source package as both sides take it.
struct Input {
    package: Package,
    path: PathBuf,
}

impl Input {
    fn read(name: &str, path: PathBuf) -> Result<Input> {
        Ok(Input { package: Package::read(name, &path)?, path })
    }
}

fn start(binary: &Path, place: &Path, distribution: &Distribution) -> Result<(Service, Submitter)> {
    fs::create_dir_all(place)?;
    let service = Launch::of(binary).setting("signing.key_type", "ed25519").start(place)?;
    distribution.enable(&service)?;
    let submitter = Submitter::new(&service, "bench")?;
    Ok((service, submitter))
}

/// Seconds from the source being there to the packages being delivered: lease, buildroot, rpmbuild, upload.
fn build_phase(submitter: &Submitter, input: &Input) -> Result<f64> {
    let timing = submitter.build_once(&input.package)?;
    Ok(timing.delivered - timing.source)
}

/// The next build finds a base, and no layer.
fn forget_layers(kept: &Path) -> Result<()> {
    let gone = kept.join("forgotten");
    fs::create_dir_all(&gone)?;
    for entry in fs::read_dir(kept.join("layers"))? {
        let entry = entry?;
        // Aside in one step: the builder may just be writing down that it is on the disk.
        fs::rename(entry.path(), gone.join(entry.file_name()))?;
    }
    Ok(fs::remove_dir_all(&gone)?)
}

/// dnf and rpmbuild as a script would call them, in the same kind of place: an overlay that needs no waiting for the disk, and namespaces.
struct Peer {
    place: PathBuf,
    distribution: String,
    release: String,
}

impl Peer {
    fn new(scratch: &Path, distribution: &Distribution) -> Result<Peer> {
        let place = scratch.join("peer");
        fs::create_dir_all(&place)?;
        let release = distribution.release().to_owned();
        let peer = Peer { place, distribution: distribution.address.clone(), release };
        peer.call("cold", Path::new(""))?;
        Ok(peer)
    }

    /// Seconds of one build in this mode; see the script.
    fn run(&self, mode: &str, input: &Input) -> Result<f64> {
        self.call(mode, &input.path)
    }

    fn call(&self, mode: &str, srpm: &Path) -> Result<f64> {
        let mut script = run::program("unshare")?;
        script.args(["--mount", "--propagation", "private", "sh", "-euc", PEER, "peer", mode]);
        script.arg(&self.place).arg(&self.distribution).arg(&self.release).arg(srpm);
        let start = Instant::now();
        run::read(&mut script).with_context(|| format!("dnf and rpmbuild alone, {mode}"))?;
        Ok(start.elapsed().as_secs_f64())
    }
}

fn report(figure: &str, ours: Times, peer: Times) {
    let least = |times: &Times| times.iter().copied().fold(f64::INFINITY, f64::min);
    let (ours_least, peer_least) = (least(&ours), least(&peer));
    let (ours, peer) = (median(ours), median(peer));
    println!(
        "bench buildroot {figure}: ours={ours:.3}s peer={peer:.3}s ratio={:.2} (least: {ours_least:.3}s, {peer_least:.3}s)",
        ours / peer
    );
}
