//! The form that rebuilds packages of a project.

use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "rebuild.html")]
pub struct Rebuild {
    /// `owner/project`.
    pub project: String,
    /// The project's address.
    pub project_href: String,
    /// Where the form is sent.
    pub action: String,
    /// Names of the packages that have a source of their own.
    pub packages: Vec<String>,
    /// Names of the chroots.
    pub chroots: Vec<String>,
}
