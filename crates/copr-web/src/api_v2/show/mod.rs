//! Rows as the API's objects, with their links: one file per noun.

mod build;
mod mock_chroot;
mod project;

pub use build::{build, build_with_tasks, path as build_path, task, task_states, tasks_path};
pub use mock_chroot::mock_chroot;
pub use project::{path as project_path, project, project_chroot};

use copr_wire::v2::{Link, Links};

/// Links by role.
pub fn links<const N: usize>(pairs: [(&str, String); N]) -> Links {
    pairs.into_iter().map(|(role, href)| (role.to_owned(), Link { href })).collect()
}

/// The words of a stored list.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
