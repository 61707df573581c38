//! What the service costs when nobody asks for anything.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use copr_testkit::service::Launch;

use crate::coprd;

/// After the work of the first start is done.
const REST: Duration = Duration::from_secs(10);
const READY_BAR: f64 = 1.0;
const MEMORY_BAR: f64 = 100.0;

pub fn idle(given: Option<&Path>) -> Result<()> {
    let binary = coprd::program(given)?;
    let scratch = tempfile::Builder::new().prefix("coprd-bench-").tempdir()?;
    let service = Launch::of(&binary).start(scratch.path())?;
    let ready = service.ready_after().as_secs_f64();
    println!("bench idle ready: ours={ready:.3}s bar={READY_BAR}s ratio={:.2}", ready / READY_BAR);

    sleep(REST);
    let memory = resident_megabytes(service.pid().context("the service is not running")?)?;
    println!("bench idle resident: ours={memory:.1}MB bar={MEMORY_BAR}MB ratio={:.2}", memory / MEMORY_BAR);
    Ok(())
}

/// Resident memory of a process.
pub(super) fn resident_megabytes(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|value| value.trim().trim_end_matches("kB").trim().parse().ok())
        .context("/proc names no VmRSS")?;
    Ok(kilobytes * 1024.0 / 1e6)
}
