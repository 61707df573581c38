//! Chroots that a service builds for.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

use super::resource::{Entity, Resource};
use super::{Client, Error, List};

/// See [`Client::mock_chroots`].
#[derive(Clone, Copy, Debug)]
pub struct MockChroots<'c> {
    pub(super) client: &'c Client,
}

/// A chroot that a service builds for.
pub type MockChroot = Resource<MockChrootEntity>;

/// Chroots that a service builds for.
pub type MockChrootList = List<MockChrootEntity>;

/// What is known of a chroot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MockChrootEntity {
    /// Its name, such as `fedora-42-x86_64`.
    pub name: String,
    /// The distribution: `fedora`.
    pub os_release: String,
    /// Its version: `42`.
    pub os_version: String,
    /// The architecture: `x86_64`.
    pub arch: String,
    /// Whether anything can be built for it.
    pub is_active: bool,
    /// What else there is.
    #[serde(flatten, skip_serializing)]
    pub rest: Map<String, Value>,
}

impl Entity for MockChrootEntity {
    const ONE: &'static str = "chroot";
    const MANY: &'static str = "chroots";
}

impl fmt::Display for MockChrootEntity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_active = if self.is_active { "True" } else { "False" };
        write!(out, "<Mock chroot: {} is active: {is_active}>", self.name)
    }
}

impl MockChroots<'_> {
    /// Those for which something can be built, or all.
    pub async fn get_list(&self, active_only: bool) -> Result<MockChrootList, Error> {
        let call = self.client.get(&self.client.roots.mock_chroots, &[]);
        List::whole(self.client, call.query("active_only", if active_only { "True" } else { "False" })).await
    }

    /// One by its name.
    pub async fn get_one(&self, name: &str) -> Result<MockChroot, Error> {
        self.client.one(&self.client.get(&self.client.roots.mock_chroots, &[name])).await
    }
}
