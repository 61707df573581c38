//! What a project is called.

use std::fmt;
use std::str::FromStr;

/// A project by its owner and its name: `alice/hello`, or `@devs/hello` for a group's.
///
/// ```
/// use copr_client::v3::FullName;
///
/// let project: FullName = "@devs/hello".parse()?;
/// assert_eq!(project, FullName::new("@devs", "hello"));
/// # Ok::<(), copr_client::v3::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FullName {
    /// A user, or `@` and a group.
    pub owner: String,
    /// The project's own name.
    pub name: String,
}

impl FullName {
    /// A name of its two parts. Whether there is such a project shows when the service is asked.
    pub fn new(owner: impl Into<String>, name: impl Into<String>) -> Self {
        Self { owner: owner.into(), name: name.into() }
    }
}

impl fmt::Display for FullName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.owner, self.name)
    }
}

impl FromStr for FullName {
    type Err = super::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('/') {
            Some((owner, name)) if !owner.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok(Self::new(owner, name))
            }
            _ => Err(super::Error::Argument(format!("`{text}` is not of the form `owner/project`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_has_two_parts() {
        assert_eq!("a/b".parse::<FullName>().unwrap().to_string(), "a/b");
        for wrong in ["", "a", "a/", "/b", "a/b/c"] {
            let error = wrong.parse::<FullName>().unwrap_err().to_string();
            assert_eq!(error, format!("`{wrong}` is not of the form `owner/project`"));
        }
    }
}
