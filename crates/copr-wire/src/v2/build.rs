//! Builds and their tasks, one for each chroot.

use super::Links;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub state: String,
    /// Who submitted it; empty when nobody did.
    pub submitter: String,
    /// Unix time.
    pub submitted_on: i64,
    /// When the first task started.
    pub started_on: Option<i64>,
    /// When the last task ended; null while any has not.
    pub ended_on: Option<i64>,
    /// The package, once known.
    pub package_name: Option<String>,
    /// `[epoch:]version-release`, once known.
    pub package_version: Option<String>,
    /// What was built, without the source package.
    pub built_packages: Vec<BuiltPackage>,
    /// Repositories beside those of the chroots.
    pub repos: Vec<String>,
    /// Network during the build.
    pub enable_net: bool,
    /// Kind of source: `srpm_link`, `srpm_upload`, or a word of version 3.
    pub source_type: String,
    /// What that kind needs.
    pub source_metadata: Map<String, Value>,
}

/// A package that was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltPackage {
    /// rpm's name.
    pub name: String,
    /// rpm's version.
    pub version: String,
}

/// A build with its links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildOne {
    /// The build.
    pub build: Build,
    /// To `self`, `project` and `build_tasks`.
    #[serde(rename = "_links")]
    pub links: Links,
    /// Its tasks, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_tasks: Option<Vec<EmbeddedTask>>,
}

/// A list of builds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Builds {
    /// The builds.
    pub builds: Vec<BuildOne>,
    /// To `self`.
    #[serde(rename = "_links")]
    pub links: Links,
}

/// One chroot of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildTask {
    /// The chroot.
    pub chroot_name: String,
    /// The build's number.
    pub build_id: i64,
    /// Where it stands.
    pub state: String,
    /// Unix time.
    pub started_on: Option<i64>,
    /// Unix time.
    pub ended_on: Option<i64>,
    /// Commit of its sources in their git repository, once they are imported.
    pub git_hash: Option<String>,
    /// Where the results are, without a trailing slash; null before there are any.
    pub result_dir_url: Option<String>,
}

/// A task with its links.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildTaskOne {
    /// The task.
    pub build_task: BuildTask,
    /// To `project`, `build` and `self`.
    #[serde(rename = "_links")]
    pub links: Links,
}

/// A task inside of its build: documents say `tasks`, servers said `build_task`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbeddedTask {
    /// The task.
    pub tasks: BuildTask,
    /// The same, with its links.
    #[serde(flatten)]
    pub one: BuildTaskOne,
}

/// A list of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildTasks {
    /// The tasks.
    pub build_tasks: Vec<BuildTaskOne>,
    /// To `self`.
    #[serde(rename = "_links")]
    pub links: Links,
}
