//! What can go wrong, and whose fault it is.

use crate::ObjectId;
use std::io;
use std::path::{Path, PathBuf};

/// A failure of this crate, in words for people.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The disk, or what lies on it.
    #[error("could not {doing} `{}`", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The bytes of a file that is to be imported could not be read.
    #[error("could not read `{file}`")]
    Unreadable {
        /// Its name.
        file: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file's bytes are fewer than was said.
    #[error("`{file}` ends before its end")]
    Short {
        /// Its name.
        file: String,
    },
    /// A name that can stand neither in git nor in the list of the look-aside cache.
    #[error("a file can not be called `{}` in a git repository with a look-aside cache", .file.escape_debug())]
    Name {
        /// As given.
        file: String,
    },
    /// Two files of one name.
    #[error("there are two files called `{file}`")]
    Twice {
        /// Their name.
        file: String,
    },
    /// Bytes that were made so that others have the same SHA-1.
    #[error("{what} bears the marks of an attack on SHA-1")]
    Collision {
        /// The file, or the kind of object.
        what: String,
    },
    /// An object that should be there and is not, or is not what its name says.
    #[error("the object {id} is damaged or missing in `{}`", repository.display())]
    Damaged {
        /// The object.
        id: ObjectId,
        /// Where it was looked for.
        repository: PathBuf,
    },
    /// Somebody removed the repository while it was written to.
    #[error("the repository `{}` was removed meanwhile", .0.display())]
    Removed(PathBuf),
}

impl Error {
    /// Whether the files that were to be imported are at fault, not this machine.
    pub fn is_of_the_files(&self) -> bool {
        matches!(
            self,
            Self::Unreadable { .. }
                | Self::Short { .. }
                | Self::Name { .. }
                | Self::Twice { .. }
                | Self::Collision { .. }
        )
    }
}

/// Names what was tried when it fails.
pub(crate) fn doing<T>(doing: &'static str, path: &Path, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error::Io { doing, path: path.to_owned(), source })
}
