//! What projects are called.

/// A project by its name, and by its owner when that is not the user of the configuration.
///
/// ```
/// use copr_client::legacy::ProjectName;
///
/// assert_eq!(ProjectName::from("hello").username, None);
/// assert_eq!(ProjectName::from("@devs/hello").username.as_deref(), Some("@devs"));
/// assert_eq!(ProjectName::from("@devs/hello"), ProjectName::from(("@devs", "hello")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProjectName {
    /// A user, or `@` and a group.
    pub username: Option<String>,
    /// The project's own name.
    pub projectname: String,
}

impl From<&str> for ProjectName {
    fn from(name: &str) -> Self {
        match name.split_once('/') {
            Some(parts) => parts.into(),
            None => Self { username: None, projectname: name.to_owned() },
        }
    }
}

impl From<(&str, &str)> for ProjectName {
    fn from((username, projectname): (&str, &str)) -> Self {
        Self { username: Some(username.to_owned()), projectname: projectname.to_owned() }
    }
}

impl From<&String> for ProjectName {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

impl From<&crate::v3::FullName> for ProjectName {
    fn from(name: &crate::v3::FullName) -> Self {
        (name.owner.as_str(), name.name.as_str()).into()
    }
}
