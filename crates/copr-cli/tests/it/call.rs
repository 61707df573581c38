//! Calls of the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A home with a configuration.
pub struct Home {
    directory: TempDir,
}

/// How a call ended and what it said.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    /// With an account of alice's at a service.
    pub fn at(url: &str) -> Self {
        let lines = format!("copr_url = {url}\nencrypted = False\nconnection_attempts = 1");
        Self::with(&format!("[copr-cli]\nlogin = a\nusername = alice\ntoken = b\n{lines}\n"))
    }

    /// With this configuration.
    pub fn with(text: &str) -> Self {
        let home = Self { directory: copr_testkit::temp_dir() };
        fs::create_dir(home.path(".config")).expect("a directory");
        fs::write(home.path(".config/copr"), text).expect("a configuration");
        home
    }

    /// A file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A call that has not begun.
    pub fn command(&self, line: &str) -> Command {
        let mut command = copr_testkit::command(Path::new(env!("CARGO_BIN_EXE_copr")));
        command.env_clear().env("HOME", self.directory.path()).env("COPR_WATCH_INTERVAL", "0.1");
        command.current_dir(self.directory.path()).args(line.split(' ')).stdin(Stdio::null());
        command
    }

    /// Calls it.
    pub fn says(&self, line: &str) -> Said {
        ended(self.begins(line))
    }

    /// Begins a call.
    pub fn begins(&self, line: &str) -> Child {
        self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }
}

/// What comes of a call.
pub fn ended(call: Child) -> Said {
    let done = call.wait_with_output().expect("the program ends");
    let text = |bytes| String::from_utf8(bytes).expect("a text");
    Said { status: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
}

/// A call that said nothing but what is wrong.
#[track_caller]
pub fn fails(said: &Said, status: i32, err: &str) {
    let (out, complaint) = (said.out.as_str(), said.err.as_str());
    assert_eq!((said.status, out, complaint), (Some(status), "", err));
}
