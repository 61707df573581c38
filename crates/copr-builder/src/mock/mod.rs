//! The RPM task done by [mock](https://rpm-software-management.github.io/mock/), where a machine has it and its operator prefers it.
//!
//! mock makes its own chroots and isolates by itself, so it runs as a program of the host's, as root, in a control group with the
//! task's limits of memory, processes, time and output; what it starts ends with it. It is given the frozen definition of the chroot
//! and nothing of `/etc/mock`. Results, their names and the classes of failures are those of the native engine.

mod config;
mod tar;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copr_sandbox::{Capabilities, Command, Exit, Isolation, Limit, Limits, Root, Sandbox};
use copr_types::Phase;
use copr_wire::builder::RpmTask;

use crate::buildroot::blame::{self, Cause};
use crate::config::Config;
use crate::end::{self, End, Step};
use crate::package::{self, results};
use crate::place::lock_name;
use crate::summary;
use crate::transcript::{Lines, Of};
use crate::work::{Done, Work};

/// Logs of mock's that go where ours would be.
const LOGS: [&str; 5] = ["build.log", "root.log", "state.log", "hw_info.log", "installed_pkgs.log"];
/// Further files of its results.
const OTHERS: [&str; 2] = ["buildroot_lock.json", "chroot_scan.tar.gz"];

/// Where mock is.
pub(crate) fn find(config: &Config) -> Option<&Path> {
    Some(config.mock.as_path()).filter(|path| path.is_file())
}

/// The isolation in words.
pub(crate) fn isolation(capabilities: &Capabilities) -> String {
    let ours = crate::header::isolation(capabilities);
    let limits = ours.split("; ").find(|part| part.starts_with("limits: ")).unwrap_or("limits: none").to_owned();
    format!("of packages mock's own; {limits}; of sources {ours}")
}

/// Does the task.
pub(crate) async fn build(work: &Work, task: &RpmTask) -> Step<Done> {
    work.held.enter(Phase::Buildroot);
    let program = find(&work.place.config)
        .ok_or_else(|| end::infrastructure(Phase::Buildroot, "the builder has no mock any more"))?
        .to_owned();
    package::checked_names(&task.additional_packages)?;
    let source = package::source(work, task).await?;
    let io = |doing: &'static str| end::local(Phase::Buildroot, doing);
    let results = work.desk.directory("mock-results").map_err(io("make a directory"))?;
    let configs = work.desk.directory("configs").map_err(io("make a directory"))?;
    let cache = work.place.mock_cache();
    fs::create_dir_all(&cache).map_err(io("make a directory"))?;
    let chroots = work.desk.layers.join("mock");
    fs::create_dir_all(&chroots).map_err(io("make a directory"))?;
    let child = configs.join("child.cfg");
    let places = config::Places { chroots: &chroots, cache: &cache };
    let text = config::text(task, &work.place.config.name, &places);
    fs::write(&child, &text).map_err(io("write mock's configuration"))?;
    let cache_in_use =
        work.place.share(&lock_name("mock", task.chroot.name.as_str())).await.map_err(io("lock mock's cache"))?;

    let ended = run(work, task, &program, &child, &results, &source).await?;
    let said = take_logs(work, &results).await;
    work.held.check()?;
    let limits = &task.build.limits;
    match (ended.limit_hit, ended.exit) {
        (Some(limit), _) => return Err(end::limit(Phase::Build, limit, limits)),
        (None, Exit::Exited(0)) => {}
        (None, Exit::Exited(11)) => return Err(end::limit(Phase::Build, Limit::Wall, limits)),
        (None, exit) => return Err(failure(exit, &said, task)),
    }
    work.held.enter(Phase::Build);
    let (mut done, out) = results::collect(work, task, &source, &results).await?;
    for name in OTHERS {
        let to = out.join(name);
        if work.place.sandbox.copy_out(&results, Path::new(name), &to, 1 << 30).await.is_ok() {
            done.files.push(to);
        }
    }
    let archive = out.join("configs.tar.gz");
    tar::one_file(&archive, "configs/child.cfg", text.as_bytes()).map_err(io("write configs.tar.gz"))?;
    done.files.push(archive);
    drop(cache_in_use);
    work.place.prune().await;
    Ok(done)
}

async fn run(
    work: &Work,
    task: &RpmTask,
    program: &Path,
    child: &Path,
    results: &Path,
    source: &Path,
) -> Step<copr_sandbox::Ended> {
    let place = &work.place;
    let capabilities = Capabilities {
        // It is trusted to isolate; the stage holds limits, and ends what is left.
        isolation: Isolation::Chroot,
        limiter: place.sandbox.capabilities().limiter.clone(),
        overlay: false,
        filter: false,
        missing: Vec::new(),
    };
    let host = Sandbox::with(place.sandbox_config(), capabilities);
    let limits = package::sandbox_limits(&task.build.limits, work.transcript.size(), Duration::ZERO);
    // mock itself counts the build's time; this is for all of the rest.
    let wall = limits.wall.map(|wall| wall + place.config.install_timeout);
    // The disk would be that of the whole machine.
    let limits = Limits { wall, disk: None, ..limits };
    let held = std::sync::Arc::clone(&work.held);
    let mut lines = Lines::new(move |line: &str| {
        if let Some(phase) = step_of(line) {
            held.enter(phase);
        }
    });
    let log = work.transcript.clone();
    let arguments = arguments(task, child, results, source, &format!("{}-{}", work.held.task_id, work.held.fence));
    work.transcript.say(format!("$ {} {}", program.display(), arguments.join(" ")));
    let command = Command::new(Root::Tree("/".into()), program.display().to_string())
        .args(arguments)
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .limits(limits)
        .cancelled_by(work.held.stop.clone())
        .on_output(move |bytes| {
            log.output(Of::Build, bytes);
            lines.push(bytes);
        });
    host.run(command).await.map_err(end::sandbox(Phase::Buildroot))
}

/// The documented command line: a rebuild in a chroot of its own.
fn arguments(task: &RpmTask, child: &Path, results: &Path, source: &Path, unique: &str) -> Vec<String> {
    let mut words: Vec<String> = ["-r", &child.display().to_string(), "--resultdir", &results.display().to_string()]
        .iter()
        .map(|&word| word.to_owned())
        .collect();
    words.extend(["--uniqueext".to_owned(), unique.to_owned()]);
    for (option, values) in [("--with", &task.with_opts), ("--without", &task.without_opts)] {
        // One word each: a value that begins with a dash stays a value.
        words.extend(values.iter().map(|value| format!("{option}={value}")));
    }
    words.extend(["--rebuild".to_owned(), source.display().to_string()]);
    words
}

/// The phase that begins with a line of mock's (`Start: rpmbuild x.src.rpm`).
fn step_of(line: &str) -> Option<Phase> {
    let (_, step) = line.split_once("Start: ")?;
    let begins = |word: &str| step.starts_with(word);
    if begins("chroot init") {
        Some(Phase::Buildroot)
    } else if begins("build setup") {
        Some(Phase::Builddeps)
    } else if begins("rpmbuild ") && !begins("rpmbuild -bs") {
        Some(Phase::Build)
    } else {
        None
    }
}

/// What mock's logs say.
struct Said {
    build: String,
    root: String,
    state: String,
}

/// Puts mock's logs in the place of ours, and reads the ends of them.
async fn take_logs(work: &Work, results: &Path) -> Said {
    let logs = work.transcript.directory().to_owned();
    for name in LOGS {
        let to = logs.join(name);
        let new: PathBuf = logs.join(format!("{name}.mock"));
        if work.place.sandbox.copy_out(results, Path::new(name), &new, 4 << 30).await.is_ok() {
            let _ = fs::rename(new, to);
        }
    }
    let end_of = |name: &str| {
        let text = fs::read(logs.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&text[text.len().saturating_sub(256 << 10)..]).into_owned()
    };
    Said { build: end_of("build.log"), root: end_of("root.log"), state: end_of("state.log") }
}

/// Whose fault it is, by mock's exit code (`mockbuild/exception.py` lists them).
fn failure(exit: Exit, said: &Said, task: &RpmTask) -> End {
    let deps = said.state.contains("Start: build setup");
    let (phase, code) = match exit {
        Exit::Exited(code) => (if deps { Phase::Builddeps } else { Phase::Buildroot }, code),
        Exit::Signaled(_) => (Phase::Build, 1),
    };
    match code {
        10 if !said.build.trim().is_empty() => end::user(Phase::Build, summary::of_rpmbuild(&said.build, exit)),
        10 => end::user(Phase::Build, "mock could not build the package and left no log"),
        40 => end::user(Phase::Srpm, format!("mock refuses the source package:\n{}", summary::errors(&said.build))),
        30 | 31 => {
            // mock writes each line of the package manager's with the level and the module in front.
            let words: String = said.root.lines().map(|line| format!("{}\n", plain(line))).collect();
            match blame::cause(&words, &task.repos) {
                Cause::Unknown if deps => blame::failure(Cause::Unresolvable, phase, &words),
                cause => blame::failure(cause, phase, &words),
            }
        }
        code => {
            let last: Vec<&str> = said.root.lines().rev().filter(|line| !line.trim().is_empty()).take(5).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            end::infrastructure(phase, format!("mock failed ({exit}, code {code}):\n{}", last.join("\n")))
        }
    }
}

/// `DEBUG util.py:461:  Error: …` without its beginning.
fn plain(line: &str) -> &str {
    match line.split_once(".py:") {
        Some((level, rest)) if level.len() < 60 => rest.split_once(":  ").map_or(line, |(_, words)| words),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_from_mocks_own_lines() {
        let cases = [
            ("INFO: Start: chroot init", Some(Phase::Buildroot)),
            ("Start: build setup for x-1-1.src.rpm", Some(Phase::Builddeps)),
            ("Start: rpmbuild x-1-1.src.rpm", Some(Phase::Build)),
            ("Start: rpmbuild -bs", None),
            ("Finish: rpmbuild x-1-1.src.rpm", None),
        ];
        for (line, expected) in cases {
            assert_eq!(step_of(line), expected, "{line}");
        }
    }

    #[test]
    fn the_package_managers_words_are_found_behind_mocks() {
        assert_eq!(plain("DEBUG util.py:461:  Error: Unable to find a match"), "Error: Unable to find a match");
        assert_eq!(plain("  - nothing provides x"), "  - nothing provides x");
    }
}
