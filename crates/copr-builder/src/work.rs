//! What everyone who works on one task has at hand.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use copr_types::Phase;
use copr_wire::builder::FileRef;
use sha2::{Digest, Sha256};

use crate::end::{self, Step};
use crate::held::Held;
use crate::place::{Desk, Place};
use crate::transcript::Transcript;

/// One task being worked on.
pub(crate) struct Work {
    pub place: Arc<Place>,
    pub held: Arc<Held>,
    pub transcript: Transcript,
    pub desk: Desk,
}

/// A result: what to upload.
#[derive(Debug)]
pub(crate) struct Done {
    /// Name of the source package among the files.
    pub srpm: String,
    /// Files whose names are those they will have on the server.
    pub files: Vec<PathBuf>,
}

impl Work {
    /// Fetches the task's source, which has to have so many bytes, from the server.
    pub async fn source_of(&self, name: &str, size: u64, phase: Phase) -> Step<PathBuf> {
        let (path, got) = self.source(name, phase).await?;
        if got.size != size {
            let message = format!("`{name}` arrived with {} bytes instead of {size}", got.size);
            return Err(end::infrastructure(phase, message));
        }
        Ok(path)
    }

    /// Fetches the task's source from the server.
    pub async fn source(&self, name: &str, phase: Phase) -> Step<(PathBuf, FileRef)> {
        let directory = self.desk.fresh("input").map_err(end::local(phase, "make a directory"))?;
        let path = directory.join(name);
        let held = &self.held;
        let fetched = tokio::select! {
            fetched = held.patiently(|| held.client.source(held.task_id, held.fence, &path)) => fetched,
            () = held.stop.cancelled() => Err(crate::client::CallError::Stale),
        };
        held.check()?;
        match fetched {
            Ok(file) => Ok((path, file)),
            // The file may be gone because the build was canceled a moment ago.
            Err(crate::client::CallError::Stale) => Err(end::End::Stopped(held.refused().await)),
            Err(error) => Err(end::infrastructure(phase, format!("the source could not be had: {error}"))),
        }
    }
}

/// The end of a command's output.
#[derive(Clone, Default)]
pub(crate) struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    const KEPT: usize = 32 << 10;

    pub fn push(&self, bytes: &[u8]) {
        let Ok(mut kept) = self.0.lock() else { return };
        kept.extend_from_slice(bytes);
        if kept.len() > 2 * Self::KEPT {
            let surplus = kept.len() - Self::KEPT;
            kept.drain(..surplus);
        }
    }

    pub fn text(&self) -> String {
        self.0.lock().map(|kept| String::from_utf8_lossy(&kept).into_owned()).unwrap_or_default()
    }

    /// The last lines that are not empty.
    pub fn last_lines(&self, most: usize) -> String {
        let text = self.text();
        let mut lines: Vec<&str> = text.lines().rev().filter(|line| !line.trim().is_empty()).take(most).collect();
        lines.reverse();
        lines.join("\n")
    }
}

/// Size and digest of a file, by the name it has. Blocks.
pub(crate) fn file_ref(path: &std::path::Path) -> std::io::Result<FileRef> {
    let mut file = std::fs::File::open(path)?;
    let mut hash = Sha256::new();
    let size = std::io::copy(&mut file, &mut HashWriter(&mut hash))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(FileRef { name, size, sha256: hex::encode(hash.finalize()) })
}

/// What is written goes into a digest.
pub(crate) struct HashWriter<'a, D: Digest>(pub &'a mut D);

impl<D: Digest> std::io::Write for HashWriter<'_, D> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
