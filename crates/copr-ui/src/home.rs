//! The start page, and the lines that other pages show too.

use crate::words;
use askama::Template;
use copr_types::State;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "home.html")]
pub struct Home {
    /// Where the service is reached.
    pub public_url: String,
    /// A chroot that projects may use.
    pub example_chroot: String,
    /// The newest builds.
    pub builds: Vec<BuildLine>,
    /// The newest projects.
    pub projects: Vec<ProjectLine>,
}

/// A build in a list.
#[derive(Clone, Debug)]
pub struct BuildLine {
    /// Its number.
    pub id: i64,
    /// `owner/project`.
    pub project: String,
    /// The project's address.
    pub project_href: String,
    /// The build's address.
    pub href: String,
    /// Package, once known.
    pub package: Option<String>,
    /// Version, once known.
    pub version: Option<String>,
    /// Where it stands.
    pub state: Option<State>,
    /// When it was submitted.
    pub submitted_on: i64,
}

impl BuildLine {
    pub(crate) fn state(&self) -> &'static str {
        words::state(self.state)
    }

    pub(crate) fn submitted(&self) -> String {
        words::time(self.submitted_on)
    }

    pub(crate) fn package(&self) -> &str {
        self.package.as_deref().unwrap_or("…")
    }

    pub(crate) fn version(&self) -> &str {
        self.version.as_deref().unwrap_or_default()
    }
}

/// A project in a list.
#[derive(Clone, Debug)]
pub struct ProjectLine {
    /// `owner/project`.
    pub name: String,
    /// Its address.
    pub href: String,
    /// Its owner's words.
    pub description: String,
    /// Names of its chroots.
    pub chroots: Vec<String>,
}

impl ProjectLine {
    /// The first line, cut to what fits into a list.
    pub(crate) fn summary(&self) -> String {
        let line = self.description.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        if line.chars().count() <= 120 {
            return line.to_owned();
        }
        line.chars().take(119).chain(['…']).collect()
    }
}
