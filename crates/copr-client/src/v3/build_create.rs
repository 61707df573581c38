//! How builds are made: one method for each kind of source.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::page::Answer;
use super::{
    Bootstrap, Build, Builds, Custom, Distgit, Error, FullName, Isolation, Pypi, Rubygems, Scm, Source, Upload,
};
use crate::form::Part;

options! {
    /// How a build is to be made. What is not said is as the project and the service have it.
    pub struct BuildOptions {
        /// The directory of the project, such as `hello:custom:next`; made when it is not there.
        text project_dirname,
        /// What to build for, of what the project builds for: names or patterns such as `fedora-*`.
        list chroots,
        /// What not to build for.
        list exclude_chroots,
        /// After how many seconds it is given up.
        value timeout: u32,
        /// Whether others go before it.
        value background: bool,
        /// Whether it has a network.
        value enable_net: bool,
        /// How the buildroot begins.
        value bootstrap: Bootstrap,
        /// How it is kept apart.
        value isolation: Isolation,
        /// A build that has to have ended before, with all that are in its batch.
        value after_build_id: u64,
        /// A build in whose batch this one goes.
        value with_build_id: u64,
        /// An open chain that this one goes into; see [`Chains`](super::Chains).
        value chain_id: u64,
        /// The project of a code forge for which Packit asks for it.
        text packit_forge_project,
    }
}

impl BuildOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Something of a project, as it is asked for.
#[derive(Serialize)]
pub(super) struct Target<'r, T, O> {
    ownername: &'r str,
    projectname: &'r str,
    #[serde(flatten)]
    pub what: T,
    #[serde(flatten)]
    options: &'r O,
}

/// A build as it is asked for.
pub(super) type Request<'r, T> = Target<'r, T, BuildOptions>;

impl<'r, T, O> Target<'r, T, O> {
    pub fn new(project: &'r FullName, what: T, options: &'r O) -> Self {
        Self { ownername: &project.owner, projectname: &project.name, what, options }
    }
}

/// Where a build is repeated when the options name no chroots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// In all chroots that it had and the project still has.
    All,
    /// In those of them in which it failed or was canceled.
    Failed,
}

#[derive(Serialize)]
struct Repeated<'r> {
    failed: bool,
    #[serde(flatten)]
    options: &'r BuildOptions,
}

#[derive(Deserialize)]
struct Checked {
    message: String,
}

impl Builds<'_> {
    /// Of source packages or spec files at addresses: one build for each, in one and the same way.
    pub async fn create_from_urls(
        &self,
        project: &FullName,
        urls: &[&str],
        options: &BuildOptions,
    ) -> Result<Vec<Build>, Error> {
        self.linked(project, urls, options).await
    }

    /// Of a source package or spec file at an address.
    pub async fn create_from_url(&self, project: &FullName, url: &str, options: &BuildOptions) -> Result<Build, Error> {
        let (build,) = self.linked::<(Build,)>(project, &[url], options).await?;
        Ok(build)
    }

    async fn linked<T: DeserializeOwned>(
        &self,
        project: &FullName,
        urls: &[&str],
        options: &BuildOptions,
    ) -> Result<T, Error> {
        let request = Request::new(project, json!({ "pkgs": urls }), options);
        let answer: Answer<T> = self.client.post(&["build", "create", "url"]).json(&request).send().await?;
        Ok(answer.items)
    }

    /// Of a source package or spec file on this machine.
    pub async fn create_from_file(
        &self,
        project: &FullName,
        file: &Upload,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        self.uploaded("upload", project, file, options).await
    }

    /// Of a binary package on this machine, which is published as it is. Not every service takes them.
    pub async fn create_from_rpm_upload(
        &self,
        project: &FullName,
        file: &Upload,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        self.uploaded("rpm-upload", project, file, options).await
    }

    async fn uploaded(
        &self,
        kind: &str,
        project: &FullName,
        file: &Upload,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        let request = Request::new(project, json!({}), options);
        let file = Part::file("pkgs", "application/x-rpm", file);
        self.client.post(&["build", "create", kind]).form_of(Some(file), &request).send().await
    }

    /// Of a source.
    pub async fn create(&self, project: &FullName, source: &Source, options: &BuildOptions) -> Result<Build, Error> {
        let request = Request::new(project, source, options);
        self.client.post(&["build", "create", source.word()]).json(&request).send().await
    }

    /// Of a repository of Git or Subversion.
    pub async fn create_from_scm(&self, project: &FullName, scm: Scm, options: &BuildOptions) -> Result<Build, Error> {
        self.create(project, &scm.into(), options).await
    }

    /// Of a package in a distribution's dist-git.
    pub async fn create_from_distgit(
        &self,
        project: &FullName,
        distgit: Distgit,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        self.create(project, &distgit.into(), options).await
    }

    /// Of a package in the Python Package Index.
    pub async fn create_from_pypi(
        &self,
        project: &FullName,
        pypi: Pypi,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        self.create(project, &pypi.into(), options).await
    }

    /// Of a gem.
    pub async fn create_from_rubygems(
        &self,
        project: &FullName,
        gem: Rubygems,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        self.create(project, &gem.into(), options).await
    }

    /// Of what a script makes.
    pub async fn create_from_custom(
        &self,
        project: &FullName,
        custom: Custom,
        options: &BuildOptions,
    ) -> Result<Build, Error> {
        self.create(project, &custom.into(), options).await
    }

    /// Of what another build was made of, as that one was but for what the options say. Copr's own service has no such call.
    pub async fn resubmit(&self, build: u64, where_to: Again, options: &BuildOptions) -> Result<Build, Error> {
        let request = Repeated { failed: where_to == Again::Failed, options };
        self.client.post(&["build", "resubmit", &build.to_string()]).json(&request).send().await
    }

    /// Whether a build with these options would be taken, without making one; gives the service's words.
    pub async fn check_before_build(&self, project: &FullName, options: &BuildOptions) -> Result<String, Error> {
        let request = Request::new(project, json!({}), options);
        let call = self.client.post(&["build", "check-before-build"]).json(&request);
        Ok(call.send::<Checked>().await?.message)
    }
}
