//! Web hooks: forges report what was pushed, and packages that follow a repository are built.
//!
//! A door of HTTP reads what a forge sends into a [`Report`] and finds the [`Door`] of the project: its secret is part of the address
//! that was called. [`report`] decides for each package of the project ([`selection`], a function on values), makes the builds and
//! takes the call down, all in one transaction: a call is either done or not there. What is called for a package's own script goes
//! through [`custom`].

pub mod address;
mod building;
mod custom;
mod history;
pub mod selection;
mod tag;

pub use building::report;
pub use custom::{Custom, NotBuilt, custom};
pub use history::{Listed, history, refused};

use crate::{App, Refusal, access, package, secret};
use copr_db::account::Account;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_db::webhook::NewCall;
use copr_types::{Forge, ProjectId};

/// Who calls and how, without what is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The forge.
    pub forge: Forge,
    /// What it calls the event.
    pub event: String,
    /// Its own name of the call, the same when it calls again with the same.
    pub delivery: Option<String>,
    /// Its program.
    pub user_agent: Option<String>,
    /// Who pushed, in its words.
    pub sender: Option<String>,
}

impl Caller {
    fn call<'a>(&'a self, change: Option<&'a Change>, git_ref: Option<&'a str>) -> NewCall<'a> {
        NewCall {
            forge: self.forge,
            event: &self.event,
            git_ref,
            commit: change.and_then(Change::commit),
            delivery: self.delivery.as_deref(),
            user_agent: self.user_agent.as_deref(),
            sender: self.sender.as_deref(),
        }
    }
}

/// What a forge reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who calls.
    pub caller: Caller,
    /// All addresses of the repository that are told.
    pub addresses: Vec<String>,
    /// What changed in it.
    pub changes: Vec<Change>,
    /// Why there are no changes, where there are none.
    pub nothing: String,
}

/// One change of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A branch has other commits.
    Push(Push),
    /// A tag is new, or at another commit.
    Tag(Tag),
}

/// A branch has other commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Push {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// The commit that it is at now.
    pub commit: Option<String>,
    /// Files that were added, changed or removed; none when that is not known, so that any may be.
    pub changed: Option<Vec<String>>,
    /// The commit's page.
    pub page: Option<String>,
}

/// A tag is new, or at another commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit that it is at.
    pub commit: Option<String>,
    /// Its page.
    pub page: Option<String>,
}

impl Change {
    /// The branch or tag, as git writes it in full.
    pub fn git_ref(&self) -> String {
        match self {
            Self::Push(push) => format!("refs/heads/{}", push.branch),
            Self::Tag(tag) => format!("refs/tags/{}", tag.name),
        }
    }

    fn commit(&self) -> Option<&str> {
        match self {
            Self::Push(push) => push.commit.as_deref(),
            Self::Tag(tag) => tag.commit.as_deref(),
        }
    }
}

/// A project's door for web hooks.
#[derive(Debug)]
pub struct Door {
    /// The project.
    pub project: Project,
    secret: Option<String>,
}

impl Door {
    /// The door of the project of a number.
    pub async fn of(app: &App, id: ProjectId) -> Result<Self, Refusal> {
        let mut conn = app.db.read().await?;
        let project = access::numbered(&mut conn, id).await?;
        let secret = copr_db::webhook::secret(&mut conn, project.id).await?;
        Ok(Self { project, secret })
    }

    /// The door of the project that a directory is or would be of.
    pub async fn of_dir(app: &App, owner: &str, dir: &str) -> Result<Self, Refusal> {
        let mut conn = app.db.read().await?;
        let name = dir.split(':').next().unwrap_or_default();
        let project = access::project(&mut conn, owner, name).await?;
        let secret = copr_db::webhook::secret(&mut conn, project.id).await?;
        Ok(Self { project, secret })
    }

    /// Whether this is the project's secret. Nothing is while the project has none.
    pub fn knows(&self, said: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret::is_same(said, secret))
    }

    /// Whether this is the signature of a body with the project's secret: HMAC with SHA-256, hex.
    pub fn signed(&self, body: &[u8], signature: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| secret::is_signed(secret, body, signature))
    }

    /// A package of the project, or the contract's 404.
    pub async fn package(&self, app: &App, name: &str) -> Result<Package, Refusal> {
        package::named(&mut app.db.read().await?, &self.project, Some(name)).await
    }
}

/// Gives a project a new secret, in place of the old one, and returns it.
pub async fn renew_secret(app: &App, who: &Account, owner: &str, name: &str) -> Result<(Project, String), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    access::admin(&mut tx, who, &project).await?;
    let secret = secret::webhook();
    copr_db::webhook::set_secret(&mut tx, project.id, &secret).await?;
    tx.commit().await?;
    Ok((project, secret))
}

/// A project's secret for who may see it; made when the first one looks.
pub async fn shown_secret(app: &App, who: &Account, owner: &str, name: &str) -> Result<(Project, String), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    access::admin(&mut conn, who, &project).await?;
    if let Some(secret) = copr_db::webhook::secret(&mut conn, project.id).await? {
        return Ok((project, secret));
    }
    drop(conn);
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, project.id).await?;
    // Two may look for the first time at once: the second finds the first one's.
    let secret = match copr_db::webhook::secret(&mut tx, project.id).await? {
        Some(secret) => secret,
        None => {
            let secret = secret::webhook();
            copr_db::webhook::set_secret(&mut tx, project.id, &secret).await?;
            secret
        }
    };
    tx.commit().await?;
    Ok((project, secret))
}
