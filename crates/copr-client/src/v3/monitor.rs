//! How all packages of a project are doing.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::call::Call;
use super::{Client, Error, FullName, State};

/// See [`Client::monitor`].
#[derive(Clone, Copy, Debug)]
pub struct Monitor<'c> {
    pub(super) client: &'c Client,
}

words! {
    /// What can be asked for beside the states.
    pub enum MonitorField {
        /// The address of the builder's log.
        UrlBuildLog = "url_build_log",
        /// The address of the server's log.
        UrlBackendLog = "url_backend_log",
        /// The address of the build's page; services take the word and add nothing.
        UrlBuild = "url_build",
    }
}

/// The newest build of every package in every chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ProjectMonitor {
    /// By name. Packages that were never built are not there.
    pub packages: Vec<MonitoredPackage>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A package.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct MonitoredPackage {
    /// Its name.
    pub name: String,
    /// Chroot to the newest build there.
    pub chroots: BTreeMap<String, MonitoredChroot>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The newest build of a package in a chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct MonitoredChroot {
    /// How far it is there.
    pub state: State,
    /// The same as a number.
    #[serde(default)]
    pub status: Option<i64>,
    /// The build.
    pub build_id: u64,
    /// Version and release of the package.
    #[serde(default)]
    pub pkg_version: Option<String>,
    /// Where the builder's log is, when that was asked for and there is one.
    #[serde(default)]
    pub url_build_log: Option<String>,
    /// Where the server's log is, when that was asked for and there is one.
    #[serde(default)]
    pub url_backend_log: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Monitor<'_> {
    /// Of one directory of a project: the main one, or `dirname`.
    pub async fn project(
        &self,
        project: &FullName,
        dirname: Option<&str>,
        fields: &[MonitorField],
    ) -> Result<ProjectMonitor, Error> {
        let call = self.client.get(&["monitor"]).project(project).query_if("project_dirname", dirname);
        fields.iter().fold(call, |call, field| call.query("additional_fields[]", field)).send().await
    }
}

impl Call {
    /// With a project in the query, as most calls that read have it.
    pub(super) fn project(self, project: &FullName) -> Self {
        self.query("ownername", &project.owner).query("projectname", &project.name)
    }
}
