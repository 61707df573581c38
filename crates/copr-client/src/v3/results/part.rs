//! Files in the making: `.NAME.part`, and beside it what the service calls the state of the file that is in it.

use reqwest::header::{ETAG, HeaderMap, LAST_MODIFIED};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::Error;

/// A file in the making, ours alone as long as this lives.
pub(super) struct Part {
    path: PathBuf,
    file: tokio::fs::File,
    length: u64,
    validator: Option<String>,
}

impl Part {
    /// What there is of the file that will be `target`.
    pub async fn open(target: &Path) -> Result<Self, Error> {
        let path = beside(target, "part");
        let work = {
            let path = path.clone();
            move || opened(&path)
        };
        let outcome = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
        let (file, length, validator) = outcome.map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(Self { path, file: tokio::fs::File::from_std(file), length, validator })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// Of which state of the file it is a part, if it can be gone on with.
    pub fn validator(&self) -> Option<&str> {
        self.validator.as_deref().filter(|_| self.length > 0)
    }

    /// Forgets what there is; what comes is of the state that an answer's head tells.
    pub async fn begin(&mut self, headers: &HeaderMap) -> Result<(), Error> {
        self.validator = validator(headers);
        self.length = 0;
        let (validator, tag) = (self.validator.clone(), beside(&self.path, "tag"));
        let outcome = async {
            self.file.set_len(0).await?;
            self.file.rewind().await?;
            match validator {
                Some(validator) => tokio::fs::write(&tag, validator).await,
                None => gone(&tag).await,
            }
        };
        outcome.await.map_err(|source| self.unwritable(source))
    }

    pub async fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).await.map_err(|source| self.unwritable(source))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Waits until all of it is in the system's hands.
    pub async fn flush(&mut self) -> Result<(), Error> {
        self.file.flush().await.map_err(|source| self.unwritable(source))
    }

    /// Gives it its name, and the time of the file that it is.
    pub async fn finish(self, target: &Path, modified: Option<std::time::SystemTime>) -> Result<(), Error> {
        let file = self.file.into_std().await;
        let (path, target) = (self.path.clone(), target.to_owned());
        let work = move || {
            if let Some(modified) = modified {
                file.set_modified(modified)?;
            }
            file.sync_all()?;
            std::fs::rename(&path, target)?;
            match std::fs::remove_file(beside(&path, "tag")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        };
        let outcome = tokio::task::spawn_blocking(work).await.map_err(io::Error::other).flatten();
        outcome.map_err(|source| Error::Write { path: self.path, source })
    }

    fn unwritable(&self, source: io::Error) -> Error {
        Error::Write { path: self.path.clone(), source }
    }
}

fn opened(path: &Path) -> io::Result<(File, u64, Option<String>)> {
    // Never through somebody's link to another place.
    if path.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
        return Err(io::Error::other("there is something else in its place"));
    }
    let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(io::Error::other("another download is writing it")),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let length = io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
    let validator = std::fs::read_to_string(beside(path, "tag")).ok().filter(|tag| !tag.is_empty());
    Ok((file, length, validator))
}

async fn gone(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// `.NAME.ending` for a name, `.NAME.x.ending` for `.NAME.x`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let dot = if name.starts_with('.') { "" } else { "." };
    path.with_file_name(format!("{dot}{name}.{ending}"))
}

/// What tells this state of a file from others for certain (RFC 9110 §13.1.5).
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    text(ETAG).filter(|tag| tag.starts_with('"')).or_else(|| text(LAST_MODIFIED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_files_have_names_that_no_service_can_ask_for() {
        assert_eq!(beside(Path::new("a/x.rpm"), "part"), Path::new("a/.x.rpm.part"));
        assert_eq!(beside(Path::new("a/.x.rpm.part"), "tag"), Path::new("a/.x.rpm.part.tag"));
    }

    #[tokio::test]
    async fn two_downloads_do_not_write_one_file() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("x");
        let _first = Part::open(&target).await.unwrap();
        let error = Part::open(&target).await.err().unwrap().to_string();
        assert!(error.ends_with(".x.part`: another download is writing it"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_in_its_place_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let other = directory.path().join("other");
        std::fs::write(&other, "mine").unwrap();
        std::os::unix::fs::symlink(&other, directory.path().join(".x.part")).unwrap();
        assert!(Part::open(&directory.path().join("x")).await.is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    }
}
