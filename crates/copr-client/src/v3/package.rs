//! Packages of projects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::build_create::Request;
use super::call::Call;
use super::{Build, BuildOptions, Client, Error, FullName, Page, Paging, Source, SourceType};

/// See [`Client::packages`].
#[derive(Clone, Copy, Debug)]
pub struct Packages<'c> {
    pub(super) client: &'c Client,
}

/// A package of a project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Package {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// The project's owner.
    pub ownername: String,
    /// The project.
    pub projectname: String,
    /// Where its sources come from.
    pub source_type: SourceType,
    /// What belongs to that kind of source.
    #[serde(default)]
    pub source_dict: Map<String, Value>,
    /// Whether web hooks build it.
    #[serde(default)]
    pub auto_rebuild: bool,
    /// Its builds, as far as they were asked for.
    #[serde(default)]
    pub builds: LatestBuilds,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The newest builds of a package.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct LatestBuilds {
    /// The newest one.
    #[serde(default)]
    pub latest: Option<Build>,
    /// The newest one that succeeded.
    #[serde(default)]
    pub latest_succeeded: Option<Build>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Which builds come with a package. Services may give more than was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WithBuilds {
    /// The newest one.
    pub latest: bool,
    /// The newest one that succeeded.
    pub latest_succeeded: bool,
}

impl WithBuilds {
    /// Both.
    pub const BOTH: Self = Self { latest: true, latest_succeeded: true };

    /// What is not wanted is not sent: some services take any word for a yes.
    fn asked_of(self, call: Call) -> Call {
        let yes = |wanted: bool| wanted.then_some("True");
        let call = call.query_if("with_latest_build", yes(self.latest));
        call.query_if("with_latest_succeeded_build", yes(self.latest_succeeded))
    }
}

options! {
    /// How a package is to be, beside its source.
    pub struct PackageOptions {
        /// Whether web hooks build it.
        value webhook_rebuild: bool,
        /// How many builds of it are kept; 0 is all of them.
        value max_builds: u32,
        /// After how many seconds a build of it is given up; 0 is as the service has it.
        value timeout: u32,
        /// Chroots that it is not built for: patterns such as `*-i386`, separated by commas.
        text chroot_denylist,
    }
}

impl PackageOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which package.
#[derive(Serialize)]
struct Which<'p> {
    ownername: &'p str,
    projectname: &'p str,
    package_name: &'p str,
}

impl<'p> Which<'p> {
    fn new(project: &'p FullName, package: &'p str) -> Self {
        Self { ownername: &project.owner, projectname: &project.name, package_name: package }
    }
}

/// How it is to be.
#[derive(Serialize)]
struct Settings<'p> {
    #[serde(flatten)]
    source: Option<&'p Source>,
    #[serde(flatten)]
    options: &'p PackageOptions,
}

impl Packages<'_> {
    /// One by its name.
    pub async fn get(&self, project: &FullName, package: &str, builds: WithBuilds) -> Result<Package, Error> {
        let call = self.client.get(&["package"]).project(project).query("packagename", package);
        builds.asked_of(call).send().await
    }

    /// All of a project. Without a limit, services refuse to list more than some thousands.
    pub async fn list(&self, project: &FullName, builds: WithBuilds, paging: &Paging) -> Result<Page<Package>, Error> {
        Page::fetch(builds.asked_of(self.client.get(&["package", "list"]).project(project)), paging).await
    }

    /// Adds one.
    pub async fn add(
        &self,
        project: &FullName,
        package: &str,
        source: &Source,
        options: &PackageOptions,
    ) -> Result<Package, Error> {
        let path = ["package", "add", &project.owner, &project.name, package, source.word()];
        self.settled(&path, package, Settings { source: Some(source), options }).await
    }

    /// Changes one: its source, if one is given, and what the options say.
    ///
    /// Parts of a source that are not given keep their value, as long as the package stays with the same kind of source.
    pub async fn edit(
        &self,
        project: &FullName,
        package: &str,
        source: Option<&Source>,
        options: &PackageOptions,
    ) -> Result<Package, Error> {
        let mut path = vec!["package", "edit", &project.owner, &project.name, package];
        path.extend(source.map(Source::word));
        self.settled(&path, package, Settings { source, options }).await
    }

    async fn settled(&self, path: &[&str], package: &str, settings: Settings<'_>) -> Result<Package, Error> {
        // Packages know the parts of scripts by longer names than builds do.
        let call = self.client.post(path).json(&settings);
        let call = ["chroot", "builddeps", "resultdir", "repos"]
            .into_iter()
            .fold(call, |call, name| call.renamed(name, &format!("script_{name}")));
        call.member("package_name", package).send().await
    }

    /// Takes its source away.
    pub async fn reset(&self, project: &FullName, package: &str) -> Result<Package, Error> {
        self.client.put(&["package", "reset"]).json(&Which::new(project, package)).send().await
    }

    /// Builds it from its source.
    pub async fn build(&self, project: &FullName, package: &str, options: &BuildOptions) -> Result<Build, Error> {
        let request = Request::new(project, json!({ "package_name": package }), options);
        self.client.post(&["package", "build"]).json(&request).send().await
    }

    /// Deletes it with its builds; gives what it was.
    pub async fn delete(&self, project: &FullName, package: &str) -> Result<Package, Error> {
        self.client.delete(&["package", "delete"]).json(&Which::new(project, package)).send().await
    }

    /// The same, and cancels its builds that run. Copr's own service has no such call: it refuses while they do.
    pub async fn delete_with_running(&self, project: &FullName, package: &str) -> Result<Package, Error> {
        let which = json!({
            "ownername": project.owner, "projectname": project.name, "package_name": package, "cancel_builds": true,
        });
        self.client.delete(&["package", "delete"]).json(&which).send().await
    }
}
