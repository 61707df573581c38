//! Why a builder can not run at all. What befalls one task is a [`copr_types::Failure`].

use std::path::PathBuf;

/// Reasons not to start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine can not isolate builds.
    #[error(transparent)]
    Sandbox(#[from] copr_sandbox::Error),
    /// The data directory can not be made, read or locked.
    #[error("the builder's data directory `{}` can not be used\nhint: it has to be writable for the user that runs the builder", path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something ordinary failed at start.
    #[error("the builder can not start: {reason}")]
    Start {
        /// Why.
        reason: String,
    },
}
