//! Objects on disk: each in a file of its own, compressed, under its name.

use crate::error::doing;
use crate::object::{self, Kind};
use crate::{Error, ObjectId};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Most bytes of one object that are read: the largest spec file, and trees of all files that there can be.
const MOST: u64 = 64 << 20;

/// Where an object lies in a repository.
pub(crate) fn path(repository: &Path, id: ObjectId) -> PathBuf {
    let name = id.to_string();
    repository.join("objects").join(&name[..2]).join(&name[2..])
}

/// Reads an object of a kind.
pub(crate) fn read(repository: &Path, id: ObjectId, kind: Kind) -> Result<Vec<u8>, Error> {
    let damaged = || Error::Damaged { id, repository: repository.to_owned() };
    let path = path(repository, id);
    let file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged()),
        file => doing("open", &path, file)?,
    };
    let mut bytes = Vec::new();
    ZlibDecoder::new(file).take(MOST).read_to_end(&mut bytes).map_err(|_| damaged())?;
    let end = bytes.iter().position(|byte| *byte == 0).ok_or_else(damaged)?;
    let head = std::str::from_utf8(&bytes[..end]).ok().and_then(|head| head.split_once(' ')).ok_or_else(damaged)?;
    let is_whole = head.1.parse() == Ok(bytes.len() - end - 1);
    if Kind::named(head.0) != Some(kind) || !is_whole {
        return Err(damaged());
    }
    bytes.drain(..=end);
    Ok(bytes)
}

/// A file that is written and not yet under its name.
pub(crate) struct Coming {
    pub temporary: TempPath,
    pub place: PathBuf,
}

/// Files on their way into a repository. None is under its name before [`Coming`] files are on disk.
pub(crate) struct Incoming {
    repository: PathBuf,
    /// For what is being written: emptied whenever an import begins.
    dir: PathBuf,
    coming: Vec<Coming>,
    /// What names those: it gets its own names after them, in this order.
    naming: Vec<Coming>,
    known: HashSet<ObjectId>,
    /// Directories that got new names.
    changed: BTreeSet<PathBuf>,
}

impl Incoming {
    /// Begins. The caller holds the repository's lock: what lies here was left by somebody who was killed.
    pub(crate) fn begin(repository: &Path) -> Result<Self, Error> {
        let dir = repository.join("incoming");
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            gone => doing("empty", &dir, gone)?,
        }
        doing("make the directory", &dir, fs::create_dir(&dir))?;
        let (coming, naming) = (Vec::new(), Vec::new());
        let (known, changed) = (HashSet::new(), BTreeSet::new());
        Ok(Self { repository: repository.to_owned(), dir, coming, naming, known, changed })
    }

    /// A file to write to.
    pub(crate) fn file(&self) -> Result<tempfile::NamedTempFile, Error> {
        doing("make a file in", &self.dir, tempfile::NamedTempFile::new_in(&self.dir))
    }

    /// Adds an object. `what` it is, for people.
    pub(crate) fn object(&mut self, kind: Kind, bytes: &[u8], what: &str) -> Result<ObjectId, Error> {
        let id = object::name(kind, bytes, what)?;
        let place = path(&self.repository, id);
        if !self.known.insert(id) || place.exists() {
            return Ok(id);
        }
        let file = self.file()?;
        let mut encoder = ZlibEncoder::new(file, Compression::default());
        let written = encoder.write_all(&object::head(kind, bytes.len())).and_then(|()| encoder.write_all(bytes));
        let file = doing("write", &place, written.and_then(|()| encoder.finish()))?;
        self.add(file, place)?;
        Ok(id)
    }

    /// Adds a file that is written.
    pub(crate) fn add(&mut self, file: tempfile::NamedTempFile, place: PathBuf) -> Result<(), Error> {
        use std::os::unix::fs::PermissionsExt;
        // Nobody changes it again, and everybody may read it, whatever the umask.
        let mode = file.as_file().set_permissions(fs::Permissions::from_mode(0o444));
        doing("set the mode of", &place, mode)?;
        self.coming.push(Coming { temporary: file.into_temp_path(), place });
        Ok(())
    }

    /// Notes that a directory got a new name by other means.
    pub(crate) fn changed(&mut self, dir: PathBuf) {
        self.changed.insert(dir);
    }

    /// Adds a small file that names others, and replaces the one of its name; nothing to do when that is the same.
    pub(crate) fn replace(&mut self, place: PathBuf, bytes: &[u8]) -> Result<(), Error> {
        use std::os::unix::fs::PermissionsExt;
        if fs::read(&place).is_ok_and(|present| present == bytes) {
            return Ok(());
        }
        let mut file = self.file()?;
        let mode = fs::Permissions::from_mode(0o644);
        doing("set the mode of", &place, file.as_file().set_permissions(mode))?;
        doing("write", &place, file.write_all(bytes))?;
        self.naming.push(Coming { temporary: file.into_temp_path(), place });
        Ok(())
    }

    /// Waits until all bytes are on disk, gives all files but those that name others their names, and makes these last.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        let written: Vec<&Path> = self.coming.iter().chain(&self.naming).map(|one| &*one.temporary).collect();
        side_by_side(&written, |path| doing("sync", path, File::open(path).and_then(|file| file.sync_data())))?;
        for Coming { temporary, place } in self.coming.drain(..) {
            let parent = place.parent().unwrap_or(&self.repository).to_owned();
            if make_dir(&parent)? {
                self.changed.extend(parent.parent().map(Path::to_owned));
            }
            doing("put in place", &place, temporary.persist(&place).map_err(|error| error.error))?;
            self.changed.insert(parent);
        }
        let changed = std::mem::take(&mut self.changed);
        side_by_side(&changed.iter().map(PathBuf::as_path).collect::<Vec<_>>(), sync_dir)
    }

    /// Gives the files that name others their names. Those in `lasting` are on disk afterwards.
    pub(crate) fn finish(&mut self, lasting: &Path) -> Result<(), Error> {
        let mut changed = false;
        for Coming { temporary, place } in self.naming.drain(..) {
            doing("put in place", &place, temporary.persist(&place).map_err(|error| error.error))?;
            changed |= place.parent() == Some(lasting);
        }
        if changed { sync_dir(lasting) } else { Ok(()) }
    }
}

/// Makes a directory in one that is there; false when it is there already. One whose parent is gone is not made: its
/// repository was removed.
pub(crate) fn make_dir(dir: &Path) -> Result<bool, Error> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        made => doing("make the directory", dir, made).map(|()| true),
    }
}

/// Waits for the disk about several paths at a time: file systems bring together to the disk what is asked for together,
/// and an import of a small package would wait a dozen times otherwise.
fn side_by_side(paths: &[&Path], wait: fn(&Path) -> Result<(), Error>) -> Result<(), Error> {
    const AT_A_TIME: usize = 8;
    for some in paths.chunks(AT_A_TIME) {
        let (first, others) = some.split_first().unzip();
        std::thread::scope(|threads| {
            let others: Vec<_> = others.into_iter().flatten().map(|path| threads.spawn(move || wait(path))).collect();
            let mut waited = first.map_or(Ok(()), |path| wait(path));
            for other in others {
                let joined = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                waited = waited.and(joined);
            }
            waited
        })?;
    }
    Ok(())
}

/// Makes the names in a directory last.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Error> {
    doing("sync", dir, File::open(dir).and_then(|dir| dir.sync_all()))
}
