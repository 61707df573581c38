//! What can be wrong with a catalogue, in words for the person who wrote it.

use copr_types::InvalidName;
use std::fmt;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, line {}", self.file, self.line)
    }
}

/// Why a catalogue can't be used. `Display` is one sentence, and a `hint:` on a second line where there is one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        message: String,
    },
    /// The name of a chroot.
    #[error("{place}: {source}")]
    Name {
        /// Where.
        place: Place,
        /// The rule.
        source: InvalidName,
    },
    /// No architecture, so no chroot.
    #[error("{place}: `{name}` has no architecture\nhint: write for example `arches = [\"x86_64\", \"aarch64\"]`")]
    NoArches {
        /// Where.
        place: Place,
        /// The chroot without its architecture.
        name: String,
    },
    /// A chroot or a repository of a chroot that is there already.
    #[error("{place}: {what} `{name}` is there twice")]
    Twice {
        /// Where the second one is.
        place: Place,
        /// The kind of thing.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// `=name` in `install`, or a name in `repos`, that nothing defines.
    #[error("{place}: there is no {what} `{name}`{}", did_you_mean(.nearest))]
    Unknown {
        /// Where.
        place: Place,
        /// The kind of thing.
        what: &'static str,
        /// The name.
        name: String,
        /// A name that exists and looks like it.
        nearest: Option<String>,
    },
    /// A package list that contains itself.
    #[error("{place}: the package list `{name}` contains itself")]
    Circle {
        /// Where.
        place: Place,
        /// The list.
        name: String,
    },
    /// A repository needs one address.
    #[error("{place}: the repository `{id}` needs exactly one of `baseurl`, `metalink` and `mirrorlist`")]
    Address {
        /// Where.
        place: Place,
        /// The repository.
        id: String,
    },
    /// Signatures can't be checked without a key.
    #[error(
        "{place}: the repository `{id}` has `gpgcheck = true` and no `gpgkey`\nhint: name the key, or leave `gpgcheck` out"
    )]
    NoKey {
        /// Where.
        place: Place,
        /// The repository.
        id: String,
    },
    /// A value that breaks the rule of its key.
    #[error("{place}: `{value}` is not a valid {what}: {rule}")]
    Value {
        /// Where.
        place: Place,
        /// What it should be.
        what: &'static str,
        /// What was given.
        value: String,
        /// The rule.
        rule: &'static str,
    },
    /// A pattern of chroot names.
    #[error("`{pattern}` is not a pattern: {rule}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// The rule.
        rule: &'static str,
    },
}

impl Error {
    /// Where it is, when it is in a file.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Syntax { place, .. }
            | Self::Name { place, .. }
            | Self::NoArches { place, .. }
            | Self::Twice { place, .. }
            | Self::Unknown { place, .. }
            | Self::Circle { place, .. }
            | Self::Address { place, .. }
            | Self::NoKey { place, .. }
            | Self::Value { place, .. } => Some(place),
            Self::Pattern { .. } => None,
        }
    }
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("\nhint: there is `{name}`"))
}

/// The one of some names that looks most like another, when any does.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, other)| other)
}
