//! Files on their way to the service.

use bytes::Bytes;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Trouble;

/// How much of a file is sent, in bytes of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// So many.
    pub sent: u64,
    /// Of so many.
    pub total: u64,
}

type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// Where the content of an upload is.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    Path(PathBuf),
    Memory(Bytes),
}

/// A file to be uploaded. However large it is, only some KiB of it are in memory.
///
/// ```
/// use copr_client::Upload;
///
/// let upload = Upload::new("hello-1-1.src.rpm").on_progress(|progress| {
///     eprintln!("{} of {} bytes", progress.sent, progress.total);
/// });
/// ```
#[derive(Clone)]
pub struct Upload {
    origin: Origin,
    name: Option<String>,
    on_progress: Option<OnProgress>,
}

impl Upload {
    /// A file of this machine, which the service is told by the last part of its path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { origin: Origin::Path(path.into()), name: None, on_progress: None }
    }

    /// A file that is in memory, by the name that the service is told.
    pub fn of_bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self { origin: Origin::Memory(bytes.into()), name: Some(name.into()), on_progress: None }
    }

    /// Sets the name that the service is told. Services go by its ending.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Calls `on_progress` after each piece that was handed to the network. When the connection could not be made and
    /// the file is sent again, it begins anew.
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What it is called on this machine.
    pub(crate) fn path(&self) -> &Path {
        match &self.origin {
            Origin::Path(path) => path,
            Origin::Memory(_) => Path::new(self.name.as_deref().unwrap_or_default()),
        }
    }

    pub(crate) fn told_name(&self) -> Result<&str, Trouble> {
        let name = self.name.as_deref().or_else(|| self.path().file_name()?.to_str());
        name.ok_or_else(|| Trouble::Argument(format!("`{}` has no name for a file", self.path().display())))
    }

    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(on_progress) = &self.on_progress {
            on_progress(progress);
        }
    }
}

impl<P: AsRef<Path>> From<P> for Upload {
    fn from(path: P) -> Self {
        Self::new(path.as_ref())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Upload").field("path", &self.path()).field("name", &self.name).finish_non_exhaustive()
    }
}
