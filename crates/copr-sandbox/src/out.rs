//! Takes files out of trees that foreign code has written.
use serde::{Deserialize, Serialize};

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
