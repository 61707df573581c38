//! A package's repository: where it is, and what can be read of it.

use crate::error::doing;
use crate::look_aside::{LOOK_ASIDE, listed};
use crate::object::{self, CommitParts, Entry, Kind};
use crate::objects;
use crate::sources::{self, LIST};
use crate::{Digest, Error, ObjectId};
use std::fs::{self, File as Handle};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What holds a repository: locked by whoever writes.
const LOCK: &str = "coprd.lock";
const CONFIG: &str = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n[gc]\n\tauto = 0\n";

/// A bare repository with its look-aside cache, which need not be there yet.
#[derive(Clone, Debug)]
pub struct Repository {
    path: PathBuf,
    cache: PathBuf,
}

/// A commit, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its name.
    pub id: ObjectId,
    /// Who did it.
    pub author: String,
    /// When, in seconds since the epoch.
    pub time: i64,
    /// What for.
    pub message: String,
    /// The commit before.
    pub parent: Option<ObjectId>,
}

/// A file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its digest, when the look-aside cache has it.
    pub digest: Option<Digest>,
}

impl Repository {
    /// The repository at a path, with what the whole service has of look-aside files, on the same file system.
    pub fn at(path: PathBuf, cache: PathBuf) -> Self {
        Self { path, cache }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Where a file of its look-aside cache is, if it has it.
    pub fn source(&self, digest: &Digest) -> PathBuf {
        self.path.join(LOOK_ASIDE).join(digest.as_str())
    }

    /// Its branches and the commits that they are at, by name. None when it is not there.
    pub fn branches(&self) -> Result<Vec<(String, ObjectId)>, Error> {
        let mut found = Vec::new();
        for path in listed(&self.heads())? {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if let Some(id) = self.head(name)? {
                found.push((name.to_owned(), id));
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The commit that a branch is at; none when there is no such branch.
    pub fn head(&self, branch: &str) -> Result<Option<ObjectId>, Error> {
        let path = self.heads().join(branch);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => Ok(ObjectId::parse(doing("read", &path, text)?.trim_end())),
        }
    }

    pub(crate) fn heads(&self) -> PathBuf {
        self.path.join("refs/heads")
    }

    /// A commit.
    pub fn commit(&self, id: ObjectId) -> Result<Recorded, Error> {
        let CommitParts { author, time, message, parent, .. } = self.commit_parts(id)?;
        Ok(Recorded { id, author, time, message, parent })
    }

    /// The files of a commit, by name: those in git, and those of the look-aside cache.
    pub fn files(&self, commit: ObjectId) -> Result<Vec<File>, Error> {
        let entries = self.entries(commit)?.into_iter().map(|entry| File { name: entry.name, digest: None });
        let sources = self.sources_of(commit)?.into_iter().map(|(name, digest)| File { name, digest: Some(digest) });
        let mut files: Vec<File> = entries.chain(sources).collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// The bytes of a file that is in git.
    pub fn file(&self, commit: ObjectId, name: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.entries(commit)?.into_iter().find(|entry| entry.name == name) {
            Some(entry) => Ok(Some(objects::read(&self.path, entry.id, Kind::Blob)?)),
            None => Ok(None),
        }
    }

    /// What a commit's list names.
    pub(crate) fn sources_of(&self, commit: ObjectId) -> Result<Vec<(String, Digest)>, Error> {
        let list = self.file(commit, LIST)?.unwrap_or_default();
        Ok(sources::read_list(&String::from_utf8_lossy(&list)))
    }

    pub(crate) fn commit_parts(&self, id: ObjectId) -> Result<CommitParts, Error> {
        let bytes = objects::read(&self.path, id, Kind::Commit)?;
        object::read_commit(&bytes).ok_or_else(|| Error::Damaged { id, repository: self.path.clone() })
    }

    fn entries(&self, commit: ObjectId) -> Result<Vec<Entry>, Error> {
        let tree = self.commit_parts(commit)?.tree;
        let bytes = objects::read(&self.path, tree, Kind::Tree)?;
        object::read_tree(&bytes).ok_or_else(|| Error::Damaged { id: tree, repository: self.path.clone() })
    }

    /// Whether a commit is another, or comes after it.
    pub(crate) fn contains(&self, commit: ObjectId, other: ObjectId) -> Result<bool, Error> {
        let mut next = Some(commit);
        while let Some(id) = next {
            if id == other {
                return Ok(true);
            }
            next = self.commit_parts(id)?.parent;
        }
        Ok(false)
    }

    /// Makes the repository unless it is there, and locks it against all other writers, of other programs as well.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        loop {
            doing("make the directory", &self.path, fs::create_dir_all(&self.path))?;
            // Whoever removes repositories renames what holds them: one that is gone by now is made anew.
            if let Some(lock) = self.lock_if_there()? {
                self.make()?;
                return Ok(lock);
            }
        }
    }

    /// Locks the repository, if it is there.
    pub(crate) fn lock_if_there(&self) -> Result<Option<Lock>, Error> {
        let path = self.path.join(LOCK);
        loop {
            let open = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let file = match open {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                file => doing("open", &path, file)?,
            };
            doing("lock", &path, file.lock())?;
            let lock = Lock { file, path: path.clone() };
            if lock.is_in_place() {
                return Ok(Some(lock));
            }
        }
    }

    /// Makes what is missing, in an order in which a repository that was begun is taken for none.
    fn make(&self) -> Result<(), Error> {
        let head = self.path.join("HEAD");
        if head.exists() {
            return Ok(());
        }
        for dir in ["objects", "objects/info", "objects/pack", "refs", "refs/heads", "info", LOOK_ASIDE] {
            objects::make_dir(&self.path.join(dir))?;
        }
        // No packs, said in the form in which git says it.
        for (name, text) in
            [("objects/info/packs", "\n"), ("info/refs", ""), ("config", CONFIG), ("HEAD", "ref: refs/heads/master\n")]
        {
            let path = self.path.join(name);
            let written = fs::write(&path, text).and_then(|()| Handle::open(&path)?.sync_all());
            doing("write", &path, written)?;
        }
        for dir in ["objects/info", "objects", "refs", "info", ""] {
            objects::sync_dir(&self.path.join(dir))?;
        }
        // The names of the directories that lead here.
        for dir in self.path.ancestors().skip(1).take(3) {
            objects::sync_dir(dir)?;
        }
        Ok(())
    }
}

/// Holds a repository; lets it go when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    file: Handle,
    path: PathBuf,
}

impl Lock {
    /// Whether the repository is still the one that was locked.
    pub(crate) fn is_in_place(&self) -> bool {
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(own), Ok(there)) => (own.dev(), own.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }
}
