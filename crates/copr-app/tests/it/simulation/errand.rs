//! What is asked of servers, by whom, and what they answer.

use super::server::Work;
use crate::builder::FakeBuilder;
use copr_app::build::{self, Options, Shown, Upload};
use copr_app::{App, Refusal, batch, expiry, fork, import, lease, publish, removal};
use copr_db::account::Account;
use copr_types::{BuildId, Failure, FailureClass, Phase};
use copr_wire::builder::{BeatAnswer, Lease, Outcome};
use std::fmt;

/// What servers do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    Expire,
    Import,
    Publish,
    Batches,
    Sweep,
    Uploads,
    Staging,
    Expiry,
}

impl Job {
    pub const ALL: [Self; 8] = [
        Self::Expire,
        Self::Import,
        Self::Publish,
        Self::Batches,
        Self::Sweep,
        Self::Uploads,
        Self::Staging,
        Self::Expiry,
    ];

    async fn run(self, app: &App) -> Result<(), Refusal> {
        match self {
            Self::Expire => lease::expire(app).await.map(drop),
            Self::Import => import::all(app).await.map(drop),
            Self::Publish => {
                while publish::next(app, None).await? {}
                Ok(())
            }
            Self::Batches => batch::release(app).await.map(drop),
            Self::Sweep => removal::sweep(app).await.map(drop),
            Self::Uploads => removal::sweep_uploads(app).await,
            Self::Staging => removal::sweep_staging(app).await,
            Self::Expiry => expiry::all(app).await,
        }
    }
}

/// What a builder says at the end of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Done,
    /// The files are not what it says they are.
    Lie,
    UserFailure,
    OurFailure,
    Returned,
    Canceled,
}

/// What a person wants built.
#[derive(Clone)]
pub struct Wish {
    pub who: Account,
    pub project: usize,
    pub owner: String,
    pub name: String,
    pub options: Options,
    pub upload: Option<Upload>,
}

#[derive(Clone)]
pub enum Errand {
    Submit(Box<Wish>),
    Cancel(Account, BuildId),
    Delete(Account, Vec<BuildId>),
    /// A worker, and which of its lives.
    Lease(usize, u64),
    Beat(usize, u64, Box<Lease>),
    /// Of no life: it says it once more and waits for no answer.
    Finish(usize, Option<u64>, Box<Lease>, Said),
    Job(Job),
    /// A server begins its life, perhaps alone, and with the builder that lives in it.
    Start {
        alone: bool,
        token: Option<String>,
    },
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Answer {
    Submitted(Vec<Shown>),
    Leased(Option<Lease>),
    Beaten(BeatAnswer),
    Done,
}

/// What comes of an errand.
pub type Outcomes = Result<Answer, Refusal>;

impl Errand {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Submit(_) => "submit",
            Self::Cancel(..) => "cancel",
            Self::Delete(..) => "delete",
            Self::Lease(..) => "lease",
            Self::Beat(..) => "beat",
            Self::Finish(..) => "finish",
            Self::Job(Job::Expire) => "expire",
            Self::Job(Job::Import) => "import",
            Self::Job(Job::Publish) => "publish",
            Self::Job(Job::Batches) => "batches",
            Self::Job(Job::Sweep) => "sweep",
            Self::Job(Job::Uploads) => "uploads",
            Self::Job(Job::Staging) => "staging",
            Self::Job(Job::Expiry) => "expiry",
            Self::Start { .. } => "start",
        }
    }

    /// Steps that it may take, so that mishaps fall on all of them.
    pub fn length(&self) -> u64 {
        match self {
            Self::Submit(_) | Self::Finish(..) | Self::Delete(..) => 40,
            Self::Cancel(..) | Self::Lease(..) => 25,
            Self::Job(Job::Publish) => 80,
            Self::Job(Job::Import) => 50,
            Self::Job(Job::Expire | Job::Sweep) => 20,
            Self::Beat(..) | Self::Job(_) | Self::Start { .. } => 8,
        }
    }

    /// The work of it, at a server; builders come along.
    pub fn work(&self, app: &App, worker: impl Fn(usize) -> FakeBuilder) -> Work<Outcomes> {
        let app = app.clone();
        match self.clone() {
            Self::Submit(wish) => Box::pin(async move { wish.submit(&app).await.map(Answer::Submitted) }),
            Self::Cancel(who, id) => Box::pin(async move { build::cancel(&app, &who, id).await.map(|_| Answer::Done) }),
            Self::Delete(who, ids) => Box::pin(async move {
                match ids.as_slice() {
                    [id] => build::delete(&app, &who, *id).await.map(|_| Answer::Done),
                    ids => build::delete_list(&app, &who, ids).await.map(|()| Answer::Done),
                }
            }),
            Self::Lease(n, _) => {
                let (fake, arches) = (worker(n).at(&app), arches(n));
                Box::pin(async move { fake.ask_for(arches).await.map(Answer::Leased) })
            }
            Self::Beat(n, _, lease) => {
                let fake = worker(n).at(&app);
                Box::pin(async move {
                    fake.log(&lease, "building\n").await?;
                    fake.beat(&lease, Some(Phase::Build)).await.map(Answer::Beaten)
                })
            }
            Self::Finish(n, _, lease, said) => {
                let fake = worker(n).at(&app);
                Box::pin(async move { finish(&fake, &lease, said).await.map(|()| Answer::Done) })
            }
            Self::Job(job) => Box::pin(async move { job.run(&app).await.map(|()| Answer::Done) }),
            Self::Start { alone, token } => Box::pin(async move {
                if alone {
                    publish::release_all(&app).await?;
                    fork::release_all(&app).await?;
                }
                if let Some(token) = token {
                    lease::release_builder(&app, &token).await?;
                }
                Ok(Answer::Done)
            }),
        }
    }
}

/// What the workers build for.
pub fn arches(worker: usize) -> &'static [&'static str] {
    match worker % 4 {
        1 => &["x86_64"],
        3 => &["aarch64"],
        _ => &["x86_64", "aarch64"],
    }
}

impl Wish {
    async fn submit(&self, app: &App) -> Result<Vec<Shown>, Refusal> {
        match &self.upload {
            Some(upload) => {
                let (owner, name) = (&self.owner, &self.name);
                build::by_upload(app, &self.who, owner, name, Some(upload), &self.options).await.map(|one| vec![one])
            }
            None => {
                let urls = ["http://example.org/hello-noarch-1.0-1.src.rpm".to_owned()];
                build::by_urls(app, &self.who, &self.owner, &self.name, &urls, &self.options).await
            }
        }
    }
}

async fn finish(fake: &FakeBuilder, lease: &Lease, said: Said) -> Result<(), Refusal> {
    let failed = |class| Outcome::Failed { failure: Failure::new(class, Phase::Build, "it broke") };
    match said {
        Said::Done | Said::Lie => {
            // A builder fetches what it begins with: while the lease is held it is there.
            match fake.source_file(lease).await {
                Ok(path) => assert!(path.is_file(), "what task {} begins with is gone: {path:?}", lease.task_id),
                Err(refusal) if refusal.kind == copr_app::Kind::NotFound => {}
                Err(refusal) => return Err(refusal),
            }
            let (outcome, mut files) = fake.upload_all(lease, "hello-noarch").await?;
            if said == Said::Lie
                && let Some(last) = files.last_mut()
            {
                last.sha256 = "0".repeat(64);
            }
            fake.finish(lease, outcome, files).await
        }
        Said::UserFailure => fake.finish(lease, failed(FailureClass::User), Vec::new()).await,
        Said::OurFailure => fake.finish(lease, failed(FailureClass::Infrastructure), Vec::new()).await,
        Said::Returned => fake.finish(lease, Outcome::Returned, Vec::new()).await,
        Said::Canceled => fake.finish(lease, Outcome::Canceled, Vec::new()).await,
    }
}

impl fmt::Display for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Submit(wish) => {
                write!(f, " {}/{}", wish.owner, wish.name)?;
                let options = &wish.options;
                for (word, build) in [("with", &options.with_build_id), ("after", &options.after_build_id)] {
                    if let Some(build) = build {
                        write!(f, " {word} {build}")?;
                    }
                }
                Ok(())
            }
            Self::Cancel(_, id) => write!(f, " {id}"),
            Self::Delete(_, ids) => ids.iter().try_for_each(|id| write!(f, " {id}")),
            Self::Lease(n, _) => write!(f, " by {n}"),
            Self::Beat(n, _, lease) => write!(f, " by {n} of {}-{}", lease.task_id, lease.fence),
            Self::Finish(n, _, lease, said) => write!(f, " by {n} of {}-{}: {said:?}", lease.task_id, lease.fence),
            Self::Job(_) => Ok(()),
            Self::Start { alone, .. } => f.write_str(if *alone { " alone" } else { "" }),
        }
    }
}
