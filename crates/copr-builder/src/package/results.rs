//! Taking the packages out of the buildroot, and writing down what they were made in.

use std::fs;
use std::path::{Path, PathBuf};

use copr_rpm::Nevra;
use copr_sandbox::{EntryKind, Limit};
use copr_types::Phase;
use copr_wire::builder::RpmTask;
use serde_json::json;

use crate::buildroot::Buildroot;
use crate::end::{self, Step};
use crate::package::target;
use crate::work::{Done, Work};

/// Most packages of one build.
const MOST_FILES: usize = 5000;

/// Takes out and checks every package, and adds spec file and `results.json`. Answers with the directory of the files, too.
pub(crate) async fn collect(work: &Work, task: &RpmTask, source: &Path, results: &Path) -> Step<(Done, PathBuf)> {
    let phase = Phase::Build;
    let out = work.desk.directory("result").map_err(end::local(phase, "make a directory"))?;
    let (mut files, mut packages, mut srpm) = (Vec::new(), Vec::new(), None);
    for (path, nevra) in take(work, task, results, &out).await? {
        if nevra.arch == "src" || nevra.arch == "nosrc" {
            srpm = Some(nevra.file_name());
        }
        files.push(path);
        packages.push(nevra);
    }
    let srpm = srpm.ok_or_else(|| end::user(phase, "rpmbuild left no source package"))?;
    if packages.len() < 2 {
        return Err(end::user(
            phase,
            "rpmbuild made no packages: the spec file has no %files section that is built here",
        ));
    }
    let spec = copr_rpm::srpm::read_spec(source, &copr_rpm::srpm::Limits::default())
        .map_err(|error| end::user(phase, error.to_string()))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        fs::write(&path, bytes).map(|()| path)
    };
    let io = |doing: &'static str| end::local(phase, doing);
    files.push(write(&spec.name, &spec.bytes).map_err(io("write the spec file"))?);
    let pretty = |value: &serde_json::Value| format!("{value:#}\n").into_bytes();
    files.push(write("results.json", &pretty(&results_json(&packages))).map_err(io("write results.json"))?);
    Ok((Done { srpm, files }, out))
}

/// Writes down the exact packages of the buildroot: for people, and as a lock.
pub(super) fn write_lock(work: &Work, task: &RpmTask, buildroot: &Buildroot, out: &Path) -> Step<PathBuf> {
    let io = |doing: &'static str| end::local(Phase::Build, doing);
    let mut installed = buildroot.packages().join("\n");
    installed.push('\n');
    let logs = work.transcript.directory();
    fs::write(logs.join("installed_pkgs.log"), installed).map_err(io("write the list of packages"))?;
    let path = out.join("buildroot_lock.json");
    fs::write(&path, format!("{:#}\n", lock_json(task, buildroot))).map_err(io("write buildroot_lock.json"))?;
    Ok(path)
}

/// Copies the packages out, and checks that each is what its name says.
async fn take(work: &Work, task: &RpmTask, results: &Path, out: &Path) -> Step<Vec<(PathBuf, Nevra)>> {
    let phase = Phase::Build;
    let sandbox = &work.place.sandbox;
    let odd = |error: copr_sandbox::Error| end::user(phase, format!("the results can not be taken: {error}"));
    let most = match task.build.limits.file_mib {
        0 => u64::MAX,
        mib => mib << 20,
    };
    let (mut taken, mut total) = (Vec::new(), 0_u64);
    for entry in sandbox.read_dir_out(results, Path::new(""), MOST_FILES).await.map_err(odd)? {
        let name = &entry.name;
        if !name.ends_with(".rpm") || name.ends_with(".buildreqs.nosrc.rpm") {
            continue;
        }
        match entry.kind {
            EntryKind::File(size) if size > most => {
                let limit = task.build.limits.file_mib;
                return Err(end::resource(
                    phase,
                    format!("`{name}` is larger than the limit of {limit} MiB for one file"),
                ));
            }
            // A file may claim more bytes than it takes: copied, it takes them all.
            EntryKind::File(size) => total = total.saturating_add(size),
            _ => return Err(end::user(phase, format!("`{name}` among the results is no file"))),
        }
        let disk = task.build.limits.disk_mib;
        if disk > 0 && total > disk << 20 {
            return Err(end::limit(phase, Limit::Disk, &task.build.limits));
        }
        let path = out.join(name);
        sandbox.copy_out(results, Path::new(name), &path, most).await.map_err(odd)?;
        let package = copr_rpm::header::read_package(&path)
            .map_err(|error| end::user(phase, format!("`{name}` is no package that can be published: {error}")))?;
        let nevra = package.nevra;
        if nevra.file_name() != *name {
            let message = format!("`{name}` says about itself that it is `{}`", nevra.file_name());
            return Err(end::user(phase, message));
        }
        if !package.is_source && !copr_rpm::architecture::runs(&nevra.arch, task.chroot.name.arch()) {
            let (arch, ours) = (&nevra.arch, task.chroot.name.arch());
            return Err(end::user(phase, format!("`{name}` is for the architecture {arch}, the chroot for {ours}")));
        }
        taken.push((whole(path, name).await?, nevra));
    }
    Ok(taken)
}

/// The package, of which all bytes are those that it names: a build may leave anything where packages belong.
async fn whole(path: PathBuf, name: &str) -> Step<PathBuf> {
    let phase = Phase::Build;
    let checked = tokio::task::spawn_blocking(move || copr_rpm::integrity::check(&path).map(|()| path)).await;
    let checked = checked.map_err(|error| end::infrastructure(phase, error.to_string()))?;
    checked.map_err(|error| end::user(phase, format!("`{name}` is no package that can be published: {error}")))
}

/// `results.json` as Copr has it.
fn results_json(packages: &[Nevra]) -> serde_json::Value {
    let one = |nevra: &Nevra| {
        json!({
            "name": nevra.name, "epoch": nevra.epoch, "version": nevra.version,
            "release": nevra.release, "arch": nevra.arch,
        })
    };
    json!({ "packages": packages.iter().map(one).collect::<Vec<_>>() })
}

/// The exact packages that the build saw, in the form of mock's plugin `buildroot_lock`. What is ours alone stands under `config`,
/// the one place that its schema leaves open.
fn lock_json(task: &RpmTask, buildroot: &Buildroot) -> serde_json::Value {
    let target = target(task);
    json!({
        "version": "1.1.0",
        "buildroot": { "rpms": buildroot.rpms() },
        "config": {
            "target_arch": target,
            "legal_host_arches": [task.chroot.name.arch()],
            "coprd": {
                "chroot": task.chroot.name.as_str(),
                "buildroot": buildroot.key(),
                "repositories": buildroot.repos(),
                "project_repositories": task.repos,
            },
        },
    })
}
