//! Who may do what in a project. Plain functions on values (contract: "Permission predicates").

use serde::{Deserialize, Serialize};

/// Where a role of a user in a project stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grant {
    /// Not asked for, or taken back.
    #[default]
    Nothing,
    /// Asked for.
    Request,
    /// Given.
    Approved,
}

impl Grant {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Request => "request",
            Self::Approved => "approved",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Nothing, Self::Request, Self::Approved].into_iter().find(|grant| grant.as_str() == word)
    }
}

/// What is known about one user's standing towards one project.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// An administrator of the service.
    pub site_admin: bool,
    /// The project is personal and the user's own.
    pub owner: bool,
    /// The project belongs to a group and the user is in it.
    pub in_group: bool,
    /// The `admin` role in the project.
    pub admin: Grant,
    /// The `builder` role in the project.
    pub builder: Grant,
}

impl Standing {
    /// May submit and cancel builds.
    pub fn can_build(&self) -> bool {
        self.site_admin
            || self.in_group
            || self.owner
            || self.builder == Grant::Approved
            || self.admin == Grant::Approved
    }

    /// May change the project, its packages and chroots, and delete builds.
    pub fn can_edit(&self) -> bool {
        self.owner || self.site_admin || self.in_group || self.admin == Grant::Approved
    }

    /// May delete the project: the `admin` role is not enough.
    pub fn can_delete(&self) -> bool {
        self.site_admin || self.in_group || self.owner
    }
}

impl TryFrom<String> for Grant {
    type Error = crate::UnknownWord;
    fn try_from(word: String) -> Result<Self, crate::UnknownWord> {
        Self::from_word(&word).ok_or(crate::UnknownWord(word))
    }
}
