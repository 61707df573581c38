//! Sources that a script makes, in a buildroot of the chroot that it names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use copr_sandbox::{Command, EntryKind, Exit, Network};
use copr_types::Phase;
use copr_wire::builder::{BuildRepo, HOOK_PAYLOAD, SourceTask, TaskLimits};

use super::scm::last;
use super::spec::{self, Spec, source_package};
use super::tree::{Tree, plain};
use crate::buildroot::offers::Offers;
use crate::buildroot::{self, Buildroot, Needs, Sources};
use crate::end::{self, Step};
use crate::marks::Marks;
use crate::package::{as_build_user, checked_names, sandbox_limits};
use crate::work::{Tail, Work};

const STARTER: &str = include_str!("custom.sh");
/// Where the script works.
const WORKDIR: &str = "/workdir";
/// Seconds that a script may take.
const LONGEST: u64 = 5400;
const HINT: &str = "have the script leave the file beside the spec file, or give the full URL there";

/// What the task says of the script.
pub(super) struct Script<'a> {
    pub text: &'a str,
    pub package: Option<&'a str>,
    pub builddeps: &'a [String],
    pub resultdir: Option<&'a str>,
    pub repos: &'a [BuildRepo],
    /// Bytes of what a web hook was sent.
    pub payload: Option<u64>,
}

/// Runs the script, and makes the source package of what it leaves.
pub(super) async fn make(work: &Work, task: &SourceTask, script: &Script<'_>) -> Step<PathBuf> {
    let phase = Phase::Srpm;
    let given = script.resultdir.unwrap_or_default();
    // Copr lets people say where it is as a path of the chroot, too.
    let relative = given.strip_prefix(WORKDIR).unwrap_or(given);
    let absent = || end::user(phase, format!("the result directory `{given}` doesn't exist"));
    let directory = plain(relative).ok_or_else(absent)?;
    let buildroot = buildroot(work, task, script).await?;
    let workdir = work.desk.directory("workdir").map_err(end::local(phase, "make a directory"))?;
    if let Some(size) = script.payload {
        bring_payload(work, size, &workdir).await?;
    }
    let tree = Tree { host: &workdir, inside: WORKDIR };
    run(work, task, script, &buildroot, tree, &directory).await?;
    let entries = tree.list(work, &directory).await?.ok_or_else(absent)?;
    let files = || entries.iter().filter(|entry| matches!(entry.kind, EntryKind::File(_)));
    let has = |ending: &str| files().any(|entry| entry.name.ends_with(ending));
    if has(".src.rpm") && !has(".spec") {
        let made = source_package(work, &workdir, Path::new(&directory)).await?;
        return made.ok_or_else(|| end::user(phase, "the source package can not be taken"));
    }
    let found = tree.spec(work, &directory, None).await?;
    let spec = Spec { tree, found: &found, hint: HINT, fetched: Vec::new() };
    spec::make_srpm(work, task, &spec, Some(&buildroot)).await
}

/// Puts what a web hook was sent where the script begins.
async fn bring_payload(work: &Work, size: u64, workdir: &Path) -> Step<()> {
    let phase = Phase::Fetch;
    let from = work.source_of(HOOK_PAYLOAD, size, phase).await?;
    let to = workdir.join(HOOK_PAYLOAD);
    let moved = fs::rename(from, &to).and_then(|()| fs::set_permissions(&to, fs::Permissions::from_mode(0o644)));
    moved.map_err(end::local(phase, "keep what the web hook was sent"))?;
    work.transcript.say(format!("The web hook was sent {size} bytes: {WORKDIR}/{HOOK_PAYLOAD}"));
    Ok(())
}

async fn buildroot(work: &Work, task: &SourceTask, script: &Script<'_>) -> Step<Buildroot> {
    work.held.enter(Phase::Buildroot);
    let loaded = tokio::join!(buildroot::base(work, &task.chroot), Offers::load(work, &task.chroot, script.repos));
    let (mut buildroot, offers) = (loaded.0?, loaded.1?);
    let sources = Sources { chroot: &task.chroot, repos: script.repos, modules: Vec::new(), offers };
    if !script.builddeps.is_empty() {
        let needs = Needs::Packages(checked_names(script.builddeps)?);
        work.transcript.step("builddeps", buildroot::extend(work, &mut buildroot, &sources, &needs)).await?;
    }
    Ok(buildroot)
}

async fn run(
    work: &Work,
    task: &SourceTask,
    script: &Script<'_>,
    buildroot: &Buildroot,
    tree: Tree<'_>,
    directory: &str,
) -> Step<()> {
    let phase = Phase::Srpm;
    work.held.enter(phase);
    let copr = work.desk.fresh("copr").map_err(end::local(phase, "make a directory"))?;
    let text = copr.join("script");
    let written = fs::write(&text, script.text)
        .and_then(|()| fs::set_permissions(&text, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::write(copr.join("custom.sh"), STARTER));
    written.map_err(end::local(phase, "write the script"))?;
    let limits = &task.build.limits;
    let timeout = if limits.timeout == 0 { LONGEST } else { limits.timeout.min(LONGEST) };
    let limits = TaskLimits { timeout, ..limits.clone() };
    let (root, _) = work.desk.overlay("script", buildroot.lowers());
    let tail = Tail::default();
    let mut marks = Marks::new(work.transcript.clone(), tail.clone());
    let command = Command::new(root, "/bin/bash")
        .args(["--login", "/copr/custom.sh"])
        .env("MARK", marks.word())
        .env("COPR_OWNER", &task.build.owner)
        .env("COPR_PROJECT", &task.build.project)
        .env("COPR_PACKAGE", script.package.unwrap_or_default())
        .env("COPR_RESULTDIR", tree.at(directory))
        .bind_read_only(&copr, "/copr")
        .bind_read_only(&text, "/script")
        .bind_writable(tree.host, tree.inside)
        .network(Network::On)
        .limits(sandbox_limits(&limits, work.transcript.size(), std::time::Duration::ZERO));
    let command = as_build_user(command, &task.chroot.name)
        .cancelled_by(work.held.stop.clone())
        .on_output(move |bytes| marks.push(bytes));
    let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    work.transcript.finish_script();
    work.held.check()?;
    match (ended.limit_hit, ended.exit) {
        (Some(reached), _) => Err(end::limit(phase, reached, &limits)),
        (None, Exit::Exited(0)) => Ok(()),
        (None, exit) => Err(end::user(phase, format!("the script failed ({exit}):\n{}", last(&tail.text())))),
    }
}
