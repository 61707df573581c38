//! The page of a chain: its order in each chroot, and why.

use crate::words;
use askama::Template;
use copr_types::State;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "chain.html")]
pub struct Chain {
    /// Its number.
    pub id: i64,
    /// `owner/project`.
    pub project: String,
    /// Directory, when it is not the main one.
    pub dir: Option<String>,
    /// The project's address.
    pub project_href: String,
    /// Who made it.
    pub submitter: String,
    /// When.
    pub submitted_on: i64,
    /// How it is doing, in a word that is a class of the style sheet too.
    pub standing: &'static str,
    /// Builds begin although what they need failed.
    pub keep_going: bool,
    /// Packages that need its builds are built again.
    pub with_dependents: bool,
    /// Its builds.
    pub builds: Vec<Member>,
    /// The order in each chroot; empty before it is known.
    pub chroots: Vec<Chroot>,
}

impl Chain {
    fn submitted(&self) -> String {
        words::time(self.submitted_on)
    }
}

/// A build.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its number.
    pub id: i64,
    /// Its page.
    pub href: String,
    /// Package, once known.
    pub package: Option<String>,
    /// Where it stands as a whole.
    pub state: Option<State>,
    /// Why it is there, when nobody asked for it.
    pub added_for: String,
}

impl Member {
    fn state(&self) -> &'static str {
        words::state(self.state)
    }

    fn package(&self) -> &str {
        self.package.as_deref().unwrap_or("not known yet")
    }
}

/// The order of a chroot.
#[derive(Clone, Debug)]
pub struct Chroot {
    /// Its name.
    pub name: String,
    /// Its steps, by wave.
    pub steps: Vec<Step>,
}

/// A build in the order.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its wave, from 1; 0 for none.
    pub wave: i64,
    /// The build.
    pub build: i64,
    /// Its page.
    pub href: String,
    /// The package.
    pub package: String,
    /// Where it stands.
    pub state: State,
    /// Why it ended without a result, or why it is held.
    pub reason: String,
    /// What it needs of others, a line each.
    pub needs: Vec<String>,
    /// The circle of needs that it is in.
    pub circle: Vec<String>,
}

impl Step {
    fn wave(&self) -> String {
        if self.wave > 0 { self.wave.to_string() } else { "–".to_owned() }
    }

    fn circle(&self) -> String {
        self.circle.join(" → ")
    }
}
