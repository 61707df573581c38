//! Modules of projects. Services from 2025 on have none.

use reqwest::Method;
use serde::Deserialize;

use super::call::ask;
use super::fields::Fields;
use super::{CoprClient, Done, Error, ProjectName, Response};
use crate::Upload;
use crate::form::Part;

/// Where a module is described.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ModuleSource {
    /// In a repository of sources.
    Scm {
        /// Its address.
        url: String,
        /// The branch.
        branch: String,
    },
    /// In a file of this machine.
    File(Upload),
}

impl From<&str> for ModuleSource {
    /// The branch `master` of a repository of sources.
    fn from(url: &str) -> Self {
        Self::Scm { url: url.to_owned(), branch: "master".to_owned() }
    }
}

impl From<Upload> for ModuleSource {
    fn from(file: Upload) -> Self {
        Self::File(file)
    }
}

/// The repository of a module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ModuleRepo {
    /// Its address.
    #[serde(default)]
    pub repo: Option<String>,
}

impl CoprClient {
    /// Builds a module.
    pub async fn build_module(
        &self,
        project: impl Into<ProjectName>,
        module: impl Into<ModuleSource>,
    ) -> Result<Response<Done>, Error> {
        let parts = match module.into() {
            ModuleSource::Scm { url, branch } => vec![Part::text("scmurl", url), Part::text("branch", branch)],
            ModuleSource::File(file) => vec![Part::file("modulemd", "application/x-yaml", &file)],
        };
        let call = self.post_of(&self.owned(project)?, &["module", "build"])?.form(parts);
        Response::of(ask(&call).await?, |done: Done| done)
    }

    /// Where the repository of a module is.
    pub async fn get_module_repo(
        &self,
        project: impl Into<ProjectName>,
        name: &str,
        stream: &str,
        version: &str,
        arch: &str,
    ) -> Result<Response<ModuleRepo>, Error> {
        let owned = self.owned(project)?;
        let fields = Fields::new()
            .with("owner", owned.username)
            .with("copr", owned.projectname)
            .with("name", name)
            .with("stream", stream)
            .with("version", version)
            .with("arch", arch);
        let call = self.call(Method::POST, &["module", "repo"]).fields(fields.into_pairs());
        Response::of(ask(&call).await?, |repo: ModuleRepo| repo)
    }
}
