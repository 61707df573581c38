//! A builder that builds nothing: it delivers packages that were made before.

use crate::rpms::{Made, made};
use copr_app::{App, Refusal, lease};
use copr_db::builder::Builder;
use copr_types::{Failure, FailureClass, Phase};
use copr_wire::builder::{Beat, BeatAnswer, FileRef, Finish, Lease, LeaseRequest, Outcome, Task};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone)]
pub struct FakeBuilder {
    app: App,
    row: Builder,
    pub token: String,
}

impl FakeBuilder {
    pub async fn new(app: &App, token: &str) -> Self {
        let row = app.authenticate_builder(token).await.unwrap();
        Self { app: app.clone(), row, token: token.to_owned() }
    }

    /// The same builder, talking to another server.
    pub fn at(&self, app: &App) -> Self {
        Self { app: app.clone(), row: self.row.clone(), token: self.token.clone() }
    }

    pub async fn lease_for(&self, arches: &[&str]) -> Option<Lease> {
        self.ask(&self.request(arches)).await
    }

    pub async fn ask(&self, request: &LeaseRequest) -> Option<Lease> {
        lease::take(&self.app, &self.row, request).await.unwrap()
    }

    pub async fn ask_for(&self, arches: &[&str]) -> Result<Option<Lease>, Refusal> {
        lease::take(&self.app, &self.row, &self.request(arches)).await
    }

    /// What it says when it asks.
    pub fn request(&self, arches: &[&str]) -> LeaseRequest {
        LeaseRequest {
            builder: self.row.name.clone(),
            arches: arches.iter().map(|&arch| arch.to_owned()).collect(),
            isolation: "none".to_owned(),
            tools: ["git", "svn", "tito", "pyp2spec", "pyp2rpm", "gem2rpm"].map(str::to_owned).to_vec(),
            wait_seconds: 0,
            ..LeaseRequest::default()
        }
    }

    /// A task, if there is one.
    pub async fn try_lease(&self) -> Option<Lease> {
        self.lease_for(&["x86_64"]).await
    }

    pub async fn lease(&self) -> Lease {
        self.try_lease().await.expect("a task")
    }

    pub async fn beat(&self, lease: &Lease, phase: Option<Phase>) -> Result<BeatAnswer, Refusal> {
        lease::beat(&self.app, &self.row, lease.task_id, &Beat { fence: lease.fence, phase }).await
    }

    pub async fn log(&self, lease: &Lease, text: &str) -> Result<(), Refusal> {
        let done = lease::log(&self.app, &self.row, lease.task_id, lease.fence, 0, text.as_bytes().to_vec()).await?;
        done.1.expect("no gap");
        Ok(())
    }

    pub async fn source_file(&self, lease: &Lease) -> Result<std::path::PathBuf, Refusal> {
        lease::source_file(&self.app, &self.row, lease.task_id, lease.fence).await
    }

    pub async fn upload(&self, lease: &Lease, path: &Path) -> Result<FileRef, Refusal> {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let file = name.parse().unwrap();
        let target = lease::upload_target(&self.app, &self.row, lease.task_id, lease.fence, &file).await?;
        let bytes = std::fs::read(path).unwrap();
        // The lease may end between the two, and its directory with it.
        std::fs::write(target, &bytes).map_err(|error| Refusal::conflict(error.to_string()))?;
        Ok(FileRef { name, size: bytes.len() as u64, sha256: hex::encode(Sha256::digest(&bytes)) })
    }

    pub async fn finish(&self, lease: &Lease, outcome: Outcome, files: Vec<FileRef>) -> Result<(), Refusal> {
        let finish = Finish { fence: lease.fence, outcome, files, timings: BTreeMap::new() };
        lease::finish(&self.app, &self.row, lease.task_id, &finish).await
    }

    pub async fn fail(&self, lease: &Lease, class: FailureClass) -> Result<(), Refusal> {
        let failure = Failure::new(class, Phase::Build, "it broke");
        self.finish(lease, Outcome::Failed { failure }, Vec::new()).await
    }

    /// Delivers what this package of `packages/` gives for the task.
    pub async fn deliver(&self, lease: &Lease, package: &str) -> Result<(), Refusal> {
        self.deliver_made(lease, &made(package)).await
    }

    /// Delivers what a package gives for the task.
    pub async fn deliver_made(&self, lease: &Lease, made: &Made) -> Result<(), Refusal> {
        let (outcome, files) = self.upload_made(lease, made).await?;
        self.finish(lease, outcome, files).await
    }

    /// All of that but the end.
    pub async fn upload_all(&self, lease: &Lease, package: &str) -> Result<(Outcome, Vec<FileRef>), Refusal> {
        self.upload_made(lease, &made(package)).await
    }

    async fn upload_made(&self, lease: &Lease, made: &Made) -> Result<(Outcome, Vec<FileRef>), Refusal> {
        let srpm = self.upload(lease, &made.srpm).await?;
        let outcome = Outcome::Succeeded { srpm: srpm.name.clone() };
        let mut files = vec![srpm];
        if matches!(lease.task, Task::Rpm(_)) {
            for rpm in &made.rpms {
                files.push(self.upload(lease, rpm).await?);
            }
        }
        Ok((outcome, files))
    }

    /// Takes the next task, which makes a source, and delivers this package.
    pub async fn make_source(&self, srpm: &Path) {
        let lease = self.lease().await;
        self.beat(&lease, Some(Phase::Build)).await.unwrap();
        let srpm = self.upload(&lease, srpm).await.unwrap();
        self.finish(&lease, Outcome::Succeeded { srpm: srpm.name.clone() }, vec![srpm]).await.unwrap();
    }

    /// Takes the next task and does it, as builders do when all is well.
    pub async fn make(&self, package: &str) -> Lease {
        let lease = self.lease().await;
        self.beat(&lease, Some(Phase::Build)).await.unwrap();
        self.log(&lease, "building\n").await.unwrap();
        self.deliver(&lease, package).await.unwrap();
        lease
    }
}
