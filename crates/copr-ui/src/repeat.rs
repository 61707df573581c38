//! The form that repeats a build.

use crate::words;
use askama::Template;
use copr_types::State;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "repeat.html")]
pub struct Repeat {
    /// The number of the build.
    pub id: i64,
    /// The build's address.
    pub build_href: String,
    /// `owner/project`.
    pub project: String,
    /// The project's address.
    pub project_href: String,
    /// The package, once known, or else the file that it began with.
    pub title: String,
    /// What kind of source it has.
    pub source_kind: String,
    /// Whether its source package is used again, and not made anew.
    pub same_package: bool,
    /// Where the form is sent.
    pub action: String,
    /// Where it can be repeated.
    pub chroots: Vec<Chroot>,
    /// Seconds that it may take.
    pub timeout: i64,
    /// Network during rpmbuild.
    pub enable_net: bool,
    /// After everybody who waits.
    pub background: bool,
}

/// A chroot to choose.
#[derive(Clone, Debug)]
pub struct Chroot {
    /// Its name.
    pub name: String,
    /// What became of it; none where it was not tried.
    pub state: Option<State>,
    /// Whether it is chosen when the page is shown.
    pub chosen: bool,
}

impl Chroot {
    fn state(&self) -> &'static str {
        self.state.map_or("not built", |state| words::state(Some(state)))
    }
}
