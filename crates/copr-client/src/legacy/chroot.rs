//! Chroots of projects.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::call::ask;
use super::client::Owned;
use super::fields::Fields;
use super::{CoprClient, Error, ProjectName, Response};
use crate::Upload;
use crate::form::Part;

/// What can be done with a chroot of a project.
#[derive(Clone, Debug)]
pub struct ProjectChrootHandle {
    client: CoprClient,
    owned: Owned,
    chrootname: String,
}

/// A chroot of a project.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectChrootWrapper {
    /// The project's owner.
    pub username: String,
    /// The project.
    pub projectname: String,
    /// Its name.
    pub chrootname: String,
    /// The address of the project's repository for it.
    pub repo_url: Option<String>,
    /// What can be done with it.
    pub handle: ProjectChrootHandle,
}

impl ProjectChrootWrapper {
    pub(super) fn new(client: &CoprClient, owned: &Owned, chrootname: String, repo_url: Option<String>) -> Self {
        let handle = client.chroot_handle(owned.clone(), &chrootname);
        let Owned { username, projectname } = owned.clone();
        Self { username, projectname, chrootname, repo_url, handle }
    }
}

/// The packages of a chroot's buildroots.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChrootDetails {
    /// Packages besides those that always are there, with spaces between.
    pub buildroot_pkgs: String,
    /// What can be done with it.
    pub handle: ProjectChrootHandle,
}

/// The settings of a chroot.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChrootFound {
    /// Its name.
    pub mock_chroot: Option<String>,
    /// Packages in its buildroots, with spaces between.
    pub buildroot_pkgs: String,
    /// More repositories, with spaces between.
    pub repos: String,
    /// The name of its comps file.
    pub comps_name: Option<String>,
    /// What rpmbuild is told by `--with`, with spaces between.
    pub with_opts: String,
    /// What rpmbuild is told by `--without`, with spaces between.
    pub without_opts: String,
    /// What can be done with it.
    pub handle: ProjectChrootHandle,
}

options! {
    /// Changes of a chroot's settings. What is not said stays.
    pub struct ChrootOptions {
        /// Packages in its buildroots; all of them.
        #[serde(rename = "buildroot_pkgs")]
        list packages,
        /// More repositories; all of them.
        list repos,
        /// Removes the comps file.
        value delete_comps: bool,
    }
}

impl ChrootOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

/// What is needed to build in a chroot as the service does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BuildConfig {
    /// Owner and project in one word.
    pub project_id: String,
    /// The chroot.
    pub chroot: String,
    /// Packages in the buildroot.
    #[serde(default)]
    pub additional_packages: Vec<String>,
    /// What rpmbuild is told by `--with`.
    #[serde(default)]
    pub with_opts: Vec<String>,
    /// What rpmbuild is told by `--without`.
    #[serde(default)]
    pub without_opts: Vec<String>,
    /// Repositories; the project's own first.
    #[serde(default)]
    pub repos: Vec<Repository>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A repository for builds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// Its short name.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its address.
    #[serde(alias = "url")]
    pub baseurl: String,
}

#[derive(Deserialize)]
struct Packages {
    buildroot_pkgs: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    chroot: Settings,
}

#[derive(Deserialize)]
struct Settings {
    mock_chroot: Option<String>,
    buildroot_pkgs: Option<String>,
    repos: Option<String>,
    comps_name: Option<String>,
    with_opts: Option<String>,
    without_opts: Option<String>,
}

#[derive(Deserialize)]
struct Configured {
    build_config: BuildConfig,
}

impl CoprClient {
    fn chroot_handle(&self, owned: Owned, chrootname: &str) -> ProjectChrootHandle {
        ProjectChrootHandle { client: self.clone(), owned, chrootname: chrootname.to_owned() }
    }

    /// The packages in the buildroots of a chroot.
    pub async fn get_project_chroot_details(
        &self,
        project: impl Into<ProjectName>,
        chrootname: &str,
    ) -> Result<Response<ChrootDetails>, Error> {
        let owned = self.owned(project)?;
        let told = ask(&self.get_of(&owned, &["detail", chrootname])).await?;
        Response::of(told, |packages| self.chroot_details(owned, chrootname, packages))
    }

    /// Sets the packages in the buildroots of a chroot; all of them.
    pub async fn modify_project_chroot_details(
        &self,
        project: impl Into<ProjectName>,
        chrootname: &str,
        pkgs: &[&str],
    ) -> Result<Response<ChrootDetails>, Error> {
        let owned = self.owned(project)?;
        let fields = Fields::new().with("buildroot_pkgs", pkgs.join(" "));
        let told = ask(&self.form_of(&owned, &["modify", chrootname], fields)?).await?;
        Response::of(told, |packages| self.chroot_details(owned, chrootname, packages))
    }

    fn chroot_details(&self, owned: Owned, chrootname: &str, packages: Packages) -> ChrootDetails {
        let buildroot_pkgs = packages.buildroot_pkgs.unwrap_or_default();
        ChrootDetails { buildroot_pkgs, handle: self.chroot_handle(owned, chrootname) }
    }

    /// The settings of a chroot.
    pub async fn get_chroot(
        &self,
        project: impl Into<ProjectName>,
        chrootname: &str,
    ) -> Result<Response<ChrootFound>, Error> {
        let owned = self.owned(project)?;
        let told = ask(&self.get_of(&owned, &["chroot", "get", chrootname])).await?;
        Response::of(told, |found| self.chroot_found(owned, chrootname, found))
    }

    /// Changes settings of a chroot, and its comps file with `comps`.
    pub async fn edit_chroot(
        &self,
        project: impl Into<ProjectName>,
        chrootname: &str,
        options: &ChrootOptions,
        comps: Option<&Upload>,
    ) -> Result<Response<ChrootFound>, Error> {
        let owned = self.owned(project)?;
        let (call, fields) = (self.post_of(&owned, &["chroot", "edit", chrootname])?, Fields::of(options)?);
        let call = match comps {
            None => call.fields(fields.into_pairs()),
            Some(comps) => {
                let mut parts = fields.into_parts();
                parts.push(Part::file("upload_comps", "application/text", comps));
                call.form(parts)
            }
        };
        Response::of(ask(&call).await?, |found| self.chroot_found(owned, chrootname, found))
    }

    fn chroot_found(&self, owned: Owned, chrootname: &str, Found { chroot }: Found) -> ChrootFound {
        ChrootFound {
            mock_chroot: chroot.mock_chroot,
            buildroot_pkgs: chroot.buildroot_pkgs.unwrap_or_default(),
            repos: chroot.repos.unwrap_or_default(),
            comps_name: chroot.comps_name,
            with_opts: chroot.with_opts.unwrap_or_default(),
            without_opts: chroot.without_opts.unwrap_or_default(),
            handle: self.chroot_handle(owned, chrootname),
        }
    }

    /// What is needed to build in a chroot as the service does.
    pub async fn get_build_config(
        &self,
        project: impl Into<ProjectName>,
        chrootname: &str,
    ) -> Result<Response<BuildConfig>, Error> {
        let owned = self.owned(project)?;
        let path = ["coprs", &owned.username, &owned.projectname, "build-config", chrootname];
        let told = ask(&self.call(Method::GET, &path)).await?;
        Response::of(told, |Configured { build_config }| build_config)
    }
}

impl ProjectChrootHandle {
    /// The chroot.
    pub fn chrootname(&self) -> &str {
        &self.chrootname
    }

    fn name(&self) -> (&str, &str) {
        (&self.owned.username, &self.owned.projectname)
    }

    /// See [`CoprClient::get_project_chroot_details`].
    pub async fn get_project_chroot_details(&self) -> Result<Response<ChrootDetails>, Error> {
        self.client.get_project_chroot_details(self.name(), &self.chrootname).await
    }

    /// See [`CoprClient::modify_project_chroot_details`].
    pub async fn modify_project_chroot_details(&self, pkgs: &[&str]) -> Result<Response<ChrootDetails>, Error> {
        self.client.modify_project_chroot_details(self.name(), &self.chrootname, pkgs).await
    }
}
