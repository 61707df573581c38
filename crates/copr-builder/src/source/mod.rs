//! The source task: whatever the user gave becomes a source package.

mod addresses;
mod autospec;
mod checkout;
mod custom;
mod distgit;
mod lookaside;
mod make_srpm;
mod pypi;
mod rubygems;
mod scm;
mod spec;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copr_rpm::Package;
use copr_types::{PackageName, Phase};
use copr_wire::builder::{SourceInput, SourceTask};
use serde_json::json;

use crate::end::{self, Step};
use crate::fetch::{self, Fetched, Wanted};
use crate::tools;
use crate::work::{Done, Work};

/// Does the task.
pub(crate) async fn make(work: &Work, task: &SourceTask) -> Step<Done> {
    work.held.enter(Phase::Fetch);
    tools::require(&work.place.tools, &task.input.tools())?;
    let srpm = match &task.input {
        SourceInput::Upload { .. } | SourceInput::Url { .. } => file(work, task).await?,
        SourceInput::Scm(checkout) => scm::make(work, task, checkout).await?,
        SourceInput::Pypi(pypi) => pypi::make(work, task, pypi).await?,
        SourceInput::Rubygems(gem) => rubygems::make(work, task, gem).await?,
        SourceInput::Custom { script, package, builddeps, resultdir, repos, payload } => {
            let (package, resultdir, payload) = (package.as_deref(), resultdir.as_deref(), *payload);
            let script = custom::Script { text: script, package, builddeps, resultdir, repos, payload };
            custom::make(work, task, &script).await?
        }
        SourceInput::Distgit { clone_url, committish, lookaside_url, .. } => {
            distgit::make(work, task, clone_url, committish.as_deref(), lookaside_url).await?
        }
        SourceInput::Other { from } => {
            let message = format!("this builder is too old for sources of the kind `{from}`");
            return Err(end::unable(Phase::Fetch, message));
        }
    };
    finished(work, task, &srpm).await
}

/// The source package of a single file that the user gave.
async fn file(work: &Work, task: &SourceTask) -> Step<PathBuf> {
    let (path, name) = work.transcript.step("fetch", get(work, task)).await?;
    let name = with_small_ending(name);
    work.held.enter(Phase::Srpm);
    if name.ends_with(".spec") {
        return spec::alone(work, task, &path, &name).await;
    }
    if name.ends_with(".src.rpm") || name.ends_with(".nosrc.rpm") {
        return Ok(path);
    }
    let message = format!("`{name}` is neither a source package (.src.rpm) nor a spec file (.spec)");
    Err(end::user(Phase::Srpm, message))
}

/// `HELLO.SPEC` is `HELLO.spec` for rpm's tools, which look at the ending.
fn with_small_ending(mut name: String) -> String {
    for ending in [".nosrc.rpm", ".src.rpm", ".spec"] {
        let at = name.len().saturating_sub(ending.len());
        if name.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(ending)) {
            name.truncate(at);
            name.push_str(ending);
            break;
        }
    }
    name
}

/// The file the user gave, and its name.
async fn get(work: &Work, task: &SourceTask) -> Step<(PathBuf, String)> {
    match &task.input {
        SourceInput::Upload { file, size } => {
            let path = work.source_of(file, *size, Phase::Fetch).await?;
            work.transcript.say(format!("Uploaded file {file}, {size} bytes"));
            Ok((path, file.clone()))
        }
        SourceInput::Url { url, file } => {
            let into = work.desk.fresh("download").map_err(end::local(Phase::Fetch, "make a directory"))?;
            let limits = &task.build.limits;
            let wanted = vec![Wanted { url: url.clone(), most: limits.file_mib << 20 }];
            let fetched = fetch::fetch(work, wanted, &into, Duration::from_secs(limits.timeout)).await?;
            match fetched.into_iter().next() {
                Some(Fetched::There { .. }) => Ok((into.join("0"), file.clone())),
                Some(Fetched::Failed { fault, message }) => Err(fetch::failure(fault, &message)),
                None => Err(end::infrastructure(Phase::Fetch, "nothing was fetched")),
            }
        }
        other => Err(end::infrastructure(Phase::Fetch, format!("a source of the kind `{}` is no file", other.kind()))),
    }
}

/// Checks the source package and lays out the result.
async fn finished(work: &Work, task: &SourceTask, srpm: &Path) -> Step<Done> {
    let out = work.desk.directory("result").map_err(end::local(Phase::Srpm, "make a directory"))?;
    let (srpm, to, chroot) = (srpm.to_owned(), out, task.chroot.name.name_release().to_owned());
    let laid_out = tokio::task::spawn_blocking(move || lay_out(&srpm, &to, &chroot)).await;
    let done = laid_out.map_err(|error| end::infrastructure(Phase::Srpm, error.to_string()))??;
    work.transcript.say(format!("Source package {}", done.srpm));
    Ok(done)
}

fn lay_out(srpm: &Path, out: &Path, distribution: &str) -> Step<Done> {
    let phase = Phase::Srpm;
    let bad = |error: copr_rpm::Error| match &error {
        copr_rpm::Error::Io { .. } | copr_rpm::Error::Read(_) => {
            end::infrastructure(phase, crate::client::causes(&error))
        }
        _ => end::user(phase, format!("this is not a source package that can be built: {error}")),
    };
    let package = copr_rpm::header::read_package(srpm).map_err(bad)?;
    let nevra = &package.nevra;
    if !package.is_source {
        return Err(end::user(
            phase,
            format!("`{}` is a binary package; a source package is needed", nevra.file_name()),
        ));
    }
    if package.lacks_sources {
        let message = format!("`{}` lacks its sources (nosrc), so it can not be built", nevra.file_name());
        return Err(end::user(phase, message));
    }
    nevra.name.parse::<PackageName>().map_err(|error| end::user(phase, error.to_string()))?;
    let spec = copr_rpm::srpm::read_spec(srpm, &copr_rpm::srpm::Limits::default()).map_err(bad)?;
    let io = |doing: &'static str| end::local(phase, doing);
    let target = out.join(nevra.file_name());
    fs::hard_link(srpm, &target)
        .or_else(|_| fs::copy(srpm, &target).map(drop))
        .map_err(io("keep the source package"))?;
    let spec_path = out.join(format!("{}.spec", nevra.name));
    fs::write(&spec_path, &spec.bytes).map_err(io("write the spec file"))?;
    let results = out.join("results.json");
    fs::write(&results, format!("{:#}\n", results_json(&package, distribution))).map_err(io("write results.json"))?;
    Ok(Done { srpm: nevra.file_name(), files: vec![target, spec_path, results] })
}

/// `results.json` as Copr has it. Tags that a package does not have are left out.
fn results_json(package: &Package, distribution: &str) -> serde_json::Value {
    let rules = &package.architectures;
    let tags =
        [("exclusivearch", &rules.exclusive), ("excludearch", &rules.exclude), ("buildarch", &package.build_archs)];
    let tags: serde_json::Map<String, serde_json::Value> = tags
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(tag, values)| (tag.to_owned(), json!(values)))
        .collect();
    let nevra = &package.nevra;
    json!({
        "name": nevra.name, "epoch": nevra.epoch, "version": nevra.version, "release": nevra.release,
        "architecture_specific_tags": { distribution: tags },
    })
}

#[cfg(test)]
mod tests {
    use super::with_small_ending;

    #[test]
    fn endings_are_told_whatever_the_case_of_their_letters() {
        for (name, told) in [
            ("HELLO.SPEC", "HELLO.spec"),
            ("Hello-1.SRC.rpm", "Hello-1.src.rpm"),
            ("x.NoSrc.RPM", "x.nosrc.rpm"),
            ("readme.txt", "readme.txt"),
            ("ž", "ž"),
        ] {
            assert_eq!(with_small_ending(name.to_owned()), told);
        }
    }
}
