//! The words of coprd: ids, names, states, sources, permissions and failures.
//!
//! Everything here is a value. A name that exists is valid, because it can only be made by parsing;
//! a change of state is a row of the table in [`state::next`]. This crate knows no database, no
//! network and no clock of its own (see [`clock`] for the one that is handed around).
//!
//! ```
//! use copr_types::{ChrootName, state::{self, Event, Role, State}};
//!
//! let chroot: ChrootName = "centos-stream-9-x86_64".parse().unwrap();
//! assert_eq!((chroot.os(), chroot.version(), chroot.arch()), ("centos-stream", "9", "x86_64"));
//! assert_eq!(state::next(Role::Chroot, State::Pending, Event::Leased), Ok(State::Starting));
//! ```

pub mod chroot;
pub mod clock;
pub mod failure;
pub mod faults;
pub mod hook;
pub mod id;
pub mod name;
pub mod options;
pub mod permission;
pub mod source;
pub mod state;
mod word;

pub use chroot::{ChrootDefinition, ChrootName, DistroRepo, RepoAddress};
pub use clock::Clock;
pub use failure::{Failure, FailureClass, Phase};
pub use faults::Faults;
pub use hook::{Forge, HookOutcome};
pub use id::*;
pub use name::{DirName, FileName, GroupAlias, InvalidName, OwnerName, PackageName, ProjectName, UserName};
pub use options::{Bootstrap, ChrootBootstrap, Isolation};
pub use source::{Source, SourceKind};
pub use state::{Event, Role, State};

/// A word that is none of those a set of choices has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of the known words")]
pub struct UnknownWord(pub String);
