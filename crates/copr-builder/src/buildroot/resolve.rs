//! Asking the package manager which packages are needed, and for the packages themselves.
//!
//! The host's package manager runs in a sandbox with the network, against a copy of the rpm database,
//! and only downloads. Installing is another sandbox's work, without network: scripts of packages
//! never run where they could reach the network or the shared cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use copr_sandbox::{Command, Limits, Network, Root};
use copr_types::Phase;
use copr_wire::builder::{BuildRepo, ChrootSpec};

use super::blame::{self, Cause};
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

    fn arguments(self, question: &Question<'_>) -> Vec<String> {
        let releasever = &question.chroot.definition.releasever;
        let mut args: Vec<String> = vec![
            "--config=/conf/dnf.conf".into(),
            "--installroot=/installroot".into(),
            format!("--releasever={releasever}"),
            "--setopt=cachedir=/cache".into(),
        ];
        let arch = question.chroot.name.arch();
        if arch != std::env::consts::ARCH {
            let target = question.chroot.definition.target.as_deref().unwrap_or(arch);
            args.push(format!("--forcearch={target}"));
        }
        match self {
            Manager::Dnf4 => {
                args.extend(["--disableplugin=*".into(), "--enableplugin=builddep".into()]);
                args.extend(["--downloadonly".into(), "--downloaddir=/out".into()]);
                match question.needs {
                    Needs::Packages(packages) => {
                        args.push("install".into());
                        args.extend(packages.iter().cloned());
                    }
                    Needs::Wished(packages) => {
                        args.extend(["--setopt=strict=False".into(), "install".into()]);
                        args.extend(packages.iter().cloned());
                    }
                    Needs::Requires { .. } => args.extend(["builddep".into(), "/conf/needs.src.rpm".into()]),
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
        let (success, output) = run(work, name, question, manager, &program, &out).await?;
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
    let args = manager.arguments(question);
    work.transcript.command(Of::Root, &format!("{} {}", program.display(), args.join(" ")));
    let kept = Arc::new(Mutex::new(String::new()));
    let (log, keep) = (work.transcript.clone(), Arc::clone(&kept));
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
        .on_output(move |bytes| {
            log.output(Of::Root, bytes);
            if let Ok(mut kept) = keep.lock()
                && kept.len() < REMEMBERED
            {
                kept.push_str(&String::from_utf8_lossy(bytes));
            }
        });
    // Of a user's `file://` address only a repository is shown, not any directory.
    let is_repository =
        |url: &&str| repositories::local_path(url).is_some_and(|path| path.join("repodata/repomd.xml").exists());
    let users = question.repos.iter().map(|repo| repo.baseurl.as_str()).filter(is_repository);
    let arch = question.chroot.name.arch();
    let distribution = definition.repos.iter().flat_map(|repo| [Some(&repo.url), repo.gpgkey.as_ref()]).flatten();
    let expanded: Vec<String> =
        distribution.map(|url| repositories::expand(url, &definition.releasever, arch)).collect();
    if let Some(rpmdb) = question.rpmdb {
        command = command.bind_read_only(rpmdb, "/rpmdb");
    }
    for directory in repositories::local_directories(expanded.iter().map(String::as_str).chain(users)) {
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
    let expire = work.place.config.repo_check.as_secs();
    let text = repositories::configuration(&question.chroot.name, &question.chroot.definition, question.repos, expire);
    fs::write(conf.join("dnf.conf"), text)?;
    if let Needs::Requires { srpm, .. } = question.needs {
        fs::copy(srpm, conf.join("needs.src.rpm"))?;
    }
    let installroot = work.desk.directory(&format!("{name}-installroot"))?;
    Ok((conf, installroot))
}
