//! Version 3 of the API.

#[macro_use]
mod macros;

mod build;
mod build_chroot;
mod build_create;
mod call;
mod client;
mod clock;
mod config;
mod error;
mod general;
mod ini;
mod mock_chroot;
mod monitor;
mod name;
mod package;
mod page;
mod permission;
mod project;
mod project_chroot;
mod source;
mod upload;
mod wait;
mod webhook;
mod words;

pub use build::{Build, Builds, BuiltPackage, BuiltPackages, SourceBuildConfig, SourceChroot, SourcePackage};
pub use build_chroot::{BuildChroot, BuildChroots, BuildConfig};
pub use build_create::BuildOptions;
pub use client::Client;
pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigError, Credentials, Secret};
pub use error::{Error, Message};
pub use general::{ApiToken, General, User};
pub use mock_chroot::{MockChroot, MockChroots};
pub use monitor::{Monitor, MonitorField, MonitoredChroot, MonitoredPackage, ProjectMonitor};
pub use name::FullName;
pub use package::{LatestBuilds, Package, PackageOptions, Packages, WithBuilds};
pub use page::{Direction, Meta, Page, Paging};
pub use permission::{Permission, RoleChanges, RoleRequest, Roles};
pub use project::{Fork, Project, ProjectOptions, Projects};
pub use project_chroot::{ChrootBuildConfig, ChrootOptions, ProjectChroot, ProjectChroots, Repository};
pub use source::{Custom, Distgit, Pypi, Rubygems, Scm, ScmType, Source, SourceBuildMethod, SpecGenerator};
pub use upload::{Progress, Upload};
pub use wait::Watch;
pub use webhook::{WebhookSecret, Webhooks};
pub use words::{Bootstrap, Isolation, SourceType, State, Storage};
