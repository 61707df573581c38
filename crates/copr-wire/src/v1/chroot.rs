//! Chroots as projects use them.

use serde::{Deserialize, Serialize};

/// Packages beside a chroot's minimal buildroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildrootPackages {
    /// Their names, split by blanks.
    pub buildroot_pkgs: String,
}

/// A chroot of a project. python-copr 1.101 takes the keys as names of arguments: `client`, `ownername` and
/// `projectname` must not be among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chroot {
    /// The chroot's name.
    pub mock_chroot: String,
    /// The project's number.
    pub copr_id: i64,
    /// Packages beside the minimal buildroot, split by blanks.
    pub buildroot_pkgs: String,
    /// Repositories for builds of this chroot, split by blanks.
    pub repos: String,
    /// File name of the comps.
    pub comps_name: Option<String>,
    /// `rpmbuild --with`, split by blanks.
    pub with_opts: String,
    /// `rpmbuild --without`, split by blanks.
    pub without_opts: String,
}

/// The answer about one chroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneChroot {
    /// The chroot.
    pub chroot: Chroot,
    /// A sentence, after a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A repository of a build configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// Section name.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Address.
    pub baseurl: String,
    /// The same.
    pub url: String,
}

/// What a build in a chroot of a project would use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildConfig {
    /// `owner-project`, groups as `group_alias`.
    pub project_id: String,
    /// The chroot's name.
    pub chroot: String,
    /// Its repositories.
    pub repos: Vec<Repo>,
    /// Packages beside the minimal buildroot.
    pub additional_packages: Vec<String>,
    /// `rpmbuild --with`.
    pub with_opts: Vec<String>,
    /// `rpmbuild --without`.
    pub without_opts: Vec<String>,
    /// Mock's bootstrap is switched on.
    pub use_bootstrap_container: bool,
    /// Mock's bootstrap; null where it is left to mock.
    pub bootstrap: Option<String>,
    /// The image for it.
    pub bootstrap_image: Option<String>,
    /// `unchanged`, `default`, `nspawn` or `simple`.
    pub isolation: String,
}

/// The answer about a build configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneBuildConfig {
    /// The configuration.
    pub build_config: BuildConfig,
}
