//! What is wanted of a download, and what has become of it.

use futures::{StreamExt, stream};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

use super::repodata::{self, Packages};
use super::{Error, ResultFile, one};
use crate::transport::Transport;

/// So many files at once, unless somebody says something else.
const AT_ONCE: usize = 5;

type OnProgress = Arc<dyn Fn(&FileProgress<'_>) + Send + Sync>;

/// Where files are to be fetched to, and how.
///
/// ```
/// use copr_client::v3::{Download, Step};
///
/// let download = Download::to("results").at_once(8).on_progress(|file| match file.step {
///     Step::Done => eprintln!("{} is there", file.file.path()),
///     _ => {}
/// });
/// ```
#[derive(Clone)]
pub struct Download {
    pub(super) directory: PathBuf,
    at_once: usize,
    checksums: bool,
    on_progress: Option<OnProgress>,
}

impl Download {
    /// To a directory, which is made when it is not there.
    pub fn to(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), at_once: AT_ONCE, checksums: true, on_progress: None }
    }

    /// Sets how many files are fetched at the same time; 5 unless told, 1 at least.
    pub fn at_once(mut self, number: usize) -> Self {
        self.at_once = number.max(1);
        self
    }

    /// Sets whether packages are compared with the digests in the metadata of their repository; they are unless told.
    pub fn checksums(mut self, wanted: bool) -> Self {
        self.checksums = wanted;
        self
    }

    /// Calls `on_progress` whenever something has happened to a file.
    pub fn on_progress(mut self, on_progress: impl Fn(&FileProgress<'_>) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }

    pub(super) fn tell(&self, progress: &FileProgress<'_>) {
        if let Some(on_progress) = &self.on_progress {
            on_progress(progress);
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Download")
            .field("directory", &self.directory)
            .field("at_once", &self.at_once)
            .field("checksums", &self.checksums)
            .finish_non_exhaustive()
    }
}

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FileProgress<'f> {
    /// Which one.
    pub file: &'f ResultFile,
    /// Bytes that are here, those from earlier downloads among them.
    pub received: u64,
    /// Bytes that it has, if the service says so.
    pub total: Option<u64>,
    /// What has just happened.
    pub step: Step,
}

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The service has begun to send it, or to send it anew.
    Begun,
    /// The service goes on where an earlier attempt or download ended.
    Resumed,
    /// A piece has come.
    Received,
    /// It was broken off, and is tried again.
    Retried,
    /// It is there and was checked.
    Done,
    /// It was there already.
    Kept,
    /// It could not be fetched.
    Failed,
}

/// How it is known that a file is what the service has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checked {
    /// By the digest in the repository's metadata.
    Digest,
    /// By its length.
    Length,
    /// Not at all: the service says neither.
    Nothing,
}

/// A file that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchedFile {
    /// Which one.
    pub file: ResultFile,
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub size: u64,
    /// Whether it was there before.
    pub kept: bool,
    /// How it was checked.
    pub checked: Checked,
}

/// A file that could not be fetched.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failed {
    /// Which one.
    pub file: ResultFile,
    /// Why.
    pub error: Error,
}

/// What has become of a download.
#[derive(Debug, Default)]
#[must_use = "files may have failed"]
#[non_exhaustive]
pub struct Fetched {
    /// What is there, in the order in which it was asked for.
    pub files: Vec<FetchedFile>,
    /// What is not.
    pub failed: Vec<Failed>,
}

impl Fetched {
    /// All files; the first error where some are missing.
    pub fn complete(self) -> Result<Vec<FetchedFile>, Error> {
        match self.failed.into_iter().next() {
            Some(failed) => Err(failed.error),
            None => Ok(self.files),
        }
    }
}

/// Fetches files.
pub(super) async fn run(transport: &Transport, files: Vec<ResultFile>, download: &Download) -> Result<Fetched, Error> {
    let mut paths = HashSet::new();
    if let Some(twice) = files.iter().find(|file| !paths.insert(file.path.as_str())) {
        return Err(Error::Argument(format!("`{}` is to be fetched twice", twice.path)));
    }
    made(&download.directory).await?;
    let files = if download.checksums { with_digests(transport, files).await } else { files };
    let fetched = stream::iter(files.into_iter().enumerate()).map(|(index, file)| async move {
        let outcome = one::fetch(transport, &file, download).await;
        (index, file, outcome)
    });
    let mut fetched: Vec<_> = fetched.buffer_unordered(download.at_once).collect().await;
    fetched.sort_by_key(|(index, ..)| *index);
    let mut report = Fetched::default();
    for (_, file, outcome) in fetched {
        match outcome {
            Ok(there) => report.files.push(there),
            Err(error) => report.failed.push(Failed { file, error }),
        }
    }
    Ok(report)
}

/// Makes a directory where there is none.
pub(super) async fn made(directory: &Path) -> Result<(), Error> {
    let outcome = tokio::fs::create_dir_all(directory).await;
    outcome.map_err(|source| Error::Write { path: directory.to_owned(), source })
}

/// The same files, packages with what their repositories know of them.
async fn with_digests(transport: &Transport, mut files: Vec<ResultFile>) -> Vec<ResultFile> {
    let mut known: HashMap<Url, Packages> = HashMap::new();
    for file in files.iter_mut().filter(|file| file.is_package() && file.digest.is_none()) {
        let Some((base, directory, location)) = in_repository(&file.url) else { continue };
        let packages = match known.entry(base.clone()) {
            std::collections::hash_map::Entry::Occupied(packages) => packages.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(repodata::packages(transport, &base, &directory).await)
            }
        };
        if let Some(package) = packages.get(&location) {
            file.digest = Some(package.digest.clone());
            file.size = package.size;
        }
    }
    files
}

/// The repository of a package in a result directory, the directory, and the package's place in the repository.
fn in_repository(url: &Url) -> Option<(Url, String, String)> {
    let base = url.join("..").ok()?;
    let location = percent_encoding::percent_decode_str(url.path().strip_prefix(base.path())?).decode_utf8().ok()?;
    let (directory, _) = location.split_once('/')?;
    Some((base, directory.to_owned(), location.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_lies_in_a_repository() {
        let url = Url::parse("https://h/r/@a/b/c/00000001-x/x-1%5E2.rpm?x").unwrap();
        let (base, directory, location) = in_repository(&url).unwrap();
        assert_eq!(base.as_str(), "https://h/r/@a/b/c/");
        assert_eq!((directory.as_str(), location.as_str()), ("00000001-x", "00000001-x/x-1^2.rpm"));
    }
}
