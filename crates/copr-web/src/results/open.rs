//! Opening what lies below a directory, one name at a time, following no symbolic link.

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// An open file with what was true when it was opened. Whatever happens to its name, it stays the same file.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) meta: Metadata,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file.
    File(OpenFile),
    /// A directory.
    Dir(OwnedFd),
}

/// Opens what `parts` name below `root`. `None` when it is not there, or when it is, or lies behind, anything else
/// than regular files and directories. Blocks.
pub(crate) fn open(root: &Path, parts: &[String]) -> io::Result<Option<Found>> {
    let mut here: OwnedFd = File::open(root)?.into();
    for (index, part) in parts.iter().enumerate() {
        let kind = if index + 1 == parts.len() { OFlag::empty() } else { OFlag::O_DIRECTORY };
        // Not blocking: a FIFO would wait for a writer.
        let flags = kind | OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        here = match openat(&here, part.as_str(), flags, Mode::empty()) {
            Ok(next) => next,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG | Errno::ENXIO) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
    }
    let file = File::from(here);
    let meta = file.metadata()?;
    Ok(if meta.is_dir() {
        Some(Found::Dir(file.into()))
    } else if meta.is_file() {
        Some(Found::File(OpenFile { file, meta }))
    } else {
        None
    })
}
