//! What a program costs that runs for some milliseconds.

use std::fs;
use std::io::{Read, Write, pipe};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// As much as a pipe takes (pipe(7)).
const PIPE: usize = 65_536;
/// A program that has done nothing for so long has come to its end.
const REST: Duration = Duration::from_millis(1_500);

/// Seconds.
pub struct Cost {
    /// From the start to the end.
    pub wall: f64,
    /// In the program itself, not in the kernel.
    pub processor: f64,
    /// In the kernel on its behalf.
    pub kernel: f64,
}

impl Cost {
    /// Of one call, whose output is read and thrown away.
    pub fn of(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let ((before, kernel_before), start) = (processor_of_children()?, Instant::now());
        let done = command.output()?;
        let wall = start.elapsed().as_secs_f64();
        ensure!(done.status.success(), "{command:?}: {}", done.status);
        let (processor, kernel) = processor_of_children()?;
        Ok(Self { wall, processor: processor - before, kernel: kernel - kernel_before })
    }

    /// In the program and in the kernel.
    pub fn all(&self) -> f64 {
        self.processor + self.kernel
    }
}

/// Of children that were waited for.
fn processor_of_children() -> Result<(f64, f64)> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.num_microseconds() as f64 / 1e6;
    Ok((seconds(usage.user_time()), seconds(usage.system_time())))
}

/// The most memory that a call has at one time.
///
/// The kernel's own figure for a process that has ended counts what its parent had before it became another program. So
/// it writes into a pipe that takes nothing more, waits there with all that it needed, and is looked at.
pub fn peak_megabytes(mut command: Command) -> Result<f64> {
    let (mut output, mut input) = pipe()?;
    input.write_all(&[b' '; PIPE])?;
    let mut child = command.stdin(Stdio::null()).stdout(input).stderr(Stdio::null()).spawn()?;
    // It has the other end of the pipe, too.
    drop(command);
    let megabytes = at_rest(child.id());
    let mut rest = Vec::new();
    output.read_to_end(&mut rest)?;
    ensure!(child.wait()?.success() && rest.len() > PIPE, "it printed nothing");
    megabytes
}

fn at_rest(pid: u32) -> Result<f64> {
    let (mut last, mut since) = (state(pid)?, Instant::now());
    while since.elapsed() < REST {
        sleep(Duration::from_millis(20));
        let now = state(pid)?;
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(last.1 as f64 * 1024.0 / 1e6)
}

/// Processor time so far, in ticks, and the peak of memory in KiB.
fn state(pid: u32) -> Result<(u64, u64)> {
    let (stat, status) =
        (fs::read_to_string(format!("/proc/{pid}/stat"))?, fs::read_to_string(format!("/proc/{pid}/status"))?);
    let fields: Vec<&str> = stat.rsplit_once(')').context("/proc has no such process")?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    Ok((ticks(11) + ticks(12), peak.context("it has ended before it wrote anything")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_something() {
        let mut shell = copr_testkit::command("/bin/sh");
        let cost = Cost::of(shell.args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"])).unwrap();
        assert!(cost.wall > 0.0 && cost.processor > 0.0 && cost.processor < cost.wall * 4.0);
        let mut shell = copr_testkit::command("/bin/sh");
        shell.args(["-c", "echo done"]);
        let peak = peak_megabytes(shell).unwrap();
        assert!((0.1..20.0).contains(&peak), "{peak}");
        let mut silent = copr_testkit::command("/bin/true");
        silent.arg("x");
        assert!(peak_megabytes(silent).is_err());
    }
}
