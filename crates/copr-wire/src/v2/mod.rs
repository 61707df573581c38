//! Version 2 of the API: the objects that its clients read, with exactly the keys of the contract.
//!
//! An object stands beside its links ([`Links`]), under a key of its own; a list is of such pairs. Clients refuse keys
//! that they do not know inside of an object, and any link that is not an object with an `href`.

mod build;
mod project;

pub use build::{Build, BuildOne, BuildTask, BuildTaskOne, BuildTasks, Builds, BuiltPackage, EmbeddedTask};
pub use project::{
    MockChroot, MockChrootOne, MockChroots, Project, ProjectChroot, ProjectChrootOne, ProjectChroots, ProjectOne,
    Projects,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The path, from the root of the service: clients put it behind the address that they have.
    pub href: String,
}

/// Links by role.
pub type Links = BTreeMap<String, Link>;

/// The answer of the API's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// To the lists, and to itself.
    #[serde(rename = "_links")]
    pub links: Links,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is wrong, one line each.
    pub message: String,
    /// What is wrong with which field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<serde_json::Value>,
}
