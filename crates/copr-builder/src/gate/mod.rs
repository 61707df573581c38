//! The only way out for programs that fetch what users point at and know no rules themselves: git, Subversion, generators
//! of spec files.
//!
//! Such a program runs without a network. A *relay* beside it, in the same sandbox, listens on its loopback interface and passes
//! each connection on through a socket in a directory to a *proxy*, which runs in another sandbox with a network and goes only where
//! [`rules`](crate::fetch::rules) allow. Names are looked up and checked where they are used, redirects and submodules included.

mod connect;
mod proxy;
mod relay;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use copr_sandbox::{Command, Limits, Network, Root};
use copr_types::Phase;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::DropGuard;

use crate::end::{self, Step};
use crate::transcript::Lines;
use crate::work::Work;

/// First arguments of the three programs.
const PROXY: &str = "copr-builder-gate";
const RELAY: &str = "copr-builder-relay";
const CONNECT: &str = "copr-builder-connect";
/// Where the directory with the socket is inside sandboxes.
pub(crate) const INSIDE: &str = "/gate";
const SOCKET: &str = "/gate/socket";
/// How long a proxy may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open gate; closed when dropped.
pub(crate) struct Gate {
    directory: PathBuf,
    seen: Arc<Mutex<Seen>>,
    running: JoinHandle<()>,
    _stop: DropGuard,
}

/// What went through it in vain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Sentences about hosts that may not be reached.
    pub refused: Vec<String>,
    /// Sentences about hosts that could not be reached.
    pub failed: Vec<String>,
}

impl Gate {
    /// Opens one for a task.
    pub async fn open(work: &Work) -> Step<Gate> {
        let phase = Phase::Fetch;
        let directory = work.desk.fresh("gate").map_err(end::local(phase, "make a directory"))?;
        let order = serde_json::to_string(&work.place.config.downloads);
        let order = order.map_err(|error| end::infrastructure(phase, error.to_string()))?;
        let stop = work.held.stop.child_token();
        let (seen, (ready, mut begun)) = (Arc::new(Mutex::new(Seen::default())), watch::channel(false));
        let command = Command::new(Root::HostTools, "/copr-builder")
            .args([PROXY.to_owned(), order])
            .bind_read_only(&work.place.config.program, "/copr-builder")
            .bind_writable(&directory, INSIDE)
            .network(Network::On)
            .limits(Limits {
                memory: Some(512 << 20),
                processes: Some(64),
                open_files: Some(4096),
                ..Limits::default()
            })
            .cancelled_by(stop.clone())
            .on_output(hear(work, Arc::clone(&seen), ready));
        let sandbox = work.place.sandbox.clone();
        let running = tokio::spawn(async move {
            if let Err(error) = sandbox.run(command).await {
                tracing::error!(%error, "the way to the network could not be opened");
            }
        });
        let gate = Gate { directory, seen, running, _stop: stop.drop_guard() };
        let opened = tokio::time::timeout(PATIENCE, begun.wait_for(|ready| *ready)).await;
        work.held.check()?;
        match opened {
            Ok(Ok(_)) => Ok(gate),
            _ => Err(end::infrastructure(phase, "the builder could not open a way to the network for its tools")),
        }
    }

    /// The directory that a sandbox has to see at [`INSIDE`].
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What went wrong since this was asked last.
    pub fn take_seen(&self) -> Seen {
        self.seen.lock().map(|mut seen| std::mem::take(&mut *seen)).unwrap_or_default()
    }

    /// Ends it, and waits until it is gone.
    pub async fn close(self) {
        let Gate { running, _stop, .. } = self;
        drop(_stop);
        let _ = running.await;
    }
}

/// Reads what the proxy says, line by line.
fn hear(work: &Work, seen: Arc<Mutex<Seen>>, ready: watch::Sender<bool>) -> impl FnMut(&[u8]) + Send + 'static {
    let log = work.transcript.clone();
    let mut lines = Lines::new(move |line| {
        let (verb, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let Ok(mut seen) = seen.lock() else { return };
        match verb {
            "ready" => drop(ready.send(true)),
            "refused" => seen.refused.push(rest.to_owned()),
            "failed" => seen.failed.push(rest.to_owned()),
            _ => tracing::warn!(line, "the way to the network"),
        }
        if !rest.is_empty() {
            log.say(rest);
        }
    });
    move |bytes| lines.push(bytes)
}

/// Runs one of the three, and never returns, when this process was started as one.
pub(crate) fn main_if_child() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [PROXY, order] => proxy::run(order),
        [RELAY] => relay::run(),
        [CONNECT, host, port, ..] => connect::run(host, port),
        _ => return,
    };
    match done {
        Ok(()) => std::process::exit(0),
        Err(message) => {
            eprintln!("{}: {message}", words.first().copied().unwrap_or_default());
            std::process::exit(1);
        }
    }
}

/// Runs the future of a child.
fn block_on(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("no runtime: {error}"))?.block_on(work)
}
