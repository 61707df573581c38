//! The forms that give a project another name or owner.

use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "renaming.html")]
pub struct Renaming {
    /// `owner/project`.
    pub project: String,
    /// The project's name.
    pub name: String,
    /// The project's address.
    pub project_href: String,
    /// Address of this page.
    pub here: String,
    /// Whether who looks may give it away.
    pub may_transfer: bool,
}
