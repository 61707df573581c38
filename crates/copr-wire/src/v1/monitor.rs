//! The monitor: the newest build of each package in each chroot.

use crate::v1::Build;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The monitor of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monitor {
    /// The enabled chroots.
    pub chroots: Vec<String>,
    /// The builds that the results name, newest first.
    pub builds: Vec<Build>,
    /// Packages by name.
    pub packages: Vec<MonitoredPackage>,
}

/// A package and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoredPackage {
    /// Its name.
    pub pkg_name: String,
    /// Version of its newest build, once known.
    pub pkg_version: Option<String>,
    /// Its newest build in each chroot; null where it was never built.
    pub results: BTreeMap<String, Option<MonitoredBuild>>,
}

/// The newest build of a package in a chroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoredBuild {
    /// The build.
    pub build_id: i64,
    /// Where its chroot stands.
    pub status: String,
    /// The build's version.
    pub pkg_version: Option<String>,
}
