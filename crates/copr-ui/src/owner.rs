//! The page of a user or a group.

use crate::home::ProjectLine;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "owner.html")]
pub struct Owner {
    /// `user` or `@group`.
    pub owner: String,
    /// The owner's projects, newest first.
    pub projects: Vec<ProjectLine>,
    /// Whether there are more than are shown.
    pub more: bool,
}
