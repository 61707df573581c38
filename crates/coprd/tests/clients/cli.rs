//! copr-cli of some release, called many times.

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

impl Drop for Cli {
    fn drop(&mut self) {
        let _ = self.python.kill();
        let _ = self.python.wait();
    }
}
