//! Chroots of projects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::path::Path;

use super::{Bootstrap, Client, Error, FullName, Isolation, Upload};
use crate::form::Part;

/// See [`Client::project_chroots`].
#[derive(Clone, Copy, Debug)]
pub struct ProjectChroots<'c> {
    pub(super) client: &'c Client,
}

/// How a project builds for a chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ProjectChroot {
    /// The chroot, such as `fedora-42-x86_64`.
    pub mock_chroot: String,
    /// The project's owner.
    pub ownername: String,
    /// The project.
    pub projectname: String,
    /// Repositories that builds may take packages from, beside the project's.
    #[serde(default)]
    pub additional_repos: Vec<String>,
    /// Packages in every buildroot.
    #[serde(default)]
    pub additional_packages: Vec<String>,
    /// Modules: `name:stream`, or `!name:stream` for one that is switched off.
    #[serde(default)]
    pub additional_modules: Vec<String>,
    /// The comps file of the repository.
    #[serde(default)]
    pub comps_name: Option<String>,
    /// What rpmbuild is told by `--with`.
    #[serde(default)]
    pub with_opts: Vec<String>,
    /// What rpmbuild is told by `--without`.
    #[serde(default)]
    pub without_opts: Vec<String>,
    /// How builds are kept apart.
    #[serde(default)]
    pub isolation: Option<Isolation>,
    /// In how many days it is deleted, if it is going to be.
    #[serde(default)]
    pub delete_after_days: Option<i64>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What is needed to build in a chroot as the service does.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChrootBuildConfig {
    /// The chroot.
    pub chroot: String,
    /// Repositories, ready to be used.
    #[serde(default)]
    pub repos: Vec<Repository>,
    /// Repositories as they are written in the settings.
    #[serde(default)]
    pub additional_repos: Vec<String>,
    /// Packages in every buildroot.
    #[serde(default)]
    pub additional_packages: Vec<String>,
    /// Modules: `name:stream`, or `!name:stream` for one that is switched off.
    #[serde(default)]
    pub additional_modules: Vec<String>,
    /// What rpmbuild is told by `--with`.
    #[serde(default)]
    pub with_opts: Vec<String>,
    /// What rpmbuild is told by `--without`.
    #[serde(default)]
    pub without_opts: Vec<String>,
    /// Whether builds have a network.
    #[serde(default)]
    pub enable_net: bool,
    /// How builds are kept apart.
    #[serde(default)]
    pub isolation: Option<Isolation>,
    /// How the buildroot begins, from services that say so.
    #[serde(default)]
    pub bootstrap: Option<Bootstrap>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A repository that a buildroot is made from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Repository {
    /// A word for it.
    pub id: String,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// Where it is.
    pub baseurl: String,
    /// Smaller goes first.
    #[serde(default)]
    pub priority: Option<i64>,
    /// Whether its packages go before those of modules.
    #[serde(default)]
    pub module_hotfixes: Option<bool>,
    /// Whether the signature of its metadata is looked at.
    #[serde(default)]
    pub repo_gpgcheck: Option<bool>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

options! {
    /// What is to be different in a chroot of a project. What is not said stays as it is.
    pub struct ChrootOptions {
        /// Repositories that builds may take packages from; all of them.
        list additional_repos,
        /// Packages in every buildroot; all of them.
        list additional_packages,
        /// Modules, as `name:stream` or `!name:stream`; all of them. Services take an empty list for nothing said:
        /// [`reset_fields`](Self::reset_fields) removes them.
        list additional_modules,
        /// What rpmbuild is told by `--with`; all of it.
        list with_opts,
        /// What rpmbuild is told by `--without`; all of it.
        list without_opts,
        /// How buildroots begin.
        value bootstrap: Bootstrap,
        /// With which container image; makes [`bootstrap`](Self::bootstrap) `custom_image` where that is not said.
        text bootstrap_image,
        /// How builds are kept apart.
        value isolation: Isolation,
        /// Removes the comps file.
        value delete_comps: bool,
        /// Members of [`ProjectChroot`], and `bootstrap` and `bootstrap_image`, that are set back before the rest is
        /// done.
        list reset_fields,
    }
}

impl ChrootOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Options as they are sent.
#[derive(Serialize)]
struct Sent<'o> {
    #[serde(flatten)]
    options: &'o ChrootOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    bootstrap: Option<Bootstrap>,
}

impl ProjectChroots<'_> {
    /// One of a project.
    pub async fn get(&self, project: &FullName, chroot: &str) -> Result<ProjectChroot, Error> {
        self.client.get(&["project-chroot"]).project(project).query("chrootname", chroot).send().await
    }

    /// What is needed to build in it as the service does.
    pub async fn build_config(&self, project: &FullName, chroot: &str) -> Result<ChrootBuildConfig, Error> {
        let call = self.client.get(&["project-chroot", "build-config"]);
        call.project(project).query("chrootname", chroot).send().await
    }

    /// Changes it, and its comps file with `comps`.
    pub async fn edit(
        &self,
        project: &FullName,
        chroot: &str,
        options: &ChrootOptions,
        comps: Option<&Path>,
    ) -> Result<ProjectChroot, Error> {
        let implied = options.bootstrap_image.is_some() && options.bootstrap.is_none();
        let sent = Sent { options, bootstrap: implied.then_some(Bootstrap::CustomImage) };
        let call = self.client.put(&["project-chroot", "edit", &project.owner, &project.name, chroot]);
        let comps = comps.map(|path| Part::file("upload_comps", "application/text", &Upload::new(path)));
        call.form_of(comps, &sent).send().await
    }
}
