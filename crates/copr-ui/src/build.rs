//! The page of a build, which follows it while it runs.

use crate::words;
use askama::Template;
use copr_types::{Failure, Phase, State};

/// The page.
#[derive(Clone, Debug, Template)]
#[template(path = "build.html")]
pub struct Build {
    /// Its number.
    pub id: i64,
    /// `owner/project`.
    pub project: String,
    /// Directory, when it is not the main one.
    pub dir: Option<String>,
    /// The project's address.
    pub project_href: String,
    /// Number and page of the chain that it is in.
    pub chain: Option<(i64, String)>,
    /// Package, once known.
    pub package: Option<String>,
    /// Version, once known.
    pub version: Option<String>,
    /// Name of the file it began with.
    pub source: Option<String>,
    /// Who submitted it.
    pub submitter: Option<String>,
    /// What was pushed, for builds that nobody submitted: in words, and its page (`http` and `https` only).
    pub pushed: Option<(String, Option<String>)>,
    /// When.
    pub submitted_on: i64,
    /// Where it stands as a whole.
    pub state: Option<State>,
    /// Whether nothing will change any more.
    pub finished: bool,
    /// The source first, then the chroots.
    pub steps: Vec<Step>,
    /// The build that this one repeats: its number.
    pub repeats: Option<i64>,
    /// Address of the form that repeats it; none for builds that can not be repeated.
    pub repeat_href: Option<String>,
}

impl Build {
    fn title(&self) -> String {
        match (&self.package, &self.version) {
            (Some(package), Some(version)) => format!("{package} {version}"),
            (Some(package), None) => package.clone(),
            _ => self.source.clone().unwrap_or_else(|| format!("Build {}", self.id)),
        }
    }

    fn state(&self) -> &'static str {
        words::state(self.state)
    }

    fn submitted(&self) -> String {
        words::time(self.submitted_on)
    }
}

/// The source, or one chroot.
#[derive(Clone, Debug)]
pub struct Step {
    /// `source`, or the chroot's name.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// What the builder is at.
    pub phase: Option<Phase>,
    /// Why it was skipped.
    pub reason: String,
    /// What it waits for while nobody has it.
    pub wait: Option<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// When it was first started.
    pub started_on: Option<i64>,
    /// When it ended.
    pub ended_on: Option<i64>,
    /// Address of its results, once there.
    pub results_href: Option<String>,
    /// Its log, once there.
    pub log: Option<Log>,
    /// Address of the log of its import, once there.
    pub import_href: Option<String>,
    /// The commit that it is built from, once there.
    pub commit: Option<Commit>,
}

/// A commit of the package's git repository.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its name.
    pub id: String,
    /// Its address.
    pub href: String,
}

impl Commit {
    fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

/// The end of a log.
#[derive(Clone, Debug)]
pub struct Log {
    /// Address of the whole log.
    pub href: String,
    /// Address of the stream that goes on where `tail` ends, while there is more to come.
    pub follow: Option<String>,
    /// Its last lines; none when only the link is shown.
    pub tail: Option<String>,
    /// Whether something stands before `tail`.
    pub cut: bool,
}

impl Step {
    fn title(&self) -> &str {
        if self.name == "source" { "Source package" } else { &self.name }
    }

    fn took(&self) -> String {
        match (self.started_on, self.ended_on) {
            (Some(start), Some(end)) => words::duration(end - start),
            _ => String::new(),
        }
    }

    fn doing(&self) -> &'static str {
        words::doing(self.state, self.phase)
    }

    fn fault(&self) -> String {
        self.failure.as_ref().map(words::failure).unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.failure.as_ref().map_or("", |failure| failure.message.as_str())
    }
}
