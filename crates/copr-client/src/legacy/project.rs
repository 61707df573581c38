//! Projects.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

use super::call::ask;
use super::client::Owned;
use super::fields::Fields;
use super::{BuildOptions, BuildsCreated, CoprClient, Done, Error, Pkgs, ProjectChrootWrapper, ProjectName, Response};

/// What can be done with a project.
#[derive(Clone, Debug)]
pub struct ProjectHandle {
    client: CoprClient,
    owned: Owned,
}

/// Projects that were found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectsFound {
    /// The projects.
    pub projects_list: Vec<ProjectWrapper>,
}

/// A project that was made or changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectChanged {
    /// What can be done with it.
    pub handle: ProjectHandle,
}

/// A project with other settings than before, as they are now.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectModified {
    /// What it is.
    pub description: Option<String>,
    /// How to install what is in it.
    pub instructions: Option<String>,
    /// More repositories for builds, with spaces between.
    pub repos: Option<String>,
    /// What it is built for.
    pub chroots: Vec<String>,
    /// Packages in buildroots, with spaces between; those of chroots are elsewhere.
    pub buildroot_pkgs: Option<String>,
    /// What can be done with it.
    pub handle: ProjectHandle,
}

/// What is known of a project.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectDetails {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// How to install what is in it.
    pub instructions: String,
    /// More repositories for builds, with spaces between.
    pub additional_repos: String,
    /// When something was built in it last, in seconds since 1970 UTC.
    pub last_modified: Option<i64>,
    /// What it is built for.
    pub chroots: Vec<ProjectChrootWrapper>,
    /// What can be done with it.
    pub handle: ProjectHandle,
}

/// A project in a list. Its text is for people, of several lines.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProjectWrapper {
    /// Its owner.
    pub username: String,
    /// Its name.
    pub projectname: String,
    /// What it is.
    pub description: Option<String>,
    /// How to install what is in it.
    pub instructions: Option<String>,
    /// Chroot to the address of its repository.
    pub yum_repos: BTreeMap<String, String>,
    /// More repositories for builds, with spaces between.
    pub additional_repos: Option<String>,
    /// What can be done with it.
    pub handle: ProjectHandle,
}

impl fmt::Display for ProjectWrapper {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Name: {}", self.projectname)?;
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(description) = given(&self.description) {
            write!(out, "\n  Description: {description}")?;
        }
        if !self.yum_repos.is_empty() {
            write!(out, "\n  Yum repo(s):")?;
            self.yum_repos.iter().try_for_each(|(chroot, url)| write!(out, "\n    {chroot}: {url}"))?;
        }
        if let Some(repos) = given(&self.additional_repos) {
            write!(out, "\n  Additional repo: {repos}")?;
        }
        if let Some(instructions) = given(&self.instructions) {
            write!(out, "\n  Instructions: {instructions}")?;
        }
        Ok(())
    }
}

options! {
    /// A project that is to be made. What is not said is as the service has it.
    pub struct ProjectOptions {
        /// What it is.
        text description,
        /// How to install what is in it.
        text instructions,
        /// More repositories for builds.
        list repos,
        /// Addresses of source packages that are built at once.
        list initial_pkgs,
        /// Whether metadata of repositories are made only when somebody says so.
        value disable_createrepo: bool,
        /// Whether it is missing on the front page.
        value unlisted_on_hp: bool,
        /// Whether builds have a network where nobody says otherwise.
        #[serde(rename = "build_enable_net")]
        value enable_net: bool,
        /// Whether neither it nor its builds can be deleted.
        value persistent: bool,
        /// Whether old builds go away by themselves.
        value auto_prune: bool,
        /// Whether buildroots begin with a smaller one.
        value use_bootstrap_container: bool,
    }
}

impl ProjectOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

options! {
    /// Changes of a project's settings. What is not said stays.
    pub struct ModifyOptions {
        /// What it is.
        text description,
        /// How to install what is in it.
        text instructions,
        /// More repositories for builds; all of them.
        list repos,
        /// Whether metadata of repositories are made only when somebody says so.
        value disable_createrepo: bool,
        /// Whether it is missing on the front page.
        value unlisted_on_hp: bool,
        /// Whether builds have a network where nobody says otherwise.
        #[serde(rename = "build_enable_net")]
        value enable_net: bool,
        /// Whether old builds go away by themselves.
        value auto_prune: bool,
        /// Whether buildroots begin with a smaller one.
        value use_bootstrap_container: bool,
        /// What it is built for; all of it.
        list chroots,
    }
}

impl ModifyOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

#[derive(Deserialize)]
struct Repos {
    repos: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(alias = "coprname")]
    name: String,
    username: Option<String>,
    description: Option<String>,
    instructions: Option<String>,
    yum_repos: Option<BTreeMap<String, String>>,
    additional_repos: Option<String>,
}

#[derive(Deserialize)]
struct Detail {
    detail: Details,
}

#[derive(Deserialize)]
struct Details {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    instructions: Option<String>,
    #[serde(default)]
    additional_repos: Option<String>,
    #[serde(default)]
    last_modified: Option<i64>,
    #[serde(default)]
    yum_repos: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Modified {
    description: Option<String>,
    instructions: Option<String>,
    repos: Option<Value>,
    #[serde(default)]
    chroots: Vec<String>,
    buildroot_pkgs: Option<String>,
}

impl CoprClient {
    /// The projects of a user, or of oneself.
    pub async fn get_projects_list(&self, username: Option<&str>) -> Result<Response<ProjectsFound>, Error> {
        let username = self.somebody(username)?;
        let told = ask(&self.get(&["coprs", &username])).await?;
        Response::of(told, |json| self.found(json, &username))
    }

    /// Projects with a text in what is said about them.
    pub async fn search_projects(&self, query: &str) -> Result<Response<ProjectsFound>, Error> {
        let told = ask(&self.get(&["coprs", "search"]).query("project", query)).await?;
        Response::of(told, |json| self.found(json, self.config().username.as_deref().unwrap_or_default()))
    }

    /// Lists of old services do not say whose the projects are.
    fn found(&self, Repos { repos }: Repos, asked: &str) -> ProjectsFound {
        let wrapped = |listed: Listed| {
            let username = listed.username.unwrap_or_else(|| asked.to_owned());
            let owned = Owned { username: username.clone(), projectname: listed.name.clone() };
            ProjectWrapper {
                username,
                projectname: listed.name,
                description: listed.description,
                instructions: listed.instructions,
                yum_repos: listed.yum_repos.unwrap_or_default(),
                additional_repos: listed.additional_repos,
                handle: self.project_handle(owned),
            }
        };
        ProjectsFound { projects_list: repos.into_iter().map(wrapped).collect() }
    }

    /// Makes a project for some chroots.
    pub async fn create_project(
        &self,
        project: impl Into<ProjectName>,
        chroots: &[&str],
        options: &ProjectOptions,
    ) -> Result<Response<ProjectChanged>, Error> {
        let owned = self.owned(project)?;
        let fields = Fields::new().with("name", owned.projectname.clone()).with_chroots(chroots).and(options)?;
        let call = self.post(&["coprs", &owned.username, "new"])?.fields(fields.into_pairs());
        Response::of(ask(&call).await?, |Done {}| ProjectChanged { handle: self.project_handle(owned) })
    }

    /// What is known of a project.
    pub async fn get_project_details(
        &self,
        project: impl Into<ProjectName>,
    ) -> Result<Response<ProjectDetails>, Error> {
        let owned = self.owned(project)?;
        let told = ask(&self.get_of(&owned, &["detail"])).await?;
        Response::of(told, |Detail { detail }| {
            let chroots = detail.yum_repos.unwrap_or_default().into_iter();
            ProjectDetails {
                name: detail.name,
                description: detail.description.unwrap_or_default(),
                instructions: detail.instructions.unwrap_or_default(),
                additional_repos: detail.additional_repos.unwrap_or_default(),
                last_modified: detail.last_modified,
                chroots: chroots.map(|(name, url)| ProjectChrootWrapper::new(self, &owned, name, Some(url))).collect(),
                handle: self.project_handle(owned),
            }
        })
    }

    /// Changes settings of a project.
    pub async fn modify_project(
        &self,
        project: impl Into<ProjectName>,
        options: &ModifyOptions,
    ) -> Result<Response<ProjectModified>, Error> {
        let owned = self.owned(project)?;
        let call = self.form_of(&owned, &["modify"], Fields::of(options)?)?;
        Response::of(ask(&call).await?, |modified: Modified| ProjectModified {
            description: modified.description,
            instructions: modified.instructions,
            repos: modified.repos.and_then(|repos| repos.as_str().map(str::to_owned)),
            chroots: modified.chroots,
            buildroot_pkgs: modified.buildroot_pkgs,
            handle: self.project_handle(owned),
        })
    }

    /// Deletes a project, with everything in it.
    pub async fn delete_project(&self, project: impl Into<ProjectName>) -> Result<Response<ProjectChanged>, Error> {
        let owned = self.owned(project)?;
        let call = self.form_of(&owned, &["delete"], Fields::new().with("verify", "yes"))?;
        Response::of(ask(&call).await?, |Done {}| ProjectChanged { handle: self.project_handle(owned) })
    }

    /// Copies a project with its chroots, packages and last good builds: to a new one, or with `confirm` into one that is
    /// there.
    pub async fn fork_project(
        &self,
        source: impl Into<ProjectName>,
        target: impl Into<ProjectName>,
        confirm: bool,
    ) -> Result<Response<ProjectChanged>, Error> {
        let (source, target) = (self.owned(source)?, self.owned(target)?);
        let fields = Fields::new()
            .with("name", target.projectname.clone())
            .with("owner", target.username.clone())
            .with("source", format!("{}/{}", source.username, source.projectname));
        let fields = if confirm { fields.with("confirm", "True") } else { fields };
        let call = self.form_of(&source, &["fork"], fields)?;
        Response::of(ask(&call).await?, |Done {}| ProjectChanged { handle: self.project_handle(target) })
    }

    /// Makes a new secret for the project's web hooks; [`Response::message`] ends with it.
    pub async fn new_webhook_secret(&self, project: impl Into<ProjectName>) -> Result<Response<Done>, Error> {
        let call = self.post_of(&self.owned(project)?, &["new_webhook_secret"])?;
        Response::of(ask(&call).await?, |done: Done| done)
    }

    /// What can be done with a project.
    pub(super) fn project_handle(&self, owned: Owned) -> ProjectHandle {
        ProjectHandle { client: self.clone(), owned }
    }
}

impl ProjectHandle {
    /// The project's owner.
    pub fn username(&self) -> &str {
        &self.owned.username
    }

    /// The project.
    pub fn projectname(&self) -> &str {
        &self.owned.projectname
    }

    fn name(&self) -> (&str, &str) {
        (&self.owned.username, &self.owned.projectname)
    }

    /// See [`CoprClient::get_project_details`].
    pub async fn get_project_details(&self) -> Result<Response<ProjectDetails>, Error> {
        self.client.get_project_details(self.name()).await
    }

    /// See [`CoprClient::modify_project`].
    pub async fn modify_project(&self, options: &ModifyOptions) -> Result<Response<ProjectModified>, Error> {
        self.client.modify_project(self.name(), options).await
    }

    /// See [`CoprClient::delete_project`].
    pub async fn delete_project(&self) -> Result<Response<ProjectChanged>, Error> {
        self.client.delete_project(self.name()).await
    }

    /// See [`CoprClient::create_new_build`].
    pub async fn create_new_build(
        &self,
        pkgs: impl Into<Pkgs>,
        options: &BuildOptions,
    ) -> Result<Response<BuildsCreated>, Error> {
        self.client.create_new_build(self.name(), pkgs, options).await
    }
}
