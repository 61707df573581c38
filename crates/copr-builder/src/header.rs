//! What stands at the top of every log: whose build it is, where it runs, within which bounds.

use std::fs;
use std::path::Path;

use copr_sandbox::Capabilities;
use copr_types::source::without_passwords;
use copr_wire::builder::{Checkout, SourceInput, Task, TaskLimits};

use crate::config::Engine;
use crate::work::Work;

/// Writes the header.
pub(crate) fn write(work: &Work, task: &Task) {
    let (build, what, chroot) = match task {
        Task::Source(task) => {
            let from = match &task.input {
                SourceInput::Url { url, .. } => without_passwords(url),
                SourceInput::Upload { file, size } => format!("uploaded {file} ({size} bytes)"),
                SourceInput::Scm(Checkout { scm, .. }) => {
                    format!("{} {}", scm.scm_type, without_passwords(&scm.clone_url))
                }
                SourceInput::Pypi(pypi) => format!("PyPI, project {}", pypi.pypi_package_name),
                SourceInput::Rubygems(gem) => format!("RubyGems, gem {}", gem.gem_name),
                SourceInput::Custom { .. } => "a script".to_owned(),
                SourceInput::Distgit { clone_url, .. } => format!("dist-git {}", without_passwords(clone_url)),
                SourceInput::Other { from } => format!("the unknown kind `{from}`"),
            };
            (&task.build, format!("Source package from {from}"), &task.chroot.name)
        }
        Task::Rpm(task) => (&task.build, format!("Package {} {}", task.package, task.version), &task.chroot.name),
    };
    let held = &work.held;
    let by = build.submitter.as_deref().map(|name| format!(", submitted by {name}")).unwrap_or_default();
    work.transcript.say(format!(
        "Build {} of {}/{} ({}){by}\n{what}\nChroot {chroot}, task {} (lease {}), builder {}\nIsolation: {}\nLimits: {}\n",
        build.build_id,
        build.owner,
        build.project,
        build.dir,
        held.task_id,
        held.fence,
        work.place.config.name,
        of_task(work, task),
        limits(&build.limits),
    ));
}

/// What keeps this task to itself.
fn of_task(work: &Work, task: &Task) -> String {
    let capabilities = work.place.sandbox.capabilities();
    match (work.place.config.engine, task) {
        (Engine::Mock, Task::Rpm(_)) => crate::mock::isolation(capabilities),
        _ => isolation(capabilities),
    }
}

/// The isolation in one line, without a word for what it is: that stands before it everywhere.
pub(crate) fn isolation(capabilities: &Capabilities) -> String {
    let text = capabilities.to_string();
    let text = text.strip_prefix("isolation: ").unwrap_or(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("missing: ")).map(str::trim).collect();
    lines.join("; ")
}

fn limits(limits: &TaskLimits) -> String {
    let all = [
        (limits.timeout, "seconds"),
        (limits.memory_mib, "MiB of memory"),
        (limits.processes, "processes"),
        (limits.disk_mib, "MiB of disk"),
        (limits.log_mib, "MiB of log"),
    ];
    let set: Vec<String> =
        all.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number} {unit}")).collect();
    if set.is_empty() { "none".to_owned() } else { set.join(", ") }
}

/// `hw_info.log`: the machine, as far as it matters for a build.
pub(crate) fn hardware(data_dir: &Path) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let count = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory: String = read("/proc/meminfo").lines().take(3).map(|line| format!("{line}\n")).collect();
    let kernel = read("/proc/sys/kernel/osrelease");
    let mount = mount_of(data_dir).unwrap_or_default();
    format!(
        "Architecture: {}\nKernel: {}\nCPU: {count} x {}\n{memory}Load: {}Disk: {mount}\n",
        std::env::consts::ARCH,
        kernel.trim(),
        model.trim_start_matches(['\t', ' ', ':']),
        read("/proc/loadavg"),
    )
}

/// The file system that builds are made on.
fn mount_of(path: &Path) -> Option<String> {
    let path = fs::canonicalize(path).ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let fields = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let best = fields.filter(|(point, _)| path.starts_with(point)).max_by_key(|(point, _)| point.len())?;
    Some(format!("{} ({})", best.0, best.1))
}
