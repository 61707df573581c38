//! Builds.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use super::call::ask;
use super::client::Owned;
use super::fields::Fields;
use super::{CoprClient, Error, ProjectHandle, ProjectName, Response};
use crate::call::Call;
use crate::form::Part;
use crate::{State, Upload};

/// What can be done with a build.
#[derive(Clone, Debug)]
pub struct BuildHandle {
    client: CoprClient,
    build_id: u64,
    owned: Option<Owned>,
}

/// A build in a list. Two of them are the same when their numbers are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildWrapper {
    /// The project's owner.
    pub username: String,
    /// The project.
    pub projectname: String,
    /// The build's number.
    pub build_id: u64,
    /// What can be done with it.
    pub handle: BuildHandle,
}

impl PartialEq for BuildWrapper {
    fn eq(&self, other: &Self) -> bool {
        self.build_id == other.build_id
    }
}

impl Eq for BuildWrapper {}

impl Hash for BuildWrapper {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.build_id.hash(state);
    }
}

/// Builds that were made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildsCreated {
    /// One for each source.
    pub builds_list: Vec<BuildWrapper>,
    /// What can be done with their project.
    pub handle: ProjectHandle,
}

/// A build that was canceled or deleted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildChanged {
    /// The service's words for what it has done.
    pub status: String,
    /// What can be done with it.
    pub handle: BuildHandle,
}

/// What is known of a build. Times are seconds since 1970 UTC.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildDetails {
    /// The project.
    pub project: String,
    /// The project's owner.
    pub owner: String,
    /// How far it is, all in all.
    pub status: State,
    /// The address of the project's results.
    pub results: Option<String>,
    /// When it was submitted.
    pub submitted_on: Option<i64>,
    /// When the first of its chroots began.
    pub started_on: Option<i64>,
    /// When the last of its chroots ended.
    pub ended_on: Option<i64>,
    /// Name and version of what was built.
    pub built_pkgs: Vec<String>,
    /// The address of the source package.
    pub src_pkg: Option<String>,
    /// Version and release of the source package.
    pub src_version: Option<String>,
    /// Who submitted it.
    pub submitted_by: Option<String>,
    /// Chroot to how far it is there.
    pub chroots: BTreeMap<String, State>,
    /// Chroot to the address of its results.
    pub results_by_chroot: BTreeMap<String, Option<String>>,
    /// What can be done with it.
    pub handle: BuildHandle,
}

/// What is to be built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Pkgs {
    /// Addresses of source packages or spec files: one build for each.
    Urls(Vec<String>),
    /// A source package or spec file on this machine.
    File(Upload),
}

impl<const N: usize> From<[&str; N]> for Pkgs {
    fn from(urls: [&str; N]) -> Self {
        urls.as_slice().into()
    }
}

impl From<&[&str]> for Pkgs {
    fn from(urls: &[&str]) -> Self {
        Self::Urls(urls.iter().map(|url| (*url).to_owned()).collect())
    }
}

impl From<Vec<String>> for Pkgs {
    fn from(urls: Vec<String>) -> Self {
        Self::Urls(urls)
    }
}

impl From<Upload> for Pkgs {
    fn from(file: Upload) -> Self {
        Self::File(file)
    }
}

options! {
    /// How a build is to be made. What is not said is as the project and the service have it.
    pub struct BuildOptions {
        /// What to build for, of what the project builds for.
        #[serde(skip)]
        list chroots,
        /// After how many seconds it is given up.
        value timeout: u32,
        /// How much memory it needs, in MiB. Newer services do not ask.
        #[serde(rename = "memory_reqs")]
        value memory: u32,
        /// Whether others go before it.
        value background: bool,
        /// Whether it has a network.
        value enable_net: bool,
    }
}

impl BuildOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

#[derive(Deserialize)]
struct Created {
    ids: Vec<u64>,
}

#[derive(Deserialize)]
struct Status {
    status: String,
}

#[derive(Deserialize)]
struct Details {
    project: String,
    owner: String,
    status: State,
    results: Option<String>,
    submitted_on: Option<i64>,
    started_on: Option<i64>,
    ended_on: Option<i64>,
    built_pkgs: Option<Vec<String>>,
    src_pkg: Option<String>,
    src_version: Option<String>,
    submitted_by: Option<String>,
    #[serde(default)]
    chroots: BTreeMap<String, State>,
    #[serde(default)]
    results_by_chroot: BTreeMap<String, Option<String>>,
}

impl CoprClient {
    /// Builds source packages: those at some addresses, or one of this machine.
    pub async fn create_new_build(
        &self,
        project: impl Into<ProjectName>,
        pkgs: impl Into<Pkgs>,
        options: &BuildOptions,
    ) -> Result<Response<BuildsCreated>, Error> {
        let (owned, fields) = (self.owned(project)?, options.fields()?);
        let call = match pkgs.into() {
            Pkgs::Urls(urls) => self.form_of(&owned, &["new_build"], fields.with("pkgs", urls.join(" ")))?,
            Pkgs::File(file) => {
                let mut parts = fields.into_parts();
                parts.push(Part::file("pkgs", "application/x-rpm", &file));
                self.post_of(&owned, &["new_build_upload"])?.form(parts)
            }
        };
        self.created(owned, &call).await
    }

    /// Builds from a source that is described.
    pub(super) async fn build_from(
        &self,
        owned: Owned,
        path: &[&str],
        source: &impl Serialize,
        options: &BuildOptions,
    ) -> Result<Response<BuildsCreated>, Error> {
        let call = self.form_of(&owned, path, options.fields()?.and(source)?)?;
        self.created(owned, &call).await
    }

    async fn created(&self, owned: Owned, call: &Call) -> Result<Response<BuildsCreated>, Error> {
        let wrapped = |build_id: u64| BuildWrapper {
            username: owned.username.clone(),
            projectname: owned.projectname.clone(),
            build_id,
            handle: BuildHandle { client: self.clone(), build_id, owned: Some(owned.clone()) },
        };
        Response::of(ask(call).await?, |Created { ids }| BuildsCreated {
            builds_list: ids.into_iter().map(wrapped).collect(),
            handle: self.project_handle(owned.clone()),
        })
    }

    /// What is known of a build.
    pub async fn get_build_details(&self, build_id: u64) -> Result<Response<BuildDetails>, Error> {
        let told = ask(&self.get(&["coprs", "build", &build_id.to_string()])).await?;
        Response::of(told, |details: Details| {
            let owned = Owned { username: details.owner.clone(), projectname: details.project.clone() };
            BuildDetails {
                project: details.project,
                owner: details.owner,
                status: details.status,
                results: details.results,
                submitted_on: details.submitted_on,
                started_on: details.started_on,
                ended_on: details.ended_on,
                built_pkgs: details.built_pkgs.unwrap_or_default(),
                src_pkg: details.src_pkg,
                src_version: details.src_version,
                submitted_by: details.submitted_by,
                chroots: details.chroots,
                results_by_chroot: details.results_by_chroot,
                handle: BuildHandle { client: self.clone(), build_id, owned: Some(owned) },
            }
        })
    }

    /// Ends a build. It is an error when it has ended already.
    pub async fn cancel_build(&self, build_id: u64) -> Result<Response<BuildChanged>, Error> {
        self.changed("cancel_build", build_id, None).await
    }

    /// Deletes a build, which has to have ended, with its packages.
    pub async fn delete_build(&self, build_id: u64) -> Result<Response<BuildChanged>, Error> {
        self.changed("delete_build", build_id, None).await
    }

    async fn changed(&self, how: &str, build_id: u64, owned: Option<Owned>) -> Result<Response<BuildChanged>, Error> {
        let told = ask(&self.post(&["coprs", how, &build_id.to_string()])?).await?;
        let handle = BuildHandle { client: self.clone(), build_id, owned };
        Response::of(told, |Status { status }| BuildChanged { status, handle })
    }
}

impl BuildOptions {
    pub(super) fn fields(&self) -> Result<Fields, Error> {
        Ok(Fields::of(self)?.with_chroots(self.chroots.iter().flatten()))
    }
}

impl BuildHandle {
    /// The build's number.
    pub fn build_id(&self) -> u64 {
        self.build_id
    }

    /// What can be done with its project, if that is known: it is not after a build was canceled or deleted by its number.
    pub fn project_handle(&self) -> Option<ProjectHandle> {
        Some(self.client.project_handle(self.owned.clone()?))
    }

    /// See [`CoprClient::get_build_details`].
    pub async fn get_build_details(&self) -> Result<Response<BuildDetails>, Error> {
        self.client.get_build_details(self.build_id).await
    }

    /// See [`CoprClient::cancel_build`].
    pub async fn cancel_build(&self) -> Result<Response<BuildChanged>, Error> {
        self.client.changed("cancel_build", self.build_id, self.owned.clone()).await
    }

    /// See [`CoprClient::delete_build`].
    pub async fn delete_build(&self) -> Result<Response<BuildChanged>, Error> {
        self.client.changed("delete_build", self.build_id, self.owned.clone()).await
    }
}
