//! Limits of memory and processes in the three forms that machines offer.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

use crate::{Limit, Limits};

/// The three forms of limiting memory and processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limiter {
    /// Control groups version 2: new groups are made in this directory.
    V2 {
        /// The service's own group, delegated to it.
        parent: PathBuf,
    },
    /// Control groups version 1: new groups are made in both directories.
    V1 {
        /// Of the memory controller.
        memory: PathBuf,
        /// Of the pids controller.
        pids: PathBuf,
    },
    /// Resource limits of processes, and a watcher that adds up.
    Rlimits,
}

impl Limiter {
    /// Looks for the best form that this process may use.
    pub(crate) fn probe(prefix: &str) -> (Limiter, Option<String>) {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mut why = "no control groups are mounted".to_owned();
        if let Some(mut parent) = find(&mounts, &own, "") {
            if parent.ends_with(leaf_name(prefix)) {
                // This service has moved already, below.
                parent.pop();
            }
            match open_up(&parent, prefix) {
                Ok(()) => return (Limiter::V2 { parent }, None),
                Err(error) => why = format!("`{}`: {error}", parent.display()),
            }
        }
        if let (Some(memory), Some(pids)) = (find(&mounts, &own, "memory"), find(&mounts, &own, "pids")) {
            let limiter = Limiter::V1 { memory, pids };
            let name = format!("{}-probe", group_name(prefix));
            let tiny = Limits { memory: Some(1 << 30), processes: Some(64), ..Limits::default() };
            match Group::make(&limiter, &name, &tiny) {
                Ok(group) => {
                    group.remove();
                    return (limiter, None);
                }
                Err(error) => why = error.to_string(),
            }
        }
        (Limiter::Rlimits, Some(why))
    }

    fn parents(&self) -> Vec<&Path> {
        match self {
            Limiter::V2 { parent } => vec![parent],
            Limiter::V1 { memory, pids } => vec![memory, pids],
            Limiter::Rlimits => Vec::new(),
        }
    }
}

/// A new name that tells who made the group: a process id, and the start time that makes it unique.
pub(crate) fn group_name(prefix: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let pid = std::process::id();
    format!("{prefix}-{pid}-{}-{number}", start_time(pid).unwrap_or(0))
}

/// Removes groups that a killed service left behind, with all processes in them. Call it once at
/// start. Returns how many were removed.
pub fn sweep(limiter: &Limiter, prefix: &str) -> usize {
    let mut removed = 0;
    for parent in limiter.parents() {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let stale = entry.file_name().to_str().is_some_and(|name| is_stale(name, prefix));
            if stale && entry.path().is_dir() && remove_group(&entry.path()) {
                removed += 1;
            }
        }
    }
    removed
}

fn is_stale(name: &str, prefix: &str) -> bool {
    let Some(rest) = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-')) else {
        return false;
    };
    let mut numbers = rest.split('-').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(pid)), Some(Ok(start))) => start_time(pid as u32) != Some(start),
        _ => false,
    }
}

/// Clock ticks after boot (proc_pid_stat(5), field 22).
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// The control groups of one run.
pub(crate) struct Group {
    directories: Vec<PathBuf>,
    version: u8,
}

impl Group {
    pub fn none() -> Group {
        Group { directories: Vec::new(), version: 0 }
    }

    pub fn make(limiter: &Limiter, name: &str, limits: &Limits) -> io::Result<Group> {
        let version = match limiter {
            Limiter::V2 { .. } => 2,
            Limiter::V1 { .. } => 1,
            Limiter::Rlimits => 0,
        };
        let directories = limiter.parents().iter().map(|parent| parent.join(name)).collect();
        let group = Group { directories, version };
        let made = group
            .directories
            .iter()
            .try_for_each(|path| fs::create_dir(path).map_err(named("make", path)))
            .and_then(|()| group.limit(limits));
        if let Err(error) = made {
            group.remove();
            return Err(error);
        }
        Ok(group)
    }

    fn limit(&self, limits: &Limits) -> io::Result<()> {
        let (memory_file, swap_file) = match self.version {
            2 => ("memory.max", "memory.swap.max"),
            _ => ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
        };
        let (Some(memory), Some(pids)) = (self.memory(), self.pids()) else {
            return Ok(());
        };
        if let Some(bytes) = limits.memory {
            write(&memory.join(memory_file), bytes)?;
            // Version 1 counts memory and swap together, version 2 swap alone; kernels without swap
            // accounting have neither file.
            let swap = if self.version == 2 { 0 } else { bytes };
            let _ = fs::write(memory.join(swap_file), swap.to_string());
            let _ = fs::write(memory.join("memory.oom.group"), "1");
        }
        if let Some(count) = limits.processes {
            // The inner stage, and the moment between fork and exec.
            write(&pids.join("pids.max"), count + 1)?;
        }
        Ok(())
    }

    fn memory(&self) -> Option<&Path> {
        self.directories.first().map(PathBuf::as_path)
    }

    fn pids(&self) -> Option<&Path> {
        self.directories.last().map(PathBuf::as_path)
    }

    pub fn add(&self, pid: u32) -> io::Result<()> {
        self.directories.iter().try_for_each(|path| write(&path.join("cgroup.procs"), pid.into()))
    }

    /// The limit that the kernel enforced at least once.
    pub fn limit_hit(&self) -> Option<Limit> {
        let memory_file = if self.version == 2 { "memory.events" } else { "memory.oom_control" };
        if counter(&self.memory()?.join(memory_file), "oom_kill") > 0 {
            return Some(Limit::Memory);
        }
        (counter(&self.pids()?.join("pids.events"), "max") > 0).then_some(Limit::Processes)
    }

    pub fn memory_peak(&self) -> Option<u64> {
        let file = if self.version == 2 { "memory.peak" } else { "memory.max_usage_in_bytes" };
        fs::read_to_string(self.memory()?.join(file)).ok()?.trim().parse().ok()
    }

    pub fn remove(&self) {
        for path in &self.directories {
            remove_group(path);
        }
    }
}

/// Ends what lives in a group and removes it.
fn remove_group(path: &Path) -> bool {
    // A process that was just reaped leaves its group a moment later.
    for _ in 0..500 {
        match fs::remove_dir(path) {
            Ok(()) => return true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return false,
            Err(_) => {}
        }
        if fs::write(path.join("cgroup.kill"), "1").is_err() {
            let living = fs::read_to_string(path.join("cgroup.procs")).unwrap_or_default();
            for pid in living.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 1) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
    false
}

/// Where groups of this controller can be made: the group of this process. The empty name stands for
/// version 2.
fn find(mountinfo: &str, own: &str, controller: &str) -> Option<PathBuf> {
    let (root, mount) = mountinfo.lines().find_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut right = right.split(' ');
        let (kind, options) = (right.next()?, right.nth(1)?);
        let fits = match controller {
            "" => kind == "cgroup2",
            name => kind == "cgroup" && options.split(',').any(|option| option == name),
        };
        let mut left = left.split(' ').skip(3);
        fits.then_some((left.next()?, left.next()?))
    })?;
    let path = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (names, path) = rest.split_once(':')?;
        let fits = match controller {
            "" => names.is_empty(),
            name => names.split(',').any(|found| found == name),
        };
        fits.then_some(path)
    })?;
    // In a container the mount shows only part of the hierarchy, which begins at `root`.
    let below = path.strip_prefix(root.trim_end_matches('/')).unwrap_or("/");
    let group = Path::new(mount).join(below.trim_start_matches('/'));
    Some(if group.is_dir() { group } else { PathBuf::from(mount) })
}

fn leaf_name(prefix: &str) -> String {
    format!("{prefix}.service")
}

/// Makes memory and pids available to groups below the service's own one.
fn open_up(parent: &Path, prefix: &str) -> io::Result<()> {
    let offered = fs::read_to_string(parent.join("cgroup.controllers"))?;
    for name in ["memory", "pids"] {
        if !offered.split_whitespace().any(|found| found == name) {
            return Err(io::Error::other(format!("the controller `{name}` is not offered")));
        }
    }
    let control = parent.join("cgroup.subtree_control");
    if fs::write(&control, "+memory +pids").is_err() {
        // Only groups without processes of their own may hand on controllers (cgroups(7), "no
        // internal processes"): the service moves into a group below its own.
        let leaf = parent.join(leaf_name(prefix));
        if !leaf.is_dir() {
            fs::create_dir(&leaf)?;
        }
        for pid in fs::read_to_string(parent.join("cgroup.procs"))?.lines() {
            fs::write(leaf.join("cgroup.procs"), pid)?;
        }
        fs::write(&control, "+memory +pids")?;
    }
    let trial = parent.join(format!("{}-probe", group_name(prefix)));
    fs::create_dir(&trial)?;
    fs::remove_dir(&trial)
}

fn counter(path: &Path, name: &str) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

fn write(path: &Path, value: u64) -> io::Result<()> {
    fs::write(path, value.to_string()).map_err(named("write", path))
}

fn named(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let words = format!("{doing} `{}`", path.display());
    move |error| io::Error::new(error.kind(), format!("{words}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
        25 20 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        26 20 0:23 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
        27 20 0:24 /docker/abc /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn groups_are_made_below_the_own_group_as_the_mount_shows_it() {
        let own = "4:memory:/gone\n8:pids:/\n0::/docker/abc\n";
        assert_eq!(find(HYBRID, own, "memory"), Some("/sys/fs/cgroup/memory".into()));
        assert_eq!(find(HYBRID, own, "pids"), Some("/sys/fs/cgroup/pids".into()));
        assert_eq!(find(HYBRID, own, ""), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(find(HYBRID, own, "cpu"), None);
    }

    /// A plain directory takes the same writes as a version 2 group; the kernel's part is in the
    /// file that the test writes.
    #[test]
    fn version_2_gets_its_limits_and_its_events_are_understood() {
        let parent = tempfile::tempdir().expect("a directory");
        let limiter = Limiter::V2 { parent: parent.path().into() };
        let limits = Limits { memory: Some(4096), processes: Some(9), ..Limits::default() };
        let group = Group::make(&limiter, "g", &limits).expect("a group");
        let read = |name: &str| fs::read_to_string(parent.path().join("g").join(name)).expect(name);
        assert_eq!(read("memory.max"), "4096");
        assert_eq!(read("memory.swap.max"), "0");
        assert_eq!(read("memory.oom.group"), "1");
        assert_eq!(read("pids.max"), "10");
        assert_eq!(group.limit_hit(), None);
        let event = |name: &str, text| fs::write(parent.path().join("g").join(name), text);
        event("pids.events", "max 3\n").expect("write");
        assert_eq!(group.limit_hit(), Some(Limit::Processes));
        event("memory.events", "low 0\nmax 9\noom 1\noom_kill 1\n").expect("write");
        assert_eq!(group.limit_hit(), Some(Limit::Memory));
    }

    #[test]
    fn only_groups_of_ended_processes_are_stale() {
        let mine = group_name("p");
        assert!(!is_stale(&mine, "p"));
        assert!(is_stale(&format!("p-{}-1-1", std::process::id()), "p"), "a number used again");
        assert!(!is_stale("p-other", "p"));
        assert!(!is_stale("q-1-1-1", "p"));
    }
}
