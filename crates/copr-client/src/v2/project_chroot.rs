//! Chroots of projects.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::fmt;

use super::resource::{Entity, Resource};
use super::{Client, Error, List, OperationResult, Project};

/// See [`Client::project_chroots`].
#[derive(Clone, Copy, Debug)]
pub struct ProjectChroots<'c> {
    pub(super) client: &'c Client,
}

/// A chroot of a project, and what can be done with it.
pub type ProjectChroot = Resource<ProjectChrootEntity>;

/// Chroots of a project.
pub type ProjectChrootList = List<ProjectChrootEntity>;

/// What is known of a project's chroot. All but its name and `comps_len` can be changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProjectChrootEntity {
    /// Its name.
    pub name: String,
    /// Packages in the buildroot besides those that always are.
    #[serde(default)]
    pub buildroot_pkgs: Vec<String>,
    /// The content of the comps file.
    #[serde(default)]
    pub comps: Option<String>,
    /// The name of the comps file.
    #[serde(default)]
    pub comps_name: Option<String>,
    /// The length of the comps file, in bytes.
    #[serde(default, skip_serializing)]
    pub comps_len: u64,
    /// What else there is.
    #[serde(flatten, skip_serializing)]
    pub rest: Map<String, Value>,
}

impl Entity for ProjectChrootEntity {
    const ONE: &'static str = "chroot";
    const MANY: &'static str = "chroots";
}

impl fmt::Display for ProjectChrootEntity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packages: Vec<String> = self.buildroot_pkgs.iter().map(|name| format!("'{name}'")).collect();
        let (name, packages) = (&self.name, packages.join(", "));
        write!(
            out,
            "<Project chroot: {name}, additional packages: [{packages}], comps size if any: {}>",
            self.comps_len
        )
    }
}

impl ProjectChroots<'_> {
    /// Those of a project.
    pub async fn get_list(&self, project: &Project) -> Result<ProjectChrootList, Error> {
        List::whole(self.client, self.client.get(&chroots(self.client, project), &[])).await
    }

    /// One of a project.
    pub async fn get_one(&self, project: &Project, name: &str) -> Result<ProjectChroot, Error> {
        self.client.one(&self.client.get(&chroots(self.client, project), &[name])).await
    }

    /// Builds a project for one more chroot, in whose buildroots these packages are.
    pub async fn enable(
        &self,
        project: &Project,
        name: &str,
        buildroot_pkgs: &[&str],
    ) -> Result<OperationResult, Error> {
        let sent = json!({ "name": name, "buildroot_pkgs": buildroot_pkgs, "comps": null, "comps_name": null });
        let call = self.client.change(Method::POST, &chroots(self.client, project), &[])?.json(&sent);
        self.client.done(&call).await
    }

    /// Makes one of a project what its entity says.
    pub async fn update(&self, project: &Project, chroot: &ProjectChrootEntity) -> Result<OperationResult, Error> {
        self.change(Method::PUT, &chroots(self.client, project), chroot).await
    }

    /// Builds a project for a chroot no more.
    pub async fn disable(&self, project: &Project, name: &str) -> Result<OperationResult, Error> {
        let call = self.client.change(Method::DELETE, &chroots(self.client, project), &[name])?;
        self.client.done(&call).await
    }

    async fn change(
        &self,
        method: Method,
        chroots: &str,
        chroot: &ProjectChrootEntity,
    ) -> Result<OperationResult, Error> {
        let call = self.client.change(method, chroots, &[&chroot.name])?.json(chroot);
        self.client.done(&call).await
    }
}

/// Where a project's chroots are.
fn chroots(client: &Client, project: &Project) -> String {
    let told = project.links().get("chroots").map(str::to_owned);
    told.unwrap_or_else(|| format!("{}/{}/chroots", client.roots.projects.trim_end_matches('/'), project.id))
}

impl ProjectChroot {
    /// As it is now.
    pub async fn get_self(&self) -> Result<Self, Error> {
        self.client.one(&self.client.get(self.own()?, &[])).await
    }

    /// Makes it what its fields say.
    pub async fn update(&self) -> Result<OperationResult, Error> {
        let call = self.client.change(Method::PUT, self.own()?, &[])?.json(self.entity());
        self.client.done(&call).await
    }

    /// Builds its project for it no more.
    pub async fn disable(&self) -> Result<OperationResult, Error> {
        let call = self.client.change(Method::DELETE, self.own()?, &[])?;
        self.client.done(&call).await
    }

    /// Its own path, which names its project.
    fn own(&self) -> Result<&str, Error> {
        let url = self.client.config().url.to_string();
        self.links().get("self").ok_or(Error::NoLocation { url })
    }
}
