//! A directory of the published tree.

use crate::words;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "listing.html")]
pub struct Listing {
    /// The way here from the root.
    pub crumbs: Vec<Crumb>,
    /// What lies here, in the order it is shown.
    pub entries: Vec<Entry>,
    /// Whether there is a parent to go to.
    pub below_root: bool,
}

/// A step of the way.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// Its name.
    pub name: String,
    /// Its address.
    pub href: String,
}

/// A file or a directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its address, encoded.
    pub href: String,
    /// Which of both.
    pub is_dir: bool,
    /// Bytes of a file.
    pub size: u64,
    /// Last change, seconds since the epoch.
    pub modified: i64,
}

impl Entry {
    fn size(&self) -> String {
        if self.is_dir { String::new() } else { words::size(self.size) }
    }

    fn modified(&self) -> String {
        words::time(self.modified)
    }
}
