//! What builds left, for programs: people see it on their disks.

use copr_client::v3::{Checked, FetchedFile};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

use super::Show;

/// What has become of a download.
#[derive(Clone, Debug, Serialize)]
pub struct Downloaded {
    /// Where files were put.
    pub directory: PathBuf,
    /// What is there.
    pub files: Vec<DownloadedFile>,
    /// What is not.
    pub failed: Vec<LostFile>,
}

/// A file that is there.
#[derive(Clone, Debug, Serialize)]
pub struct DownloadedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Where it came from.
    pub url: String,
    /// Bytes.
    pub size: u64,
    /// Whether it was there before.
    pub kept: bool,
    /// How it was checked: `digest`, `length` or `nothing`.
    pub checked: &'static str,
}

/// A file that could not be fetched.
#[derive(Clone, Debug, Serialize)]
pub struct LostFile {
    /// Where it would have come from.
    pub url: String,
    /// Why.
    pub reason: String,
}

impl DownloadedFile {
    /// A file that was fetched.
    pub fn of(file: &FetchedFile) -> Self {
        let checked = match file.checked {
            Checked::Digest => "digest",
            Checked::Length => "length",
            _ => "nothing",
        };
        let FetchedFile { path, size, kept, .. } = file;
        Self { path: path.clone(), url: file.file.url().to_owned(), size: *size, kept: *kept, checked }
    }
}

impl Show for Downloaded {
    fn text(&self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A log.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    /// The build.
    pub build: u64,
    /// `source`, or the chroot.
    pub part: String,
    /// How it ended, if it has.
    pub state: Option<String>,
    /// The text.
    pub log: String,
}

impl Show for Log {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.log.as_bytes())
    }
}
