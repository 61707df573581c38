//! Entering user namespaces, dropping rights, setting process limits.

use std::{fs, path::Path};

use nix::{
    sched::{CloneFlags, unshare},
    sys::{
        prctl,
        resource::{Resource, getrlimit, setrlimit},
    },
    unistd::{Gid, Uid, setgroups, setresgid, setresuid},
};

use super::message::Failure;
use crate::{Limiter, Limits};

/// A user namespace in which `inner` is the one id, and is us.
pub(crate) fn enter_own(inner: u32) -> Result<(), Failure> {
    let (uid, gid) = (Uid::effective(), Gid::effective());
    unshare(CloneFlags::CLONE_NEWUSER).map_err(Failure::of("make a user namespace"))?;
    // Without CAP_SETGID over the parent the kernel wants setgroups given up first
    // (user_namespaces(7)).
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("{inner} {uid} 1"))?;
    write("/proc/self/gid_map", &format!("{inner} {gid} 1"))
}

/// Becomes id 0 of the namespace whose map was just written by somebody above.
pub(crate) fn become_inner_root() -> Result<(), Failure> {
    let doing = "become root inside";
    setgroups(&[]).map_err(Failure::of(doing))?;
    let (uid, gid) = (Uid::from_raw(0), Gid::from_raw(0));
    setresgid(gid, gid, gid).map_err(Failure::of(doing))?;
    setresuid(uid, uid, uid).map_err(Failure::of(doing))
}

/// From here on nothing below this user namespace can make more than `more` others. Best effort:
/// a namespace inside gives no rights over the host, only a larger attack surface.
pub(crate) fn allow_user_namespaces(more: u32) {
    let _ = fs::write("/proc/sys/user/max_user_namespaces", more.to_string());
}

/// Set-user-id programs and file capabilities give nothing from here on.
pub(crate) fn no_new_privileges() -> Result<(), Failure> {
    prctl::set_no_new_privs().map_err(Failure::of("give up new privileges"))
}

/// Limits that every process inherits.
pub(crate) fn limit_processes(limits: &Limits, limiter: &Limiter) -> Result<(), Failure> {
    set(Resource::RLIMIT_CORE, 0)?;
    if let Some(files) = limits.open_files {
        set(Resource::RLIMIT_NOFILE, files)?;
    }
    if let Some(bytes) = limits.disk {
        // A single file can never pass the limit between two looks of the watcher.
        set(Resource::RLIMIT_FSIZE, bytes)?;
    }
    if let (Limiter::Rlimits, Some(processes)) = (limiter, limits.processes) {
        // Counted per user *and* user namespace since Linux 5.14, so runs do not disturb each other.
        // A little more than the limit, so that the watcher can see it reached before a process
        // that is refused a child gives up.
        set(Resource::RLIMIT_NPROC, processes.saturating_add(processes / 4 + 4))?;
    }
    Ok(())
}

fn set(resource: Resource, value: u64) -> Result<(), Failure> {
    let doing = "set a process limit";
    let (_, hard) = getrlimit(resource).map_err(Failure::of(doing))?;
    let value = value.min(hard);
    setrlimit(resource, value, value).map_err(Failure::of(doing))
}

fn write(path: &str, text: &str) -> Result<(), Failure> {
    fs::write(Path::new(path), text).map_err(Failure::of(format!("write `{path}`")))
}
