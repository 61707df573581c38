//! The page of a package's git repository.

use crate::words;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "repository.html")]
pub struct Repository {
    /// The package.
    pub package: String,
    /// `owner/directory`.
    pub project: String,
    /// What `git clone` takes.
    pub clone_url: String,
    /// The commit whose files are shown.
    pub at: String,
    /// Its branches.
    pub branches: Vec<Branch>,
    /// The commits that led to the one shown, newest first.
    pub commits: Vec<Commit>,
    /// The files of that commit.
    pub files: Vec<File>,
}

/// A branch.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Its last commit.
    pub commit: Commit,
}

/// A commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// Address of its files.
    pub href: String,
    /// The first line of what it says.
    pub subject: String,
    /// Whose doing it was.
    pub author: String,
    /// When, seconds since the epoch.
    pub time: i64,
}

/// A file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its address.
    pub href: String,
    /// Whether the look-aside cache has it.
    pub is_aside: bool,
}

impl Commit {
    fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }

    fn when(&self) -> String {
        words::time(self.time)
    }
}
