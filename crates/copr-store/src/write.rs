//! Getting bytes and trees into place whole.

use crate::{Error, Store, doing};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

impl Store {
    /// Writes a file: its bytes are on disk before it appears under its name, and its name is on disk afterwards.
    pub fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let dir = parent(path);
        self.about_to("write", path)?;
        doing("make the directory", &dir, std::fs::create_dir_all(&dir))?;
        let mut file = doing("make a file in", &dir, unfinished(&dir))?;
        doing("write", path, file.write_all(bytes))?;
        doing("sync", path, file.as_file().sync_data())?;
        doing("set the mode of", path, readable(file.as_file()))?;
        self.about_to("put in place", path)?;
        doing("put in place", path, file.persist(path).map_err(|error| error.error))?;
        self.sync_dir(&dir)
    }

    /// Moves a file that is complete into place (same file system), replacing what is there; syncs it first.
    pub fn adopt(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let dir = parent(to);
        doing("make the directory", &dir, std::fs::create_dir_all(&dir))?;
        let file = doing("open", from, File::open(from))?;
        doing("set the mode of", from, readable(&file))?;
        doing("sync", from, file.sync_all())?;
        self.about_to("put in place", to)?;
        doing("put in place", to, std::fs::rename(from, to))
    }

    /// The same for a name that is free; false, with nothing changed, when it is taken.
    pub fn adopt_new(&self, from: &Path, to: &Path) -> Result<bool, Error> {
        let file = doing("open", from, File::open(from))?;
        doing("set the mode of", from, readable(&file))?;
        doing("sync", from, file.sync_all())?;
        self.about_to("put in place", to)?;
        match std::fs::hard_link(from, to) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
            linked => doing("put in place", to, linked)?,
        }
        self.about_to("remove", from)?;
        doing("remove", from, std::fs::remove_file(from))?;
        Ok(true)
    }

    /// Gives the finished files of a directory a second name in another, for as long as the first may vanish. What is
    /// there already stays; what vanishes meanwhile is left out. Returns what the other directory has then: names and
    /// sizes, by name.
    pub fn link_files(&self, from: &Path, to: &Path) -> Result<Vec<(String, u64)>, Error> {
        for entry in listed(from)? {
            let entry = doing("list", from, entry)?;
            if finished(&entry).is_none() {
                continue;
            }
            doing("make the directory", to, std::fs::create_dir_all(to))?;
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            self.about_to("put in place", &to)?;
            match std::fs::hard_link(&from, &to) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                // A file can have only so many names, and some file systems allow no second one.
                Err(_) => copied(&from, &to)?,
                Ok(()) => {}
            }
        }
        let mut found = Vec::new();
        for entry in listed(to)? {
            found.extend(finished(&doing("list", to, entry)?));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Removes the files of a directory that were begun and never finished, because whoever wrote them was killed.
    /// Whoever still writes one meets an error, so this is for directories in which only the caller has work to do.
    pub fn remove_unfinished(&self, dir: &Path) -> Result<(), Error> {
        for entry in listed(dir)? {
            let entry = doing("list", dir, entry)?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                self.remove(&self.relative(&entry.path()))?;
            }
        }
        Ok(())
    }

    /// Makes the names in a directory last.
    pub fn sync_dir(&self, dir: &Path) -> Result<(), Error> {
        self.about_to("sync", dir)?;
        doing("sync", dir, File::open(dir).and_then(|dir| dir.sync_all()))
    }

    /// Makes a directory and holds it until the result is dropped; none when somebody else does, in another program maybe.
    /// Where directories can not be locked (as over NFS) everybody may have it.
    pub fn hold_dir(&self, dir: &Path) -> Result<Option<File>, Error> {
        self.make_dir(dir)?;
        let file = doing("open", dir, File::open(dir))?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(Some(file)),
        }
    }

    /// Makes a directory.
    pub fn make_dir(&self, dir: &Path) -> Result<(), Error> {
        self.about_to("make the directory", dir)?;
        doing("make the directory", dir, std::fs::create_dir_all(dir))
    }
}

/// What a directory holds; nothing when there is none.
fn listed(dir: &Path) -> Result<impl Iterator<Item = std::io::Result<std::fs::DirEntry>>, Error> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        entries => Some(doing("list", dir, entries)?),
    };
    Ok(entries.into_iter().flatten())
}

/// Paths of what a directory holds; nothing when there is none.
pub(crate) fn children(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    listed(dir)?.map(|entry| Ok(doing("list", dir, entry)?.path())).collect()
}

/// Name and size of a file that is finished.
fn finished(entry: &std::fs::DirEntry) -> Option<(String, u64)> {
    let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'))?;
    let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((name, meta.len()))
}

/// A file of its own with the same bytes.
fn copied(from: &Path, to: &Path) -> Result<(), Error> {
    let dir = parent(to);
    let mut file = doing("make a file in", &dir, unfinished(&dir))?;
    let mut original = doing("open", from, File::open(from))?;
    doing("copy", from, std::io::copy(&mut original, &mut file))?;
    doing("set the mode of", to, readable(file.as_file()))?;
    doing("put in place", to, file.persist(to).map(drop).map_err(|error| error.error))
}

/// How the names of files begin that are being written: hidden, and told from what people make.
pub const UNFINISHED: &str = ".unfinished-";

/// A file in a directory that is not there yet under its own name.
pub(crate) fn unfinished(dir: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(dir)
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("/")).to_owned()
}

/// Published files are for everyone to read, whatever the umask.
pub(crate) fn readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use crate::Store;

    #[test]
    fn a_directory_is_held_by_one() {
        let data = tempfile::tempdir().unwrap();
        let (one, other) = (Store::open(data.path()).unwrap(), Store::open(data.path()).unwrap());
        let dir = data.path().join("a/b");
        let held = one.hold_dir(&dir).unwrap();
        assert!(held.is_some() && other.hold_dir(&dir).unwrap().is_none());
        drop(held);
        assert!(other.hold_dir(&dir).unwrap().is_some());
    }

    #[test]
    fn files_that_got_a_second_name_outlive_their_first() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let (from, to) = (data.path().join("from"), data.path().join("to"));
        std::fs::create_dir_all(from.join("dir")).unwrap();
        std::fs::write(from.join("b"), b"bb").unwrap();
        std::fs::write(from.join("a"), b"a").unwrap();
        std::fs::write(from.join(".unfinished-x"), b"half").unwrap();
        let both = [("a".to_owned(), 1), ("b".to_owned(), 2)];
        assert_eq!(store.link_files(&from, &to).unwrap(), both);
        std::fs::remove_dir_all(&from).unwrap();
        assert_eq!(store.link_files(&from, &to).unwrap(), both, "asked once more, when the originals are gone");
        assert_eq!(std::fs::read(to.join("b")).unwrap(), b"bb");
        let none = data.path().join("none");
        assert!(store.link_files(&from, &none).unwrap().is_empty() && !none.exists());
    }
}
