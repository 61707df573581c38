//! Projects.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::{Bootstrap, Client, Error, FullName, Isolation, Page, Paging, Storage};

/// See [`Client::projects`].
#[derive(Clone, Copy, Debug)]
pub struct Projects<'c> {
    pub(super) client: &'c Client,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Project {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// A user, or `@` and a group.
    pub ownername: String,
    /// Both: `owner/name`.
    pub full_name: String,
    /// Where to read more.
    #[serde(default)]
    pub homepage: Option<String>,
    /// Whom to ask: an address of the web or of mail.
    #[serde(default)]
    pub contact: Option<String>,
    /// What it is, in Markdown.
    #[serde(default)]
    pub description: Option<String>,
    /// How to use it, in Markdown.
    #[serde(default)]
    pub instructions: Option<String>,
    /// Whether its repositories are only made anew when somebody asks for it.
    #[serde(default)]
    pub devel_mode: bool,
    /// Whether it can't be deleted.
    #[serde(default)]
    pub persistent: bool,
    /// Whether the service's start page does not show it.
    #[serde(default)]
    pub unlisted_on_hp: bool,
    /// Whether old builds go away by themselves.
    #[serde(default)]
    pub auto_prune: bool,
    /// Chroot to the address of its repository.
    #[serde(default)]
    pub chroot_repos: BTreeMap<String, String>,
    /// Repositories that builds may take packages from.
    #[serde(default)]
    pub additional_repos: Vec<String>,
    /// Whether builds have a network.
    #[serde(default)]
    pub enable_net: bool,
    /// How buildroots begin.
    #[serde(default)]
    pub bootstrap: Option<Bootstrap>,
    /// How builds are kept apart.
    #[serde(default)]
    pub isolation: Option<Isolation>,
    /// Whether its packages go before those of modules.
    #[serde(default)]
    pub module_hotfixes: bool,
    /// Whether its repositories have AppStream metadata.
    #[serde(default)]
    pub appstream: bool,
    /// Whether it gets the chroots of new Fedora releases by itself.
    #[serde(default)]
    pub follow_fedora_branching: bool,
    /// Which projects of code forges may build in it through Packit.
    #[serde(default)]
    pub packit_forge_projects_allowed: Vec<String>,
    /// Priority of its repositories; smaller goes first.
    #[serde(default)]
    pub repo_priority: Option<i64>,
    /// Where its results are.
    #[serde(default)]
    pub storage: Option<Storage>,
    /// What else there is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Project {
    /// What it is called in further calls.
    pub fn reference(&self) -> FullName {
        FullName::new(&self.ownername, &self.name)
    }
}

options! {
    /// How a project is to be. For a new one, what is not said is as the service has it by default; otherwise it stays as
    /// it is.
    pub struct ProjectOptions {
        /// What it builds for. Of a project that is there, this becomes the complete set: what is not in it is dropped.
        list chroots,
        /// What it is, in Markdown.
        text description,
        /// How to use it, in Markdown.
        text instructions,
        /// Where to read more.
        text homepage,
        /// Whom to ask: an address of the web or of mail.
        text contact,
        /// Repositories that builds may take packages from: `https://…` or `copr://owner/project`.
        list additional_repos,
        /// Repositories that users of the project need as well.
        list runtime_dependencies,
        /// Whether the service's start page does not show it.
        value unlisted_on_hp: bool,
        /// Whether builds have a network.
        value enable_net: bool,
        /// Whether its repositories are only made anew when somebody asks for it.
        value devel_mode: bool,
        /// Whether it can't be deleted. For administrators, and new projects only.
        value persistent: bool,
        /// Whether old builds go away by themselves. `false` is for administrators.
        value auto_prune: bool,
        /// How buildroots begin.
        value bootstrap: Bootstrap,
        /// How builds are kept apart.
        value isolation: Isolation,
        /// Whether it gets the chroots of new Fedora releases by itself.
        value follow_fedora_branching: bool,
        /// Whether 64-bit repositories bring the 32-bit ones with them.
        value multilib: bool,
        /// Whether its packages go before those of modules.
        value module_hotfixes: bool,
        /// Whether builds are reviewed by the tool of Fedora.
        value fedora_review: bool,
        /// Whether its repositories have AppStream metadata.
        value appstream: bool,
        /// After how many days it is deleted; -1 is never.
        value delete_after_days: i32,
        /// Which projects of code forges may build in it through Packit.
        list packit_forge_projects_allowed,
        /// Priority of its repositories, from 1; smaller goes first.
        value repo_priority: u32,
        /// Where results are kept. For administrators, and new projects only.
        value storage: Storage,
    }
}

#[derive(Deserialize)]
struct Said {
    message: String,
}

impl ProjectOptions {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }
}

options! {
    /// Where a fork goes: to a project of the same name that is one's own, unless told.
    pub struct Fork {
        /// The owner: oneself or `@` and a group of one's own.
        #[serde(rename = "ownername")]
        text owner,
        /// The name.
        text name,
        /// Whether it may be a project that is there already.
        value confirm: bool,
    }
}

impl Fork {
    /// To a project of this name.
    pub fn to(project: &FullName) -> Self {
        Self::default().owner(&project.owner).name(&project.name)
    }
}

/// A new project as it is sent.
#[derive(Serialize)]
struct New<'o> {
    name: &'o str,
    #[serde(flatten)]
    options: &'o ProjectOptions,
}

impl Projects<'_> {
    /// One by its name.
    pub async fn get(&self, project: &FullName) -> Result<Project, Error> {
        self.client.get(&["project"]).project(project).send().await
    }

    /// All of an owner, or all of the service.
    pub async fn list(&self, owner: Option<&str>, paging: &Paging) -> Result<Page<Project>, Error> {
        Page::fetch(self.client.get(&["project", "list"]).query_if("ownername", owner), paging).await
    }

    /// Those that words of three letters at least fit to, newest first; `owner/name` looks for parts of both.
    pub async fn search(&self, query: &str, paging: &Paging) -> Result<Page<Project>, Error> {
        Page::fetch(self.client.get(&["project", "search"]).query("query", query), paging).await
    }

    /// Makes a project. [`ProjectOptions::chroots`] have to be given.
    pub async fn add(&self, project: &FullName, options: &ProjectOptions) -> Result<Project, Error> {
        self.made(project, options, false).await
    }

    /// Makes a project, or gives the one of this name as it is.
    pub async fn add_or_get(&self, project: &FullName, options: &ProjectOptions) -> Result<Project, Error> {
        self.made(project, options, true).await
    }

    async fn made(&self, project: &FullName, options: &ProjectOptions, exist_ok: bool) -> Result<Project, Error> {
        let call = self.client.post(&["project", "add", &project.owner]);
        // Services know exactly these words for yes and no.
        let call = call.query("exist_ok", if exist_ok { "True" } else { "False" });
        call.json(&New { name: &project.name, options }).send().await
    }

    /// Changes a project.
    pub async fn edit(&self, project: &FullName, options: &ProjectOptions) -> Result<Project, Error> {
        let call = self.client.put(&["project", "edit", &project.owner, &project.name]).json(options);
        // What a new project calls `additional_repos` is `repos` here.
        call.renamed("additional_repos", "repos").send().await
    }

    /// Deletes a project with all that is in it; gives what it was.
    pub async fn delete(&self, project: &FullName) -> Result<Project, Error> {
        let call = self.client.delete(&["project", "delete", &project.owner, &project.name]);
        call.json(&json!({ "verify": true })).send().await
    }

    /// The same, and cancels what is being built in it. Copr's own service has no such call: it refuses while builds run.
    pub async fn delete_with_running(&self, project: &FullName) -> Result<Project, Error> {
        let call = self.client.delete(&["project", "delete", &project.owner, &project.name]);
        call.json(&json!({ "verify": true, "cancel_builds": true })).send().await
    }

    /// Deletes a directory of a project, such as `hello:custom:next`, with its builds; those that run are canceled when that
    /// is said. Gives the service's words. Copr's own service has no such call.
    pub async fn delete_directory(
        &self,
        project: &FullName,
        directory: &str,
        cancel_builds: bool,
    ) -> Result<String, Error> {
        let call = self.client.delete(&["project", "directory", "delete", &project.owner, directory]);
        Ok(call.json(&json!({ "cancel_builds": cancel_builds })).send::<Said>().await?.message)
    }

    /// Copies a project with its packages and their last good builds; gives the copy. The files take a while.
    pub async fn fork(&self, project: &FullName, fork: &Fork) -> Result<Project, Error> {
        self.client.post(&["project", "fork", &project.owner, &project.name]).json(fork).send().await
    }

    /// Gives a project another name; gives it as it is then. Copr's own service has no such call.
    pub async fn rename(&self, project: &FullName, name: &str) -> Result<Project, Error> {
        let call = self.client.put(&["project", "rename", &project.owner, &project.name]);
        call.json(&json!({ "name": name })).send().await
    }

    /// Gives a project to another owner: oneself, or `@` and a group of one's own; gives it as it is then. Copr's own service
    /// has no such call.
    pub async fn transfer(&self, project: &FullName, owner: &str) -> Result<Project, Error> {
        let call = self.client.put(&["project", "transfer", &project.owner, &project.name]);
        call.json(&json!({ "ownername": owner })).send().await
    }

    /// Has a project's repositories made anew.
    pub async fn regenerate_repos(&self, project: &FullName) -> Result<Project, Error> {
        self.client.put(&["project", "regenerate-repos", &project.owner, &project.name]).send().await
    }
}
