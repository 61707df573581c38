//! What can be wrong with a package, a source package or a repository.

use std::path::PathBuf;

/// A failure of this crate. The words fit for people; the cause, where there is one, rides below.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed below us.
    #[error("cannot {doing} `{path}`")]
    Io {
        /// A verb: `open`, `read`, `write`, …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A reader (not a named file) failed.
    #[error("cannot read the package")]
    Read(#[source] std::io::Error),
    /// It does not begin like an RPM package.
    #[error("not an RPM package: {what}")]
    NotAPackage {
        /// Which magic is missing.
        what: &'static str,
    },
    /// The file ends before its headers do.
    #[error("the package is cut short in its {part}")]
    Truncated {
        /// `lead`, `signature header`, `header` or `payload`.
        part: &'static str,
    },
    /// A header contradicts itself.
    #[error("the package's {part} is damaged: {what}")]
    Malformed {
        /// `signature header`, `header` or `payload`.
        part: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// A file inside a package that does not come out whole.
    #[error("`{}` can not be unpacked: {source}", shown(.name))]
    Unpacking {
        /// The file.
        name: String,
        /// Why not.
        source: Box<Error>,
    },
    /// Larger than we are willing to read.
    #[error("{what} is too large: {size} is more than the limit of {limit}")]
    TooLarge {
        /// The thing measured.
        what: String,
        /// What it says, or what was counted before we stopped.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A tag that every package has is absent.
    #[error("the package has no {tag}")]
    MissingTag {
        /// The tag in words: `name`, `version`, …
        tag: &'static str,
    },
    /// A tag that names something is no UTF-8.
    #[error("the package's {tag} is not valid UTF-8")]
    NotUtf8 {
        /// The tag in words.
        tag: &'static str,
    },
    /// A name, version, release or architecture with characters that rpm forbids.
    #[error("the package's {part} `{}` is not allowed: {rule}", shown(.value))]
    BadName {
        /// `name`, `version`, `release` or `architecture`.
        part: &'static str,
        /// As found in the header.
        value: String,
        /// The rule in words.
        rule: &'static str,
    },
    /// A file inside a source package that is not a plain name in its top directory.
    #[error("the source package holds `{}`; only plain file names are allowed", shown(.name))]
    BadFileName {
        /// As found.
        name: String,
    },
    /// A binary package where a source package is needed.
    #[error("`{nevra}` is not a source package")]
    NotSource {
        /// What it is.
        nevra: String,
    },
    /// A source package without a spec file.
    #[error("the source package has no spec file")]
    NoSpecFile,
    /// A source package with more than one spec file.
    #[error("the source package has several spec files: {}", .names.join(", "))]
    SeveralSpecFiles {
        /// All of them.
        names: Vec<String>,
    },
    /// The text of the package cannot stand in XML metadata.
    #[error("the package cannot be described in repository metadata: {what}")]
    NotDescribable {
        /// Which field, and why.
        what: String,
    },
    /// A place in the repository that would lead out of it.
    #[error("`{}` is not a place inside a repository", shown(.href))]
    BadHref {
        /// As given.
        href: String,
    },
    /// Packing metadata, or writing what was packed, failed below us.
    #[error("cannot write repository metadata")]
    Packing(#[source] std::io::Error),
    /// The file of a chunk that is not as it was written. It can be rendered again.
    #[error("`{path}` is damaged")]
    DamagedChunk {
        /// The file.
        path: PathBuf,
    },
    /// Metadata that does not say what it should.
    #[error("`{file}` is not valid repository metadata: {what}")]
    BadMetadata {
        /// `repomd.xml`, `primary`, …
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// A published metadata file that differs from what `repomd.xml` says.
    #[error("`{file}` does not have the {what} that repomd.xml gives: expected {expected}, found {found}")]
    Mismatch {
        /// The file's name.
        file: String,
        /// `checksum`, `size`, `open checksum`, `open size` or `number of packages`.
        what: &'static str,
        /// From repomd.xml (or the header of primary).
        expected: String,
        /// Measured.
        found: String,
    },
}

/// Short and printable, whatever an attacker put there.
fn shown(text: &str) -> String {
    let mut out: String = text.chars().take(120).flat_map(char::escape_default).collect();
    if text.chars().count() > 120 {
        out.push('…');
    }
    out
}
