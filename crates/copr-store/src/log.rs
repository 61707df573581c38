//! Live logs: files that grow at their end while people read them.

use crate::{Error, doing};
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A write at another place than the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogMismatch {
    /// Where the log ends.
    pub size: u64,
}

/// A log under its plain name; `.gz` once it is finished.
#[derive(Clone, Debug)]
pub struct LogFile {
    path: PathBuf,
}

impl LogFile {
    /// The log of that path.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Its path while it grows.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path once it is finished.
    pub fn gz_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".gz");
        name.into()
    }

    /// Begins anew: an earlier attempt's log goes to `prev_build_backup/`.
    pub fn begin(&self) -> Result<(), Error> {
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        doing("make the directory", dir, std::fs::create_dir_all(dir))?;
        let earlier = [self.path.clone(), self.gz_path()];
        for path in earlier.iter().filter(|path| path.metadata().is_ok_and(|meta| meta.len() > 0)) {
            let backup = dir.join("prev_build_backup");
            doing("make the directory", &backup, std::fs::create_dir_all(&backup))?;
            if let Some(name) = path.file_name() {
                doing("move", path, std::fs::rename(path, backup.join(name)))?;
            }
        }
        doing("make", &self.path, File::create(&self.path)).map(|_| ())
    }

    /// Appends bytes that begin at `offset`. Bytes that are there already are left out, so that a repeated call does
    /// no harm; a gap is refused.
    pub fn append(&self, offset: u64, bytes: &[u8]) -> Result<Result<u64, LogMismatch>, Error> {
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(&self.path);
        let mut file = doing("open", &self.path, open)?;
        let size = doing("measure", &self.path, file.seek(SeekFrom::End(0)))?;
        if offset > size {
            return Ok(Err(LogMismatch { size }));
        }
        let known = usize::try_from(size - offset).unwrap_or(usize::MAX).min(bytes.len());
        let fresh = &bytes[known..];
        doing("write", &self.path, file.write_all(fresh))?;
        Ok(Ok(size + fresh.len() as u64))
    }

    /// Appends a line at the end.
    pub fn line(&self, text: &str) -> Result<(), Error> {
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        doing("make the directory", dir, std::fs::create_dir_all(dir))?;
        let open = OpenOptions::new().create(true).append(true).open(&self.path);
        doing("write", &self.path, open.and_then(|mut file| file.write_all(format!("{text}\n").as_bytes())))
    }

    /// The same, unless the log is finished: what is done once more after a crash adds nothing to it.
    pub fn line_unless_finished(&self, text: &str) -> Result<(), Error> {
        if self.gz_path().exists() { Ok(()) } else { self.line(text) }
    }

    /// Compresses the log under its final name and removes the plain one. Fine when that happened already.
    pub fn finish(&self) -> Result<(), Error> {
        let mut plain = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return doing("open", &self.path, Err(error)),
        };
        let target = self.gz_path();
        let dir = self.path.parent().unwrap_or(Path::new("/"));
        let packed = doing("make a file in", dir, crate::write::unfinished(dir))?;
        let mut encoder = flate2::write::GzEncoder::new(packed, flate2::Compression::default());
        doing("compress", &self.path, std::io::copy(&mut plain, &mut encoder))?;
        let packed = doing("compress", &self.path, encoder.finish())?;
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o644);
        doing("set the mode of", &target, packed.as_file().set_permissions(mode))?;
        doing("put in place", &target, packed.persist(&target).map_err(|error| error.error))?;
        doing("remove", &self.path, std::fs::remove_file(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_write_changes_nothing_and_a_gap_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        log.begin().unwrap();
        assert_eq!(log.append(0, b"one\n").unwrap(), Ok(4));
        assert_eq!(log.append(0, b"one\n").unwrap(), Ok(4));
        assert_eq!(log.append(2, b"e\ntwo\n").unwrap(), Ok(8));
        assert_eq!(log.append(100, b"x").unwrap(), Err(LogMismatch { size: 8 }));
        assert_eq!(std::fs::read(log.path()).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn an_attempt_after_one_that_was_thought_to_be_over_keeps_its_finished_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        log.begin().unwrap();
        log.append(0, b"first").unwrap().unwrap();
        log.finish().unwrap();
        log.begin().unwrap();
        assert!(dir.path().join("prev_build_backup/builder-live.log.gz").exists() && !log.gz_path().exists());
    }

    #[test]
    fn a_second_attempt_keeps_the_first_ones_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = LogFile::at(dir.path().join("builder-live.log"));
        log.begin().unwrap();
        log.append(0, b"first").unwrap().unwrap();
        log.begin().unwrap();
        log.append(0, b"second").unwrap().unwrap();
        log.finish().unwrap();
        log.finish().unwrap();
        assert_eq!(std::fs::read(dir.path().join("prev_build_backup/builder-live.log")).unwrap(), b"first");
        assert!(log.gz_path().exists() && !log.path().exists());
    }
}
