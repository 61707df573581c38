//! A spec file becomes a source package, in the buildroot of the build's first chroot or of the script that made it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use copr_sandbox::{Command, EntryKind, Exit};
use copr_types::{FileName, Phase};
use copr_wire::builder::SourceTask;

use super::addresses::{Named, named};
use super::tree::{Found, Tree};
use crate::buildroot::{self, Buildroot};
use crate::end::{self, Step};
use crate::fetch::{self, Fetched, Wanted};
use crate::marks::Marks;
use crate::package::{as_build_user, limit_of, sandbox_limits};
use crate::work::{Tail, Work};
use crate::{macros, summary};

const SCRIPT: &str = include_str!("spec.sh");
/// Largest expanded spec file.
const LARGEST: u64 = 64 << 20;

/// A spec file, and where it and the files beside it are.
pub(super) struct Spec<'a> {
    pub tree: Tree<'a>,
    pub found: &'a Found,
    /// What to do when a file is missing for which the spec file names no address.
    pub hint: &'a str,
    /// Files that were fetched already, on the machine.
    pub fetched: Vec<PathBuf>,
}

/// Where sandboxes see a spec file that came alone.
const ALONE: &str = "/spec";
pub(super) const HINT_ALONE: &str =
    "give the full URL in the spec file, or upload a source package (.src.rpm) that holds it";

/// Makes the source package of a spec file that lies in a directory of its own, in the chroot's minimal buildroot.
pub(super) async fn alone(work: &Work, task: &SourceTask, spec: &Path, name: &str) -> Step<PathBuf> {
    let directory = work.desk.fresh("spec").map_err(end::local(Phase::Srpm, "make a directory"))?;
    let placed = fs::hard_link(spec, directory.join(name)).or_else(|_| fs::copy(spec, directory.join(name)).map(drop));
    placed.map_err(end::local(Phase::Srpm, "keep the spec file"))?;
    let tree = Tree { host: &directory, inside: ALONE };
    let found = Found { directory: String::new(), name: name.to_owned(), beside: vec![name.to_owned()] };
    let spec = Spec { tree, found: &found, hint: HINT_ALONE, fetched: Vec::new() };
    make_srpm(work, task, &spec, None).await
}

/// Makes the source package of a spec file, in this buildroot or the chroot's minimal one.
pub(super) async fn make_srpm(
    work: &Work,
    task: &SourceTask,
    spec: &Spec<'_>,
    buildroot: Option<&Buildroot>,
) -> Step<PathBuf> {
    let phase = Phase::Srpm;
    let base;
    let buildroot = match buildroot {
        Some(there) => there,
        None => {
            work.held.enter(Phase::Buildroot);
            base = buildroot::base(work, &task.chroot).await?;
            &base
        }
    };
    work.held.enter(phase);
    let copr = work.desk.fresh("copr").map_err(end::local(phase, "make a directory"))?;
    let sources = copr.join("sources");
    // A source package has no distribution: what is built from it has.
    let text = macros::text(&task.chroot.definition, &work.place.config.name, &task.build.macros, &macros::OF_SOURCES);
    let written = fs::create_dir(&sources)
        .and_then(|()| fs::write(copr.join("macros"), text))
        .and_then(|()| fs::write(copr.join("spec.sh"), SCRIPT));
    written.map_err(end::local(phase, "prepare the source package"))?;
    for file in &spec.fetched {
        let to = sources.join(file.file_name().unwrap_or_default());
        let placed = fs::hard_link(file, &to).or_else(|_| fs::copy(file, &to).map(drop));
        placed.map_err(end::local(phase, "keep a source file"))?;
    }
    let begun = Instant::now();
    let run = Run { work, task, copr: &copr, buildroot, spec };
    let results = run.script("read", Duration::ZERO).await?;
    if let Some(srpm) = source_package(work, &results, Path::new("")).await? {
        return Ok(srpm);
    }
    work.held.enter(Phase::Fetch);
    fetch_sources(work, task, &results, &sources, spec).await?;
    work.held.enter(phase);
    let results = run.script("make", begun.elapsed()).await?;
    source_package(work, &results, Path::new(""))
        .await?
        .ok_or_else(|| end::user(phase, "rpmbuild made no source package"))
}

struct Run<'a> {
    work: &'a Work,
    task: &'a SourceTask,
    copr: &'a Path,
    buildroot: &'a Buildroot,
    spec: &'a Spec<'a>,
}

impl Run<'_> {
    async fn script(&self, mode: &str, spent: Duration) -> Step<PathBuf> {
        let (work, phase, limits) = (self.work, Phase::Srpm, &self.task.build.limits);
        let Spec { tree, found, .. } = self.spec;
        let results = work.desk.fresh(&format!("results-{mode}")).map_err(end::local(phase, "make a directory"))?;
        let (root, _) = work.desk.overlay(&format!("spec-{mode}"), self.buildroot.lowers());
        let tail = Tail::default();
        let mut marks = Marks::new(work.transcript.clone(), tail.clone());
        let command = Command::new(root, "/bin/bash")
            .args(["--login", "/copr/spec.sh", &found.name])
            .env("MODE", mode)
            .env("MARK", marks.word())
            .env("FROM", tree.at(&found.directory))
            .bind_read_only(self.copr, "/copr")
            .bind_read_only(tree.host, tree.inside)
            .bind_writable(&results, "/results")
            .limits(sandbox_limits(limits, work.transcript.size(), spent));
        let command = as_build_user(command, &self.task.chroot.name)
            .cancelled_by(work.held.stop.clone())
            .on_output(move |bytes| marks.push(bytes));
        let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
        work.transcript.finish_script();
        work.held.check()?;
        match (ended.limit_hit, ended.exit) {
            (Some(reached), _) => Err(limit_of(reached, limits)),
            (None, Exit::Exited(0)) => Ok(results),
            (None, Exit::Exited(91)) => {
                let why = summary::of_rpmbuild(&tail.text(), ended.exit);
                let why = why.trim_start_matches("rpmbuild failed:\n");
                Err(end::user(phase, format!("the spec file `{}` can not be read:\n{why}", found.name)))
            }
            (None, Exit::Exited(93)) => {
                let why = tail.last_lines(4);
                Err(end::user(phase, format!("the files beside `{}` can not be read:\n{why}", found.name)))
            }
            (None, exit) => Err(end::user(phase, summary::of_rpmbuild(&tail.text(), exit))),
        }
    }
}

/// Takes out the source package, if one was made.
pub(super) async fn source_package(work: &Work, tree: &Path, inside: &Path) -> Step<Option<PathBuf>> {
    let odd =
        |error: copr_sandbox::Error| end::user(Phase::Srpm, format!("the source package can not be taken: {error}"));
    let entries = work.place.sandbox.read_dir_out(tree, inside, 100_000).await.map_err(odd)?;
    let found =
        entries.iter().find(|entry| entry.name.ends_with(".src.rpm") && matches!(entry.kind, EntryKind::File(_)));
    let Some(found) = found else { return Ok(None) };
    let directory = work.desk.fresh("srpm").map_err(end::local(Phase::Srpm, "make a directory"))?;
    let to = directory.join("source.src.rpm");
    work.place.sandbox.copy_out(tree, &inside.join(&found.name), &to, u64::MAX).await.map_err(odd)?;
    Ok(Some(to))
}

/// Downloads what the spec file names and is not there.
async fn fetch_sources(work: &Work, task: &SourceTask, results: &Path, sources: &Path, spec: &Spec<'_>) -> Step<()> {
    let phase = Phase::Fetch;
    let into = work.desk.fresh("sources").map_err(end::local(phase, "make a directory"))?;
    let expanded = into.join("expanded.spec");
    let copied = work.place.sandbox.copy_out(results, Path::new("expanded"), &expanded, LARGEST).await;
    copied.map_err(|error| end::user(phase, format!("the expanded spec file can not be read: {error}")))?;
    let text = fs::read(&expanded).map_err(end::local(phase, "read the expanded spec file"))?;
    let (mut files, mut wanted, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for one in named(&String::from_utf8_lossy(&text)) {
        let file = one.file().parse::<FileName>().map_err(|error| end::user(phase, error.to_string()))?;
        if spec.found.beside.iter().any(|name| name == file.as_str()) || sources.join(file.as_str()).exists() {
            continue;
        }
        match one {
            Named::Address { url, .. } => {
                files.push(file);
                wanted.push(Wanted { url, most: task.build.limits.file_mib << 20 });
            }
            Named::File(file) => absent.push(format!("`{file}`")),
        }
    }
    if !absent.is_empty() {
        let message = format!(
            "the spec file `{}` names {}, but no address to fetch it from\nhint: {}",
            spec.found.name,
            absent.join(", "),
            spec.hint
        );
        return Err(end::user(phase, message));
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let limit = Duration::from_secs(task.build.limits.timeout);
    let fetched = work.transcript.step("fetch sources", fetch::fetch(work, wanted, &into, limit)).await?;
    for (number, (fetched, file)) in fetched.into_iter().zip(files).enumerate() {
        match fetched {
            Fetched::There { .. } => fs::rename(into.join(number.to_string()), sources.join(file.as_str()))
                .map_err(end::local(phase, "keep a source file"))?,
            Fetched::Failed { fault, message } => return Err(fetch::failure(fault, &message)),
        }
    }
    Ok(())
}
