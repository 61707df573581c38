//! Chroots of builds.

use crate::v3::Repo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One chroot of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildChroot {
    /// The chroot's name.
    pub name: String,
    /// Where it stands.
    pub state: String,
    /// Unix time.
    pub started_on: Option<i64>,
    /// Unix time.
    pub ended_on: Option<i64>,
    /// Its results, with a trailing slash; null until a builder started.
    pub result_url: Option<String>,
    /// Commit of its sources in their git repository; null until they are imported. (Copr does not tell it here.)
    pub git_hash: Option<String>,
}

/// What the build in a chroot uses. What is null is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuildChrootConfig {
    /// Its repositories.
    pub repos: Vec<Repo>,
    /// The same as people wrote them, the project's own first.
    pub additional_repos: Vec<String>,
    /// Packages installed beside the minimal buildroot.
    pub additional_packages: Vec<String>,
    /// `rpmbuild --with`.
    pub with_opts: Vec<String>,
    /// `rpmbuild --without`.
    pub without_opts: Vec<String>,
    /// MiB.
    pub memory_limit: i64,
    /// Seconds.
    pub timeout: i64,
    /// The build's own choice.
    pub enable_net: bool,
    /// After everybody who waits.
    pub is_background: bool,
    /// Mock's bootstrap, when it is not left to mock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<String>,
    /// The image for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_image: Option<String>,
}

/// A package that a build produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuiltPackage {
    /// rpm's name.
    pub name: String,
    /// rpm's epoch.
    pub epoch: Option<i64>,
    /// rpm's version.
    pub version: String,
    /// rpm's release.
    pub release: String,
    /// rpm's architecture; `src` for the source package.
    pub arch: String,
}

/// The packages that one chroot of a build produced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BuiltPackages {
    /// The packages, the source package among them.
    pub packages: Vec<BuiltPackage>,
}
