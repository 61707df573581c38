//! A spec file becomes a source package, in the buildroot of the build's first chroot.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use copr_sandbox::{Command, EntryKind, Exit};
use copr_types::{FileName, Phase};
use copr_wire::builder::SourceTask;

use super::addresses::{Named, named};
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

/// Makes the source package.
pub(super) async fn make_srpm(work: &Work, task: &SourceTask, spec: &Path, name: &str) -> Step<PathBuf> {
    let phase = Phase::Srpm;
    work.held.enter(Phase::Buildroot);
    let buildroot = buildroot::base(work, &task.chroot).await?;
    work.held.enter(phase);
    let copr = work.desk.directory("copr").map_err(end::local(phase, "make a directory"))?;
    let sources = work.desk.directory("copr/sources").map_err(end::local(phase, "make a directory"))?;
    // A source package has no distribution: what is built from it has.
    let text = macros::text(&task.chroot.definition, &work.place.config.name, &task.build.macros, &[("dist", "")]);
    let written = fs::write(copr.join("macros"), text)
        .and_then(|()| fs::write(copr.join("spec.sh"), SCRIPT))
        .and_then(|()| fs::copy(spec, sources.join(name)).map(drop));
    written.map_err(end::local(phase, "prepare the source package"))?;
    let begun = Instant::now();
    let run = Run { work, task, copr: &copr, buildroot: &buildroot, name };
    let results = run.script("read", Duration::ZERO).await?;
    if let Some(srpm) = source_package(work, &results).await? {
        return Ok(srpm);
    }
    work.held.enter(Phase::Fetch);
    fetch_sources(work, task, &results, &sources, name).await?;
    work.held.enter(phase);
    let results = run.script("make", begun.elapsed()).await?;
    source_package(work, &results).await?.ok_or_else(|| end::user(phase, "rpmbuild made no source package"))
}

struct Run<'a> {
    work: &'a Work,
    task: &'a SourceTask,
    copr: &'a Path,
    buildroot: &'a Buildroot,
    name: &'a str,
}

impl Run<'_> {
    async fn script(&self, mode: &str, spent: Duration) -> Step<PathBuf> {
        let (work, phase, limits) = (self.work, Phase::Srpm, &self.task.build.limits);
        let results = work.desk.directory(&format!("results-{mode}")).map_err(end::local(phase, "make a directory"))?;
        let (root, _) = work.desk.overlay(&format!("spec-{mode}"), self.buildroot.lowers());
        let tail = Tail::default();
        let mut marks = Marks::new(work.transcript.clone(), tail.clone());
        let command = Command::new(root, "/bin/bash")
            .args(["--login", "/copr/spec.sh", self.name])
            .env("MODE", mode)
            .env("MARK", marks.word())
            .bind_read_only(self.copr, "/copr")
            .bind_writable(&results, "/results")
            .limits(sandbox_limits(limits, work.transcript.size(), spent));
        let command =
            as_build_user(command).cancelled_by(work.held.stop.clone()).on_output(move |bytes| marks.push(bytes));
        let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
        work.transcript.finish_script();
        work.held.check()?;
        match (ended.limit_hit, ended.exit) {
            (Some(reached), _) => Err(limit_of(reached, limits)),
            (None, Exit::Exited(0)) => Ok(results),
            (None, Exit::Exited(91)) => {
                let why = summary::of_rpmbuild(&tail.text(), ended.exit);
                let why = why.trim_start_matches("rpmbuild failed:\n");
                Err(end::user(phase, format!("the spec file `{}` can not be read:\n{why}", self.name)))
            }
            (None, exit) => Err(end::user(phase, summary::of_rpmbuild(&tail.text(), exit))),
        }
    }
}

/// Takes out the source package, if one was made.
async fn source_package(work: &Work, results: &Path) -> Step<Option<PathBuf>> {
    let odd =
        |error: copr_sandbox::Error| end::user(Phase::Srpm, format!("the source package can not be taken: {error}"));
    let entries = work.place.sandbox.read_dir_out(results, Path::new(""), 100).await.map_err(odd)?;
    let found =
        entries.iter().find(|entry| entry.name.ends_with(".src.rpm") && matches!(entry.kind, EntryKind::File(_)));
    let Some(found) = found else { return Ok(None) };
    let directory = work.desk.fresh("srpm").map_err(end::local(Phase::Srpm, "make a directory"))?;
    let to = directory.join("source.src.rpm");
    work.place.sandbox.copy_out(results, Path::new(&found.name), &to, u64::MAX).await.map_err(odd)?;
    Ok(Some(to))
}

/// Downloads what the spec file names and is not there.
async fn fetch_sources(work: &Work, task: &SourceTask, results: &Path, sources: &Path, spec: &str) -> Step<()> {
    let phase = Phase::Fetch;
    let into = work.desk.fresh("sources").map_err(end::local(phase, "make a directory"))?;
    let expanded = into.join("expanded.spec");
    let copied = work.place.sandbox.copy_out(results, Path::new("expanded"), &expanded, LARGEST).await;
    copied.map_err(|error| end::user(phase, format!("the expanded spec file can not be read: {error}")))?;
    let text = fs::read(&expanded).map_err(end::local(phase, "read the expanded spec file"))?;
    let (mut files, mut wanted, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    for one in named(&String::from_utf8_lossy(&text)) {
        let file = one.file().parse::<FileName>().map_err(|error| end::user(phase, error.to_string()))?;
        if sources.join(file.as_str()).exists() {
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
            "the spec file `{spec}` names {}, but no address to fetch it from\nhint: give the full URL in the spec file, or \
             upload a source package (.src.rpm) that holds it",
            absent.join(", ")
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
