//! Who may do what in a project.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::{Error, FullName, Projects};

words! {
    /// How far somebody is with a role.
    pub enum Permission {
        /// Does not have it.
        Nothing = "nothing",
        /// Asks for it.
        Request = "request",
        /// Has it.
        Approved = "approved",
    }
}

/// Somebody's roles.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Roles {
    /// May change the project.
    pub admin: Permission,
    /// May build in it.
    pub builder: Permission,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

options! {
    /// What changes of somebody's roles.
    pub struct RoleChanges {
        /// Changing the project.
        value admin: Permission,
        /// Building in it.
        value builder: Permission,
    }
}

options! {
    /// Which roles one asks for oneself (`true`) or gives back (`false`).
    pub struct RoleRequest {
        /// Changing the project.
        value admin: bool,
        /// Building in it.
        value builder: bool,
    }
}

#[derive(Deserialize)]
struct CanBuild {
    can_build_in: bool,
}

#[derive(Deserialize)]
struct Permissions {
    permissions: BTreeMap<String, Roles>,
}

#[derive(Deserialize)]
struct Changed {
    updated: Vec<String>,
}

#[derive(Deserialize)]
struct Requested {
    updated: bool,
}

impl Projects<'_> {
    /// Whether a user may build in a project.
    pub async fn can_build_in(&self, who: &str, project: &FullName) -> Result<bool, Error> {
        let path = ["project", "permissions", "can_build_in", who, &project.owner, &project.name];
        let answer: CanBuild = self.client.get(&path).send().await?;
        Ok(answer.can_build_in)
    }

    /// User to roles, of everybody who has or had some. [`Error::NoResult`] when there is nobody.
    pub async fn permissions(&self, project: &FullName) -> Result<BTreeMap<String, Roles>, Error> {
        let path = ["project", "permissions", "get", &project.owner, &project.name];
        let answer: Permissions = self.client.get(&path).authenticated().send().await?;
        Ok(answer.permissions)
    }

    /// Changes the roles of users; gives those for whom something is different now. All or nothing.
    pub async fn set_permissions(
        &self,
        project: &FullName,
        changes: &BTreeMap<String, RoleChanges>,
    ) -> Result<Vec<String>, Error> {
        let path = ["project", "permissions", "set", &project.owner, &project.name];
        let answer: Changed = self.client.put(&path).json(changes).send().await?;
        Ok(answer.updated)
    }

    /// Asks for roles, or gives them back; gives whether something is different now.
    pub async fn request_permissions(&self, project: &FullName, roles: &RoleRequest) -> Result<bool, Error> {
        let path = ["project", "permissions", "request", &project.owner, &project.name];
        let answer: Requested = self.client.put(&path).json(roles).send().await?;
        Ok(answer.updated)
    }
}
