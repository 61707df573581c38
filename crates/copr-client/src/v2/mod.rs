//! Version 2 of the API: resources that lead to each other by links.
//!
//! The parts of a [`Client`] give [resources](Resource), one of them or a [list](List); a resource is what the service
//! says about a thing, and has methods for what can be done with it:
//!
//! ```no_run
//! use copr_client::v2::{Client, ProjectQuery};
//!
//! # async fn example() -> Result<(), copr_client::v2::Error> {
//! let client = Client::from_default_file().await?;
//! for project in &client.projects().get_list(&ProjectQuery::new().name("copr").limit(3)).await? {
//!     println!("{project}");
//! }
//!
//! let mut project = client.projects().get_one(1835).await?;
//! project.description = "Hello world!".to_owned();
//! project.update().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Services have no pages of their own kind here: a list is asked for with a limit and an offset, of which the service
//! may make something else. [`List::next_page`] and [`List::into_stream`] go by what came.

mod build;
mod build_task;
mod call;
mod client;
mod error;
mod list;
mod mock_chroot;
mod operation;
mod project;
mod project_chroot;
mod resource;

pub use build::{Build, BuildEntity, BuildList, BuildOptions, BuildQuery, Builds, BuiltPackage};
pub use build_task::{BuildTask, BuildTaskEntity, BuildTaskList, BuildTaskQuery, BuildTasks};
pub use client::Client;
pub use error::Error;
pub use list::List;
pub use mock_chroot::{MockChroot, MockChrootEntity, MockChrootList, MockChroots};
pub use operation::OperationResult;
pub use project::{Project, ProjectCreate, ProjectEntity, ProjectList, ProjectQuery, Projects};
pub use project_chroot::{ProjectChroot, ProjectChrootEntity, ProjectChrootList, ProjectChroots};
pub use resource::{Links, Resource};
