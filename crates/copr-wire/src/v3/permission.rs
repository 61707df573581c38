//! Roles and secrets of projects.

use copr_types::permission::Grant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether somebody may build in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanBuildIn {
    /// The user's name.
    pub who: String,
    /// `user` or `@group`.
    pub ownername: String,
    /// The project's name.
    pub projectname: String,
    /// The answer.
    pub can_build_in: bool,
}

/// Somebody's roles: `nothing`, `request` or `approved` each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesOfUser {
    /// May change the project.
    pub admin: Grant,
    /// May build in it.
    pub builder: Grant,
}

/// Everybody's roles in a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// Roles by user name.
    pub permissions: BTreeMap<String, RolesOfUser>,
}

/// Whose roles were changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatedPermissions {
    /// Names of the users.
    pub updated: Vec<String>,
}

/// Whether a request changed anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedPermissions {
    /// The answer.
    pub updated: bool,
}

/// A project's new web hook secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecret {
    /// The project's number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `user` or `@group`.
    pub ownername: String,
    /// `owner/name`.
    pub full_name: String,
    /// A UUID, part of the addresses that forges call.
    pub webhook_secret: String,
}
