//! Processes below a process, as `/proc` tells.

use std::{collections::HashSet, fs};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// What `/proc/<pid>/stat` says (proc_pid_stat(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub pid: u32,
    pub parent: u32,
    pub threads: u64,
    pub resident_pages: u64,
}

/// All processes below this one, itself not included.
pub(crate) fn below(top: u32) -> Vec<Process> {
    let all: Vec<Process> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(|pid| parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .collect();
    let mut family = HashSet::from([top]);
    let mut found = Vec::new();
    loop {
        let before = found.len();
        for process in &all {
            if family.contains(&process.parent) && family.insert(process.pid) {
                found.push(*process);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// Ends everything below this process, which must be a subreaper and reaps what falls to it.
pub(crate) fn descendants(top: u32) {
    loop {
        let living = below(top);
        if living.is_empty() {
            return;
        }
        for process in &living {
            let _ = kill(Pid::from_raw(process.pid as i32), Signal::SIGKILL);
        }
        if top == std::process::id() {
            reap_all();
        }
    }
}

/// Reaps what has ended already.
fn reap_all() {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return,
            _ => {}
        }
    }
}

fn parse(pid: u32, stat: &str) -> Option<Process> {
    // The name in parentheses may itself hold parentheses and spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        threads: fields.get(17)?.parse().ok()?,
        resident_pages: fields.get(21)?.parse().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let stat = "77 (a) b (c) S 5 77 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 100 4096 12 0";
        let expected = Process { pid: 77, parent: 5, threads: 3, resident_pages: 12 };
        assert_eq!(parse(77, stat), Some(expected));
    }

    #[test]
    fn a_child_is_below_its_parent() {
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("cat");
        let found = below(std::process::id()).iter().any(|process| process.pid == child.id());
        child.kill().expect("kill");
        child.wait().expect("wait");
        assert!(found);
    }
}
