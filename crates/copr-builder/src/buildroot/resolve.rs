//! Asking the package manager which packages are needed, and for the packages themselves.
//!
//! The host's package manager runs in a sandbox with the network, against a copy of the rpm database,
//! and only downloads: dnf 4 in a process that stays, dnf 5 anew for each question. Installing is another sandbox's work, without network: scripts of packages
//! never run where they could reach the network or the shared cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use copr_sandbox::{Command, Limits, Network, Root};
use copr_types::Phase;
use copr_wire::builder::{BuildRepo, ChrootSpec};

use super::blame::{self, Cause};
use super::staying::{self, Answered, Kind};
use super::{Needs, repositories};
use crate::end::{self, Step};
use crate::place::{Place, lock_name};
use crate::transcript::Of;
use crate::work::Work;

const SCRIPT: &str = include_str!("resolve.sh");
/// What is kept of the output, to tell what went wrong.
const REMEMBERED: usize = 256 << 10;

/// What to ask for, and against what.
pub(super) struct Question<'a> {
    pub chroot: &'a ChrootSpec,
    pub repos: &'a [BuildRepo],
    pub modules: Vec<String>,
    pub needs: &'a Needs,
    /// The rpm database of what is there already.
    pub rpmdb: Option<&'a Path>,
    pub phase: Phase,
}

/// The host's package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    Dnf4,
    Dnf5,
}

impl Manager {
    /// What this machine has.
    pub fn find() -> Option<(Manager, PathBuf)> {
        let found =
            |names: &[&str]| names.iter().map(|name| Path::new("/usr/bin").join(name)).find(|path| path.exists());
        let five = found(&["dnf5"]).map(|path| (Manager::Dnf5, path));
        five.or_else(|| found(&["dnf-3", "dnf4", "dnf"]).map(|path| (Manager::Dnf4, path)))
    }

    /// What every call of it begins with, when its files are below `at`.
    fn place(question: &Question<'_>, at: &str) -> Vec<String> {
        vec![
            format!("--config={at}/conf/dnf.conf"),
            format!("--installroot={at}/installroot"),
            format!("--releasever={}", question.chroot.definition.releasever),
            "--setopt=cachedir=/cache".into(),
        ]
    }

    /// The call that finds and downloads. One that stays hands downloads over by itself.
    fn arguments(self, question: &Question<'_>, at: &str, stays: bool) -> Vec<String> {
        let mut args = Manager::place(question, at);
        let arch = question.chroot.name.arch();
        if arch != std::env::consts::ARCH {
            let target = question.chroot.definition.target.as_deref().unwrap_or(arch);
            args.push(format!("--forcearch={target}"));
        }
        match self {
            Manager::Dnf4 => {
                args.extend(["--disableplugin=*".into(), "--enableplugin=builddep".into()]);
                args.push("--downloadonly".into());
                if !stays {
                    args.push("--downloaddir=/out".into());
                }
                match question.needs {
                    Needs::Packages(packages) => {
                        args.push("install".into());
                        args.extend(packages.iter().cloned());
                    }
                    Needs::Wished(packages) => {
                        args.extend(["--setopt=strict=False".into(), "install".into()]);
                        args.extend(packages.iter().cloned());
                    }
                    Needs::Requires { .. } => args.extend(["builddep".into(), format!("{at}/conf/needs.src.rpm")]),
                    Needs::Upgrade => args.push("upgrade".into()),
                }
            }
            Manager::Dnf5 => {
                let verb = if matches!(question.needs, Needs::Upgrade) { "upgrade" } else { "install" };
                args.extend(["--use-host-config".into(), "--setopt=plugins=False".into(), verb.into()]);
                args.extend(["--downloadonly".into(), "--destdir=/out".into()]);
                if matches!(question.needs, Needs::Wished(_)) {
                    args.push("--skip-unavailable".into());
                }
                args.extend(question.needs.list().iter().cloned());
            }
        }
        args
    }
}

/// The directory with the packages that are needed and not there yet; `None` when there are none.
pub(super) async fn resolve(work: &Work, name: &str, question: &Question<'_>) -> Step<Option<PathBuf>> {
    let place = &work.place;
    let phase = question.phase;
    let (manager, program) =
        Manager::find().ok_or_else(|| end::infrastructure(phase, "the builder has no dnf to install packages with"))?;
    let io = |doing: &'static str| end::local(phase, doing);
    let _cache_is_ours = place
        .lock(&lock_name("dnf", question.chroot.name.as_str()))
        .await
        .map_err(io("lock the package manager's cache"))?;
    let mut pause = place.config.retry_pause;
    let mut tried = 1;
    loop {
        let out = work.desk.directory(&format!("{name}-packages-{tried}")).map_err(io("make a directory"))?;
        let python = if manager == Manager::Dnf4 { staying::python_of(&program) } else { None };
        let answer = match python {
            Some(python) => ask(work, question, python, &program, &out).await?,
            None => Some(run(work, name, question, manager, &program, &out).await?),
        };
        let Some((success, output)) = answer else {
            if tried >= place.config.attempts {
                return Err(end::infrastructure(phase, "the package manager ends in the middle of its work"));
            }
            tried += 1;
            continue;
        };
        if success {
            let empty = fs::read_dir(&out).map_err(io("list downloaded packages"))?.next().is_none();
            return Ok((!empty).then_some(out));
        }
        let cause = blame::cause(&output, question.repos);
        if cause != Cause::Network || tried >= place.config.attempts {
            return Err(blame::failure(cause, phase, &output));
        }
        work.transcript.say(format!("A repository could not be reached; trying again in {:.1} s", pause.as_secs_f64()));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = work.held.stop.cancelled() => {}
        }
        work.held.check()?;
        pause *= 2;
        tried += 1;
    }
}

/// What was said, as far as it is kept; and where it goes besides.
fn listen(work: &Work) -> (Arc<Mutex<String>>, impl FnMut(&[u8]) + Send + 'static) {
    let kept = Arc::new(Mutex::new(String::new()));
    let (log, keep) = (work.transcript.clone(), Arc::clone(&kept));
    let listener = move |bytes: &[u8]| {
        log.output(Of::Root, bytes);
        if let Ok(mut kept) = keep.lock()
            && kept.len() < REMEMBERED
        {
            kept.push_str(&String::from_utf8_lossy(bytes));
        }
    };
    (kept, listener)
}

/// Directories of this machine that the question is about.
fn local(question: &Question<'_>) -> Vec<PathBuf> {
    let definition = &question.chroot.definition;
    // Of a user's `file://` address only a repository is shown, not any directory.
    let is_repository =
        |url: &&str| repositories::local_path(url).is_some_and(|path| path.join("repodata/repomd.xml").exists());
    let users = question.repos.iter().map(|repo| repo.baseurl.as_str()).filter(is_repository);
    let arch = question.chroot.name.arch();
    let distribution = definition.repos.iter().flat_map(|repo| [Some(&repo.url), repo.gpgkey.as_ref()]).flatten();
    let expanded: Vec<String> =
        distribution.map(|url| repositories::expand(url, &definition.releasever, arch)).collect();
    repositories::local_directories(expanded.iter().map(String::as_str).chain(users))
}

fn configuration(work: &Work, question: &Question<'_>) -> String {
    let expire = work.place.config.repo_check.as_secs();
    repositories::configuration(&question.chroot.name, &question.chroot.definition, question.repos, expire)
}

/// The process that answers this question.
fn kind(work: &Work, question: &Question<'_>, python: PathBuf) -> Kind {
    Kind {
        python,
        repositories: configuration(work, question),
        cache: work.place.dnf_cache(question.chroot.name.as_str()),
        local: local(question),
    }
}

/// Asks a package manager that stays; `None` when that one has ended, and another is to be asked.
async fn ask(
    work: &Work,
    question: &Question<'_>,
    python: PathBuf,
    program: &Path,
    out: &Path,
) -> Step<Option<(bool, String)>> {
    let phase = question.phase;
    let io = |doing: &'static str| end::local(phase, doing);
    let place = &work.place;
    let kind = kind(work, question, python);
    let repositories = kind.repositories.clone();
    let staying = place.managers.get(place, kind).map_err(io("start the package manager"))?;
    let (directory, inside) = staying.directory().map_err(io("make a directory"))?;
    let written = (|| {
        let conf = directory.join("conf");
        fs::create_dir(&conf)?;
        fs::write(conf.join("dnf.conf"), repositories)?;
        if let Needs::Requires { srpm, .. } = question.needs {
            fs::copy(srpm, conf.join("needs.src.rpm"))?;
        }
        if let Some(rpmdb) = question.rpmdb {
            let copy = directory.join("rpmdb");
            fs::create_dir(&copy)?;
            for entry in fs::read_dir(rpmdb)? {
                let entry = entry?;
                fs::copy(entry.path(), copy.join(entry.file_name()))?;
            }
        }
        Ok(())
    })();
    written.map_err(io("prepare the package manager"))?;
    let at = inside.display().to_string();
    let mut commands: Vec<Vec<String>> = Vec::new();
    for module in &question.modules {
        let mut args = Manager::place(question, &at);
        args.push("module".into());
        let (verb, stream) = module.split_once(' ').unwrap_or((module, ""));
        args.extend([verb.to_owned(), "-y".to_owned(), stream.to_owned()]);
        commands.push(args);
    }
    let args = Manager::Dnf4.arguments(question, &at, true);
    work.transcript.command(Of::Root, &format!("{} {}", program.display(), args.join(" ")));
    commands.push(args);
    let ask_again = question.repos.iter().map(|repo| repositories::section(&repo.id)).collect();
    let (kept, listener) = listen(work);
    let stop = &work.held.stop;
    let answered = staying.ask(&inside, commands, ask_again, listener, stop, place.config.install_timeout).await;
    let packages = staying.out();
    let (sandbox, used) = (place.sandbox.clone(), directory);
    place.clearing.spawn(async move {
        let _ = sandbox.remove_tree(&used).await;
    });
    work.held.check()?;
    let success = match answered {
        Answered::Code(code) => code == 0,
        Answered::Late => return Err(end::infrastructure(phase, "the package manager did not come to an end")),
        Answered::Gone | Answered::Unwanted => return Ok(None),
    };
    if success {
        fs::remove_dir(out).and_then(|()| fs::rename(packages, out)).map_err(io("take the downloaded packages"))?;
    }
    let output = kept.lock().map(|kept| kept.clone()).unwrap_or_default();
    Ok(Some((success, output)))
}

async fn run(
    work: &Work,
    name: &str,
    question: &Question<'_>,
    manager: Manager,
    program: &Path,
    out: &Path,
) -> Step<(bool, String)> {
    let phase = question.phase;
    let place: &Place = &work.place;
    let io = |doing: &'static str| end::local(phase, doing);
    let (conf, installroot) = prepare(work, name, question).map_err(io("prepare the package manager"))?;
    let definition = &question.chroot.definition;
    let cache = place.dnf_cache(question.chroot.name.as_str());
    fs::create_dir_all(&cache).map_err(io("make the package manager's cache"))?;
    let args = manager.arguments(question, "", false);
    work.transcript.command(Of::Root, &format!("{} {}", program.display(), args.join(" ")));
    let (kept, listener) = listen(work);
    let ask_again: Vec<String> = question.repos.iter().map(|repo| repositories::section(&repo.id)).collect();
    let mut command = Command::new(Root::HostTools, "/bin/sh")
        .args(["-c", SCRIPT, "resolve"])
        .arg(program.display().to_string())
        .args(args)
        .env("LANG", "C.UTF-8")
        .env("MANAGER", program.display().to_string())
        .env("RELEASEVER", &definition.releasever)
        .env("MODULES", question.modules.join("\n"))
        .env("ASK_AGAIN", ask_again.join(" "))
        .bind_read_only(&conf, "/conf")
        .bind_writable(&installroot, "/installroot")
        .bind_writable(&cache, "/cache")
        .bind_writable(out, "/out")
        .network(Network::On)
        .limits(Limits { wall: Some(place.config.install_timeout), output: Some(64 << 20), ..Limits::default() })
        .cancelled_by(work.held.stop.clone())
        .on_output(listener);
    if let Some(rpmdb) = question.rpmdb {
        command = command.bind_read_only(rpmdb, "/rpmdb");
    }
    for directory in local(question) {
        command = command.bind_read_only(&directory, &directory);
    }
    let ended = place.sandbox.run(command).await.map_err(end::sandbox(phase))?;
    work.held.check()?;
    if ended.limit_hit.is_some() {
        return Err(end::infrastructure(phase, "the package manager did not come to an end"));
    }
    let output = kept.lock().map(|kept| kept.clone()).unwrap_or_default();
    Ok((ended.success(), output))
}

/// Writes the configuration, and makes a place that the package manager takes for the root.
fn prepare(work: &Work, name: &str, question: &Question<'_>) -> std::io::Result<(PathBuf, PathBuf)> {
    let conf = work.desk.directory(&format!("{name}-conf"))?;
    fs::write(conf.join("dnf.conf"), configuration(work, question))?;
    if let Needs::Requires { srpm, .. } = question.needs {
        fs::copy(srpm, conf.join("needs.src.rpm"))?;
    }
    let installroot = work.desk.directory(&format!("{name}-installroot"))?;
    Ok((conf, installroot))
}
