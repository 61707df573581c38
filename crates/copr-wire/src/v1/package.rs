//! Packages.

use crate::v1::Build;
use serde::{Deserialize, Serialize};

/// A package of a project. python-copr 1.101 takes the keys as names of arguments: `client`, `ownername` and
/// `projectname` must not be among them. Builds are there when they were asked for: `Some(None)` is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The project's number.
    pub copr_id: i64,
    /// Kind of its default source.
    pub source_type: String,
    /// JSON of what that kind needs.
    pub source_json: String,
    /// Rebuilt by web hooks.
    pub webhook_rebuild: bool,
    /// Network during builds of it.
    pub enable_net: bool,
    /// Builds to keep; 0 means all.
    pub max_builds: i64,
    /// Patterns of chroots that it is not built in, split by commas.
    pub chroot_blacklist_raw: String,
    /// The newest build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_build: Option<Option<Build>>,
    /// The newest build that succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_succeeded_build: Option<Option<Build>>,
    /// All builds, newest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builds: Option<Vec<Build>>,
}

/// A project's packages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// The packages.
    pub packages: Vec<Package>,
}

/// The answer about one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnePackage {
    /// The package.
    pub package: Package,
}

/// A package after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedPackage {
    /// A sentence.
    pub message: String,
    /// The package.
    pub package: Package,
}
