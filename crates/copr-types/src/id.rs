//! Numbers that identify rows, one type each, so that a build is never taken for a project.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    UserId
    /// A group of users that owns projects together.
    GroupId
    /// A project (`owner/name`).
    ProjectId
    /// A directory of a project: the main one or `name:suffix`, each with its own repositories.
    DirId
    /// A chroot of the catalogue, such as `fedora-44-x86_64`.
    ChrootId
    /// A package of a project.
    PackageId
    /// A build: one source, any number of chroots. People say "build 1234".
    BuildId
    /// One chroot of one build.
    BuildChrootId
    /// Builds that start together.
    BatchId
    /// Builds whose order the service finds itself.
    ChainId
    /// A piece of work waiting for, or held by, a builder.
    TaskId
    /// A registered builder.
    BuilderId
    /// The repository of one chroot of one directory.
    RepoId
    /// A report of a forge.
    HookCallId
}

impl BuildId {
    /// The eight-digit form used in directory names (`00000042`); longer ids keep all digits.
    pub fn padded(self) -> String {
        format!("{:08}", self.0)
    }
}
