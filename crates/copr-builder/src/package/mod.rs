//! The RPM task: a clean buildroot, rpmbuild, packages.

pub(crate) mod results;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use copr_sandbox::{Command, Exit, Limit, Limits, Network, User};
use copr_types::{ChrootName, Failure, FailureClass, Phase};
use copr_wire::builder::{RpmTask, TaskLimits};

use crate::buildroot::offers::Offers;
use crate::buildroot::{self, Buildroot, Needs, Sources};
use crate::end::{self, End, Step};
use crate::marks::Marks;
use crate::work::{Done, Tail, Work};
use crate::{macros, summary};

const SCRIPT: &str = include_str!("build.sh");
/// How often a build may ask for more dependencies; mock's number.
const ROUNDS: usize = 10;

/// Does the task.
pub(crate) async fn build(work: &Work, task: &RpmTask) -> Step<Done> {
    work.held.enter(Phase::Buildroot);
    // Repositories may take their time to answer, which a canceled build has not.
    let offers = async {
        tokio::select! {
            offers = Offers::load(work, &task.chroot, &task.repos) => offers,
            () = work.held.stop.cancelled() => work.held.check().map(|()| Offers::default()),
        }
    };
    let (source, base, offers) = tokio::join!(source(work, task), buildroot::base(work, &task.chroot), offers);
    let source = source?;
    let mut buildroot = base?;
    let modules = modules(&task.modules);
    let sources = Sources { chroot: &task.chroot, repos: &task.repos, modules, offers: offers? };
    buildroot::upgrade(work, &mut buildroot, &sources).await?;
    if !task.additional_packages.is_empty() {
        let needs = Needs::Packages(checked_names(&task.additional_packages)?);
        work.transcript.start("additional packages");
        buildroot::extend(work, &mut buildroot, &sources, &needs).await?;
        work.transcript.finish();
    }
    let expected = expected(work, &source, &sources, &mut buildroot).await?;
    let copr = work.desk.directory("copr").map_err(end::local(Phase::Build, "make a directory"))?;
    prepare(work, task, &source, &copr, expected.as_ref()).map_err(end::local(Phase::Build, "prepare the build"))?;
    let results = rounds(work, task, &sources, &copr, &mut buildroot, expected).await?;
    work.held.enter(Phase::Build);
    let (mut done, out) = results::collect(work, task, &source, &results).await?;
    done.files.push(results::write_lock(work, task, &buildroot, &out)?);
    Ok(done)
}

/// The source package, as the server has it.
pub(crate) async fn source(work: &Work, task: &RpmTask) -> Step<PathBuf> {
    let name = &task.srpm.name;
    let (source, file) = work.source(name, Phase::Buildroot).await?;
    if file.sha256 != task.srpm.sha256 {
        return Err(end::infrastructure(Phase::Fetch, format!("`{name}` arrived damaged: its digest differs")));
    }
    Ok(source)
}

/// What a source package says that it needs to be built, where it was made.
fn needs_of(source: &Path) -> Vec<String> {
    let Ok(package) = copr_rpm::header::read_package(source) else { return Vec::new() };
    package.requires.iter().filter(|one| !one.name.starts_with("rpmlib(")).map(ToString::to_string).collect()
}

/// What was installed before the package was asked what it needs in this chroot.
struct Expected {
    list: Vec<String>,
    /// What of the buildroot was there before.
    below: usize,
    /// Why it could not be installed.
    unmet: Option<Failure>,
}

/// Installs what the source package says that it needs, where it was made. Mostly it says the same here, and need not be asked
/// twice; where it does not, what was installed for nothing is taken away again. So nothing fails because of it.
async fn expected(
    work: &Work,
    source: &Path,
    sources: &Sources<'_>,
    buildroot: &mut Buildroot,
) -> Step<Option<Expected>> {
    let list = sorted(needs_of(source));
    if list.is_empty() || list.iter().any(|one| one.starts_with('-')) {
        return Ok(None);
    }
    let below = buildroot.height();
    let needs = Needs::Requires { srpm: source.to_owned(), list };
    let unmet = match install(work, buildroot, sources, &needs).await {
        Ok(()) => None,
        Err(End::Failed(failure)) if failure.class == FailureClass::User => {
            work.transcript
                .say("Not all of it is there. The package may need something else in this chroot; it will be asked.");
            buildroot.lower(below);
            Some(failure)
        }
        Err(other) => return Err(other),
    };
    let Needs::Requires { list, .. } = needs else { return Ok(None) };
    Ok(Some(Expected { list, below, unmet }))
}

async fn install(work: &Work, buildroot: &mut Buildroot, sources: &Sources<'_>, needs: &Needs) -> Step<()> {
    work.transcript.say("Installing what the package needs to be built:");
    work.transcript.say(needs.list().iter().map(|one| format!("  {one}\n")).collect::<String>().trim_end());
    work.transcript.start("build dependencies");
    let done = buildroot::extend(work, buildroot, sources, needs).await;
    work.transcript.finish();
    done
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list.dedup();
    list
}

/// Runs rpmbuild until it has all it asks for.
async fn rounds(
    work: &Work,
    task: &RpmTask,
    sources: &Sources<'_>,
    copr: &Path,
    buildroot: &mut Buildroot,
    mut expected: Option<Expected>,
) -> Step<PathBuf> {
    let mut spent = Duration::ZERO;
    let is_there = |expected: &&Expected| expected.unmet.is_none();
    let mut asked_before = expected.as_ref().filter(is_there).map(|one| one.list.clone()).unwrap_or_default();
    for round in 0..=ROUNDS {
        let installed = expected.as_ref().is_some_and(|expected| is_there(&expected));
        let (ended, results) = attempt(work, task, copr, buildroot, installed, round, &mut spent).await?;
        let Missing { srpm, list, words, other } = match ended {
            Ended::Built => return Ok(results),
            Ended::Missing(missing) => missing,
        };
        match expected.take() {
            Some(Expected { list: tried, unmet: Some(failure), .. }) if list == tried => return Err(failure.into()),
            Some(expected) if other => buildroot.lower(expected.below),
            _ if list == asked_before => {
                let message = format!("the build dependencies can not be met:\n{words}");
                return Err(end::user(Phase::Builddeps, message));
            }
            _ => {}
        }
        asked_before.clone_from(&list);
        if !list.is_empty() {
            install(work, buildroot, sources, &Needs::Requires { srpm, list }).await?;
        }
    }
    Err(end::user(Phase::Builddeps, format!("the package asked for more build dependencies {ROUNDS} times in a row")))
}

/// How one run of the script ended, when the build has not failed.
enum Ended {
    Built,
    Missing(Missing),
}

/// What a package asks for.
struct Missing {
    srpm: PathBuf,
    /// Sorted, each once.
    list: Vec<String>,
    /// What rpmbuild said about it.
    words: String,
    /// It is not what was expected.
    other: bool,
}

async fn attempt(
    work: &Work,
    task: &RpmTask,
    copr: &Path,
    buildroot: &Buildroot,
    expected: bool,
    round: usize,
    spent: &mut Duration,
) -> Step<(Ended, PathBuf)> {
    let phase = Phase::Build;
    work.held.enter(phase);
    let limits = &task.build.limits;
    let results = work.desk.directory(&format!("results-{round}")).map_err(end::local(phase, "make a directory"))?;
    let (root, _) = work.desk.overlay(&format!("build-{round}"), buildroot.lowers());
    let tail = Tail::default();
    let mut marks = Marks::new(work.transcript.clone(), tail.clone());
    let network = if task.enable_net { Network::On } else { Network::Off };
    let command = Command::new(root, "/bin/bash")
        .args(["--login", "/copr/build.sh"])
        .args(options(task))
        .env("MARK", marks.word())
        .env("SOURCE", &task.srpm.name)
        .env("EXPECTED", if expected { "/copr/expected" } else { "" })
        .bind_read_only(copr, "/copr")
        .bind_writable(&results, "/results")
        .network(network)
        .limits(sandbox_limits(limits, work.transcript.size(), *spent));
    let command = as_build_user(command, &task.chroot.name)
        .cancelled_by(work.held.stop.clone())
        .on_output(move |bytes| marks.push(bytes));
    let begun = Instant::now();
    let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    *spent += begun.elapsed();
    work.transcript.finish_script();
    work.held.check()?;
    match (ended.limit_hit, ended.exit) {
        (Some(reached), _) => Err(end::limit(phase, reached, limits)),
        (None, Exit::Exited(0)) => Ok((Ended::Built, results)),
        (None, Exit::Exited(91)) => {
            let why = summary::errors(&tail.text());
            Err(end::user(Phase::Srpm, format!("the source package could not be unpacked:\n{why}")))
        }
        (None, Exit::Exited(94)) if expected => {
            let missing = missing(work, &results, "").await?;
            Ok((Ended::Missing(Missing { other: true, ..missing }), results))
        }
        (None, exit) => {
            let words = tail.text();
            let asks = exit == Exit::Exited(11) || words.contains("error: Failed build dependencies:");
            if asks && exit != Exit::Exited(92) {
                return missing(work, &results, &words).await.map(|missing| (Ended::Missing(missing), results));
            }
            Err(end::user(phase, summary::of_rpmbuild(&words, exit)))
        }
    }
}

/// Takes out what the script left about missing dependencies.
async fn missing(work: &Work, results: &Path, words: &str) -> Step<Missing> {
    let phase = Phase::Builddeps;
    let directory = work.desk.fresh("needs").map_err(end::local(phase, "make a directory"))?;
    let (srpm, list) = (directory.join("needs.src.rpm"), directory.join("list"));
    for (inside, to, most) in [("needs", &srpm, u64::MAX), ("needs.list", &list, 4 << 20)] {
        let copied = work.place.sandbox.copy_out(results, Path::new(inside), to, most).await;
        if let Err(error) = copied {
            let why = format!("rpmbuild asked for dependencies that could not be read: {error}");
            return Err(end::user(phase, why));
        }
    }
    let text = fs::read(&list).map_err(end::local(phase, "read the list of dependencies"))?;
    let text = String::from_utf8_lossy(&text);
    let list: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|one| !one.is_empty() && !one.starts_with("rpmlib("))
        .map(str::to_owned)
        .collect();
    if let Some(odd) = list.iter().find(|one| one.starts_with('-')) {
        return Err(end::user(phase, format!("`{odd}` is no build dependency: it begins with a dash")));
    }
    Ok(Missing { srpm, list: sorted(list), words: summary::missing(words), other: false })
}

/// What the build sees at `/copr`.
fn prepare(
    work: &Work,
    task: &RpmTask,
    source: &Path,
    copr: &Path,
    expected: Option<&Expected>,
) -> std::io::Result<()> {
    let macros = macros::text(&task.chroot.definition, &work.place.config.name, &task.build.macros, &[]);
    fs::write(copr.join("macros"), macros)?;
    fs::write(copr.join("build.sh"), SCRIPT)?;
    if let Some(Expected { list, .. }) = expected {
        fs::write(copr.join("expected"), list.iter().map(|one| format!("{one}\n")).collect::<String>())?;
    }
    let there = copr.join(&task.srpm.name);
    fs::hard_link(source, &there).or_else(|_| fs::copy(source, &there).map(drop))
}

/// What rpmbuild builds for.
pub(crate) fn target(task: &RpmTask) -> String {
    match (&task.chroot.definition.target, task.chroot.name.arch()) {
        (Some(target), _) => target.clone(),
        (None, "i386") => "i686".to_owned(),
        (None, "armhfp") => "armv7hl".to_owned(),
        (None, arch) => arch.to_owned(),
    }
}

/// Options of every rpmbuild call.
fn options(task: &RpmTask) -> Vec<String> {
    let mut options = vec!["--target".to_owned(), target(task)];
    for (option, values) in [("--with", &task.with_opts), ("--without", &task.without_opts)] {
        // One word each: what begins with a dash is a value here, never an option.
        options.extend(values.iter().flat_map(|value| [option.to_owned(), value.clone()]));
    }
    options
}

/// `nodejs:20` is enabled, `!nodejs:18` disabled.
pub(crate) fn modules(streams: &[String]) -> Vec<String> {
    let plain =
        |stream: &&String| !stream.chars().any(|c| c.is_whitespace() || c.is_control()) && !stream.starts_with('-');
    streams
        .iter()
        .filter(plain)
        .map(|stream| match stream.strip_prefix('!') {
            Some(stream) => format!("disable {stream}"),
            None => format!("enable {stream}"),
        })
        .collect()
}

/// Package names as arguments: never an option.
pub(crate) fn checked_names(names: &[String]) -> Step<Vec<String>> {
    let bad = |name: &&String| name.is_empty() || name.starts_with('-') || name.chars().any(char::is_control);
    match names.iter().find(bad) {
        Some(odd) => Err(end::user(Phase::Builddeps, format!("`{odd}` is not a package that can be installed"))),
        None => Ok(names.to_vec()),
    }
}

/// The environment that build scripts of a chroot expect.
pub(crate) fn as_build_user(command: Command, chroot: &ChrootName) -> Command {
    let half = ["i386", "i486", "i586", "i686", "armhfp", "armv7hl"].contains(&chroot.arch());
    let command = if half { command.old_sockets() } else { command };
    command
        .user(User::Build)
        .writable("/builddir")
        .directory("/builddir")
        .env("HOME", "/builddir")
        .env("LANG", "C.UTF-8")
        .env("SHELL", "/bin/bash")
        .env("TERM", "vt100")
        .env("HOSTNAME", "mock")
        .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
}

/// A task's limits for one run, when some of the time and the log are used up.
pub(crate) fn sandbox_limits(limits: &TaskLimits, logged: u64, spent: Duration) -> Limits {
    let some = |number: u64| (number > 0).then_some(number);
    Limits {
        wall: some(limits.timeout)
            .map(|seconds| Duration::from_secs(seconds).saturating_sub(spent).max(Duration::from_millis(100))),
        memory: some(limits.memory_mib).map(|mib| mib << 20),
        processes: some(limits.processes),
        disk: some(limits.disk_mib).map(|mib| mib << 20),
        output: some(limits.log_mib).map(|mib| (mib << 20).saturating_sub(logged).max(4096)),
        open_files: Some(10_240),
    }
}

/// A limit that was reached while a spec file was read or a source package made.
pub(crate) fn limit_of(reached: Limit, limits: &TaskLimits) -> end::End {
    end::limit(Phase::Srpm, reached, limits)
}
