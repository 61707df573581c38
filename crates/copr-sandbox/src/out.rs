//! Takes files out of trees that foreign code has written: never through a symbolic link, never a
//! device, never more bytes than allowed.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::{AsRawFd, OwnedFd},
    os::unix::fs::FileTypeExt,
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2},
    sys::stat::Mode,
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    stage::message::{Refusal, Reply},
};

/// One name in a directory of a foreign tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The name; names that are not UTF-8 are left out.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What a name in a directory is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EntryKind {
    /// A regular file of this many bytes.
    File(u64),
    /// A directory.
    Directory,
    /// A symbolic link; it is not followed.
    Symlink,
    /// A device, fifo or socket.
    Special,
}

impl EntryKind {
    fn of(found: &fs::Metadata) -> EntryKind {
        let kind = found.file_type();
        if kind.is_file() {
            EntryKind::File(found.len())
        } else if kind.is_dir() {
            EntryKind::Directory
        } else if kind.is_symlink() {
            EntryKind::Symlink
        } else {
            EntryKind::Special
        }
    }
}

/// Copies a regular file; what it writes is `most` bytes at most.
pub(crate) fn copy(tree: &Path, inside: &Path, to: &mut impl Write, most: u64) -> Result<u64, Refusal> {
    // Looked at before it is opened for reading: opening a fifo waits, opening a device acts.
    let looked = File::from(open_inside(tree, inside, OFlag::O_PATH)?);
    let kind = looked.metadata().map_err(refuse)?.file_type();
    if !kind.is_file() {
        return Err(Refusal::NotRegular(describe(kind).to_owned()));
    }
    let path = format!("/proc/self/fd/{}", looked.as_raw_fd());
    let mut file = File::open(path).map_err(refuse)?;
    if file.metadata().map_err(refuse)?.len() > most {
        return Err(Refusal::TooLarge);
    }
    let copied = io::copy(&mut (&file).take(most), to).map_err(refuse)?;
    let more = file.read(&mut [0]).map_err(refuse)?;
    if more > 0 { Err(Refusal::TooLarge) } else { Ok(copied) }
}

/// Lists a directory, sorted by name.
pub(crate) fn list(tree: &Path, inside: &Path, most: usize) -> Result<Vec<Entry>, Refusal> {
    let directory = open_inside(tree, inside, OFlag::O_PATH | OFlag::O_DIRECTORY)?;
    let path = format!("/proc/self/fd/{}", directory.as_raw_fd());
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if entries.len() == most {
            return Err(Refusal::TooLarge);
        }
        let kind = EntryKind::of(&entry.metadata().map_err(refuse)?);
        entries.push(Entry { name, kind });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

/// In a stage: the file goes to standard output.
pub(crate) fn reply_to_copy(tree: &Path, inside: &Path, most: u64) -> Reply {
    let result = copy(tree, inside, &mut io::stdout().lock(), most).and_then(|size| {
        io::stdout().flush().map_err(refuse)?;
        Ok(size)
    });
    result.map_or_else(Reply::Refused, Reply::Copied)
}

/// In a stage: the list goes into the reply.
pub(crate) fn reply_to_list(tree: &Path, inside: &Path, most: usize) -> Reply {
    list(tree, inside, most).map_or_else(Reply::Refused, Reply::Listed)
}

/// The kernel refuses every symbolic link on the way, `..` above the tree, and magic links; so
/// nothing that foreign code does meanwhile changes what is opened (openat2(2)).
fn open_inside(tree: &Path, inside: &Path, flags: OFlag) -> Result<OwnedFd, Refusal> {
    let top = open(tree, OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty()).map_err(refuse_errno)?;
    let resolve = ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS;
    let how = OpenHow::new().flags(flags | OFlag::O_CLOEXEC).resolve(resolve);
    let inside = if inside.as_os_str().is_empty() { Path::new(".") } else { inside };
    openat2(&top, inside, how).map_err(refuse_errno)
}

fn describe(kind: fs::FileType) -> &'static str {
    if kind.is_dir() {
        "directory"
    } else if kind.is_symlink() {
        "symbolic link"
    } else if kind.is_fifo() {
        "fifo"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

fn refuse(error: io::Error) -> Refusal {
    Refusal::Io { number: error.raw_os_error().unwrap_or(0), words: error.to_string() }
}

fn refuse_errno(error: Errno) -> Refusal {
    match error {
        Errno::ELOOP | Errno::EXDEV => Refusal::Escapes,
        error => refuse(io::Error::from(error)),
    }
}

impl Refusal {
    /// Could a stage with more rights over the tree do it?
    pub fn is_permission(&self) -> bool {
        matches!(self, Refusal::Io { number, .. } if *number == Errno::EACCES as i32)
    }

    /// For the caller.
    pub fn into_error(self, inside: &Path, limit: u64, unit: &'static str) -> Error {
        let path = inside.to_path_buf();
        match self {
            Refusal::Escapes => Error::Escapes { path },
            Refusal::NotRegular(what) => Error::NotRegular { path, what },
            Refusal::TooLarge => Error::TooLarge { path, limit, unit },
            Refusal::Io { number, words } => Error::Io {
                doing: format!("take `{}` out", inside.display()),
                source: if number == 0 { io::Error::other(words) } else { io::Error::from_raw_os_error(number) },
            },
        }
    }
}
