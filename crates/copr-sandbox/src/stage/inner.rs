//! Process 1 of the sandbox: makes the root, drops rights, starts the command, reaps.

use std::{
    fs,
    os::{
        fd::AsRawFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    path::Path,
    process::{self, Stdio},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, unshare},
    sys::{
        prctl,
        signal::Signal,
        stat::{Mode, umask},
        wait::{WaitStatus, waitpid},
    },
    unistd::{chdir, chroot, pause, sethostname, setsid},
};

use super::{
    copies, filter,
    ids::{BUILD, Ids},
    inside::{Inside, change_owner, path_of},
    loopback,
    message::{Failure, Job, Line, Reply, Run, Task},
    mounts, privileges, tree,
};
use crate::{Isolation, Network, Root, User, UserMap, command::Spec};

/// Never returns; its end ends every process of the pid namespace.
pub(crate) fn main(mut above: Line) -> ! {
    let reply = match above.receive::<Job>() {
        Ok(Some(job)) => work(&mut above, job).unwrap_or_else(Reply::from),
        _ => process::exit(70),
    };
    let _ = above.send(&reply);
    // The outer stage counts what is still alive, and then kills us.
    loop {
        pause();
    }
}

fn work(above: &mut Line, job: Job) -> Result<Reply, Failure> {
    die_with_parent(above)?;
    umask(Mode::from_bits_truncate(0o022));
    let _ = setsid();
    let run = match job.task {
        Task::Run(run) => *run,
        Task::Probe { directory } => return probe(above, job.isolation, &directory),
        _ => {
            return Err(Failure::of("understand the task")("it is not for this stage"));
        }
    };
    match job.isolation {
        Isolation::Namespaces(map) => {
            namespaces(run.spec.network, &run.hostname)?;
            mounts::enter(&run, Ids::new(job.isolation))?;
            drop_rights(above, map, run.spec.user)?;
        }
        Isolation::Chroot => enter_chroot(&run, Ids::new(job.isolation))?,
    }
    privileges::limit_processes(&run.spec.limits, &run.limiter)?;
    if run.spec.user == User::Build {
        privileges::no_new_privileges()?;
    }
    // The build user may be the same user on the host: nothing of process 1 is for it to look at.
    prctl::set_dumpable(false).map_err(Failure::of("hide process 1"))?;
    die_with_parent(above)?;
    if run.filter {
        filter::apply(filter::Subject { user: run.spec.user, old_sockets: run.spec.old_sockets })?;
    }
    start(above, &run.spec, job.isolation)
}

/// The kernel kills us with the outer stage. Changing ids clears this, so it is said twice; the poll
/// notices a parent that was gone before.
fn die_with_parent(above: &Line) -> Result<(), Failure> {
    let doing = "tie the sandbox to its parent";
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(Failure::of(doing))?;
    let mut socket = [PollFd::new(std::os::fd::AsFd::as_fd(above), PollFlags::POLLIN)];
    poll(&mut socket, PollTimeout::ZERO).map_err(Failure::of(doing))?;
    let gone = socket[0].revents().is_some_and(|events| events.contains(PollFlags::POLLHUP));
    if gone { Err(Failure::of(doing)("it is gone")) } else { Ok(()) }
}

fn namespaces(network: Network, hostname: &str) -> Result<(), Failure> {
    let mut flags =
        CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWCGROUP;
    if network == Network::Off {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    unshare(flags).map_err(Failure::of("make mount, ipc, uts, cgroup and network namespaces"))?;
    sethostname(hostname).map_err(Failure::of("set the host name"))?;
    if network == Network::Off {
        loopback::bring_up()?;
    }
    Ok(())
}

fn drop_rights(above: &mut Line, map: UserMap, user: User) -> Result<(), Failure> {
    if let UserMap::Range(_) = map {
        // Last of all namespaces: the others belong to the host's user namespace, so that not even
        // inner root can mount, bring up interfaces or rename the host.
        unshare(CloneFlags::CLONE_NEWUSER).map_err(Failure::of("make a user namespace"))?;
        above.ask(&Reply::MapMe)?;
        privileges::become_inner_root()?;
    }
    if user == User::Build {
        match map {
            UserMap::Own => {
                privileges::allow_user_namespaces(1);
                privileges::enter_own(BUILD)?;
            }
            UserMap::Range(_) | UserMap::Subordinate { .. } => privileges::allow_user_namespaces(0),
            UserMap::None => {}
        }
    }
    Ok(())
}

/// All that containers without mounts allow: no isolation. Binds become copies.
fn enter_chroot(run: &Run, ids: Ids) -> Result<(), Failure> {
    if let Root::Overlay { lowers, upper, .. } = &run.spec.root {
        tree::copy_lowers(lowers, upper)?;
    }
    let root = copies::root_of(&run.spec);
    let inside = Inside::new(mounts::open_path(root)?, ids.owner(User::Root));
    if root != Path::new("/") {
        let devices = inside.directory(Path::new("/dev"))?;
        // Containers allow few devices or none; programs that need one say so themselves.
        let _ = process::Command::new("cp")
            .args(["-a", "--no-clobber", "/dev/null", "/dev/zero", "/dev/urandom", "-t"])
            .arg(format!("/proc/{}/fd/{}", process::id(), devices.as_raw_fd()))
            .stderr(Stdio::null())
            .status();
        for path in ["/tmp", "/var/tmp"] {
            let made = inside.directory(Path::new(path))?;
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o1777);
            fs::set_permissions(path_of(&made), mode).map_err(Failure::of(format!("open up `{path}`")))?;
        }
    }
    for path in &run.spec.writable {
        let made = inside.directory(path)?;
        change_owner(&made, ids.owner(run.spec.user)).map_err(Failure::of("own a directory"))?;
    }
    for bind in &run.spec.binds {
        copies::bring_in(&inside, bind, run.spec.user, ids)?;
    }
    chroot(root).map_err(Failure::of("change the root"))?;
    chdir("/").map_err(Failure::of("change the root"))
}

fn start(above: &mut Line, spec: &Spec, isolation: Isolation) -> Result<Reply, Failure> {
    chdir(&spec.directory).map_err(Failure::of(format!("enter `{}` inside", spec.directory.display())))?;
    let mut command = process::Command::new(&spec.program);
    command.args(&spec.args).env_clear().stdin(Stdio::null());
    command.env("PATH", "/usr/bin:/usr/sbin:/bin:/sbin").env("LANG", "C.UTF-8");
    command.env("HOME", if spec.user == User::Root { "/root" } else { "/tmp" });
    command.envs(spec.environment.iter().map(|(name, value)| (name, value)));
    let nested = matches!(isolation, Isolation::Namespaces(UserMap::Own));
    if spec.user == User::Build && !nested {
        // Leaving id 0 drops all capabilities and supplementary groups with it.
        command.uid(BUILD).gid(BUILD);
    }
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = spec.program.clone();
            return Ok(Reply::NotStarted { program, reason: error.to_string() });
        }
    };
    above.send(&Reply::Started).map_err(Failure::of("report the start"))?;
    let exit = reap(child.id())?;
    Ok(Reply::Left(exit))
}

/// Waits for the command, and for every orphan that ends before it, as process 1 must.
fn reap(first: u32) -> Result<crate::Exit, Failure> {
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid.as_raw() as u32 == first => {
                return Ok(crate::Exit::Exited(code));
            }
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid.as_raw() as u32 == first => {
                return Ok(crate::Exit::Signaled(signal as i32));
            }
            // Real-time signals have no name in `Signal`; the process is reaped all the same, and
            // the next call tells whether it was the last one.
            Ok(_) | Err(Errno::EINVAL | Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(crate::Exit::Signaled(nix::libc::SIGRTMIN())),
            Err(error) => return Err(Failure::of("wait for the command")(error)),
        }
    }
}

/// All of a run but the command.
fn probe(above: &mut Line, isolation: Isolation, directory: &Path) -> Result<Reply, Failure> {
    let Isolation::Namespaces(map) = isolation else {
        return Ok(Reply::Facts { overlay: Err("chroot only".into()), proc: false, filter: try_filter() });
    };
    namespaces(Network::Off, "localhost")?;
    let ids = Ids::new(isolation);
    let private = nix::mount::MsFlags::MS_REC | nix::mount::MsFlags::MS_PRIVATE;
    nix::mount::mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
        .map_err(Failure::of("make the mounts private"))?;
    let overlay = tree::try_overlay(directory, ids);
    if overlay.is_ok() {
        let detach = nix::mount::MntFlags::MNT_DETACH;
        nix::mount::umount2(mounts::base()?, detach).map_err(Failure::of("unmount"))?;
    }
    let spec = crate::Command::new(Root::HostTools, "/bin/true").user(User::Build).spec;
    let run = Run {
        spec,
        limiter: crate::Limiter::Rlimits,
        group: String::new(),
        overlay: overlay.is_ok(),
        hostname: "localhost".into(),
        filter: false,
    };
    let proc = mounts::enter(&run, ids)?;
    drop_rights(above, map, User::Build)?;
    let overlay = overlay.map_err(|failure| format!("{}: {}", failure.doing, failure.reason));
    Ok(Reply::Facts { overlay, proc, filter: try_filter() })
}

/// The filter of the build user; from here on nothing else can be tried.
fn try_filter() -> Result<(), String> {
    let subject = filter::Subject { user: User::Build, old_sockets: false };
    filter::apply(subject).map_err(|failure| failure.reason)
}

/// The end of a stage as the end of a command.
pub(crate) fn exit_of(status: process::ExitStatus) -> crate::Exit {
    match status.code() {
        Some(code) => crate::Exit::Exited(code),
        None => crate::Exit::Signaled(status.signal().unwrap_or(9)),
    }
}
