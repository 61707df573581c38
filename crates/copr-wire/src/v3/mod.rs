//! Version 3 of the API: the objects that clients read, with exactly the keys of the contract.
//!
//! Two rules of the clients shape all of these: a top-level `error` means failure whatever the status says, and a
//! top-level `items` must be a list beside a `meta` object. So `error` stands in [`Problem`] alone, `items` in
//! [`List`] alone.

mod build;
mod build_chroot;
mod chain;
mod hook_call;
mod list;
mod monitor;
mod package;
mod permission;
mod project;
mod project_chroot;
mod repository;

pub use build::{Build, BuildWait, BuildWaits, DeletedBuilds, Message, SourceBuildConfig, SourceChroot, SourcePackage};
pub use build_chroot::{BuildChroot, BuildChrootConfig, BuiltPackage, BuiltPackages};
pub use chain::{
    Chain, ChainBuild, ChainChroot, ChainNeed, ChainProvider, ChainStep, Dependent, Dependents, DependentsInChroot,
};
pub use hook_call::HookCall;
pub use list::{List, Meta};
pub use monitor::{Monitor, MonitoredChroot, MonitoredPackage};
pub use package::{Package, PackageBuilds};
pub use permission::{CanBuildIn, Permissions, RequestedPermissions, RolesOfUser, UpdatedPermissions, WebhookSecret};
pub use project::Project;
pub use project_chroot::{ProjectChroot, ProjectChrootConfig, Repo};
pub use repository::{Generation, ListedPackage, Repositories, Repository, RepositoryDiff};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of the API's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// Always 3.
    pub version: i64,
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The account's number.
    pub id: i64,
    /// The account's name.
    pub name: String,
}

/// A new login and its token, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiToken {
    /// The login.
    pub api_login: String,
    /// The token.
    pub api_token: String,
    /// The last day they are valid, ISO form.
    pub expiration: String,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `notok` when credentials are missing or wrong; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// What is wrong, one line each. Always text: python-copr splits it at line ends.
    pub error: String,
}
