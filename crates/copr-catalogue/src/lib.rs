//! The chroots that coprd knows by itself, and the form in which people write down their own.
//!
//! The data are the files in `catalogue/` at the root of the repository, built into the program. A chroot of the
//! catalogue is only known: an administrator switches it on, which copies its definition into the service's state.
//! So this crate knows no state, no network and no package manager.
//!
//! ```
//! let chroot = copr_catalogue::find("fedora-44-x86_64").unwrap();
//! assert_eq!(chroot.definition.releasever, "44");
//! assert_eq!(chroot.definition.install, ["@buildsys-build"]);
//! assert!(copr_catalogue::matching("epel-*-x86_64").unwrap().len() > 2);
//!
//! let own = r#"
//!     [[chroot]]
//!     name = "house-1"
//!     arches = ["x86_64"]
//!     releasever = "1"
//!     install = ["=core", "house-release"]
//!     repos = [{ id = "house", baseurl = "https://repo.example.org/$basearch/" }]
//! "#;
//! let entries = copr_catalogue::read("house.toml", own).unwrap();
//! assert_eq!(entries[0].name.as_str(), "house-1-x86_64");
//! ```

mod error;
mod expand;
mod form;
mod rules;
mod shipped;

pub use error::{Error, Place};

use copr_types::{ChrootDefinition, ChrootName};

/// One chroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, architecture included.
    pub name: ChrootName,
    /// What its buildroot is made of.
    pub definition: ChrootDefinition,
}

/// The shipped chroots, in the order of their names.
pub fn all() -> &'static [Entry] {
    shipped::entries()
}

/// The shipped chroot of this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    let entries = all();
    let at = entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
    Some(&entries[at])
}

/// The shipped chroots whose name matches a pattern of `*`, `?` and `[…]` (such as `fedora-4?-*`).
pub fn matching(pattern: &str) -> Result<Vec<&'static Entry>, Error> {
    let pattern = glob::Pattern::new(pattern)
        .map_err(|source| Error::Pattern { pattern: pattern.to_owned(), rule: source.msg })?;
    Ok(all().iter().filter(|entry| pattern.matches(entry.name.as_str())).collect())
}

/// The shipped chroots whose name is nearest to this one, for a hint; none when nothing is near.
pub fn nearest(name: &str) -> Option<&'static str> {
    error::nearest(name, all().iter().map(|entry| entry.name.as_str()))
}

/// Reads a file in the catalogue's form; `file` is its name for error messages. Package lists and repositories of the
/// shipped catalogue can be used by their names; the file's own come first. The entries keep the file's order.
pub fn read(file: &str, text: &str) -> Result<Vec<Entry>, Error> {
    let document = form::Document::read(file, text)?;
    let mut lists = shipped::lists().clone();
    lists.take(&document);
    expand::document(&document, &lists)
}
