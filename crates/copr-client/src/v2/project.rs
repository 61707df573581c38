//! Projects.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

use super::resource::{Entity, Resource};
use super::{
    Build, BuildList, BuildOptions, BuildQuery, BuildTaskList, BuildTaskQuery, Client, Error, List, OperationResult,
    ProjectChroot, ProjectChrootList,
};
use crate::Upload;

/// See [`Client::projects`].
#[derive(Clone, Copy, Debug)]
pub struct Projects<'c> {
    pub(super) client: &'c Client,
}

/// A project, and what can be done with it.
pub type Project = Resource<ProjectEntity>;

/// Projects.
pub type ProjectList = List<ProjectEntity>;

/// What is known of a project. All but the first four can be changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectEntity {
    /// Its number.
    pub id: u64,
    /// A user, or `@` and a group.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The group that owns it, without `@`.
    #[serde(default)]
    pub group: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// How to install what is in it.
    #[serde(default)]
    pub instructions: String,
    /// An address with more about it.
    #[serde(default)]
    pub homepage: Option<String>,
    /// An address, or an e-mail address, of somebody who answers questions.
    #[serde(default)]
    pub contact: Option<String>,
    /// Whether metadata of repositories are made only when somebody says so.
    #[serde(default)]
    pub disable_createrepo: Option<bool>,
    /// Whether builds have a network where nobody says otherwise.
    #[serde(default)]
    pub build_enable_net: Option<bool>,
    /// More repositories for builds.
    #[serde(default)]
    pub repos: Vec<String>,
    /// What else there is.
    #[serde(flatten, skip_serializing)]
    pub rest: Map<String, Value>,
}

impl Entity for ProjectEntity {
    const ONE: &'static str = "project";
    const MANY: &'static str = "projects";
}

impl fmt::Display for ProjectEntity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<Project #{}: {}/{}>", self.id, self.owner, self.name)
    }
}

options! {
    /// Which projects are wanted. All, unless told.
    pub struct ProjectQuery {
        /// With this text in what is said about them.
        text search_query,
        /// Of this user, or of a group with `@` before it.
        text owner,
        /// With exactly this name.
        text name,
        /// At most so many.
        value limit: u64,
        /// So many are skipped.
        value offset: u64,
    }
}

impl ProjectQuery {
    /// All.
    pub fn new() -> Self {
        Self::default()
    }
}

options! {
    /// A project that is to be made. What is not said is as the service has it.
    pub struct ProjectCreate {
        /// Its name.
        text name,
        /// The user, who has to be oneself, or a group with `@` before it.
        text owner,
        /// What it is built for.
        list chroots,
        /// What it is.
        text description,
        /// How to install what is in it.
        text instructions,
        /// An address with more about it.
        text homepage,
        /// An address, or an e-mail address, of somebody who answers questions.
        text contact,
        /// Whether metadata of repositories are made only when somebody says so.
        value disable_createrepo: bool,
        /// Whether builds have a network where nobody says otherwise.
        value build_enable_net: bool,
        /// More repositories for builds.
        list repos,
    }
}

impl ProjectCreate {
    /// With what has to be said.
    pub fn new(
        name: impl Into<String>,
        owner: impl Into<String>,
        chroots: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::default().name(name).owner(owner).chroots(chroots)
    }
}

/// A project as it is sent.
#[derive(Serialize)]
struct Sent<'p> {
    #[serde(flatten)]
    project: &'p ProjectCreate,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'p str>,
}

/// The group of an owner, if it is one.
pub(super) fn group(owner: Option<&str>) -> Option<&str> {
    owner?.strip_prefix('@')
}

impl Projects<'_> {
    /// Those that are wanted.
    pub async fn get_list(&self, query: &ProjectQuery) -> Result<ProjectList, Error> {
        let group = group(query.owner.as_deref());
        let call = self.client.get(&self.client.roots.projects, &[]);
        let call = call
            .query_if("search_query", query.search_query.as_deref())
            .query_if("owner", query.owner.as_deref().filter(|_| group.is_none()))
            .query_if("group", group)
            .query_if("name", query.name.as_deref());
        List::part(self.client, call, query.limit, query.offset).await
    }

    /// One by its number.
    pub async fn get_one(&self, project: u64) -> Result<Project, Error> {
        self.client.one(&self.client.get(&self.client.roots.projects, &[&project.to_string()])).await
    }

    /// Makes one.
    pub async fn create(&self, project: &ProjectCreate) -> Result<Project, Error> {
        let sent = Sent { project, group: group(project.owner.as_deref()) };
        let call = self.client.change(Method::POST, &self.client.roots.projects, &[])?.json(&sent);
        self.client.made(&call).await
    }

    /// Makes one what its entity says.
    pub async fn update(&self, project: &ProjectEntity) -> Result<OperationResult, Error> {
        let id = project.id.to_string();
        let call = self.client.change(Method::PUT, &self.client.roots.projects, &[&id])?.json(project);
        self.client.done(&call).await
    }

    /// Deletes one, with everything in it.
    pub async fn delete(&self, project: u64) -> Result<OperationResult, Error> {
        let call = self.client.change(Method::DELETE, &self.client.roots.projects, &[&project.to_string()])?;
        self.client.done(&call).await
    }
}

impl Project {
    /// As it is now.
    pub async fn get_self(&self) -> Result<Self, Error> {
        self.client.projects().get_one(self.id).await
    }

    /// Makes it what its fields say.
    pub async fn update(&self) -> Result<OperationResult, Error> {
        self.client.projects().update(self.entity()).await
    }

    /// Deletes it, with everything in it.
    pub async fn delete(&self) -> Result<OperationResult, Error> {
        self.client.projects().delete(self.id).await
    }

    /// Its builds.
    pub async fn get_builds(&self, query: &BuildQuery) -> Result<BuildList, Error> {
        self.client.builds().get_list(&query.clone().project_id(self.id)).await
    }

    /// Its builds in single chroots.
    pub async fn get_build_tasks(&self, query: &BuildTaskQuery) -> Result<BuildTaskList, Error> {
        self.client.build_tasks().get_list(&query.clone().project_id(self.id)).await
    }

    /// One of its chroots.
    pub async fn get_project_chroot(&self, name: &str) -> Result<ProjectChroot, Error> {
        self.client.project_chroots().get_one(self, name).await
    }

    /// Its chroots.
    pub async fn get_project_chroot_list(&self) -> Result<ProjectChrootList, Error> {
        self.client.project_chroots().get_list(self).await
    }

    /// Builds it for one more chroot from now on.
    pub async fn enable_project_chroot(&self, name: &str) -> Result<OperationResult, Error> {
        self.client.project_chroots().enable(self, name, &[]).await
    }

    /// Builds a source package at an address.
    pub async fn create_build_from_url(&self, srpm_url: &str, options: &BuildOptions) -> Result<Build, Error> {
        self.client.builds().create_from_url(self.id, srpm_url, options).await
    }

    /// Builds a source package on this machine.
    pub async fn create_build_from_file(&self, srpm: &Upload, options: &BuildOptions) -> Result<Build, Error> {
        self.client.builds().create_from_file(self.id, srpm, options).await
    }
}
