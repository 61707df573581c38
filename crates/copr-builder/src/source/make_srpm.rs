//! Source packages that a repository's own `.copr/Makefile` makes.

use std::fs;
use std::path::{Path, PathBuf};

use copr_sandbox::{Command, Exit, Network, User};
use copr_types::Phase;
use copr_types::source::Scm;
use copr_wire::builder::SourceTask;

use super::scm::last;
use super::spec::source_package;
use super::tree::{below, plain};
use crate::buildroot::offers::Offers;
use crate::buildroot::{self, Needs, Sources, repositories};
use crate::end::{self, Step};
use crate::macros;
use crate::marks::Marks;
use crate::package::{limit_of, sandbox_limits};
use crate::work::{Tail, Work};
use crate::workshop::Workshop;

const SCRIPT: &str = include_str!("make_srpm.sh");
/// Where the Makefile finds the repository, and is to leave the source package.
const WORKDIR: &str = "/mnt/workdir";
const RESULTDIR: &str = "/mnt/resultdir";
/// What Makefiles expect besides the buildroot, as far as the chroot has it.
const PROGRAMS: [&str; 3] = ["/usr/bin/make", "/usr/bin/git", "/usr/bin/dnf"];
/// Keys that the chroot's repositories may be checked with.
const KEYS: &str = "/usr/share/distribution-gpg-keys";

/// Runs it as root of a buildroot, with the network.
pub(super) async fn make(shop: &Workshop<'_>, task: &SourceTask, scm: &Scm, directory: &str) -> Step<PathBuf> {
    let (work, phase, limits) = (shop.work, Phase::Srpm, &task.build.limits);
    let spec = scm.spec.as_deref().unwrap_or_default();
    let spec = plain(spec).ok_or_else(|| end::user(phase, format!("the spec file `{spec}` doesn't exist")))?;
    let buildroot = buildroot(work, task).await?;
    work.held.enter(phase);
    let io = |doing: &'static str| end::local(phase, doing);
    let copr = work.desk.fresh("copr").map_err(io("make a directory"))?;
    let results = work.desk.fresh("results-make").map_err(io("make a directory"))?;
    let definition = &task.chroot.definition;
    let text = macros::text(definition, &work.place.config.name, &task.build.macros, &macros::OF_SOURCES);
    let dnf = repositories::configuration(&task.chroot.name, definition, &[], 0);
    let written = fs::write(copr.join("macros"), text)
        .and_then(|()| fs::write(copr.join("make_srpm.sh"), SCRIPT))
        .and_then(|()| fs::write(copr.join("dnf.conf"), dnf));
    written.map_err(io("prepare the Makefile"))?;
    let (root, _) = work.desk.overlay("make-srpm", buildroot.lowers());
    let tail = Tail::default();
    let mut marks = Marks::new(work.transcript.clone(), tail.clone());
    let mut command = Command::new(root, "/bin/bash")
        .args(["--login", "/copr/make_srpm.sh"])
        .arg(below(WORKDIR, directory))
        .arg(below(&below(WORKDIR, directory), &spec))
        .user(User::Root)
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        .env("MARK", marks.word())
        .env("RELEASEVER", &definition.releasever)
        .bind_read_only(&copr, "/copr")
        .bind_read_only(copr.join("dnf.conf"), "/etc/dnf/dnf.conf")
        .bind_writable(shop.directory(), WORKDIR)
        .bind_writable(&results, RESULTDIR)
        .network(Network::On)
        .limits(sandbox_limits(limits, work.transcript.size(), shop.spent()));
    if Path::new(KEYS).is_dir() {
        command = command.bind_read_only(KEYS, KEYS);
    }
    let command = command.cancelled_by(work.held.stop.clone()).on_output(move |bytes| marks.push(bytes));
    let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    work.transcript.finish_script();
    work.held.check()?;
    match (ended.limit_hit, ended.exit) {
        (Some(reached), _) => return Err(limit_of(reached, limits)),
        (None, Exit::Exited(0)) => {}
        (None, exit) => {
            let said = last(&tail.text());
            return Err(end::user(phase, format!("`make srpm` with `.copr/Makefile` failed ({exit}):\n{said}")));
        }
    }
    let made = source_package(work, &results, Path::new("")).await?;
    made.ok_or_else(|| end::user(phase, "`make srpm` left no source package in `outdir`"))
}

/// The chroot's base with what Makefiles expect.
async fn buildroot(work: &Work, task: &SourceTask) -> Step<buildroot::Buildroot> {
    work.held.enter(Phase::Buildroot);
    let mut buildroot = buildroot::base(work, &task.chroot).await?;
    let offers = Offers::default();
    let sources = Sources { chroot: &task.chroot, repos: &[], modules: Vec::new(), offers };
    let needs = Needs::Wished(PROGRAMS.map(str::to_owned).to_vec());
    buildroot::extend(work, &mut buildroot, &sources, &needs).await?;
    Ok(buildroot)
}
