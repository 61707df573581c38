//! Version 1 of the API, as the legacy client of python-copr has it: one [`CoprClient`] with a method for everything.
//!
//! ```no_run
//! use copr_client::legacy::{BuildOptions, CoprClient, ProjectOptions};
//!
//! # async fn example() -> Result<(), copr_client::legacy::Error> {
//! let client = CoprClient::from_default_file()?;
//! let options = ProjectOptions::new().description("My cool app");
//! client.create_project("hello_world", &["fedora-42-x86_64"], &options).await?;
//!
//! let url = "http://example.com/pkg.src.rpm";
//! let created = client.create_new_build("hello_world", [url], &BuildOptions::new()).await?;
//! for build in &created.builds_list {
//!     println!("{}: {}", build.build_id, build.handle.get_build_details().await?.status);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Each method gives a [`Response`]: typed values, a handle for what can be done next, and [`Response::data`], the JSON as
//! it came. A project is named by itself, when it is the user's own, or with its owner: `"@devs/hello"`.

mod build;
mod build_source;
mod call;
mod chroot;
mod client;
mod error;
mod fields;
mod module;
mod name;
mod package;
mod project;
mod response;

pub use build::{BuildChanged, BuildDetails, BuildHandle, BuildOptions, BuildWrapper, BuildsCreated, Pkgs};
pub use build_source::{Custom, Distgit, Mock, Pypi, Rubygems, Scm, Source, Tito};
pub use chroot::{
    BuildConfig, ChrootDetails, ChrootFound, ChrootOptions, ProjectChrootHandle, ProjectChrootWrapper, Repository,
};
pub use client::CoprClient;
pub use error::Error;
pub use module::{ModuleRepo, ModuleSource};
pub use name::ProjectName;
pub use package::{Package, PackageChanged, PackageFound, PackageOptions, PackagesFound, WithBuilds};
pub use project::{
    ModifyOptions, ProjectChanged, ProjectDetails, ProjectHandle, ProjectModified, ProjectOptions, ProjectWrapper,
    ProjectsFound,
};
pub use response::{Done, Response};
