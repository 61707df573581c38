//! Command lines, called many times: copr-cli of some release, and our own `copr`.

use copr_testkit::Environment;
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A Python that has loaded copr-cli and starts a process of it for each call.
pub struct Cli {
    python: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// How a call ended and what it said.
#[derive(Debug, Deserialize)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// A file that lies beside these tests.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

/// The Python of a client, with nothing of this machine's settings.
pub fn python(clients: &Environment) -> std::process::Command {
    let mut python = clients.python();
    python.env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("PYTHONWARNINGS", "ignore");
    python.env("PYTHONDONTWRITEBYTECODE", "1").env("no_proxy", "*");
    // download-build has wget do the work, which talks a lot
    python.env("WGETRC", beside("wgetrc"));
    python
}

impl Cli {
    pub fn start(clients: &Environment) -> Self {
        let mut command = python(clients);
        command.arg(beside("runner.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = command.spawn().expect("Python starts");
        let calls = python.stdin.take().expect("a pipe");
        let answers = BufReader::new(python.stdout.take().expect("a pipe"));
        Self { python, calls, answers }
    }

    /// One call, in somebody's home.
    pub fn call(&mut self, place: &Path, words: &[String], input: &str) -> Said {
        let call = json!({ "words": words, "place": place, "input": input });
        writeln!(self.calls, "{call}").expect("the call is passed on");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{words:?}: {error}: {answer}"))
    }
}

/// A command line that sessions are played with.
pub enum Program {
    /// copr-cli.
    CoprCli(Cli),
    /// `copr`, which is called as it is.
    Copr,
}

impl Program {
    /// The word for it in sessions, for what only one of them shows.
    pub fn word(&self) -> &'static str {
        match self {
            Self::CoprCli(_) => "copr-cli",
            Self::Copr => "copr",
        }
    }

    /// One call, in somebody's home.
    pub fn call(&mut self, place: &Path, words: &[String], input: &str) -> Said {
        match self {
            Self::CoprCli(cli) => cli.call(place, words, input),
            Self::Copr => called(place, words, input),
        }
    }
}

fn called(place: &Path, words: &[String], input: &str) -> Said {
    let mut copr = copr_testkit::command(copr_testkit::copr());
    copr.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("HOME", place).env("no_proxy", "*");
    // Nobody here waits half a minute between two looks at a build.
    copr.env("COPR_WATCH_INTERVAL", "0.1");
    copr.current_dir(place).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut copr = copr.spawn().expect("copr starts");
    // It may have ended without reading.
    let _ = copr.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let done = copr.wait_with_output().expect("copr ends");
    let text = |bytes| String::from_utf8(bytes).expect("a text");
    Said { status: done.status.code().expect("a status"), out: text(done.stdout), err: text(done.stderr) }
}

impl Drop for Cli {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}
