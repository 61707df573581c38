//! A project and its builds, over the API.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::http::Client;
use crate::service::Service;

/// For one build, a first buildroot included, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(150);

/// A project for one chroot.
#[derive(Clone, Debug)]
pub struct Project {
    client: Client,
    /// Whose it is, as in addresses.
    pub owner: String,
    /// What it is called.
    pub name: String,
    /// What it builds for.
    pub chroot: String,
}

impl Project {
    /// Makes a project of the administrator.
    pub fn create(service: &Service, name: &str, chroot: &str) -> Result<Project> {
        Project::create_as(service.client()?, service.setting("username")?, name, chroot)
    }

    /// Makes a project of a user, whose client this is.
    pub fn create_as(client: Client, owner: &str, name: &str, chroot: &str) -> Result<Project> {
        let form = json!({"name": name, "chroots": [chroot]});
        client.post_json(&format!("/api_3/project/add/{owner}"), &form)?.json()?;
        Ok(Project { client, owner: owner.to_owned(), name: name.to_owned(), chroot: chroot.to_owned() })
    }

    /// What a submitted build says beside its file.
    pub fn options(&self) -> Value {
        json!({
            "ownername": self.owner, "projectname": self.name, "project_dirname": self.name,
            "chroots": [self.chroot], "timeout": "600",
        })
    }

    /// Uploads a source package; gives the build's number.
    pub fn submit(&self, srpm: &Path) -> Result<u64> {
        let name = srpm.file_name().context("a source package has a name")?.to_string_lossy();
        let file = std::fs::read(srpm)?;
        let build = self.client.post_file("/api_3/build/create/upload", &name, &file, &self.options())?.json()?;
        build["id"].as_u64().context("the build has no id")
    }

    /// Whoever works on it.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The build as the API shows it.
    pub fn build(&self, build: u64) -> Result<Value> {
        self.client.get(&format!("/api_3/build/{build}"))?.json()
    }

    /// The chroot of a build as the API shows it.
    pub fn build_chroot(&self, build: u64) -> Result<Value> {
        self.client.get(&format!("/api_3/build-chroot?build_id={build}&chrootname={}", self.chroot))?.json()
    }

    /// Waits until the build's state is one of these. One that ended otherwise is an error.
    pub fn wait_for(&self, build: u64, wanted: &[&str]) -> Result<()> {
        let start = Instant::now();
        loop {
            let answer = self.build(build)?;
            let state = answer["state"].as_str().unwrap_or_default();
            if wanted.contains(&state) {
                return Ok(());
            }
            if matches!(state, "succeeded" | "failed" | "canceled" | "skipped") {
                bail!("build {build} ended otherwise: {answer}\n{}", self.build_chroot(build).unwrap_or_default());
            }
            ensure!(start.elapsed() < PATIENCE, "build {build} is still {state} after {PATIENCE:?}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the good end.
    pub fn succeeds(&self, build: u64) -> Result<()> {
        self.wait_for(build, &["succeeded"])
    }

    /// The repository below the data directory of the service.
    pub fn repository(&self, service: &Service) -> std::path::PathBuf {
        service.data_dir().join("results").join(&self.owner).join(&self.name).join(&self.chroot)
    }

    /// The `.repo` file that the service offers for it.
    pub fn repository_file(&self) -> Result<String> {
        let name_release = self.chroot.rsplit_once('-').map_or(self.chroot.as_str(), |(name, _)| name);
        let path = format!("/coprs/{}/{}/repo/{name_release}/", self.owner, self.name);
        let answer = self.client.get(&path)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(answer.status == 200, "GET {path}: HTTP {}: {text}", answer.status);
        Ok(text)
    }
}
