//! What is written down while a task is worked on: the live log, the log files of the result, and
//! the time each step took.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use copr_types::Clock;

use crate::live_log::LiveLog;

/// Shared by all who work on one task.
#[derive(Clone)]
pub(crate) struct Transcript(Arc<Inner>);

struct Inner {
    live: LiveLog,
    files: Mutex<Files>,
    steps: Mutex<Steps>,
    clock: Clock,
    directory: PathBuf,
}

struct Files {
    build: File,
    root: File,
    state: File,
}

#[derive(Default)]
struct Steps {
    /// Name, begin, and whether a script's mark began it: the next mark ends it.
    open: Vec<(String, Instant, bool)>,
    took: BTreeMap<String, f64>,
}

/// Whose output it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// rpmbuild: `build.log`.
    Build,
    /// The package manager: `root.log`.
    Root,
}

/// Cuts a stream into lines, line ends included. One that is too long is cut.
pub(crate) struct Lines<F: FnMut(&str)> {
    begun: Vec<u8>,
    each: F,
}

impl<F: FnMut(&str)> Lines<F> {
    const LONGEST: usize = 64 << 10;

    /// Calls with each line.
    pub fn new(each: F) -> Lines<F> {
        Lines { begun: Vec::new(), each }
    }

    /// The next piece.
    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.begun.len() > Self::LONGEST {
                (self.each)(&String::from_utf8_lossy(&self.begun));
                self.begun.clear();
            }
        }
    }
}

impl<F: FnMut(&str)> Drop for Lines<F> {
    /// What is left has no line end.
    fn drop(&mut self) {
        if !self.begun.is_empty() {
            (self.each)(&format!("{}\n", String::from_utf8_lossy(&self.begun)));
        }
    }
}

impl Transcript {
    /// Logs in `directory`, which has to be there.
    pub fn create(directory: &Path, live: LiveLog, clock: Clock) -> std::io::Result<Transcript> {
        let file = |name: &str| File::create(directory.join(name));
        let files = Files { build: file("build.log")?, root: file("root.log")?, state: file("state.log")? };
        let steps = Mutex::new(Steps::default());
        let directory = directory.to_owned();
        Ok(Transcript(Arc::new(Inner { live, files: Mutex::new(files), steps, clock, directory })))
    }

    /// A line of the builder's own.
    pub fn say(&self, line: impl AsRef<str>) {
        self.0.live.write(format!("{}\n", line.as_ref()).as_bytes());
    }

    /// Output of a command.
    pub fn output(&self, of: Of, bytes: &[u8]) {
        self.0.live.write(bytes);
        if let Ok(mut files) = self.0.files.lock() {
            let file = match of {
                Of::Build => &mut files.build,
                Of::Root => &mut files.root,
            };
            // The live log has it all; a full disk ends the build elsewhere.
            let _ = file.write_all(bytes);
        }
    }

    /// A command that is about to run.
    pub fn command(&self, of: Of, line: &str) {
        self.output(of, format!("$ {line}\n").as_bytes());
    }

    /// Bytes of the live log.
    pub fn size(&self) -> u64 {
        self.0.live.size()
    }

    /// A step begins, inside those that are open.
    pub fn start(&self, step: &str) {
        self.begin(step, false);
    }

    fn begin(&self, step: &str, of_script: bool) {
        if let Ok(mut steps) = self.0.steps.lock() {
            steps.open.push((step.to_owned(), Instant::now(), of_script));
        }
        self.state("Start", step, "");
    }

    /// The step that began last ends.
    pub fn finish(&self) {
        let Some((step, begun, _)) = self.0.steps.lock().ok().and_then(|mut steps| steps.open.pop()) else { return };
        let took = begun.elapsed().as_secs_f64();
        if let Ok(mut steps) = self.0.steps.lock() {
            *steps.took.entry(step.clone()).or_default() += took;
        }
        self.state("Finish", &step, &format!(" ({took:.3} s)"));
    }

    /// A step of a script begins, and the one before it ends.
    pub fn enter(&self, step: &str) {
        self.finish_script();
        self.begin(step, true);
    }

    /// The step of a script ends, if one is open.
    pub fn finish_script(&self) {
        let open = |steps: &Steps| steps.open.last().is_some_and(|(_, _, of_script)| *of_script);
        if self.0.steps.lock().is_ok_and(|steps| open(&steps)) {
            self.finish();
        }
    }

    /// All steps that are still open end: something failed inside them.
    pub fn finish_all(&self) {
        while self.0.steps.lock().is_ok_and(|steps| !steps.open.is_empty()) {
            self.finish();
        }
    }

    /// Runs one step from start to finish; after a failure it stays open for [`Self::finish_all`].
    pub async fn step<T, E>(&self, step: &str, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.start(step);
        let done = work.await?;
        self.finish();
        Ok(done)
    }

    /// Seconds by step.
    pub fn timings(&self) -> BTreeMap<String, f64> {
        self.0.steps.lock().map(|steps| steps.took.clone()).unwrap_or_default()
    }

    /// Where the log files are.
    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    fn state(&self, verb: &str, step: &str, remark: &str) {
        let time = jiff::Timestamp::from_second(self.0.clock.now()).unwrap_or_default();
        let time = time.strftime("%Y-%m-%d %H:%M:%S");
        let line = format!("{time} - {verb}: {step}\n");
        if let Ok(mut files) = self.0.files.lock() {
            let _ = files.state.write_all(line.as_bytes());
        }
        self.0.live.write(format!("{time} {verb}: {step}{remark}\n").as_bytes());
    }
}
