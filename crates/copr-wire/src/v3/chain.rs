//! Chains: sets of builds whose order the service finds itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chain {
    /// Its number.
    pub id: i64,
    /// `open` (builds may join), `importing` (it waits for sources), `running`, `succeeded`, `failed` or `canceled`.
    pub state: String,
    /// The project's owner.
    pub ownername: String,
    /// The project's name.
    pub projectname: String,
    /// The directory that its builds go into.
    pub project_dirname: String,
    /// Who made it.
    pub submitter: String,
    /// Builds begin although what they need failed.
    pub keep_going: bool,
    /// Packages that need its builds are built again.
    pub with_dependents: bool,
    /// Unix time.
    pub submitted_on: i64,
    /// When it was started.
    pub started_on: Option<i64>,
    /// When it ended.
    pub ended_on: Option<i64>,
    /// Its builds, by number. Deleted ones are not there.
    pub builds: Vec<ChainBuild>,
    /// Whether the sources of all builds are in, so that their order is known.
    pub is_ordered: bool,
    /// The order in each chroot; empty in lists and before it is known. Before the start: as it would be.
    pub chroots: Vec<ChainChroot>,
}

/// A build of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainBuild {
    /// Its number.
    pub id: i64,
    /// The package, once known.
    pub package: Option<String>,
    /// Where it stands as a whole.
    pub state: String,
    /// Why it is there, when nobody asked for it.
    pub added_for: Option<String>,
}

/// The order of a chroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainChroot {
    /// The chroot.
    pub name: String,
    /// Its builds, by wave.
    pub steps: Vec<ChainStep>,
}

/// A build in the order of a chroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainStep {
    /// The build.
    pub build_id: i64,
    /// The package, or another word for the build where that is not known.
    pub package: String,
    /// Where it stands in this chroot.
    pub state: String,
    /// Why it ended without a result, or why it is held.
    pub status_reason: String,
    /// Its wave, from 1; null for what is in a circle or ended before there was an order.
    pub wave: Option<i64>,
    /// It failed for want of something that another build may turn out to provide: then it is tried once more.
    pub held: bool,
    /// What it needs of other builds of the chain.
    pub needs: Vec<ChainNeed>,
    /// The circle of needs that it is in: packages, the first one being the last one too. Told before the start.
    pub circle: Vec<String>,
}

/// Something that a build needs of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainNeed {
    /// What, as rpm writes it.
    pub what: String,
    /// Whether it can not be built without.
    pub essential: bool,
    /// The builds that provide it: all of them are waited for, one of them has to succeed.
    pub providers: Vec<ChainProvider>,
}

/// A build that provides something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChainProvider {
    /// The build.
    pub build_id: i64,
    /// Its package.
    pub package: String,
    /// How that is known.
    pub known_from: String,
    /// Why it is not waited for; null when it is.
    pub given_up: Option<String>,
}

/// Who needs some packages to be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dependents {
    /// By chroot.
    pub chroots: Vec<DependentsInChroot>,
}

/// Who needs them in a chroot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DependentsInChroot {
    /// The chroot.
    pub name: String,
    /// Those that need the packages themselves come first.
    pub packages: Vec<Dependent>,
}

/// A package that needs others to be built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dependent {
    /// Its name.
    pub package: String,
    /// What it needs, as rpm writes it.
    pub what: String,
    /// Of which package.
    pub of: String,
    /// The build whose source package says so.
    pub build_id: i64,
}
