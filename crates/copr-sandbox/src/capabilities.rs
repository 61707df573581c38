//! One look at the machine: what it can isolate and limit.

use std::{fmt, fs, path::Path, process::Stdio};

use nix::unistd::{Uid, User};
use serde::{Deserialize, Serialize};

use crate::{
    Config, Error, IdRange, Limiter, WeakIsolation,
    cgroup::group_name,
    host::Stage,
    stage::{
        filter,
        message::{Job, Reply, Task},
    },
};

/// What sandboxes on this machine are made of. Printing it gives the operator's lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// How commands are kept from the host.
    pub isolation: Isolation,
    /// How memory and processes are limited.
    pub limiter: Limiter,
    /// Overlays can be mounted; otherwise lower trees are copied into the upper.
    pub overlay: bool,
    /// System calls that builds do not need are refused.
    pub filter: bool,
    /// What is missing, each with what to do about it.
    pub missing: Vec<String>,
}

/// How commands are kept from the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Isolation {
    /// Mount, pid, ipc, uts, cgroup and network namespaces.
    Namespaces(UserMap),
    /// A chroot as root: no isolation. Only under [`WeakIsolation::Allowed`].
    Chroot,
}

/// How user ids inside map to ids of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UserMap {
    /// As root: inner 0 and up are this range.
    Range(IdRange),
    /// Unprivileged with `/etc/subuid`: inner 0 is the service, inner 1 and up are these ranges.
    Subordinate {
        /// User ids.
        uids: IdRange,
        /// Group ids.
        gids: IdRange,
    },
    /// Unprivileged: all inner users are the service.
    Own,
    /// No user namespace: inner root is the host's. Only under [`WeakIsolation::Allowed`].
    None,
}

impl Capabilities {
    /// Looks at this machine. Blocks for some 20 ms; once at start is enough.
    ///
    /// # Errors
    /// [`Error::NoIsolation`] when the machine isolates less than the configuration demands.
    pub fn probe(config: &Config) -> Result<Capabilities, Error> {
        // Callers may be inside a runtime, where another cannot block: it gets a thread of its own.
        std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .map_err(Error::io("make a runtime"))?
                        .block_on(look(config))
                })
                .join()
                .unwrap_or(Err(Error::Lost))
        })
    }
}

async fn look(config: &Config) -> Result<Capabilities, Error> {
    let mut refusals = Vec::new();
    let mut missing = Vec::new();
    let directory = std::env::temp_dir().join(group_name(&config.cgroup_prefix));
    let mut found = None;
    for isolation in candidates(config, &mut missing) {
        fs::create_dir_all(&directory).map_err(Error::io("make a temporary directory"))?;
        let result = try_out(config, isolation, &directory).await;
        remove(config, isolation, &directory).await;
        match result {
            Ok(facts) => {
                found = Some((isolation, facts));
                break;
            }
            Err(error @ Error::Stage { .. }) => return Err(error),
            Err(error) => refusals.push(error.to_string()),
        }
    }
    let Some((isolation, facts)) = found else {
        return Err(Error::NoIsolation { missing: refusals.join("; "), hint: hint().into() });
    };
    missing.extend(refusals);
    if let Err(reason) = &facts.overlay {
        missing.push(format!("overlays ({reason}): trees are copied; use ext4, xfs or tmpfs"));
    }
    if !facts.proc {
        missing.push("/proc inside: the container hides parts of its own; unmask it".into());
    }
    if let Err(reason) = &facts.filter {
        missing.push(format!("a filter of system calls ({reason}): the kernel needs CONFIG_SECCOMP_FILTER"));
    } else if !filter::KNOWN {
        missing.push("a filter of system calls: there is none for this architecture yet".into());
    }
    let (limiter, reason) = Limiter::probe(&config.cgroup_prefix);
    if let Some(reason) = reason {
        missing.push(format!("control groups ({reason}): delegate them (systemd: `Delegate=yes`) or run as root"));
    }
    let filter = facts.filter.is_ok() && filter::KNOWN;
    Ok(Capabilities { isolation, limiter, overlay: facts.overlay.is_ok(), filter, missing })
}

struct Facts {
    overlay: Result<(), String>,
    proc: bool,
    filter: Result<(), String>,
}

async fn try_out(config: &Config, isolation: Isolation, place: &Path) -> Result<Facts, Error> {
    let job = Job { isolation, task: Task::Probe { directory: place.to_path_buf() } };
    let mut stage = Stage::start(&config.stage, &job, Stdio::null(), Stdio::inherit()).await?;
    let reply = stage.reply(isolation).await;
    stage.wait().await;
    match reply? {
        Reply::Facts { overlay, proc, filter } => Ok(Facts { overlay, proc, filter }),
        _ => Err(Error::Lost),
    }
}

/// The overlay's work directory belongs to ids inside.
async fn remove(config: &Config, isolation: Isolation, directory: &Path) {
    let capabilities =
        Capabilities { isolation, limiter: Limiter::Rlimits, overlay: false, filter: false, missing: Vec::new() };
    let _ = crate::Sandbox::with(config.clone(), capabilities).remove_tree(directory).await;
}

/// The best first.
fn candidates(config: &Config, missing: &mut Vec<String>) -> Vec<Isolation> {
    let mut found = Vec::new();
    if Uid::effective().is_root() {
        found.push(Isolation::Namespaces(UserMap::Range(config.outer_ids)));
        if config.weak_isolation == WeakIsolation::Allowed {
            found.push(Isolation::Namespaces(UserMap::None));
            found.push(Isolation::Chroot);
        }
        return found;
    }
    match subordinate() {
        Ok(map) => found.push(Isolation::Namespaces(map)),
        Err(reason) => missing.push(format!(
            "a range of user ids ({reason}): install `uidmap` and add the user to `/etc/subuid` and \
             `/etc/subgid`"
        )),
    }
    found.push(Isolation::Namespaces(UserMap::Own));
    found
}

/// The ranges that `/etc/subuid` and `/etc/subgid` give to this user (subuid(5)).
fn subordinate() -> Result<UserMap, String> {
    let uid = Uid::effective();
    let name = User::from_uid(uid).ok().flatten().map(|user| user.name);
    let range = |file: &str| {
        let text = fs::read_to_string(file).map_err(|error| format!("`{file}`: {error}"))?;
        range_of(&text, name.as_deref(), uid.as_raw()).ok_or(format!("none in `{file}`"))
    };
    Ok(UserMap::Subordinate { uids: range("/etc/subuid")?, gids: range("/etc/subgid")? })
}

fn range_of(text: &str, name: Option<&str>, uid: u32) -> Option<IdRange> {
    text.lines().find_map(|line| {
        let mut words = line.split(':');
        let user = words.next()?;
        if Some(user) != name && user.parse() != Ok(uid) {
            return None;
        }
        let range = IdRange { first: words.next()?.parse().ok()?, count: words.next()?.parse().ok()? };
        // The build user needs id 1000, and packages have files of many low ids.
        (range.count >= 65_535).then_some(IdRange { count: 65_535, ..range })
    })
}

fn hint() -> &'static str {
    if Uid::effective().is_root() {
        "in a container, allow user namespaces and mounts; for trusted packages alone, allow weak \
         isolation in the configuration"
    } else {
        "allow unprivileged user namespaces (sysctl `user.max_user_namespaces`, \
         `kernel.apparmor_restrict_unprivileged_userns=0`), or run the builder as root"
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let isolation = match self.isolation {
            Isolation::Namespaces(UserMap::Range(range)) => {
                format!("user ids {}-{}", range.first, range.first + (range.count - 1))
            }
            Isolation::Namespaces(UserMap::Subordinate { uids, .. }) => {
                format!("own user id and {}-{}", uids.first, uids.first + (uids.count - 1))
            }
            Isolation::Namespaces(UserMap::Own) => "own user id".into(),
            Isolation::Namespaces(UserMap::None) => "the host's user ids (weak)".into(),
            Isolation::Chroot => "chroot only (none)".into(),
        };
        write!(f, "isolation: {isolation}")?;
        if let Isolation::Namespaces(_) = self.isolation {
            f.write_str("; mount, pid, ipc, uts, cgroup, net namespaces")?;
        }
        if self.filter {
            f.write_str("; system calls filtered")?;
        }
        let limits = match self.limiter {
            Limiter::V2 { .. } => "cgroup v2 (memory, pids)",
            Limiter::V1 { .. } => "cgroup v1 (memory, pids)",
            Limiter::Rlimits => "process limits and a watcher",
        };
        let roots = if self.overlay { "overlay" } else { "copies" };
        write!(f, "; limits: {limits}; roots: {roots}")?;
        for line in &self.missing {
            write!(f, "\nmissing: {line}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_found_by_name_or_number_and_must_be_large_enough() {
        let text = "other:1:65536\nbuilder:200000:100\nbuilder:300000:65536\n1001:400000:70000\n";
        let range = |first| Some(IdRange { first, count: 65_535 });
        assert_eq!(range_of(text, Some("builder"), 7), range(300_000));
        assert_eq!(range_of(text, None, 1001), range(400_000));
        assert_eq!(range_of(text, Some("nobody"), 65_534), None);
    }
}
