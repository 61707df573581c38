//! Builds.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer about builds that were submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Builds {
    /// Their numbers.
    pub ids: Vec<i64>,
    /// The first of them.
    pub id: Option<i64>,
    /// A sentence, and the page of each build in a line of its own.
    pub message: String,
}

/// Where a build stands, or what was done to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The state's word, or a sentence.
    pub status: String,
}

/// A build by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildDetail {
    /// Where it stands.
    pub status: String,
    /// The project's name.
    pub project: String,
    /// The directory; the project's name for the main one.
    pub project_dirname: String,
    /// `user` or `@group`.
    pub owner: String,
    /// Address of the results, with a trailing slash: clients put a chroot's name behind it.
    pub results: String,
    /// `name version` of each package that it produced; null while there is none.
    pub built_pkgs: Option<Vec<String>>,
    /// Version of the source package, once known.
    pub src_version: Option<String>,
    /// State by chroot.
    pub chroots: BTreeMap<String, String>,
    /// Unix time.
    pub submitted_on: i64,
    /// When the first chroot started.
    pub started_on: Option<i64>,
    /// When the last chroot ended; null while any has not.
    pub ended_on: Option<i64>,
    /// Address of the source package; empty for sources of other kinds.
    pub src_pkg: String,
    /// Who submitted it; null for hooks.
    pub submitted_by: Option<String>,
    /// Address of the results by chroot; null where there are none yet.
    pub results_by_chroot: BTreeMap<String, Option<String>>,
}

/// A build inside of another answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub state: String,
    /// The same as a number; null for a state that has none.
    pub status: Option<i64>,
    /// Address of the source package; empty for sources of other kinds.
    pub src_pkg: String,
    /// Version of the source package, once known.
    pub pkg_version: Option<String>,
    /// Kind of source.
    pub source_type: String,
    /// JSON of what that kind needs.
    pub source_json: String,
    /// Canceled by someone.
    pub canceled: bool,
    /// Always null: builds have no repositories of their own.
    pub repos: Option<String>,
    /// Unix time.
    pub submitted_on: i64,
    /// When the first chroot started.
    pub started_on: Option<i64>,
    /// When the last chroot ended; null while any has not.
    pub ended_on: Option<i64>,
    /// Address of the results, with a trailing slash.
    pub results: String,
    /// `name version` of each package that it produced; null while there is none.
    pub built_packages: Option<Vec<String>>,
    /// MiB.
    pub memory_reqs: i64,
    /// Seconds.
    pub timeout: i64,
    /// Network during rpmbuild.
    pub enable_net: bool,
    /// State by chroot.
    pub chroots: BTreeMap<String, String>,
}
