//! Sets of builds whose order the service finds itself.
//!
//! A chain is made open; builds join it by [`BuildOptions::chain_id`](super::BuildOptions::chain_id), in any order; then it is
//! started. Only coprd has chains.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::build_create::Target;
use super::{Client, Error, FullName, Page, Paging, State};

/// See [`Client::chains`].
#[derive(Clone, Copy, Debug)]
pub struct Chains<'c> {
    pub(super) client: &'c Client,
}

options! {
    /// How a chain is to be.
    pub struct ChainOptions {
        /// The directory of the project that its builds go into.
        text project_dirname,
        /// Whether builds begin although what they need failed.
        value keep_going: bool,
        /// Whether packages of the project that need its builds are built again.
        value with_dependents: bool,
        /// For which chroots dependents are built again: names or patterns.
        list chroots,
    }
}

impl ChainOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

/// A chain.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Chain {
    /// Its number.
    pub id: u64,
    /// `open`, `importing`, `running`, `succeeded`, `failed` or `canceled`.
    pub state: String,
    /// The project's owner.
    pub ownername: String,
    /// The project.
    pub projectname: String,
    /// The directory that its builds go into.
    pub project_dirname: String,
    /// Its builds, by number.
    pub builds: Vec<ChainBuild>,
    /// Whether the sources of all builds are in, so that their order is known.
    pub is_ordered: bool,
    /// The order in each chroot; before the start: as it would be.
    pub chroots: Vec<ChainChroot>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A build of a chain.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChainBuild {
    /// Its number.
    pub id: u64,
    /// The package, once known.
    pub package: Option<String>,
    /// How far it is.
    pub state: State,
    /// Why it is there, when nobody asked for it.
    pub added_for: Option<String>,
}

/// The order of a chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChainChroot {
    /// The chroot.
    pub name: String,
    /// Its builds, by wave.
    pub steps: Vec<ChainStep>,
}

/// A build in the order of a chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChainStep {
    /// The build.
    pub build_id: u64,
    /// The package.
    pub package: String,
    /// How far it is in this chroot.
    pub state: State,
    /// Why it ended without a result, or why it is held.
    pub status_reason: String,
    /// Its wave, from 1; `None` for what is in a circle or ended before there was an order.
    pub wave: Option<u64>,
    /// Whether it failed for want of something that another build may turn out to provide.
    pub held: bool,
    /// What it needs of other builds of the chain.
    pub needs: Vec<ChainNeed>,
    /// The circle of needs that it is in, before the start: packages, the first one being the last one too.
    pub circle: Vec<String>,
}

/// Something that a build needs of others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChainNeed {
    /// What, as rpm writes it.
    pub what: String,
    /// Whether it can not be built without.
    pub essential: bool,
    /// The builds that provide it.
    pub providers: Vec<ChainProvider>,
}

/// A build that provides something.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChainProvider {
    /// The build.
    pub build_id: u64,
    /// Its package.
    pub package: String,
    /// How that is known.
    pub known_from: String,
    /// Why it is not waited for; `None` when it is.
    pub given_up: Option<String>,
}

/// Who needs some packages to be built.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Dependents {
    /// By chroot.
    pub chroots: Vec<DependentsInChroot>,
}

/// Who needs them in a chroot.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct DependentsInChroot {
    /// The chroot.
    pub name: String,
    /// Those that need the packages themselves come first.
    pub packages: Vec<Dependent>,
}

/// A package that needs others to be built.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Dependent {
    /// Its name.
    pub package: String,
    /// What it needs, as rpm writes it.
    pub what: String,
    /// Of which package.
    pub of: String,
    /// The build whose source package says so.
    pub build_id: u64,
}

impl Chains<'_> {
    /// An open chain without builds.
    pub async fn create(&self, project: &FullName, options: &ChainOptions) -> Result<Chain, Error> {
        let request = Target::new(project, json!({}), options);
        self.client.post(&["chain", "create"]).json(&request).send().await
    }

    /// A started chain of all packages of a project that need some, which are not built themselves.
    pub async fn create_of_dependents(
        &self,
        project: &FullName,
        packages: &[impl AsRef<str>],
        options: &ChainOptions,
    ) -> Result<Chain, Error> {
        let packages: Vec<&str> = packages.iter().map(AsRef::as_ref).collect();
        let request = Target::new(project, json!({ "packages": packages }), options);
        self.client.post(&["chain", "create", "dependents"]).json(&request).send().await
    }

    /// Who would be built again if packages changed; in chroots of these names or patterns, where any is told.
    pub async fn dependents(
        &self,
        project: &FullName,
        dirname: Option<&str>,
        packages: &[impl AsRef<str>],
        chroots: &[impl AsRef<str>],
    ) -> Result<Dependents, Error> {
        let call = self.client.get(&["chain", "dependents"]).project(project).query_if("project_dirname", dirname);
        let call = packages.iter().fold(call, |call, package| call.query("packagename", package.as_ref()));
        chroots.iter().fold(call, |call, chroot| call.query("chroots", chroot.as_ref())).send().await
    }

    /// The chain of a number.
    pub async fn get(&self, chain: u64) -> Result<Chain, Error> {
        self.client.get(&["chain", &chain.to_string()]).send().await
    }

    /// The chains of a project, newest first, without their orders.
    pub async fn list(&self, project: &FullName, paging: &Paging) -> Result<Page<Chain>, Error> {
        Page::fetch(self.client.get(&["chain", "list"]).project(project), paging).await
    }

    /// Starts a chain: no more builds can join.
    pub async fn start(&self, chain: u64) -> Result<Chain, Error> {
        self.client.put(&["chain", "start", &chain.to_string()]).send().await
    }

    /// Cancels all builds of a chain that have not ended.
    pub async fn cancel(&self, chain: u64) -> Result<Chain, Error> {
        self.client.put(&["chain", "cancel", &chain.to_string()]).send().await
    }
}
