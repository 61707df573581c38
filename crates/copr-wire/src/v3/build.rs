//! Builds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A build: one source, any number of chroots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Build {
    /// Its number.
    pub id: i64,
    /// Where it stands.
    pub state: String,
    /// The project's owner.
    pub ownername: String,
    /// The project's name.
    pub projectname: String,
    /// The directory; the project's name for the main one.
    pub project_dirname: String,
    /// The project's results, also for builds in other directories; no trailing slash.
    pub repo_url: String,
    /// What is known of the source.
    pub source_package: SourcePackage,
    /// Chroots so far.
    pub chroots: Vec<String>,
    /// Unix time.
    pub submitted_on: i64,
    /// When the first chroot started.
    pub started_on: Option<i64>,
    /// When the last chroot ended; null while any has not.
    pub ended_on: Option<i64>,
    /// Who submitted it; null for hooks.
    pub submitter: Option<String>,
    /// After everybody who waits.
    pub is_background: bool,
    /// The build that this one repeats, where it does; it may be gone. Copr tells that on its pages only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resubmitted_from: Option<i64>,
}

/// What is known of a build's source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourcePackage {
    /// The package's name, once known.
    pub name: Option<String>,
    /// `[epoch:]version-release`, once known.
    pub version: Option<String>,
    /// Address of the SRPM.
    pub url: Option<String>,
}

/// Where a build's source stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceChroot {
    /// The source's own state.
    pub state: String,
    /// The source build's results, without a trailing slash.
    pub result_url: Option<String>,
}

/// What a build's source is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceBuildConfig {
    /// Kind of source.
    pub source_type: String,
    /// What that kind needs.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub source_dict: serde_json::Value,
    /// MiB.
    pub memory_limit: i64,
    /// Seconds.
    pub timeout: i64,
    /// After everybody who waits.
    pub is_background: bool,
}

/// Builds that were deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeletedBuilds {
    /// Their numbers, as they were asked for.
    pub builds: Vec<i64>,
}

/// A sentence for the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// The sentence.
    pub message: String,
}

/// A part of a build that waits for a builder. Not in Copr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildWait {
    /// The chroot; `null` for the source package.
    pub chroot: Option<String>,
    /// Since when, in seconds since 1970 UTC.
    pub since: i64,
    /// How many like it (of its project, submitter and architecture) come first; 1000 may be more.
    pub before: i64,
    /// Why it waits, for people.
    pub reason: String,
}

/// All parts of a build that wait for a builder. Not in Copr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildWaits {
    /// The source package first, then the chroots. None when builders have all of them, or nothing is left to do.
    pub items: Vec<BuildWait>,
}
