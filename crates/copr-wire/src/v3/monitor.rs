//! The monitor: the newest build of each package in each chroot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The monitor of one directory of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Monitor {
    /// `ok`.
    pub output: String,
    /// A sentence.
    pub message: String,
    /// Packages by name.
    pub packages: Vec<MonitoredPackage>,
}

/// A package and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MonitoredPackage {
    /// Its name.
    pub name: String,
    /// Its newest build in each chroot.
    pub chroots: BTreeMap<String, MonitoredChroot>,
}

/// The newest build of a package in a chroot. The addresses are there when they were asked for: `Some(None)` is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MonitoredChroot {
    /// The state's word.
    pub state: String,
    /// The state's number.
    pub status: i64,
    /// The build.
    pub build_id: i64,
    /// Address of the build's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_build_log: Option<Option<String>>,
    /// Address of the service's log about the build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_backend_log: Option<Option<String>>,
    /// The build's version.
    pub pkg_version: Option<String>,
}
