//! Why a sandbox could not be made or a file could not be taken out.

use std::{io, path::PathBuf};

/// A command that ran and failed is no error: see [`Ended`](crate::Ended).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine cannot isolate, and the configuration does not allow less.
    #[error("this machine cannot isolate foreign code: {missing}\nhint: {hint}")]
    NoIsolation {
        /// What the kernel refused.
        missing: String,
        /// What to install or to switch on.
        hint: String,
    },
    /// The stage program could not be started.
    #[error("cannot start the sandbox stage `{}`", path.display())]
    Stage {
        /// The program that was to be re-executed.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A step of making the sandbox failed before the command started.
    #[error("cannot make the sandbox: {doing}: {reason}")]
    Setup {
        /// The step.
        doing: String,
        /// The kernel's words.
        reason: String,
    },
    /// The command itself could not be started in the finished sandbox.
    #[error("cannot start `{program}` in the sandbox: {reason}")]
    Start {
        /// The program as named by the caller.
        program: String,
        /// The kernel's words.
        reason: String,
    },
    /// The stage ended without a word: somebody killed it.
    #[error("the sandbox stage vanished without a report")]
    Lost,
    /// The path leads through a symbolic link or out of the tree.
    #[error("`{}` leads through a symbolic link or out of its tree; only plain paths are taken out", path.display())]
    Escapes {
        /// The path inside the tree.
        path: PathBuf,
    },
    /// Only regular files are taken out.
    #[error("`{}` is a {what}; only regular files are taken out", path.display())]
    NotRegular {
        /// The path inside the tree.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// More than the caller was ready to take.
    #[error("`{}` is larger than {limit} {unit}", path.display())]
    TooLarge {
        /// The path inside the tree.
        path: PathBuf,
        /// What was allowed.
        limit: u64,
        /// Of what: bytes or entries.
        unit: &'static str,
    },
    /// Something ordinary failed.
    #[error("cannot {doing}")]
    Io {
        /// What we were doing.
        doing: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        let doing = doing.into();
        move |source| Error::Io { doing, source }
    }
}
