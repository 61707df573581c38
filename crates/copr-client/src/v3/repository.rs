//! Repositories and their generations.
//!
//! Every publication of a repository is a generation with a number; of those that are remembered the contents can be listed,
//! compared, kept and brought back. Only coprd has them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Client, Error, FullName};

/// See [`Client::repositories`].
#[derive(Clone, Copy, Debug)]
pub struct Repositories<'c> {
    pub(super) client: &'c Client,
}

/// Which repositories of a project.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The directory of the project; the main one when not said.
    pub dirname: Option<&'a str>,
    /// The chroot; all when not said.
    pub chroot: Option<&'a str>,
}

/// The repositories of a project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ProjectRepositories {
    /// The project's owner.
    pub ownername: String,
    /// The project.
    pub projectname: String,
    /// The directory whose repositories these are.
    pub project_dirname: String,
    /// One for each chroot, by name.
    pub repositories: Vec<ChrootRepository>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChrootRepository {
    /// The chroot.
    pub chroot: String,
    /// Where it is.
    pub baseurl: String,
    /// The present generation; 0 before the first.
    pub generation: u64,
    /// The generation that is asked for.
    pub wanted: u64,
    /// Packages that only the devel repository lists.
    pub devel_packages: u64,
    /// The generations that can be compared and brought back, newest first.
    pub generations: Vec<Generation>,
}

/// A generation of a repository.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Generation {
    /// Its number.
    pub number: u64,
    /// When it was published; Unix time.
    pub created_on: i64,
    /// When another followed; `None` for the present one.
    pub superseded_on: Option<i64>,
    /// Why it was made.
    pub cause: String,
    /// How many packages it lists.
    pub packages: u64,
    /// The name under which it is kept for good.
    pub pinned: Option<String>,
    /// Where it can be read as it was, for as long as it is kept.
    pub baseurl: Option<String>,
}

/// What differs between two generations of a repository.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct RepositoryDiff {
    /// The chroot.
    pub chroot: String,
    /// The first generation.
    pub from: u64,
    /// The second.
    pub to: u64,
    /// What only the second lists, by name.
    pub added: Vec<ListedPackage>,
    /// What only the first lists, by name.
    pub removed: Vec<ListedPackage>,
}

/// A package that a generation lists.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ListedPackage {
    /// `name-[epoch:]version-release.arch`.
    pub nevra: String,
    /// Where it is, below the repository.
    pub location: String,
    /// SHA-256 of the file.
    pub checksum: String,
}

impl Repositories<'_> {
    /// The repositories with the generations that are remembered.
    pub async fn list(&self, project: &FullName, place: Place<'_>) -> Result<ProjectRepositories, Error> {
        let call = self.client.get(&["repository", "list"]).project(project);
        call.query_if("project_dirname", place.dirname).query_if("chrootname", place.chroot).send().await
    }

    /// What differs between two generations of a chroot's repository, each named by its number or its pin; without a second one,
    /// up to the present one.
    pub async fn diff(
        &self,
        project: &FullName,
        place: Place<'_>,
        from: &str,
        to: Option<&str>,
    ) -> Result<RepositoryDiff, Error> {
        let call = self.client.get(&["repository", "diff"]).project(project).query("from", from);
        let call = call.query_if("project_dirname", place.dirname).query_if("chrootname", place.chroot);
        call.query_if("to", to).send().await
    }

    /// Keeps a generation, the present one when none is named, for good under a name.
    pub async fn pin(
        &self,
        project: &FullName,
        place: Place<'_>,
        generation: Option<&str>,
        name: &str,
    ) -> Result<ProjectRepositories, Error> {
        self.change("pin", project, place, json!({ "generation": generation, "name": name })).await
    }

    /// Keeps what is pinned under a name no longer than other generations.
    pub async fn unpin(&self, project: &FullName, place: Place<'_>, name: &str) -> Result<ProjectRepositories, Error> {
        self.change("unpin", project, place, json!({ "name": name })).await
    }

    /// Makes a new generation that lists what an earlier one does, named by its number or its pin.
    pub async fn roll_back(
        &self,
        project: &FullName,
        place: Place<'_>,
        generation: &str,
    ) -> Result<ProjectRepositories, Error> {
        self.change("roll-back", project, place, json!({ "generation": generation })).await
    }

    /// Lists in public what only the devel repositories do.
    pub async fn promote(&self, project: &FullName, place: Place<'_>) -> Result<ProjectRepositories, Error> {
        self.change("promote", project, place, json!({})).await
    }

    async fn change(
        &self,
        what: &str,
        project: &FullName,
        place: Place<'_>,
        mut request: Value,
    ) -> Result<ProjectRepositories, Error> {
        request["ownername"] = json!(project.owner);
        request["projectname"] = json!(project.name);
        request["project_dirname"] = json!(place.dirname);
        request["chrootname"] = json!(place.chroot);
        self.client.post(&["repository", what]).json(&request).send().await
    }
}
