//! Names, parsed once at the door. Rules: `api-v3` contract, "Names".

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a text is not the name it was meant to be. `Display` is a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing there.
    #[error("a {what} can not be empty")]
    Empty {
        /// The kind of name.
        what: &'static str,
    },
    /// Longer than the kind allows.
    #[error("a {what} can not be longer than {limit} characters")]
    TooLong {
        /// The kind of name.
        what: &'static str,
        /// Most characters it may have.
        limit: usize,
    },
    /// A character that the kind does not allow, or a form that it does not.
    #[error("`{value}` is not a valid {what}: {rule}")]
    Form {
        /// The kind of name.
        what: &'static str,
        /// What was given.
        value: String,
        /// The rule in words.
        rule: &'static str,
    },
}

/// `\w` of Python's `re`: letters and digits of any script, and the underscore.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `^[\w.-]+$`, and not `.` or `..`, which are directory entries and never names.
fn word_dot_dash(s: &str) -> bool {
    !s.is_empty() && s != "." && s != ".." && s.chars().all(|c| is_word(c) || c == '.' || c == '-')
}

/// Longest name of a file on Linux.
const MOST_BYTES: usize = 255;

macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $limit:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(s: &str) -> Result<Self, InvalidName> {
                if s.is_empty() {
                    return Err(InvalidName::Empty { what: $what });
                }
                // Names become names of directories, which have a limit in bytes.
                if s.chars().count() > $limit || s.len() > MOST_BYTES {
                    return Err(InvalidName::TooLong { what: $what, limit: $limit });
                }
                let check: fn(&str) -> bool = $check;
                if check(s) {
                    Ok(Self(s.to_owned()))
                } else {
                    Err(InvalidName::Form { what: $what, value: s.to_owned(), rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(s: String) -> Result<Self, InvalidName> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_name!(
    /// An account's name.
    UserName, "user name", 100, "use letters, digits, underscores, dashes and dots", word_dot_dash
);
text_name!(
    /// A group's alias: what stands behind the `@` in URLs.
    GroupAlias, "group alias", 100, "use letters, digits, underscores, dashes and dots", word_dot_dash
);
text_name!(
    /// A project's name: unique per owner, not only digits.
    ProjectName, "project name", 100, "use letters, digits, underscores, dashes and dots, and not digits alone",
    |s| word_dot_dash(s) && !s.chars().all(|c| c.is_ascii_digit())
);
text_name!(
    /// A package's name. The dot forms are refused because the name becomes part of a directory's name.
    PackageName, "package name", 100, "use letters, digits and the characters `-+_.`",
    |s| s != "." && s != ".." && s.chars().all(|c| c.is_ascii_alphanumeric() || "-+_.".contains(c))
);
text_name!(
    /// A single file's name: never a path, never hidden, printable, at most 255 bytes (the limit of Linux file systems).
    FileName, "file name", 255, "a plain file name without `/`, control characters or a leading dot",
    |s| !s.starts_with('.') && s.len() <= 255 && !s.chars().any(|c| c == '/' || c == '\\' || c.is_control())
);

/// Who owns a project: a user, or a group written with a leading `@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OwnerName {
    /// A person.
    User(UserName),
    /// A group.
    Group(GroupAlias),
}

impl OwnerName {
    /// With `@` replaced by `group_`, as in the ids of `.repo` files.
    pub fn in_repo_id(&self) -> String {
        match self {
            Self::User(name) => name.to_string(),
            Self::Group(alias) => format!("group_{alias}"),
        }
    }
}

impl FromStr for OwnerName {
    type Err = InvalidName;

    fn from_str(s: &str) -> Result<Self, InvalidName> {
        match s.strip_prefix('@') {
            Some(alias) => alias.parse().map(Self::Group),
            None => s.parse().map(Self::User),
        }
    }
}

impl TryFrom<String> for OwnerName {
    type Error = InvalidName;
    fn try_from(s: String) -> Result<Self, InvalidName> {
        s.parse()
    }
}

impl From<OwnerName> for String {
    fn from(name: OwnerName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for OwnerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => name.fmt(f),
            Self::Group(alias) => write!(f, "@{alias}"),
        }
    }
}

/// A project's directory: the project's name, or `name:custom:suffix`, or `name:pr:id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DirName(String);

/// Why a directory's name is refused. `Display` is the contract's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDir {
    /// It belongs to another project, or to none.
    #[error("Copr dirname must start with '{project}:' prefix")]
    Prefix {
        /// The project asked for.
        project: String,
    },
    /// Neither `custom` nor `pr`.
    #[error(
        "Please use directory format <project>:custom:<SUFFIX_OF_CHOICE> or <project>:pr:<ID> (for automatically removed directories)"
    )]
    Kind,
    /// Longer than the name of a directory can be.
    #[error("Directory name cannot be longer than 255 bytes.")]
    TooLong,
    /// Characters that are not allowed.
    #[error(
        "Wrong directory '{dir}' specified.  Directory name can consist of alpha-numeric strings separated by colons."
    )]
    Characters {
        /// What was given.
        dir: String,
    },
}

impl DirName {
    /// The main directory of a project.
    pub fn main(project: &ProjectName) -> Self {
        Self(project.to_string())
    }

    /// Checks a directory's name against its project; the main one always passes.
    pub fn parse(project: &ProjectName, dir: &str) -> Result<Self, InvalidDir> {
        if dir == project.as_str() {
            return Ok(Self(dir.to_owned()));
        }
        let Some(rest) = dir.strip_prefix(&format!("{project}:")) else {
            return Err(InvalidDir::Prefix { project: project.to_string() });
        };
        if dir.len() > MOST_BYTES {
            return Err(InvalidDir::TooLong);
        }
        let parts: Vec<&str> = rest.split(':').collect();
        let pull_request = parts.len() == 2
            && parts[0] == "pr"
            && parts[1].rsplit('-').next().is_some_and(|n| !n.is_empty() && n.chars().all(char::is_numeric));
        if !rest.starts_with("custom:") && !pull_request {
            return Err(InvalidDir::Kind);
        }
        let word = |part: &&str| part.split('-').all(|run| !run.is_empty() && run.chars().all(char::is_alphanumeric));
        if parts.iter().all(word) {
            Ok(Self(dir.to_owned()))
        } else {
            Err(InvalidDir::Characters { dir: dir.to_owned() })
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a pull request's directory, which expires.
    pub fn is_pull_request(&self) -> bool {
        self.0.split(':').nth(1) == Some("pr")
    }
}

/// For names that were checked before they were stored.
impl From<String> for DirName {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl fmt::Display for DirName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_follow_the_contracts_examples() {
        let project: ProjectName = "p".parse().unwrap();
        for good in ["p", "p:custom:x", "p:custom:x-y", "p:custom:a:b", "p:custom:žlutý", "p:pr:12", "p:pr:copr-12"] {
            assert!(DirName::parse(&project, good).is_ok(), "{good}");
        }
        for bad in ["p:xx", "p:custom:", "p:custom:a_b", "p:custom:a.b", "p:pr:12a", "p:pr:1:2", "q:custom:x"] {
            assert!(DirName::parse(&project, bad).is_err(), "{bad}");
        }
        let long = format!("p:custom:{}", "x".repeat(300));
        assert_eq!(DirName::parse(&project, &long), Err(InvalidDir::TooLong));
    }

    #[test]
    fn a_name_never_leaves_its_directory() {
        for bad in ["..", ".", "a/b", "", "a\0b", "../x"] {
            assert!(bad.parse::<ProjectName>().is_err(), "project {bad:?}");
            assert!(bad.parse::<PackageName>().is_err(), "package {bad:?}");
            assert!(bad.parse::<FileName>().is_err(), "file {bad:?}");
            assert!(bad.parse::<OwnerName>().is_err(), "owner {bad:?}");
        }
        assert!("1234".parse::<ProjectName>().is_err());
    }

    #[test]
    fn a_name_fits_into_a_directory_whatever_its_letters() {
        assert!("ž".repeat(100).parse::<ProjectName>().is_ok());
        assert!("𝒳".repeat(100).parse::<ProjectName>().is_err(), "400 bytes");
        assert!("𝒳".repeat(100).parse::<UserName>().is_err(), "400 bytes");
    }

    #[test]
    fn groups_are_written_with_an_at_sign() {
        let owner: OwnerName = "@devs".parse().unwrap();
        assert_eq!((owner.to_string(), owner.in_repo_id()), ("@devs".into(), "group_devs".into()));
    }
}
