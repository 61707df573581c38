//! Rows as the API's objects: one file per noun.

mod build;
mod build_chroot;
mod chain;
mod monitor;
mod package;
mod project;
mod project_chroot;
mod repository;

pub use build::{build, source_build_config, source_chroot};
pub use build_chroot::{build_chroot, build_chroot_config, built_packages};
pub use chain::{chain, dependents};
pub use monitor::monitor;
pub use package::package;
pub use project::project;
pub use project_chroot::{project_chroot, project_chroot_config};
pub use repository::{repositories, repository_diff};

/// The words of a stored list.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
