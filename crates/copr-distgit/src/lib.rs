//! Imported sources as git repositories: one bare repository for each package, with the spec file, patches and small texts
//! in git, and everything else in a look-aside cache beside it, by digest.
//!
//! The layout is git's own, in its plainest form (loose objects, loose references, and the lists that the "dumb" HTTP protocol
//! reads), so that `git` clones what any server of static files hands out. Repositories are written by this crate alone:
//! whoever repacks one takes away what it reads. What is not here: source packages (`copr-rpm` opens them), names of
//! owners and projects (`copr-store` makes paths of them), the database, HTTP. All functions block.
//!
//! Objects are on disk before a reference names them, and references change by renaming, one at a time, under a lock
//! that holds between programs as well. So an import that is killed anywhere leaves a repository that is whole, and is
//! simply done once more: equal trees make no second commit.
//!
//! ```
//! use copr_distgit::{Branch, Commit, Repository};
//!
//! let data = tempfile::tempdir()?;
//! let repository = Repository::at(data.path().join("hello.git"), data.path().join("look-aside"));
//! let mut import = repository.import()?;
//! import.add(&["hello.spec"], false, 12, &mut &b"Name: hello\n"[..])?;
//! let branch = Branch::of(&"fedora-44-x86_64".parse()?);
//! let commit = Commit { author: "alice".into(), email: String::new(), time: 1_700_000_000, message: "hello 1.0".into() };
//! let done = import.commit(&[branch.clone()], &commit)?;
//! assert_eq!(repository.branches()?, [(branch.to_string(), done.commits[&branch])]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod branch;
mod error;
mod fork;
mod import;
mod look_aside;
mod object;
mod objects;
mod repository;
mod sources;

pub use branch::Branch;
pub use error::Error;
pub use import::{Commit, Import, Imported};
pub use look_aside::{Digest, sweep};
pub use object::ObjectId;
pub use repository::{File, Recorded, Repository};
