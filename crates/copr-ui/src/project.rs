//! The page of a project.

use crate::home::BuildLine;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "project.html")]
pub struct Project {
    /// Its owner (`user` or `@group`).
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Its owner's words.
    pub description: String,
    /// Its owner's words about how to install.
    pub instructions: String,
    /// Address; only `http` and `https`.
    pub homepage: Option<String>,
    /// Mail or address.
    pub contact: Option<String>,
    /// What users type to enable it.
    pub enable: Enable,
    /// Its chroots.
    pub chroots: Vec<ChrootLine>,
    /// Its newest builds.
    pub builds: Vec<BuildLine>,
    /// Address of its results.
    pub results_href: String,
}

/// How dnf is told about a project.
#[derive(Clone, Debug)]
pub enum Enable {
    /// The `copr` plugin reaches the service by its host name alone.
    Plugin(String),
    /// The service has a port or no TLS: the plugin needs this file first.
    PluginAfterFile {
        /// The file.
        path: String,
        /// What is in it.
        content: String,
        /// The command then.
        command: String,
    },
}

/// A chroot of the project.
#[derive(Clone, Debug)]
pub struct ChrootLine {
    /// Its name.
    pub name: String,
    /// Address of its repository.
    pub href: String,
    /// Address of the `.repo` file.
    pub repo_href: String,
}
