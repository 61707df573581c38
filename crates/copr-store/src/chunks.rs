//! Rendered metadata that is kept to be joined: a cache. Nothing of it is synced, all of it may go.

use crate::write::{children, readable, unfinished};
use crate::{Error, Store, doing};
use copr_types::RepoId;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

impl Store {
    /// The chunks of all repositories.
    pub fn chunks(&self) -> PathBuf {
        self.root().join("chunks")
    }

    /// The chunks of a repository.
    pub fn chunk_dir(&self, repo: RepoId) -> PathBuf {
        self.chunks().join(repo.0.to_string())
    }

    /// The repositories of which chunks are kept.
    pub fn chunked(&self) -> Result<Vec<RepoId>, Error> {
        let number = |path: &PathBuf| path.file_name()?.to_str()?.parse().ok().map(RepoId);
        Ok(children(&self.chunks())?.iter().filter_map(number).collect())
    }

    /// Writes a file that need not outlast the machine; whole, as long as that runs.
    pub fn write_unsynced(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        let dir = path.parent().unwrap_or(self.root());
        self.make_dir(dir)?;
        self.about_to("write", path)?;
        let mut file = doing("make a file in", dir, unfinished(dir))?;
        doing("write", path, file.write_all(bytes))?;
        doing("put in place", path, file.persist(path).map(drop).map_err(|error| error.error))
    }

    /// Gives a file of a directory another name there, in place of what has it.
    pub fn rename_unsynced(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.about_to("move", from)?;
        doing("move", from, std::fs::rename(from, to))
    }

    /// Removes the files of a directory that are not to be kept.
    pub fn keep_only(&self, dir: &Path, keep: impl Fn(&str) -> bool) -> Result<(), Error> {
        for path in children(dir)? {
            if !path.file_name().is_some_and(|name| keep(&name.to_string_lossy())) {
                self.remove(&self.relative(&path))?;
            }
        }
        Ok(())
    }

    /// Writes a file of a directory whose name is known once it is written. Its bytes are on disk before it appears under
    /// that; whoever needs the name to be on disk as well syncs the directory.
    pub fn write_named<T, E: From<Error>>(
        &self,
        dir: &Path,
        write: impl FnOnce(&mut BufWriter<&File>) -> Result<(String, T), E>,
    ) -> Result<T, E> {
        self.about_to("write", dir)?;
        let file = doing("make a file in", dir, unfinished(dir))?;
        let mut out = BufWriter::with_capacity(1 << 17, file.as_file());
        let (name, made) = write(&mut out)?;
        let path = dir.join(name);
        doing("write", &path, out.flush())?;
        drop(out);
        doing("sync", &path, file.as_file().sync_data())?;
        doing("set the mode of", &path, readable(file.as_file()))?;
        self.about_to("put in place", &path)?;
        doing("put in place", &path, file.persist(&path).map(drop).map_err(|error| error.error))?;
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_written_and_cleared() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        assert!(store.chunked().unwrap().is_empty());
        let dir = store.chunk_dir(RepoId(7));
        store.write_unsynced(&dir.join("1.3"), b"one").unwrap();
        store.write_unsynced(&dir.join("2"), b"two").unwrap();
        store.rename_unsynced(&dir.join("1.3"), &dir.join("1")).unwrap();
        store.keep_only(&dir, |name| name == "1").unwrap();
        assert_eq!(children(&dir).unwrap(), [dir.join("1")]);
        assert_eq!(store.chunked().unwrap(), [RepoId(7)]);
        store.keep_only(&store.chunk_dir(RepoId(8)), |_| false).unwrap();
    }

    #[test]
    fn a_file_gets_the_name_that_its_writer_gives_it() {
        let data = tempfile::tempdir().unwrap();
        let store = Store::open(data.path()).unwrap();
        let number = store.write_named(data.path(), |out| {
            out.write_all(b"bytes").unwrap();
            Ok::<_, Error>(("name".to_owned(), 5))
        });
        assert_eq!(number.unwrap(), 5);
        assert_eq!(std::fs::read(data.path().join("name")).unwrap(), b"bytes");
    }
}
