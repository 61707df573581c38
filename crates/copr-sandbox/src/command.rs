//! What to run, where, as whom, and within which bounds.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The file tree that a command sees as `/`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Root {
    /// Read-only trees below one writable layer. Afterwards `upper` holds what changed and can
    /// itself be a lower of a later overlay, under the same service and user ids.
    Overlay {
        /// The topmost first.
        lowers: Vec<PathBuf>,
        /// Made when missing.
        upper: PathBuf,
        /// An own empty directory on the file system of `upper`; emptied by every run.
        work: PathBuf,
    },
    /// This tree, writable.
    Tree(PathBuf),
    /// An almost empty root with the host's programs and certificates, read-only, and nothing else
    /// of the host. For our own downloads and the host's dnf.
    HostTools,
}

/// A file or directory of the host inside the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Absolute path on the host.
    pub source: PathBuf,
    /// Absolute path inside; made when missing.
    pub target: PathBuf,
    /// A writable source changes owner (only itself, not what lies below): to the build user when
    /// that one runs, to inner root when it belonged to an id that does not exist inside.
    pub writable: bool,
}

/// Who runs the command inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum User {
    /// Uid 0 with all capabilities over the sandbox, none over the host: for package installation.
    Root,
    /// Uid 1000 without capabilities or a way to get any: for foreign build scripts. The root is
    /// read-only to it, except `/tmp`, `/var/tmp`, writable binds and [`Command::writable`].
    Build,
}

/// May the command reach the network?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// A loopback interface of its own.
    Off,
    /// The host's network, with its resolver settings and certificates.
    On,
}

/// Bounds of one command. What is `None` is not limited. Core files are never written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Time on the clock.
    pub wall: Option<Duration>,
    /// Bytes of memory of all processes together, in-memory file systems included.
    pub memory: Option<u64>,
    /// Processes and threads together; three more are needed for the sandbox itself.
    pub processes: Option<u64>,
    /// Bytes added to the upper layer, the tree, writable binds and `/tmp` together. Measured
    /// about ten times a second, so a fast writer gets a little more; no single file does.
    pub disk: Option<u64>,
    /// Bytes of standard output and error together.
    pub output: Option<u64>,
    /// Open files per process.
    pub open_files: Option<u64>,
}

/// A command to be run once by [`Sandbox::run`](crate::Sandbox::run).
pub struct Command {
    pub(crate) spec: Spec,
    pub(crate) output: Output,
    pub(crate) cancel: CancellationToken,
}

/// The part of a command that travels to the stages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub root: Root,
    pub program: String,
    pub args: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub directory: PathBuf,
    pub user: User,
    pub network: Network,
    pub limits: Limits,
    pub binds: Vec<Bind>,
    pub writable: Vec<PathBuf>,
    pub system_at: Option<PathBuf>,
    pub old_sockets: bool,
}

type Call = Box<dyn FnMut(&[u8]) + Send>;

/// Where standard output and error go.
pub(crate) enum Output {
    Nowhere,
    Call(Call),
    Send(mpsc::Sender<Vec<u8>>),
}

impl Command {
    /// As root inside, without network, without limits, in `/`, with `PATH`, `HOME` and `LANG` alone.
    /// A program without a slash is looked up in the inner `PATH`.
    pub fn new(root: Root, program: impl Into<String>) -> Command {
        Command {
            spec: Spec {
                root,
                program: program.into(),
                args: Vec::new(),
                environment: Vec::new(),
                directory: "/".into(),
                user: User::Root,
                network: Network::Off,
                limits: Limits::default(),
                binds: Vec::new(),
                writable: Vec::new(),
                system_at: None,
                old_sockets: false,
            },
            output: Output::Nowhere,
            cancel: CancellationToken::new(),
        }
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl Into<String>) -> Command {
        self.spec.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Command {
        self.spec.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable; the host's environment is never passed on.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Command {
        self.spec.environment.push((name.into(), value.into()));
        self
    }

    /// The working directory inside.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Command {
        self.spec.directory = path.into();
        self
    }

    /// Who runs it.
    pub fn user(mut self, user: User) -> Command {
        self.spec.user = user;
        self
    }

    /// Whether it reaches the network.
    pub fn network(mut self, network: Network) -> Command {
        self.spec.network = network;
        self
    }

    /// Its bounds.
    pub fn limits(mut self, limits: Limits) -> Command {
        self.spec.limits = limits;
        self
    }

    /// Shows a path of the host inside, read-only.
    pub fn bind_read_only(self, source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Command {
        self.bind(Bind { source: source.into(), target: target.into(), writable: false })
    }

    /// Shows a path of the host inside, writable.
    pub fn bind_writable(self, source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Command {
        self.bind(Bind { source: source.into(), target: target.into(), writable: true })
    }

    /// Shows a path of the host inside. Later binds may lie inside earlier ones.
    pub fn bind(mut self, bind: Bind) -> Command {
        self.spec.binds.push(bind);
        self
    }

    /// A directory inside the root, made when missing, that [`User::Build`] owns and may write,
    /// such as `/builddir`. What lies in it already keeps its owners.
    pub fn writable(mut self, inside: impl Into<PathBuf>) -> Command {
        self.spec.writable.push(inside.into());
        self
    }

    /// Shows `/dev`, `/proc` and `/tmp` a second time below this directory of the root, after all
    /// binds: for a tree that is bound there and that the command changes its root into.
    pub fn system_at(mut self, inside: impl Into<PathBuf>) -> Command {
        self.spec.system_at = Some(inside.into());
        self
    }

    /// For a root of 32-bit programs on a 64-bit machine: they make sockets in an old way, by which the families that are
    /// refused to others can not be told from the rest.
    pub fn old_sockets(mut self) -> Command {
        self.spec.old_sockets = true;
        self
    }

    /// Calls with every piece of output, standard output and error merged. Calls must be short:
    /// they run on the caller's task.
    pub fn on_output(mut self, call: impl FnMut(&[u8]) + Send + 'static) -> Command {
        self.output = Output::Call(Box::new(call));
        self
    }

    /// Sends every piece of output; a full channel makes the command wait, a closed one drops.
    pub fn send_output(mut self, channel: mpsc::Sender<Vec<u8>>) -> Command {
        self.output = Output::Send(channel);
        self
    }

    /// Ends the command when this token is cancelled. Dropping the future ends it as well.
    pub fn cancelled_by(mut self, token: CancellationToken) -> Command {
        self.cancel = token;
        self
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("spec", &self.spec).finish_non_exhaustive()
    }
}
