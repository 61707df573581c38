//! How a command ended.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// The end of a command that did start. Every process of it is gone by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What the first process of the command left.
    pub exit: Exit,
    /// The limit that was reached, also when the command coped with it and exited 0.
    pub limit_hit: Option<Limit>,
    /// The command was ended because its token was cancelled.
    pub cancelled: bool,
    /// What it took.
    pub usage: Usage,
}

impl Ended {
    /// Exit code 0, no limit reached, not cancelled.
    pub fn success(&self) -> bool {
        self.exit == Exit::Exited(0) && self.limit_hit.is_none() && !self.cancelled
    }
}

/// What a process leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It returned this code.
    Exited(i32),
    /// It was ended by this signal; 9 when the sandbox ended it.
    Signaled(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Exited(code) => write!(f, "exit code {code}"),
            Exit::Signaled(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// A limit of [`Limits`](crate::Limits) that ended a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Time on the clock.
    Wall,
    /// Memory of all processes together.
    Memory,
    /// Number of processes and threads.
    Processes,
    /// Bytes written to disk.
    Disk,
    /// Bytes of standard output and error together.
    Output,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Wall => "time",
            Limit::Memory => "memory",
            Limit::Processes => "processes",
            Limit::Disk => "disk",
            Limit::Output => "output",
        })
    }
}

/// What a command took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// From start to end, without making the sandbox.
    pub wall: Duration,
    /// User and system time of all processes that were waited for.
    pub cpu: Duration,
    /// The most memory at any time: of the control group, else of the largest process.
    pub memory_peak: Option<u64>,
    /// Bytes added to the writable places; measured only under a disk limit.
    pub disk: Option<u64>,
    /// Bytes of standard output and error.
    pub output: u64,
}
