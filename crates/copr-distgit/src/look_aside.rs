//! The look-aside cache: large files under their digests.
//!
//! Each repository has its own names for the files that it needs, and the whole service has one more for each, by which the
//! next repository finds what is there already. All are hard links to one file: how many there are tells whether
//! anybody still needs it, so that nothing has to be counted elsewhere. Where links are not to be had, repositories have files
//! of their own.

use crate::error::doing;
use crate::objects::Incoming;
use crate::{Error, Repository};
use sha2::{Digest as _, Sha512};
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes that are read at a time.
const PIECE: usize = 128 << 10;

/// SHA-512 of a file, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Reads 128 hexadecimal digits, of either case.
    pub fn parse(text: &str) -> Option<Self> {
        let good = text.len() == 128 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        good.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name that the whole service has for a file.
fn shared(cache: &Path, digest: &Digest) -> PathBuf {
    cache.join(&digest.as_str()[..2]).join(digest.as_str())
}

/// Takes a file of `size` bytes in: read once, written once, and found by its digest if it was there before.
pub(crate) fn take(
    incoming: &mut Incoming,
    repository: &Repository,
    name: &str,
    size: u64,
    data: &mut dyn Read,
) -> Result<Digest, Error> {
    let mut file = incoming.file()?;
    let mut hash = Sha512::new();
    let mut buffer = vec![0; PIECE];
    let mut left = size;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let count = match data.read(&mut buffer[..most]) {
            Ok(0) => return Err(Error::Short { file: name.to_owned() }),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Error::Unreadable { file: name.to_owned(), source }),
        };
        hash.update(&buffer[..count]);
        let written = file.as_file_mut().write_all(&buffer[..count]);
        doing("write", file.path(), written)?;
        left -= count as u64;
    }
    let digest = Digest(hex::encode(hash.finalize()));
    let place = repository.source(&digest);
    if is_there(&place, size) || link(&shared(repository.cache(), &digest), &place, size)? {
        incoming.changed(repository.path().join(LOOK_ASIDE));
    } else {
        incoming.add(file, place)?;
    }
    Ok(digest)
}

/// The directory of a repository's own names.
pub(crate) const LOOK_ASIDE: &str = "look-aside";

fn is_there(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.len() == size)
}

/// Gives a file of the service another name; false when there is none, or it can have no other.
fn link(from: &Path, to: &Path, size: u64) -> Result<bool, Error> {
    if !is_there(from, size) {
        return Ok(false);
    }
    match fs::hard_link(from, to) {
        Ok(()) => Ok(true),
        // Somebody's half a file from before: replaced by whoever writes it anew.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(is_there(to, size)),
        // Removed just now; or one that has as many names as it can; or a file system without links.
        Err(_) => Ok(false),
    }
}

/// Lets the whole service know files that came into a repository. What can not be linked stays the repository's own.
pub(crate) fn share(repository: &Repository, digests: &[Digest]) -> Result<(), Error> {
    for digest in digests {
        let (own, all) = (repository.source(digest), shared(repository.cache(), digest));
        let Ok(meta) = fs::metadata(&own) else { continue };
        if meta.nlink() > 1 {
            continue;
        }
        let Some(dir) = all.parent() else { continue };
        doing("make the directory", dir, fs::create_dir_all(dir))?;
        // The one that is there may be another import's that came first: both are good.
        let _ = fs::hard_link(&own, &all);
    }
    Ok(())
}

/// Removes the service's names of files that no repository has any more. Repositories may be written to meanwhile: one
/// that just found a file keeps it by its own name. Returns how many are gone.
pub fn sweep(cache: &Path) -> Result<usize, Error> {
    let mut gone = 0;
    for dir in listed(cache)? {
        for path in listed(&dir)? {
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            if meta.is_file() && meta.nlink() == 1 && Digest::parse(&name(&path)).is_some() {
                doing("remove", &path, fs::remove_file(&path))?;
                gone += 1;
            }
        }
    }
    Ok(gone)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What lies in a directory; nothing when there is none, or it is none.
pub(crate) fn listed(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        entries => {
            let entries = doing("list", dir, entries)?;
            doing("list", dir, entries.map(|entry| entry.map(|entry| entry.path())).collect())
        }
    }
}

impl Repository {
    /// Removes the files of the look-aside cache that none of these commits names, nor any branch, if they came before a
    /// moment (seconds since the epoch): the build of a younger one may not be noted yet. Returns how many.
    pub fn forget_sources(&self, needed: &[crate::ObjectId], before: i64) -> Result<usize, Error> {
        let Some(lock) = self.lock_if_there()? else { return Ok(0) };
        let mut files = listed(&self.path().join(LOOK_ASIDE))?;
        files.retain(|path| fs::symlink_metadata(path).is_ok_and(|meta| meta.ctime() < before));
        if files.is_empty() {
            return Ok(0);
        }
        let mut keep = std::collections::HashSet::new();
        for id in self.branches()?.into_iter().map(|(_, id)| id).chain(needed.iter().copied()) {
            match self.sources_of(id) {
                Ok(sources) => keep.extend(sources.into_iter().map(|(_, digest)| digest)),
                // A commit of another repository, as copies of builds have them.
                Err(Error::Damaged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let mut gone = 0;
        for path in files {
            if Digest::parse(&name(&path)).is_some_and(|digest| !keep.contains(&digest)) {
                doing("remove", &path, fs::remove_file(&path))?;
                gone += 1;
            }
        }
        drop(lock);
        Ok(gone)
    }
}
