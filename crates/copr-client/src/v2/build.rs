//! Builds.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;

use super::project::group;
use super::resource::{Entity, Resource};
use super::{BuildTask, BuildTaskList, BuildTaskQuery, Client, Error, List, OperationResult, call};
use crate::form::Part;
use crate::{State, Upload};

/// See [`Client::builds`].
#[derive(Clone, Copy, Debug)]
pub struct Builds<'c> {
    pub(super) client: &'c Client,
}

/// A build, and what can be done with it.
pub type Build = Resource<BuildEntity>;

/// Builds.
pub type BuildList = List<BuildEntity>;

/// What is known of a build. Times are seconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildEntity {
    /// Its number.
    pub id: u64,
    /// How far it is, all in all.
    pub state: State,
    /// When it was submitted.
    #[serde(default)]
    pub submitted_on: Option<i64>,
    /// When the first of its tasks began.
    #[serde(default)]
    pub started_on: Option<i64>,
    /// When the last of its tasks ended.
    #[serde(default)]
    pub ended_on: Option<i64>,
    /// Where its source comes from: `srpm_link`, `srpm_upload`, and other words.
    #[serde(default)]
    pub source_type: String,
    /// More about its source.
    #[serde(default)]
    pub source_metadata: Map<String, Value>,
    /// Version and release of the source package, once they are known.
    #[serde(default)]
    pub package_version: Option<String>,
    /// The name of the source package, once it is known.
    #[serde(default)]
    pub package_name: Option<String>,
    /// Whether it has a network.
    #[serde(default)]
    pub enable_net: bool,
    /// More repositories for it.
    #[serde(default)]
    pub repos: Vec<String>,
    /// What it has made.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub built_packages: Vec<BuiltPackage>,
    /// Who submitted it.
    #[serde(default)]
    pub submitter: Option<String>,
    /// What else there is.
    #[serde(flatten, skip_serializing)]
    pub rest: Map<String, Value>,
}

/// A package that was built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

fn null_is_empty<'d, D: serde::Deserializer<'d>>(value: D) -> Result<Vec<BuiltPackage>, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}

impl Entity for BuildEntity {
    const ONE: &'static str = "build";
    const MANY: &'static str = "builds";
}

impl BuildEntity {
    /// Whether nothing more happens.
    ///
    /// (For python-copr a canceled build never was finished.)
    pub fn is_finished(&self) -> bool {
        self.state.is_ended()
    }
}

impl fmt::Display for BuildEntity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<Build #{} state: {}>", self.id, self.state)
    }
}

options! {
    /// Which builds are wanted. All, unless told.
    pub struct BuildQuery {
        /// Of this project.
        value project_id: u64,
        /// Of projects of this user, or of a group with `@` before it. A project outweighs it.
        text owner,
        /// At most so many.
        value limit: u64,
        /// So many are skipped.
        value offset: u64,
    }
}

impl BuildQuery {
    /// All.
    pub fn new() -> Self {
        Self::default()
    }
}

options! {
    /// How a build is to be made.
    pub struct BuildOptions {
        /// What to build for; everything that the project builds for, unless told.
        list chroots,
        /// Whether it has a network; as the project says, unless told.
        value enable_net: bool,
    }
}

impl BuildOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A build as it is asked for. Services need the list even when it is empty.
    fn asked(&self, project: u64) -> Value {
        let mut asked = json!({ "project_id": project, "chroots": self.chroots.as_deref().unwrap_or_default() });
        if let Some(enable_net) = self.enable_net {
            asked["enable_net"] = enable_net.into();
        }
        asked
    }
}

impl Builds<'_> {
    /// Those that are wanted, newest first.
    pub async fn get_list(&self, query: &BuildQuery) -> Result<BuildList, Error> {
        let group = group(query.owner.as_deref());
        let call = self.client.get(&self.client.roots.builds, &[]);
        let call = call
            .query_if("project_id", query.project_id)
            .query_if("owner", query.owner.as_deref().filter(|_| group.is_none()))
            .query_if("group", group);
        List::part(self.client, call, query.limit, query.offset).await
    }

    /// One by its number.
    pub async fn get_one(&self, build: u64) -> Result<Build, Error> {
        self.client.one(&self.client.get(&self.client.roots.builds, &[&build.to_string()])).await
    }

    /// One by its number, with what it is in single chroots.
    pub async fn get_one_with_tasks(&self, build: u64) -> Result<(Build, Vec<BuildTask>), Error> {
        let call = self.client.get(&self.client.roots.builds, &[&build.to_string()]);
        let call = call.query("show_build_tasks", "True");
        let mut answer: Map<String, Value> = call::read(&call).await?;
        let (url, tasks) = (call.told_url(), answer.remove("build_tasks"));
        Ok((Resource::of(self.client, &url, answer)?, Resource::several(self.client, &url, tasks)?))
    }

    /// Ends one.
    pub async fn cancel(&self, build: u64) -> Result<OperationResult, Error> {
        let call = self.client.change(Method::PUT, &self.client.roots.builds, &[&build.to_string()])?;
        self.client.done(&call.json(&json!({ "state": State::Canceled }))).await
    }

    /// Deletes one, which has to have ended, with its packages.
    pub async fn delete(&self, build: u64) -> Result<OperationResult, Error> {
        let call = self.client.change(Method::DELETE, &self.client.roots.builds, &[&build.to_string()])?;
        self.client.done(&call).await
    }

    /// Builds a source package at an address.
    pub async fn create_from_url(&self, project: u64, srpm_url: &str, options: &BuildOptions) -> Result<Build, Error> {
        let mut asked = options.asked(project);
        asked["srpm_url"] = srpm_url.into();
        let call = self.client.change(Method::POST, &self.client.roots.builds, &[])?.json(&asked);
        self.client.made(&call).await
    }

    /// Builds a source package on this machine.
    pub async fn create_from_file(&self, project: u64, srpm: &Upload, options: &BuildOptions) -> Result<Build, Error> {
        let metadata = Part::text("metadata", options.asked(project).to_string()).of_kind("application/json");
        let parts = vec![metadata, Part::file("srpm", "application/x-rpm", srpm)];
        let call = self.client.change(Method::POST, &self.client.roots.builds, &[])?.form(parts);
        self.client.made(&call).await
    }
}

impl Build {
    /// As it is now.
    pub async fn get_self(&self) -> Result<Self, Error> {
        self.client.builds().get_one(self.id).await
    }

    /// Ends it.
    pub async fn cancel(&self) -> Result<OperationResult, Error> {
        self.client.builds().cancel(self.id).await
    }

    /// Deletes it, which has to have ended, with its packages.
    pub async fn delete(&self) -> Result<OperationResult, Error> {
        self.client.builds().delete(self.id).await
    }

    /// What it is in single chroots.
    pub async fn get_build_tasks(&self, query: &BuildTaskQuery) -> Result<BuildTaskList, Error> {
        self.client.build_tasks().get_list(&query.clone().build_id(self.id)).await
    }
}
