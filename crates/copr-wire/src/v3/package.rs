//! Packages.

use crate::v3::Build;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A package of a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The project's owner.
    pub ownername: String,
    /// The project's name.
    pub projectname: String,
    /// Kind of its default source.
    pub source_type: String,
    /// What that kind needs.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub source_dict: serde_json::Value,
    /// Rebuilt by web hooks.
    pub auto_rebuild: bool,
    /// Its newest builds. The key must be there: copr-cli takes its absence for a server that is too old.
    pub builds: PackageBuilds,
}

/// A package's newest builds, where they were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackageBuilds {
    /// Of all.
    pub latest: Option<Build>,
    /// Of those that succeeded.
    pub latest_succeeded: Option<Build>,
}
