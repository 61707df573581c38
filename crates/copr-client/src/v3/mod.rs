//! Version 3 of the API.

mod build;
mod build_chroot;
mod build_create;
mod call;
mod chain;
mod client;
mod error;
mod general;
mod logs;
mod mock_chroot;
mod monitor;
mod name;
mod package;
mod page;
mod permission;
mod progress;
mod project;
mod project_chroot;
mod repository;
mod results;
mod source;
mod wait;
mod webhook;

pub use crate::{
    Bootstrap, Clock, Config, ConfigError, Credentials, Isolation, Message, Progress, Secret, SourceType, State,
    Storage, SystemClock, Upload,
};
pub use build::{
    Build, BuildWait, Builds, BuiltPackage, BuiltPackages, SourceBuildConfig, SourceChroot, SourcePackage,
};
pub use build_chroot::{BuildChroot, BuildChroots, BuildConfig};
pub use build_create::{Again, BuildOptions};
pub use chain::{
    Chain, ChainBuild, ChainChroot, ChainNeed, ChainOptions, ChainProvider, ChainStep, Chains, Dependent, Dependents,
    DependentsInChroot,
};
pub use client::Client;
pub use error::Error;
pub use general::{ApiToken, General, User};
pub use logs::{Follow, LogEvent};
pub use mock_chroot::{MockChroot, MockChroots};
pub use monitor::{Monitor, MonitorField, MonitoredChroot, MonitoredPackage, ProjectMonitor};
pub use name::FullName;
pub use package::{LatestBuilds, Package, PackageOptions, Packages, WithBuilds};
pub use page::{Direction, Meta, Page, Paging};
pub use permission::{Permission, RoleChanges, RoleRequest, Roles};
pub use progress::{BuildProgress, PartProgress};
pub use project::{Fork, Project, ProjectOptions, Projects};
pub use project_chroot::{ChrootBuildConfig, ChrootOptions, ProjectChroot, ProjectChroots, Repository};
pub use repository::{
    ChrootRepository, Generation, ListedPackage, Place, ProjectRepositories, Repositories, RepositoryDiff,
};
pub use results::{Checked, Download, Failed, Fetched, FetchedFile, FileProgress, ResultFile, Results, Step};
pub use source::{Custom, Distgit, Pypi, Rubygems, Scm, ScmType, Source, SourceBuildMethod, SpecGenerator};
pub use wait::Watch;
pub use webhook::{WebhookSecret, Webhooks};
