//! Processor time of processes, as the kernel counts it.

use std::fs;

use anyhow::{Context, Result};

/// Which processes count: these, and their children of the moment.
pub struct Processes(pub Vec<u32>);

/// The kernel counts in hundredths of a second on every Linux that there is (`USER_HZ`).
const TICKS: f64 = 100.0;

impl Processes {
    /// Seconds so far. Children that ended are counted once their parent has heard of it.
    pub fn seconds(&self) -> Result<f64> {
        let mut ticks = 0;
        for entry in fs::read_dir("/proc")?.flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let stat = Stat::read(&stat).with_context(|| format!("/proc/{pid}/stat reads oddly"))?;
            if self.0.contains(&pid) {
                ticks += stat.own + stat.of_ended_children;
            } else if self.0.contains(&stat.parent) {
                ticks += stat.own;
            }
        }
        Ok(ticks as f64 / TICKS)
    }
}

struct Stat {
    parent: u32,
    own: u64,
    of_ended_children: u64,
}

impl Stat {
    /// proc(5): the name in brackets may hold anything, so counting starts behind the last bracket.
    fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: fields.get(1)?.parse().ok()?,
            own: number(11)? + number(12)?,
            of_ended_children: number(13)? + number(14)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_brackets_do_not_confuse() {
        let text = "7 (a) (b) S 3 7 7 0 -1 4194560 1 0 0 0 11 22 33 44 20 0 1 0 5 6 7";
        let stat = Stat::read(text).unwrap();
        assert_eq!((stat.parent, stat.own, stat.of_ended_children), (3, 33, 77));
    }

    #[test]
    fn what_this_process_did_is_counted() {
        let of_this_one = Processes(vec![std::process::id()]);
        let before = of_this_one.seconds().unwrap();
        let mut sum = 0_u64;
        while of_this_one.seconds().unwrap() - before < 0.03 {
            sum = std::hint::black_box((0..100_000_u64).sum::<u64>()).wrapping_add(sum);
        }
        assert!(sum > 0);
    }
}
