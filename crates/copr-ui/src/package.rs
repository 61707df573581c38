//! The page of a package.

use crate::home::BuildLine;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "package.html")]
pub struct Package {
    /// Its name.
    pub name: String,
    /// `owner/project`.
    pub project: String,
    /// The project's address.
    pub project_href: String,
    /// Kind of its source, in the words of the API.
    pub source: String,
    /// Rebuilt by web hooks.
    pub automatic: bool,
    /// Its newest builds.
    pub builds: Vec<BuildLine>,
    /// The badge's address, and this page's, as others link to them.
    pub badge_url: String,
    /// This page's address.
    pub url: String,
}

impl Package {
    /// The badge for pages in HTML.
    pub(crate) fn badge_html(&self) -> String {
        format!("<a href=\"{}\"><img src=\"{}\" alt=\"build status of {}\"></a>", self.url, self.badge_url, self.name)
    }

    /// The badge for pages in Markdown.
    pub(crate) fn badge_markdown(&self) -> String {
        format!("[![build status of {}]({})]({})", self.name, self.badge_url, self.url)
    }
}
