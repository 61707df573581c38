//! What host, outer and inner stage say to each other: one JSON value per line over a socket pair.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    path::PathBuf,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Entry, Exit, Isolation, Limit, Limiter, Usage, command::Spec};

/// What the host asks of the outer stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    pub isolation: Isolation,
    pub task: Task,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Run a command.
    Run(Box<Run>),
    /// Make everything that a run makes, without a command; try an overlay in this directory.
    Probe { directory: PathBuf },
    /// Write a file of a foreign tree to standard output.
    CopyOut { tree: PathBuf, inside: PathBuf, most: u64 },
    /// List a directory of a foreign tree.
    ReadDir { tree: PathBuf, inside: PathBuf, most: usize },
    /// Remove a tree.
    Remove { tree: PathBuf },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Run {
    pub spec: Spec,
    pub limiter: Limiter,
    pub group: String,
    pub overlay: bool,
    pub hostname: String,
    /// Refuse system calls that builds do not need.
    pub filter: bool,
}

/// What a stage answers to the one above.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// "My user namespace has no ids yet": answered with [`GO`].
    MapMe,
    /// The command runs.
    Started,
    /// Outer to host: the end.
    Ended { exit: Exit, limit: Option<Limit>, usage: Usage },
    /// Inner to outer: the first process of the command ended.
    Left(Exit),
    /// The program could not be executed.
    NotStarted { program: String, reason: String },
    /// Something before the start failed.
    Failed { doing: String, reason: String },
    /// A probe succeeded.
    Facts { overlay: Result<(), String>, proc: bool, filter: Result<(), String> },
    /// A file was copied.
    Copied(u64),
    /// A directory was listed.
    Listed(Vec<Entry>),
    /// A tree was removed.
    Removed,
    /// Taking a file out was refused.
    Refused(Refusal),
}

/// The refusals of [`crate::out`], as they travel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Refusal {
    Escapes,
    NotRegular(String),
    TooLarge,
    Io { number: i32, words: String },
}

/// Answers [`Reply::MapMe`].
pub(crate) const GO: &str = "go";
/// From the host: end everything now.
pub(crate) const STOP: &str = "stop";

/// A stage failed to do something; travels upwards as [`Reply::Failed`].
#[derive(Debug)]
pub(crate) struct Failure {
    pub doing: String,
    pub reason: String,
}

impl Failure {
    /// For `map_err`: what we were doing, and the kernel's words.
    pub fn of<E: std::fmt::Display>(doing: impl Into<String>) -> impl FnOnce(E) -> Failure {
        let doing = doing.into();
        move |error| Failure { doing, reason: error.to_string() }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Reply {
        Reply::Failed { doing: failure.doing, reason: failure.reason }
    }
}

/// One end of a socket pair between two stages.
pub(crate) struct Line {
    reader: BufReader<UnixStream>,
}

/// Longer lines are a broken or hostile peer; a job with its binds and a listing stay far below.
const LONGEST_LINE: u64 = 64 << 20;

impl Line {
    pub fn new(stream: UnixStream) -> Line {
        Line { reader: BufReader::new(stream) }
    }

    pub fn send<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.reader.get_mut().write_all(&line)
    }

    /// The next value; `None` when the other side is gone.
    pub fn receive<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        Ok(Some(serde_json::from_slice(&line)?))
    }

    /// Sends, and waits for [`GO`].
    pub fn ask(&mut self, question: &Reply) -> Result<(), Failure> {
        self.send(question).map_err(Failure::of("ask the stage above"))?;
        match self.receive::<String>() {
            Ok(Some(word)) if word == GO => Ok(()),
            Ok(_) => Err(Failure::of("wait for the stage above")("it went away")),
            Err(error) => Err(Failure::of("wait for the stage above")(error)),
        }
    }

    /// True when lines wait in the buffer, where `poll` does not see them.
    pub fn buffered(&self) -> bool {
        !self.reader.buffer().is_empty()
    }
}

impl AsFd for Line {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.get_ref().as_fd()
    }
}
