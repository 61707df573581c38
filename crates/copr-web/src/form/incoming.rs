//! A file on its way in: straight to the disk, gone again unless somebody keeps it.

use super::broken;
use crate::Web;
use axum::extract::multipart::Field;
use copr_app::build::{Shown, Upload};
use copr_app::{Refusal, source};
use copr_types::FileName;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

/// A file that came with a request. Dropped before [`Incoming::keep`], it takes its directory along: a client that
/// breaks off in the middle, or that is refused in the end, leaves nothing behind.
#[derive(Debug)]
pub struct Incoming {
    dir: TempDir,
    upload: Upload,
    name: String,
}

impl Incoming {
    /// Writes a part of a form to a directory of its own.
    pub async fn receive(mut part: Field<'_>, web: &Web, limit: u64) -> Result<Self, Refusal> {
        let name = part.file_name().unwrap_or_default().to_owned();
        let file = source::sanitise(&name).or_else(|| "unnamed".parse().ok());
        let file = file.ok_or_else(|| Refusal::invalid("The file has no name."))?;
        let (dir, upload) = place(web)?;
        let mut incoming = Self { upload: Upload { upload, file, size: 0 }, dir, name };
        let mut out = tokio::fs::File::create(incoming.path()).await.map_err(no_room)?;
        while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
            incoming.upload.size += chunk.len() as u64;
            if incoming.upload.size > limit {
                return Err(Refusal::too_large(format!("The file is too large: it can have {} MiB.", limit >> 20)));
            }
            out.write_all(&chunk).await.map_err(no_room)?;
        }
        out.flush().await.map_err(no_room)?;
        out.sync_all().await.map_err(no_room)?;
        Ok(incoming)
    }

    /// Writes bytes that have come already to a directory of their own.
    pub async fn of_bytes(name: &str, bytes: &[u8], web: &Web) -> Result<Self, Refusal> {
        let file = name.parse().map_err(|_| Refusal::invalid("The file has no name."))?;
        let (dir, upload) = place(web)?;
        let incoming = Self { upload: Upload { upload, file, size: bytes.len() as u64 }, dir, name: name.to_owned() };
        let mut out = tokio::fs::File::create(incoming.path()).await.map_err(no_room)?;
        out.write_all(bytes).await.map_err(no_room)?;
        out.flush().await.map_err(no_room)?;
        out.sync_all().await.map_err(no_room)?;
        Ok(incoming)
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join(self.upload.file.as_str())
    }

    /// What a build needs to know of it.
    pub fn upload(&self) -> &Upload {
        &self.upload
    }

    /// The file's name as the client gave it, and its text.
    pub async fn into_text(self) -> Result<(String, String), Refusal> {
        let bytes = tokio::fs::read(self.path()).await.map_err(no_room)?;
        // No text holds a NUL, and PostgreSQL refuses those with one.
        match String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')) {
            Some(text) => Ok((self.name, text)),
            None => Err(Refusal::invalid(format!("`{}` is not text.", self.name))),
        }
    }

    /// Leaves it on the disk: it belongs to a build now.
    pub fn keep(self) {
        let _path = self.dir.keep();
    }
}

/// A new directory for one upload, named by chance.
fn place(web: &Web) -> Result<(TempDir, FileName), Refusal> {
    let uploads = web.app.store.root().join("uploads");
    let dir = tempfile::Builder::new().prefix("upload-").rand_bytes(16).tempdir_in(uploads).map_err(no_room)?;
    let name = dir.path().file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    let name = name.ok_or_else(|| Refusal::invalid("The file can not be stored."))?;
    Ok((dir, name))
}

fn no_room(error: std::io::Error) -> Refusal {
    let text = "Can not create storage directory for uploaded file: the server could not store it";
    Refusal { message: text.to_owned(), ..Refusal::internal("storing an upload", error) }
}

/// Submits a build of a file, and leaves that on the disk when there is one.
///
/// In a task of its own, which goes on when the client goes away: between the commit and the word that the file stays,
/// a build would lose its source.
pub async fn keeping<F>(
    file: Option<Incoming>,
    submit: impl FnOnce(Option<Upload>) -> F + Send + 'static,
) -> Result<Shown, Refusal>
where
    F: Future<Output = Result<Shown, Refusal>> + Send,
{
    let submitting = tokio::spawn(async move {
        let made = submit(file.as_ref().map(|file| file.upload().clone())).await?;
        if let Some(file) = file {
            file.keep();
        }
        Ok(made)
    });
    submitting.await.map_err(|error| Refusal::internal("submitting a build", error))?
}
