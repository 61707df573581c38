//! The page that says how forges are told to report pushes, and what they reported.

use crate::words;
use askama::Template;

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "integrations.html")]
pub struct Integrations {
    /// `owner/project`.
    pub project: String,
    /// The project's address.
    pub project_href: String,
    /// Address of this page.
    pub here: String,
    /// What forges are told as secret or token.
    pub secret: String,
    /// The addresses to call.
    pub doors: Vec<Door>,
    /// The newest calls.
    pub calls: Vec<CallLine>,
}

/// An address to call.
#[derive(Clone, Debug)]
pub struct Door {
    /// Who calls it.
    pub name: &'static str,
    /// The address.
    pub url: String,
    /// What to choose there.
    pub advice: &'static str,
}

/// A call.
#[derive(Clone, Debug)]
pub struct CallLine {
    /// When it came.
    pub received_on: i64,
    /// Who called.
    pub forge: &'static str,
    /// What the caller calls the event.
    pub event: String,
    /// The branch or tag.
    pub git_ref: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// Who pushed.
    pub sender: Option<String>,
    /// The caller's own name of the call.
    pub delivery: Option<String>,
    /// The caller's program.
    pub user_agent: Option<String>,
    /// What came of it, and why there are no builds.
    pub outcome: String,
    /// The builds: number and address.
    pub builds: Vec<(i64, String)>,
}

impl CallLine {
    pub(crate) fn received(&self) -> String {
        words::time(self.received_on)
    }

    pub(crate) fn what(&self) -> &str {
        let name = self.git_ref.as_deref().unwrap_or_default();
        name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name)
    }

    pub(crate) fn short_commit(&self) -> &str {
        let commit = self.commit.as_deref().unwrap_or_default();
        commit.get(..10).unwrap_or(commit)
    }
}
