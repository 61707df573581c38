//! Somebody who reads a repository with dnf, again and again, while things happen to the service.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail};

use crate::distribution::Distribution;
use crate::root::Root;

/// What dnf says when nobody is there, or goes away in the middle of an answer (curl's error numbers).
const ABSENT: &[&str] = &["Curl error (7)", "Curl error (18)", "Curl error (52)", "Curl error (56)"];
/// What it must never say: that what it was given does not fit together.
const BROKEN: &[&str] = &["checksum", "GPG", "gpg", "ignature", "Status code", "not found"];

/// A thread that loops over `dnf makecache`, `repoquery` and downloads of all that is listed, with `gpgcheck` and
/// `repo_gpgcheck`; it lets the service be absent, but never be wrong.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Result<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    end: AtomicBool,
    /// Reads that worked.
    good: AtomicU32,
    /// Reads that met nobody.
    absent: AtomicU32,
    /// Packages that the last good read fetched.
    packages: AtomicU32,
}

/// What a reader has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Reads that worked.
    pub good: u32,
    /// Reads that met nobody.
    pub absent: u32,
    /// Packages that the last good read fetched.
    pub packages: u32,
}

impl Reader {
    /// Begins to read; `place` gets dnf's directories.
    pub fn start(place: &Path, distribution: &Distribution, repository_file: &str) -> Result<Reader> {
        Reader::start_with(read, place, distribution, repository_file)
    }

    /// The same for a repository from which packages are removed meanwhile: what there is to be had is left to dnf.
    pub fn start_on_changing(place: &Path, distribution: &Distribution, repository_file: &str) -> Result<Reader> {
        Reader::start_with(read_whatever_is_there, place, distribution, repository_file)
    }

    fn start_with(read: Read, place: &Path, distribution: &Distribution, repository_file: &str) -> Result<Reader> {
        let root = Root::new(place, distribution)?;
        root.trust(repository_file)?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::spawn(move || read_on(read, &root, &theirs));
        Ok(Reader { shared, thread: Some(thread) })
    }

    /// What it has seen so far.
    pub fn seen(&self) -> Seen {
        let of = |count: &AtomicU32| count.load(Ordering::Relaxed);
        Seen { good: of(&self.shared.good), absent: of(&self.shared.absent), packages: of(&self.shared.packages) }
    }

    /// Waits until it has read well once more, from the beginning; an error when it saw something wrong instead.
    pub fn reads_once_more(&mut self) -> Result<()> {
        // The read that is under way may have begun before whatever the caller did.
        let enough = self.seen().good + 2;
        while self.seen().good < enough {
            if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                self.end()?;
                bail!("the reader has ended");
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it; an error when it ever saw something wrong.
    pub fn stop(mut self) -> Result<Seen> {
        self.shared.end.store(true, Ordering::Relaxed);
        self.end()?;
        Ok(self.seen())
    }

    fn end(&mut self) -> Result<()> {
        let thread = self.thread.take().context("the reader was stopped already")?;
        thread.join().map_err(|_| anyhow::anyhow!("the reader panicked"))?
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// Reads once; gives how many packages there were, where that is known.
type Read = fn(&Root) -> Result<u32>;

fn read_on(read: Read, root: &Root, shared: &Shared) -> Result<()> {
    while !shared.end.load(Ordering::Relaxed) {
        match read(root) {
            Ok(packages) => {
                shared.packages.store(packages, Ordering::Relaxed);
                shared.good.fetch_add(1, Ordering::Relaxed)
            }
            Err(error) if is_absence(&format!("{error:#}")) => shared.absent.fetch_add(1, Ordering::Relaxed),
            Err(error) => return Err(error.context("a reader met a repository that is not whole")),
        };
    }
    Ok(())
}

/// Gives how many packages there were.
fn read(root: &Root) -> Result<u32> {
    root.refresh()?;
    let packages = root.packages()?;
    if !packages.is_empty() {
        root.download(&packages)?;
    }
    Ok(u32::try_from(packages.len())?)
}

fn read_whatever_is_there(root: &Root) -> Result<u32> {
    root.refresh()?;
    root.download_all()?;
    Ok(0)
}

/// Whether dnf failed because the service was not there, and for no other reason.
fn is_absence(said: &str) -> bool {
    // The command line holds names of options.
    let words = said.split_once('\n').map_or("", |(_, words)| words);
    ABSENT.iter().any(|word| words.contains(word)) && !BROKEN.iter().any(|word| words.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_absence;

    #[test]
    fn a_service_that_is_down_is_told_from_one_that_is_wrong() {
        let said =
            |words: &str| format!("`dnf-3 --setopt=distribution.gpgcheck=0 makecache` failed: exit status: 1\n{words}");
        assert!(is_absence(&said(" - Curl error (7): Couldn't connect to server for http://h/repodata/repomd.xml")));
        assert!(!is_absence(&said("Error: Failed to download metadata: GPG verification is enabled, but bad")));
        assert!(!is_absence(&said(" - Curl error (7): Couldn't connect\nStatus code: 404 for http://h/x.rpm")));
    }
}
