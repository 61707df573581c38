//! Bars that show how far files are on their way, for who looks on.

use copr_client::v3::{FileProgress, Progress, Step, Upload};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::terminal::Terminal;

const SIZED: &str = "{msg} {wide_bar} {decimal_bytes:>9}/{decimal_total_bytes:<9} {decimal_bytes_per_sec:>11} {eta:>4}";
const UNSIZED: &str = "{msg} {spinner} {decimal_bytes:>9} {decimal_bytes_per_sec:>11}";
/// Names are cut to so many letters, and filled up to them.
const NAME: usize = 32;

/// Bars on the standard error; nothing at all when that is no terminal.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    of_files: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    /// None yet.
    pub fn new(terminal: Terminal) -> Self {
        let is_seen = terminal.err && terminal.redraws;
        let target = if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { all: MultiProgress::with_draw_target(target), of_files: Mutex::default() }
    }

    fn add(&self, name: &str, total: Option<u64>) -> ProgressBar {
        let bar = self.all.add(ProgressBar::no_length());
        bar.set_message(shortened(name));
        sized(&bar, total);
        bar
    }

    /// A downloaded file is farther than before.
    pub fn file(&self, progress: &FileProgress<'_>) {
        let mut bars = self.of_files.lock().unwrap_or_else(PoisonError::into_inner);
        let path = progress.file.path();
        if matches!(progress.step, Step::Done | Step::Kept | Step::Failed) {
            if let Some(bar) = bars.remove(path) {
                bar.finish_and_clear();
                self.all.remove(&bar);
            }
            return;
        }
        let bar = bars.entry(path.to_owned()).or_insert_with(|| self.add(progress.file.name(), progress.total));
        match progress.step {
            Step::Begun | Step::Resumed => {
                sized(bar, progress.total);
                bar.set_position(progress.received);
                // What was here before was not received now.
                bar.reset_eta();
            }
            _ => bar.set_position(progress.received),
        }
    }

    /// An upload that has a bar.
    pub fn upload(&self, file: &Path) -> Upload {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bar = self.add(&name, None);
        Upload::new(file).on_progress(move |Progress { sent, total, .. }| {
            if bar.length() != Some(total) {
                sized(&bar, Some(total));
            }
            bar.set_position(sent);
            if sent >= total {
                bar.finish_and_clear();
            }
        })
    }
}

fn sized(bar: &ProgressBar, total: Option<u64>) {
    let template = if total.is_some() { SIZED } else { UNSIZED };
    if let Some(total) = total {
        bar.set_length(total);
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    if total.is_none() {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
}

fn shortened(name: &str) -> String {
    let count = name.chars().count();
    match count > NAME {
        // Names of packages differ at their ends.
        true => "…".chars().chain(name.chars().skip(count - NAME + 1)).collect(),
        false => format!("{name:NAME$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_the_same_room() {
        assert_eq!(shortened("a.rpm").chars().count(), NAME);
        let long = format!("{}.rpm", "x".repeat(40));
        assert_eq!((shortened(&long).chars().count(), shortened(&long).ends_with("x.rpm")), (NAME, true));
    }
}
