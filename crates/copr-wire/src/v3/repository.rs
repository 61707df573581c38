//! Repositories and their generations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The repositories of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repositories {
    /// The project's owner.
    pub ownername: String,
    /// The project's name.
    pub projectname: String,
    /// The directory whose repositories these are.
    pub project_dirname: String,
    /// One for each chroot, by name.
    pub repositories: Vec<Repository>,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repository {
    /// The chroot.
    pub chroot: String,
    /// Where it is.
    pub baseurl: String,
    /// The present generation; 0 before the first.
    pub generation: i64,
    /// The generation that is asked for; more than the present one while there is something to publish.
    pub wanted: i64,
    /// Packages that only the devel repository lists: they wait for somebody to promote them.
    pub devel_packages: i64,
    /// The generations that can be compared and brought back, newest first.
    pub generations: Vec<Generation>,
}

/// A generation of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Generation {
    /// Its number.
    pub number: i64,
    /// When it was published; Unix time.
    pub created_on: i64,
    /// When another followed; null for the present one.
    pub superseded_on: Option<i64>,
    /// Why it was made: `new`, `build`, `removal`, `change`, or what somebody did.
    pub cause: String,
    /// How many packages it lists.
    pub packages: i64,
    /// The name under which it is kept for good.
    pub pinned: Option<String>,
    /// Where it can be read as it was, for as long as it is kept.
    pub baseurl: Option<String>,
}

/// What differs between two generations of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepositoryDiff {
    /// The chroot.
    pub chroot: String,
    /// The first generation.
    pub from: i64,
    /// The second.
    pub to: i64,
    /// What only the second lists, by name.
    pub added: Vec<ListedPackage>,
    /// What only the first lists, by name.
    pub removed: Vec<ListedPackage>,
}

/// A package that a generation lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedPackage {
    /// `name-[epoch:]version-release.arch`.
    pub nevra: String,
    /// Where it is, below the repository.
    pub location: String,
    /// SHA-256 of the file.
    pub checksum: String,
}
