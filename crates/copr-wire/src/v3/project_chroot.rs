//! Chroots as projects use them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A chroot of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectChroot {
    /// The chroot's name.
    pub mock_chroot: String,
    /// The project's owner.
    pub ownername: String,
    /// The project's name.
    pub projectname: String,
    /// Packages installed beside the minimal buildroot.
    pub additional_packages: Vec<String>,
    /// Repositories for builds of this chroot.
    pub additional_repos: Vec<String>,
    /// `module:stream` to enable, `!module:stream` to disable.
    pub additional_modules: Vec<String>,
    /// File name of the comps.
    pub comps_name: Option<String>,
    /// Days until the chroot's data goes away, when it is to go.
    pub delete_after_days: Option<i64>,
    /// `rpmbuild --with`.
    pub with_opts: Vec<String>,
    /// `rpmbuild --without`.
    pub without_opts: Vec<String>,
    /// `unchanged`, `default`, `nspawn` or `simple`.
    pub isolation: String,
}

/// A repository of a build configuration; all keys are always there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Repo {
    /// Section name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Address.
    pub baseurl: String,
    /// dnf's priority.
    pub priority: Option<i64>,
    /// True, or null.
    pub module_hotfixes: Option<bool>,
    /// False for this service's own repositories, null for others.
    pub repo_gpgcheck: Option<bool>,
}

/// What a build in a chroot of a project would use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectChrootConfig {
    /// The chroot's name.
    pub chroot: String,
    /// Its repositories.
    pub repos: Vec<Repo>,
    /// The same as people wrote them, the project's own first.
    pub additional_repos: Vec<String>,
    /// Packages installed beside the minimal buildroot.
    pub additional_packages: Vec<String>,
    /// Module streams.
    pub additional_modules: Vec<String>,
    /// `rpmbuild --with`.
    pub with_opts: Vec<String>,
    /// `rpmbuild --without`.
    pub without_opts: Vec<String>,
    /// Network during builds.
    pub enable_net: bool,
    /// The chroot's own value.
    pub isolation: String,
    /// Mock's bootstrap, when it is not left to mock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<String>,
    /// The image for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_image: Option<String>,
}
