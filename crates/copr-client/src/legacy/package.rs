//! Packages of projects, and where their sources are.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::call::ask;
use super::client::Owned;
use super::fields::Fields;
use super::{BuildOptions, BuildsCreated, CoprClient, Error, ProjectName, Response, Source};
use crate::SourceType;

/// A package of a project.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Package {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source_type: SourceType,
    /// More about where it comes from: JSON in a text.
    #[serde(default)]
    pub source_json: Option<String>,
    /// Whether web hooks build it.
    #[serde(default)]
    pub webhook_rebuild: bool,
    /// Its last build, if that was asked for and there is one.
    #[serde(default)]
    pub latest_build: Option<Map<String, Value>>,
    /// Its last good build, if that was asked for and there is one.
    #[serde(default)]
    pub latest_succeeded_build: Option<Map<String, Value>>,
    /// Its builds, newest first, if they were asked for.
    #[serde(default)]
    pub builds: Option<Vec<Map<String, Value>>>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Packages of a project.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct PackagesFound {
    /// The packages.
    pub packages: Vec<Package>,
}

/// A package of a project.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct PackageFound {
    /// The package.
    pub package: Package,
}

/// A package that was made, changed or deleted; see [`Response::message`].
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct PackageChanged {
    /// The package as it is, or was. Old services do not say it.
    #[serde(default)]
    pub package: Option<Package>,
}

/// Which builds of a package are wanted, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WithBuilds {
    /// All of them.
    pub all: bool,
    /// The last one.
    pub latest: bool,
    /// The last good one.
    pub latest_succeeded: bool,
}

options! {
    /// How a package is treated. What is not said stays, or is as the service has it.
    pub struct PackageOptions {
        /// Whether web hooks build it.
        value webhook_rebuild: bool,
        /// How many of its builds are kept; 0 is all.
        value max_builds: u32,
        /// Patterns of chroots for which it is not built, with commas between.
        text chroot_blacklist,
    }
}

impl PackageOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl CoprClient {
    /// Adds a package by its source.
    pub async fn add_package(
        &self,
        project: impl Into<ProjectName>,
        package_name: &str,
        source: &Source,
        options: &PackageOptions,
    ) -> Result<Response<PackageChanged>, Error> {
        self.put_package(self.owned(project)?, &["package", "add", source.word()], package_name, source, options).await
    }

    /// Gives a package another source.
    pub async fn edit_package(
        &self,
        project: impl Into<ProjectName>,
        package_name: &str,
        source: &Source,
        options: &PackageOptions,
    ) -> Result<Response<PackageChanged>, Error> {
        let path = ["package", package_name, "edit", source.word()];
        self.put_package(self.owned(project)?, &path, package_name, source, options).await
    }

    async fn put_package(
        &self,
        owned: Owned,
        path: &[&str],
        package_name: &str,
        source: &Source,
        options: &PackageOptions,
    ) -> Result<Response<PackageChanged>, Error> {
        let fields = Fields::new().with("package_name", package_name).and(source)?.and(options)?;
        Response::of(ask(&self.form_of(&owned, path, fields)?).await?, |changed| changed)
    }

    /// The packages of a project.
    pub async fn get_packages_list(
        &self,
        project: impl Into<ProjectName>,
        with: WithBuilds,
    ) -> Result<Response<PackagesFound>, Error> {
        let call = self.get_of(&self.owned(project)?, &["package", "list"]);
        Response::of(ask(&with.asked_of(call)).await?, |found| found)
    }

    /// A package of a project.
    pub async fn get_package(
        &self,
        project: impl Into<ProjectName>,
        package_name: &str,
        with: WithBuilds,
    ) -> Result<Response<PackageFound>, Error> {
        let call = self.get_of(&self.owned(project)?, &["package", "get", package_name]);
        Response::of(ask(&with.asked_of(call)).await?, |found| found)
    }

    /// Deletes a package with its builds.
    pub async fn delete_package(
        &self,
        project: impl Into<ProjectName>,
        package_name: &str,
    ) -> Result<Response<PackageChanged>, Error> {
        let call = self.post_of(&self.owned(project)?, &["package", "delete", package_name])?;
        Response::of(ask(&call).await?, |changed| changed)
    }

    /// Forgets where a package comes from.
    pub async fn reset_package(
        &self,
        project: impl Into<ProjectName>,
        package_name: &str,
    ) -> Result<Response<PackageChanged>, Error> {
        let call = self.post_of(&self.owned(project)?, &["package", "reset", package_name])?;
        Response::of(ask(&call).await?, |changed| changed)
    }

    /// Builds a package from where it comes from.
    pub async fn build_package(
        &self,
        project: impl Into<ProjectName>,
        package_name: &str,
        options: &BuildOptions,
    ) -> Result<Response<BuildsCreated>, Error> {
        let nothing = Map::<String, Value>::new();
        self.build_from(self.owned(project)?, &["package", "build", package_name], &nothing, options).await
    }
}

impl WithBuilds {
    fn asked_of(self, call: crate::call::Call) -> crate::call::Call {
        let flag = |wanted: bool| wanted.then_some("y");
        call.query_if("with_all_builds", flag(self.all))
            .query_if("with_latest_build", flag(self.latest))
            .query_if("with_latest_succeeded_build", flag(self.latest_succeeded))
    }
}
