//! Where the builder's own programs work on what users point at: a sandbox that sees the machine's programs and nothing else
//! of it, with a directory of its own that lasts as long as the task, and a way to the network only where one is asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use copr_sandbox::{Command, Exit, Limit, Root, User};
use copr_types::Phase;
use copr_types::source::without_passwords;
use copr_wire::builder::TaskLimits;

use crate::end::{self, Step};
use crate::gate::{self, Gate};
use crate::macros;
use crate::package::sandbox_limits;
use crate::transcript::{Lines, Of};
use crate::work::{Tail, Work};

/// Makes a home and a way to the network, before the script of a job.
const PRELUDE: &str = include_str!("workshop.sh");
/// Where the directory is inside.
pub(crate) const INSIDE: &str = "/work";
/// What programs look up, in place of the machine's own files.
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1000:builder:/work/home:/bin/sh\n";
const GROUP: &str = "root:x:0:\nbuilder:x:1000:\n";
const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n";
/// What shells say of a program that was ended by SIGXFSZ.
const TOO_LARGE: &str = "File size limit exceeded";
/// Configuration of the machine that is none of a build's business: it may hold passwords.
const HIDDEN: [&str; 5] = ["/etc/dnf", "/etc/yum", "/etc/yum.repos.d", "/etc/pki/entitlement", "/etc/pki/consumer"];

/// The workshop of one task.
pub(crate) struct Workshop<'w> {
    pub work: &'w Work,
    limits: &'w TaskLimits,
    directory: PathBuf,
    etc: PathBuf,
    spent: Duration,
}

/// One run in it.
pub(crate) struct Job<'a> {
    /// What it is called in the log.
    pub step: &'a str,
    /// What to do: a script for sh.
    pub script: &'a str,
    /// Arguments of the script.
    pub args: Vec<String>,
    /// Variables for it.
    pub env: Vec<(String, String)>,
    /// The phase it belongs to.
    pub phase: Phase,
}

/// How a run ended.
pub(crate) struct Ran {
    /// What the script left.
    pub exit: Exit,
    /// Its last words, without passwords.
    pub words: String,
}

impl<'w> Workshop<'w> {
    /// Makes one for a source task whose rpm macros are these.
    pub fn open(work: &'w Work, limits: &'w TaskLimits, task_macros: &[(String, String)]) -> Step<Workshop<'w>> {
        let io = |doing: &'static str| end::local(Phase::Fetch, doing);
        let directory = work.desk.directory("workshop").map_err(io("make a directory"))?;
        let etc = work.desk.directory("workshop-etc").map_err(io("make a directory"))?;
        fs::create_dir_all(etc.join("empty")).map_err(io("make a directory"))?;
        let text = macros::of_tools(task_macros, &work.place.config.name);
        for (name, text) in [("passwd", PASSWD), ("group", GROUP), ("hosts", HOSTS), ("macros", text.as_str())] {
            fs::write(etc.join(name), text).map_err(io("prepare the tools"))?;
        }
        Ok(Workshop { work, limits, directory, etc, spent: Duration::ZERO })
    }

    /// The directory that all runs see at [`INSIDE`]: foreign trees lie below, so it is not to be walked by name.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Time that the runs took.
    pub fn spent(&self) -> Duration {
        self.spent
    }

    /// Waits before another try.
    pub async fn pause(&self, pause: Duration) -> Step<()> {
        self.work.transcript.say(format!("Trying again in {:.1} s", pause.as_secs_f64()));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.work.held.stop.cancelled() => {}
        }
        self.work.held.check()
    }

    /// Runs a script, with a way out when there is a gate.
    pub async fn run(&mut self, job: Job<'_>, gate: Option<&Gate>) -> Step<Ran> {
        let (work, tail) = (self.work, Tail::default());
        let (log, keep) = (work.transcript.clone(), tail.clone());
        // Whole lines, so that what stands for a password is found.
        let mut lines = Lines::new(move |line| {
            let safe = without_passwords(line);
            keep.push(safe.as_bytes());
            log.output(Of::Build, safe.as_bytes());
        });
        let mut command = Command::new(Root::HostTools, "/bin/sh")
            .args(["-c".to_owned(), format!("{PRELUDE}\n{}", job.script), "workshop".to_owned()])
            .args(job.args)
            .user(User::Build)
            .env("HOME", format!("{INSIDE}/home"))
            .env("LANG", "C.UTF-8")
            .env("PATH", work.place.tools.path())
            .bind_writable(&self.directory, INSIDE)
            .bind_read_only(self.etc.join("macros"), "/copr/macros")
            .limits(sandbox_limits(self.limits, work.transcript.size(), self.spent));
        for name in ["passwd", "group", "hosts"] {
            command = command.bind_read_only(self.etc.join(name), format!("/etc/{name}"));
        }
        for path in HIDDEN {
            command = command.bind_read_only(self.etc.join("empty"), path);
        }
        if let Some(directory) = work.place.tools.directory() {
            command = command.bind_read_only(directory, directory);
        }
        if let Some(gate) = gate {
            command = command
                .bind_read_only(&work.place.config.program, "/copr-builder")
                .bind_read_only(gate.directory(), gate::INSIDE);
        }
        for (name, value) in job.env {
            command = command.env(name, value);
        }
        let command = command.cancelled_by(work.held.stop.clone()).on_output(move |bytes| lines.push(bytes));
        work.transcript.start(job.step);
        let begun = Instant::now();
        let ended = work.place.sandbox.run(command).await.map_err(end::sandbox(job.phase))?;
        self.spent += begun.elapsed();
        work.transcript.finish();
        work.held.check()?;
        let words = tail.text();
        // A program that writes a single file that is too large is ended by the kernel, and only the shell says why.
        let reached = ended.limit_hit.or_else(|| words.contains(TOO_LARGE).then_some(Limit::Disk));
        match reached {
            Some(reached) => Err(end::limit(job.phase, reached, self.limits)),
            None => Ok(Ran { exit: ended.exit, words }),
        }
    }
}
