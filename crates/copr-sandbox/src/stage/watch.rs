//! Looks at a running sandbox now and then: which limit has it reached?

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{errno::Errno, sys::statvfs::statvfs, unistd::SysconfVar};

use super::{kill::below, message::Run};
use crate::{Limit, Limiter, Limits, Root, cgroup::Group, command::Spec};

/// How often counters are read; measuring disk takes at most a tenth of the time.
pub(crate) const TICK: Duration = Duration::from_millis(50);
const DISK_TICK: Duration = Duration::from_millis(100);
/// What a file takes besides its content, an empty one too: there are only so many of them on a disk.
const ENTRY: u64 = 512;

/// Watches the processes below one inner stage.
pub(crate) struct Watch<'a> {
    limits: &'a Limits,
    group: &'a Group,
    inner: u32,
    by_hand: bool,
    places: Vec<PathBuf>,
    before: u64,
    next_measure: Instant,
    /// Bytes on disk that were not there before.
    pub grown: Option<u64>,
    memory_peak: u64,
}

impl<'a> Watch<'a> {
    /// Measures the writable places as they are now. Call it before the command starts.
    pub fn new(run: &'a Run, group: &'a Group, inner: u32) -> Watch<'a> {
        let limits = &run.spec.limits;
        let places = limits.disk.map_or(Vec::new(), |_| writable(&run.spec));
        let before = places.iter().map(|path| size_below(path)).fold(0, u64::saturating_add);
        Watch {
            limits,
            group,
            inner,
            by_hand: run.limiter == Limiter::Rlimits,
            places,
            before,
            next_measure: Instant::now() + DISK_TICK,
            grown: None,
            memory_peak: 0,
        }
    }

    /// Is there anything to look at while the command runs?
    pub fn needed(&self) -> bool {
        let Limits { memory, processes, disk, .. } = self.limits;
        memory.is_some() || processes.is_some() || disk.is_some()
    }

    /// The limit that has been reached by now.
    pub fn look(&mut self) -> Option<Limit> {
        if let Some(limit) = self.counters() {
            return Some(limit);
        }
        if self.limits.disk.is_none() || Instant::now() < self.next_measure {
            return None;
        }
        let start = Instant::now();
        let hit = self.measure(true);
        self.next_measure = Instant::now() + DISK_TICK.max(start.elapsed() * 10);
        hit
    }

    /// After the last process: what the loop was too slow to see.
    pub fn last_look(&mut self) -> Option<Limit> {
        let counted = if self.by_hand { None } else { self.counters() };
        counted.or_else(|| self.measure(false))
    }

    /// The most memory at any time, as far as somebody counted.
    pub fn memory_peak(&self) -> Option<u64> {
        self.group.memory_peak().or((self.memory_peak > 0).then_some(self.memory_peak))
    }

    fn counters(&mut self) -> Option<Limit> {
        if !self.by_hand {
            return self.group.limit_hit();
        }
        if self.limits.memory.is_none() && self.limits.processes.is_none() {
            return None;
        }
        let processes = below(self.inner);
        let page = nix::unistd::sysconf(SysconfVar::PAGE_SIZE).ok().flatten().unwrap_or(4096) as u64;
        let memory = processes.iter().map(|process| process.resident_pages).sum::<u64>() * page;
        let threads = processes.iter().map(|process| process.threads.max(1)).sum::<u64>();
        self.memory_peak = self.memory_peak.max(memory);
        if self.limits.memory.is_some_and(|limit| memory >= limit) {
            return Some(Limit::Memory);
        }
        self.limits.processes.is_some_and(|limit| threads >= limit).then_some(Limit::Processes)
    }

    fn measure(&mut self, living: bool) -> Option<Limit> {
        let limit = self.limits.disk?;
        let mut now = self.places.iter().map(|path| size_below(path)).fold(0, u64::saturating_add);
        if living {
            now = now.saturating_add(self.in_memory()).saturating_add(self.deleted());
        }
        let grown = now.saturating_sub(self.before);
        self.grown = Some(self.grown.unwrap_or(0).max(grown));
        (grown >= limit).then_some(Limit::Disk)
    }

    /// Bytes in the sandbox's own file systems, seen through its first process.
    fn in_memory(&self) -> u64 {
        ["tmp", "dev/shm"]
            .iter()
            .filter_map(|path| statvfs(&root_of(self.inner).join(path)).ok())
            .map(|found| (found.blocks() - found.blocks_free()) * found.fragment_size())
            .sum()
    }

    /// Bytes of files that have no name any more but are still open.
    fn deleted(&self) -> u64 {
        let mut seen = HashSet::new();
        below(self.inner)
            .iter()
            .filter_map(|process| fs::read_dir(format!("/proc/{}/fd", process.pid)).ok())
            .flat_map(|entries| entries.flatten())
            .filter_map(|entry| fs::metadata(entry.path()).ok())
            .filter(|file| file.is_file() && file.nlink() == 0)
            .filter(|file| seen.insert((file.dev(), file.ino())))
            .map(|file| bytes(&file))
            .sum()
    }
}

fn root_of(pid: u32) -> PathBuf {
    format!("/proc/{pid}/root").into()
}

/// The places on the host's disk that a command can fill.
fn writable(spec: &Spec) -> Vec<PathBuf> {
    let root = match &spec.root {
        Root::Overlay { upper, .. } => Some(upper.clone()),
        Root::Tree(path) => Some(path.clone()),
        Root::HostTools => None,
    };
    let binds = spec.binds.iter().filter(|bind| bind.writable).map(|bind| bind.source.clone());
    root.into_iter().chain(binds).collect()
}

/// Bytes on disk below a path; hard links count once. Foreign code may change the tree meanwhile:
/// the worst it gets is a wrong number. A path too long to look at counts as endless.
fn size_below(top: &Path) -> u64 {
    let mut linked = HashSet::new();
    let mut size = 0_u64;
    let mut add = |found: &Metadata| {
        if found.nlink() < 2 || found.is_dir() || linked.insert((found.dev(), found.ino())) {
            size = size.saturating_add(bytes(found));
        }
    };
    let mut waiting = vec![top.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if too_long(&error) => return u64::MAX,
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            match entry.metadata() {
                Ok(found) => {
                    add(&found);
                    if found.is_dir() {
                        waiting.push(entry.path());
                    }
                }
                Err(error) if too_long(&error) => return u64::MAX,
                Err(_) => {}
            }
        }
    }
    size
}

/// Bytes of one file on disk. While ext4 writes delayed blocks out it counts them twice, so a file
/// is never taken for larger than it says.
fn bytes(found: &Metadata) -> u64 {
    const BLOCK: u64 = 4096;
    let allocated = found.blocks() * 512;
    let content = if found.is_file() { allocated.min(found.len().next_multiple_of(BLOCK)) } else { allocated };
    content + ENTRY
}

fn too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::ENAMETOOLONG as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hard_links_count_once_and_links_to_elsewhere_not_at_all() {
        let place = tempfile::tempdir().expect("a directory");
        let file = place.path().join("a");
        fs::write(&file, vec![1; 1 << 20]).expect("write");
        fs::hard_link(&file, place.path().join("b")).expect("link");
        std::os::unix::fs::symlink("/usr", place.path().join("c")).expect("symlink");
        let size = size_below(place.path());
        assert!((1 << 20..(1 << 20) + 65_536).contains(&size), "{size}");
    }
}
