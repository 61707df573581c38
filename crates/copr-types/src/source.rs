//! Where a build's source comes from. Numbers and words are those of the Copr API.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $word:literal),* $(,)?) => {
        /// The kind of a source.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum SourceKind {
            $($(#[$doc])* $variant,)*
        }

        impl SourceKind {
            /// The word on the wire and in the database (`source_type`).
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Copr's number (`BuildSourceEnum`).
            pub fn number(self) -> i64 {
                match self { $(Self::$variant => $number,)* }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl TryFrom<String> for SourceKind {
            type Error = crate::UnknownWord;
            fn try_from(word: String) -> Result<Self, crate::UnknownWord> {
                Self::from_word(&word).ok_or(crate::UnknownWord(word))
            }
        }
    };
}

kinds! {
    /// None configured.
    Unset = 0 "unset",
    /// An SRPM or spec file by URL.
    Link = 1 "link",
    /// An uploaded SRPM or spec file.
    Upload = 2 "upload",
    /// A project on PyPI.
    Pypi = 5 "pypi",
    /// A gem on RubyGems.
    Rubygems = 6 "rubygems",
    /// A git or Subversion repository.
    Scm = 8 "scm",
    /// A script that makes the sources.
    Custom = 9 "custom",
    /// A package in a dist-git.
    Distgit = 10 "distgit",
    /// Binary packages built elsewhere.
    RpmUpload = 11 "rpm_upload",
}

/// A source with all it needs; `dict` has the keys that the API shows as `source_dict`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Source {
    /// By URL.
    Link {
        /// `http` or `https`, ending in `.src.rpm`, `.nosrc.rpm` or `.spec`.
        url: String,
    },
    /// Uploaded; the file waits in the server's upload area.
    Upload {
        /// Where clients can fetch it.
        url: String,
        /// The file's name.
        pkg: String,
        /// The upload directory's name.
        tmp: String,
    },
}

impl Source {
    /// Its kind.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Link { .. } => SourceKind::Link,
            Self::Upload { .. } => SourceKind::Upload,
        }
    }
}

/// A text in which every address has lost its user name and password: for logs and for everything that others can see.
///
/// ```
/// use copr_types::source::without_passwords;
///
/// assert_eq!(without_passwords("from https://me:secret@host/a@b.spec"), "from https://…@host/a@b.spec");
/// ```
pub fn without_passwords(text: &str) -> String {
    let (mut safe, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        safe.push_str(before);
        let end = after.find(|c: char| "/?#\\`'\"<>".contains(c) || c.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(at) => {
                safe.push('…');
                &after[at..]
            }
            None => after,
        };
    }
    safe.push_str(rest);
    safe
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn passwords_in_addresses_are_for_nobody_else() {
        for (text, safe) in [
            ("nothing", "nothing"),
            ("http://host/x", "http://host/x"),
            ("http://u:p@host/x", "http://…@host/x"),
            ("http://u:p@q@host:1/x@y", "http://…@host:1/x@y"),
            (
                "`http://t@a` leads to https://u:p@b?c and file:///x@y",
                "`http://…@a` leads to https://…@b?c and file:///x@y",
            ),
        ] {
            assert_eq!(without_passwords(text), safe);
        }
    }
}
