//! What the operator decides about one builder.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use copr_types::Clock;
use serde::{Deserialize, Serialize};
use url::Url;

/// The bearer token of a builder; never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// From its text; white space around it (a line end in a token file) does not count.
    pub fn new(text: impl AsRef<str>) -> Token {
        Token(text.as_ref().trim().to_owned())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Settings of a [`Builder`](crate::Builder).
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the server, with or without a path in front of `/builder/v1`.
    pub server: Url,
    /// What the server knows this builder by.
    pub token: Token,
    /// Where trees, layers and running work live. Several builders may share it.
    pub data_dir: PathBuf,
    /// Where the writable layers of running builds live; an in-memory file system is faster and
    /// needs as much memory as builds write. `None`: in the data directory.
    pub scratch_dir: Option<PathBuf>,
    /// Tasks done at the same time.
    pub workers: usize,
    /// Name for people.
    pub name: String,
    /// Architectures it builds for, as in chroot names.
    pub arches: Vec<String>,
    /// What it is called besides: tasks can be for builders of certain names alone.
    pub tags: Vec<String>,
    /// Memory that it has for all tasks that it does at one time, MiB.
    pub memory_mib: u64,
    /// The program that is started again inside sandboxes; it has to call
    /// [`main_if_child`](crate::main_if_child) first. The running program unless told.
    pub program: PathBuf,
    /// A directory with further programs that make sources, in `bin` below it: a virtual environment of Python, say. Sandboxes see it
    /// at its own place, read-only.
    pub tools_dir: Option<PathBuf>,
    /// What builds packages.
    pub engine: Engine,
    /// Where mock is, for [`Engine::Mock`].
    pub mock: PathBuf,
    /// How sandboxes are made.
    pub sandbox: copr_sandbox::Config,
    /// How downloads of users' addresses are done.
    pub downloads: Downloads,
    /// Distribution repositories are asked for changes no more often than this.
    pub repo_check: Duration,
    /// Bytes that warm trees, layers, downloaded packages and metadata may take together; the longest unused go first.
    pub keep_bytes: u64,
    /// How long work goes on without an answer from the server.
    pub patience: Duration,
    /// First pause before a mirror is asked again after a failure; doubles each time.
    pub retry_pause: Duration,
    /// How often a failing mirror or download is tried.
    pub attempts: u32,
    /// How long one run of the package manager may take.
    pub install_timeout: Duration,
    /// Time for the logs.
    pub clock: Clock,
}

impl Config {
    /// The defaults: two workers, 20 GiB of warm trees, this machine's architectures and name.
    pub fn new(server: Url, token: Token, data_dir: impl Into<PathBuf>) -> Config {
        Config {
            server,
            token,
            data_dir: data_dir.into(),
            scratch_dir: None,
            workers: 2,
            name: host_name(),
            arches: native_arches(std::env::consts::ARCH),
            tags: Vec::new(),
            memory_mib: memory_mib(),
            program: std::env::current_exe().unwrap_or_else(|_| "/proc/self/exe".into()),
            tools_dir: None,
            engine: Engine::Native,
            mock: "/usr/bin/mock".into(),
            sandbox: copr_sandbox::Config::default(),
            downloads: Downloads::default(),
            repo_check: Duration::from_secs(300),
            keep_bytes: 20 << 30,
            patience: Duration::from_secs(300),
            retry_pause: Duration::from_secs(2),
            attempts: 3,
            install_timeout: Duration::from_secs(1800),
            clock: Clock::system(),
        }
    }
}

/// What builds packages. Source packages are made without mock in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// This crate: warm buildroots, rpmbuild in a sandbox.
    #[default]
    Native,
    /// mock, which has to be on the machine.
    Mock,
}

/// Rules for fetching what users point at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Downloads {
    /// May an address lead to this machine or to a private network? Link-local addresses, where
    /// clouds keep their secrets, are always refused.
    pub private: PrivateNetworks,
    /// Redirects followed at most.
    pub redirects: usize,
    /// Seconds to wait for a connection, and for each next piece of the answer.
    pub stall_seconds: u64,
}

impl Default for Downloads {
    fn default() -> Downloads {
        Downloads { private: PrivateNetworks::Allowed, redirects: 10, stall_seconds: 30 }
    }
}

/// Whether downloads may reach loopback and private addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrivateNetworks {
    /// Yes: forges inside the house.
    Allowed,
    /// No: the public internet alone.
    Refused,
}

/// What a machine builds for without emulation.
fn native_arches(machine: &str) -> Vec<String> {
    let names: &[&str] = match machine {
        "x86_64" => &["x86_64", "i386", "i586", "i686"],
        "aarch64" => &["aarch64"],
        "x86" => &["i386", "i586", "i686"],
        "powerpc64" => &["ppc64le"],
        "arm" => &["armhfp"],
        other => &[other],
    };
    names.iter().map(|&name| name.to_owned()).collect()
}

/// What nearly every task asks for: a machine with less takes one at a time, as it could before tasks asked for memory.
const LEAST_MIB: u64 = 2048;

/// This machine's memory, MiB, or what its control group may have of it if that is less.
pub fn memory_mib() -> u64 {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let total = mem_total(&read("/proc/meminfo")).unwrap_or(u64::MAX);
    let group = read("/sys/fs/cgroup/memory.max").trim().parse::<u64>().map_or(u64::MAX, |bytes| bytes >> 20);
    match total.min(group) {
        u64::MAX => LEAST_MIB,
        memory => memory.max(LEAST_MIB),
    }
}

/// From the text of proc(5)'s `/proc/meminfo`, which counts in KiB.
fn mem_total(text: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(value.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? >> 10)
}

fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .unwrap_or_else(|_| "builder".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_memory_is_that_of_all_processes_together() {
        assert_eq!(mem_total("MemTotal:        8040344 kB\nMemFree:          100 kB\n"), Some(7851));
        assert!(memory_mib() >= LEAST_MIB);
    }

    #[test]
    fn a_machine_builds_for_what_its_processor_runs() {
        assert_eq!(native_arches("x86_64"), ["x86_64", "i386", "i586", "i686"]);
        assert_eq!(native_arches("riscv64"), ["riscv64"]);
    }
}
