//! Builds in single chroots.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

use super::project::group;
use super::resource::{Entity, Resource};
use super::{Client, Error, List};
use crate::State;

/// See [`Client::build_tasks`].
#[derive(Clone, Copy, Debug)]
pub struct BuildTasks<'c> {
    pub(super) client: &'c Client,
}

/// A build in one chroot.
pub type BuildTask = Resource<BuildTaskEntity>;

/// Builds in single chroots.
pub type BuildTaskList = List<BuildTaskEntity>;

/// What is known of a build in one chroot. Times are seconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildTaskEntity {
    /// The chroot.
    pub chroot_name: String,
    /// The build. Lists of old services do not say it.
    #[serde(default)]
    pub build_id: Option<u64>,
    /// How far it is.
    pub state: State,
    /// When it began.
    #[serde(default)]
    pub started_on: Option<i64>,
    /// When it ended.
    #[serde(default)]
    pub ended_on: Option<i64>,
    /// The commit in the dist-git that is built.
    #[serde(default)]
    pub git_hash: Option<String>,
    /// Where its results are.
    #[serde(default)]
    pub result_dir_url: Option<String>,
    /// What else there is.
    #[serde(flatten, skip_serializing)]
    pub rest: Map<String, Value>,
}

impl Entity for BuildTaskEntity {
    const ONE: &'static str = "build_task";
    const ALSO: &'static [&'static str] = &["tasks"];
    const MANY: &'static str = "build_tasks";
}

impl fmt::Display for BuildTaskEntity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = self.build_id.map_or_else(|| "?".to_owned(), |id| id.to_string());
        write!(out, "<Build task #{build}-{}, state: {}>", self.chroot_name, self.state)
    }
}

options! {
    /// Which tasks are wanted. All, unless told. Of build, project and owner only the strongest counts.
    pub struct BuildTaskQuery {
        /// Of this build.
        value build_id: u64,
        /// Of builds of this project.
        value project_id: u64,
        /// Of projects of this user, or of a group with `@` before it.
        text owner,
        /// In this state.
        value state: State,
        /// At most so many.
        value limit: u64,
        /// So many are skipped.
        value offset: u64,
    }
}

impl BuildTaskQuery {
    /// All.
    pub fn new() -> Self {
        Self::default()
    }
}

impl BuildTasks<'_> {
    /// Those that are wanted.
    pub async fn get_list(&self, query: &BuildTaskQuery) -> Result<BuildTaskList, Error> {
        let group = group(query.owner.as_deref());
        let call = self.client.get(&self.client.roots.build_tasks, &[]);
        let call = call
            .query_if("build_id", query.build_id)
            .query_if("project_id", query.project_id)
            .query_if("owner", query.owner.as_deref().filter(|_| group.is_none()))
            .query_if("group", group)
            .query_if("state", query.state.as_ref());
        List::part(self.client, call, query.limit, query.offset).await
    }

    /// One by its build and its chroot.
    pub async fn get_one(&self, build: u64, chroot: &str) -> Result<BuildTask, Error> {
        let call = self.client.get(&self.client.roots.build_tasks, &[&build.to_string(), chroot]);
        self.client.one(&call).await
    }
}

impl BuildTask {
    /// As it is now.
    pub async fn get_self(&self) -> Result<Self, Error> {
        let own = self.links().get("self").map(str::to_owned);
        match (self.build_id, own) {
            (Some(build), _) => self.client.build_tasks().get_one(build, &self.chroot_name).await,
            (None, Some(own)) => self.client.one(&self.client.get(&own, &[])).await,
            (None, None) => Err(Error::NoLocation { url: self.client.config().url.to_string() }),
        }
    }
}
