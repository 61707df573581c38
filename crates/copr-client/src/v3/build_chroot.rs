//! Chroots of builds.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::Call;
use super::{Bootstrap, BuiltPackages, Client, Error, Page, Paging, Repository, State};

/// See [`Client::build_chroots`].
#[derive(Clone, Copy, Debug)]
pub struct BuildChroots<'c> {
    pub(super) client: &'c Client,
}

/// A build in one chroot. Times are seconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct BuildChroot {
    /// The chroot, such as `fedora-42-x86_64`.
    pub name: String,
    /// How far it is there.
    pub state: State,
    /// When it began.
    #[serde(default)]
    pub started_on: Option<i64>,
    /// When it ended.
    #[serde(default)]
    pub ended_on: Option<i64>,
    /// Where packages and logs are, once there are some.
    #[serde(default)]
    pub result_url: Option<String>,
    /// The commit of its sources in their git repository. Copr's own servers do not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_hash: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How a build is made in a chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct BuildConfig {
    /// Repositories, ready to be used.
    #[serde(default)]
    pub repos: Vec<Repository>,
    /// Repositories as they are written in the settings.
    #[serde(default)]
    pub additional_repos: Vec<String>,
    /// Packages in the buildroot.
    #[serde(default)]
    pub additional_packages: Vec<String>,
    /// What rpmbuild is told by `--with`.
    #[serde(default)]
    pub with_opts: Vec<String>,
    /// What rpmbuild is told by `--without`.
    #[serde(default)]
    pub without_opts: Vec<String>,
    /// In MiB.
    #[serde(default)]
    pub memory_limit: Option<u64>,
    /// In seconds.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// Whether it has a network.
    #[serde(default)]
    pub enable_net: bool,
    /// Whether others go before it.
    #[serde(default)]
    pub is_background: bool,
    /// How the buildroot begins, where that is not the default.
    #[serde(default)]
    pub bootstrap: Option<Bootstrap>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl BuildChroots<'_> {
    fn one(&self, path: &[&str], build: u64, chroot: &str) -> Call {
        self.client.get(path).query("build_id", build).query("chrootname", chroot)
    }

    /// One of a build.
    pub async fn get(&self, build: u64, chroot: &str) -> Result<BuildChroot, Error> {
        self.one(&["build-chroot"], build, chroot).send().await
    }

    /// All of a build.
    pub async fn list(&self, build: u64, paging: &Paging) -> Result<Page<BuildChroot>, Error> {
        Page::fetch(self.client.get(&["build-chroot", "list"]).query("build_id", build), paging).await
    }

    /// How the build is made there.
    pub async fn build_config(&self, build: u64, chroot: &str) -> Result<BuildConfig, Error> {
        self.one(&["build-chroot", "build-config"], build, chroot).send().await
    }

    /// What was made there.
    pub async fn built_packages(&self, build: u64, chroot: &str) -> Result<BuiltPackages, Error> {
        self.one(&["build-chroot", "built-packages"], build, chroot).send().await
    }
}
