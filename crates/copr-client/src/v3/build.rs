//! Builds: read, canceled, deleted. How they are made is in `build_create`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::{Client, Error, FullName, Page, Paging, SourceType, State};

/// See [`Client::builds`].
#[derive(Clone, Copy, Debug)]
pub struct Builds<'c> {
    pub(super) client: &'c Client,
}

/// A part of a build that waits for a builder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct BuildWait {
    /// The chroot; none for the source package.
    pub chroot: Option<String>,
    /// Since when.
    pub since: i64,
    /// How many like it come first; 1000 may be more.
    pub before: u64,
    /// Why it waits, for people.
    pub reason: String,
}

#[derive(Deserialize)]
struct BuildWaits {
    items: Vec<BuildWait>,
}

/// A build: of one source, for any number of chroots. Times are seconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Build {
    /// Its number.
    pub id: u64,
    /// How far it is, all in all.
    pub state: State,
    /// The project's owner.
    pub ownername: String,
    /// The project.
    pub projectname: String,
    /// The directory of the project; that of the project's name is the main one.
    #[serde(default)]
    pub project_dirname: Option<String>,
    /// The address of the project's results.
    #[serde(default)]
    pub repo_url: Option<String>,
    /// What is built, as far as it is known.
    #[serde(default)]
    pub source_package: SourcePackage,
    /// What it is built for. Empty until the source is known, when the build said nothing about it.
    #[serde(default)]
    pub chroots: Vec<String>,
    /// When it was submitted.
    #[serde(default)]
    pub submitted_on: Option<i64>,
    /// When the first of its chroots began.
    #[serde(default)]
    pub started_on: Option<i64>,
    /// When the last of its chroots ended.
    #[serde(default)]
    pub ended_on: Option<i64>,
    /// Who submitted it; nobody for web hooks.
    #[serde(default)]
    pub submitter: Option<String>,
    /// Whether others go before it.
    #[serde(default)]
    pub is_background: bool,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What a build builds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct SourcePackage {
    /// The package's name.
    #[serde(default)]
    pub name: Option<String>,
    /// Version and release.
    #[serde(default)]
    pub version: Option<String>,
    /// Where the source package is.
    #[serde(default)]
    pub url: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The part of a build that makes its source package.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct SourceChroot {
    /// How far it is.
    pub state: State,
    /// Where its results and logs are.
    #[serde(default)]
    pub result_url: Option<String>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// How a build's source package is made.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct SourceBuildConfig {
    /// Where it comes from.
    pub source_type: SourceType,
    /// What belongs to that kind of source.
    #[serde(default)]
    pub source_dict: Map<String, Value>,
    /// In MiB.
    #[serde(default)]
    pub memory_limit: Option<u64>,
    /// In seconds.
    #[serde(default)]
    pub timeout: Option<u64>,
    /// Whether others go before it.
    #[serde(default)]
    pub is_background: bool,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What a chroot of a build made.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct BuiltPackages {
    /// The packages, the source package among them. Empty until the chroot has ended.
    #[serde(default)]
    pub packages: Vec<BuiltPackage>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A package file by what is in its header.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct BuiltPackage {
    /// Name.
    pub name: String,
    /// Epoch.
    #[serde(default)]
    pub epoch: Option<i64>,
    /// Version.
    pub version: String,
    /// Release.
    pub release: String,
    /// Architecture; `src` for source packages.
    pub arch: String,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Deserialize)]
struct Deleted {
    builds: Vec<u64>,
}

impl Builds<'_> {
    /// One by its number.
    pub async fn get(&self, build: u64) -> Result<Build, Error> {
        self.client.get(&["build", &build.to_string()]).send().await
    }

    /// Those of a project, newest first: of one package only, in one state only.
    pub async fn list(
        &self,
        project: &FullName,
        package: Option<&str>,
        state: Option<&State>,
        paging: &Paging,
    ) -> Result<Page<Build>, Error> {
        let call = self.client.get(&["build", "list"]).project(project);
        Page::fetch(call.query_if("packagename", package).query_if("status", state), paging).await
    }

    /// The part that makes its source package.
    pub async fn source_chroot(&self, build: u64) -> Result<SourceChroot, Error> {
        self.client.get(&["build", "source-chroot", &build.to_string()]).send().await
    }

    /// How its source package is made.
    pub async fn source_build_config(&self, build: u64) -> Result<SourceBuildConfig, Error> {
        self.client.get(&["build", "source-build-config", &build.to_string()]).send().await
    }

    /// What of it waits for a builder, and why. Copr's own service does not tell: an error there.
    pub async fn queue(&self, build: u64) -> Result<Vec<BuildWait>, Error> {
        let waits: BuildWaits = self.client.get(&["build", "queue", &build.to_string()]).send().await?;
        Ok(waits.items)
    }

    /// Chroot to what was made there.
    pub async fn built_packages(&self, build: u64) -> Result<BTreeMap<String, BuiltPackages>, Error> {
        self.client.get(&["build", "built-packages", &build.to_string()]).send().await
    }

    /// Ends it.
    pub async fn cancel(&self, build: u64) -> Result<Build, Error> {
        self.client.put(&["build", "cancel", &build.to_string()]).send().await
    }

    /// Deletes it, which has to have ended, with its packages; gives what it was.
    pub async fn delete(&self, build: u64) -> Result<Build, Error> {
        self.client.delete(&["build", "delete", &build.to_string()]).send().await
    }

    /// Deletes several of one project; gives their numbers. All or nothing.
    pub async fn delete_list(&self, builds: &[u64]) -> Result<Vec<u64>, Error> {
        let call = self.client.delete(&["build", "delete", "list"]).json(&json!({ "builds": builds }));
        Ok(call.send::<Deleted>().await?.builds)
    }
}
