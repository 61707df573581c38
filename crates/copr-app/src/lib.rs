//! The use cases: what people, builders and administrators can do, and the rules they meet.
//!
//! A use case takes values that a door has parsed, checks who may, changes the database in one transaction and
//! returns rows; or it returns a [`Refusal`] with the sentence that clients know. The three API dialects, the web
//! pages and the administration commands are doors to the same functions. Not here: HTTP, JSON of the dialects, SQL.
//!
//! ```no_run
//! # async fn example(app: copr_app::App) -> Result<(), copr_app::Refusal> {
//! let me = app.authenticate("login", "token").await?;
//! let project = copr_app::project::find(&app, "alice", "hello").await?;
//! # let _ = (me, project); Ok(()) }
//! ```

pub mod access;
pub mod account;
pub mod batch;
pub mod build;
pub mod builders;
pub mod chain;
pub mod chroot;
pub mod directory;
pub mod distgit;
pub mod expiry;
pub mod fork;
pub mod generations;
pub mod import;
pub mod kerberos;
pub mod lease;
pub mod monitor;
pub mod needs;
pub mod package;
mod pattern;
pub mod permission;
pub mod project;
pub mod project_chroot;
pub mod prune;
pub mod publish;
pub mod queue;
pub mod refusal;
pub mod removal;
pub mod renaming;
pub mod repo_file;
pub mod repos;
pub mod secret;
pub mod session;
pub mod source;
pub mod webhook;

pub use refusal::{FieldErrors, Kind, Refusal};

use copr_db::Db;
use copr_sign::{KeyType, LocalSigner};
use copr_store::Store;
use copr_types::Clock;
use std::sync::Arc;

/// Limits and choices of this service.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Where people and clients reach the service, without a trailing slash.
    pub public_url: String,
    /// Where `/results` is served, without a trailing slash.
    pub results_url: String,
    /// Seconds a build may take when it does not say.
    pub default_timeout: i64,
    /// Seconds a build may ask for.
    pub max_timeout: i64,
    /// Memory of a build, MiB.
    pub memory_mib: u64,
    /// Processes of a build.
    pub processes: u64,
    /// Disk of a build, MiB.
    pub disk_mib: u64,
    /// Log of a build, MiB.
    pub log_mib: u64,
    /// One file that a build fetches or makes, MiB.
    pub file_mib: u64,
    /// One upload of a client, MiB.
    pub upload_mib: u64,
    /// Seconds a lease lasts without a heartbeat.
    pub lease_seconds: i64,
    /// Leases of one task before it fails as ours.
    pub max_attempts: i64,
    /// Memory that a task asks for, MiB, where nothing else is said: a builder has as much for each task that it does.
    pub task_memory_mib: u64,
    /// What tasks of certain packages need of their builders.
    pub needs: Vec<needs::Need>,
    /// In which order and how many tasks are handed out.
    pub schedule: copr_sched::Policy,
    /// Days an API token lives.
    pub token_days: i64,
    /// Seconds that the data of a dropped chroot is kept.
    pub dropped_chroot_seconds: i64,
    /// Days that a pull request's directory is kept after the last build into it.
    pub pr_dir_days: i64,
    /// Days that events are kept.
    pub event_days: i64,
    /// Days that old versions of packages, and results without packages, are kept.
    pub prune_days: i64,
    /// Packages of a project that anybody may fork; administrators fork larger ones.
    pub fork_packages: i64,
    /// Seconds that superseded metadata is kept for readers in flight.
    pub old_metadata_seconds: i64,
    /// Seconds that a superseded generation is kept, with the packages that it lists.
    pub generation_seconds: i64,
    /// Generations of a repository that are remembered beyond that, while all of their packages are there.
    pub generations: i64,
    /// Kind of the keys made for projects.
    pub key_type: KeyType,
    /// Domain in the keys' user ids (`copr.DOMAIN`).
    pub email_domain: String,
    /// Prefix of `%vendor`.
    pub vendor: String,
    /// Which people that Kerberos vouches for have an account here.
    pub kerberos: kerberos::Admission,
    /// Dist-gits that packages can come from, the preferred one first.
    pub distgits: Vec<source::distgit::Instance>,
    /// Whether clients may upload binary packages that were built elsewhere.
    pub rpm_uploads: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            results_url: "http://127.0.0.1:8080/results".to_owned(),
            default_timeout: 18_000,
            max_timeout: 108_000,
            memory_mib: 4096,
            processes: 4096,
            disk_mib: 16_384,
            log_mib: 64,
            file_mib: 4096,
            upload_mib: 8192,
            lease_seconds: 30,
            max_attempts: 3,
            task_memory_mib: 2048,
            needs: Vec::new(),
            schedule: copr_sched::Policy::default(),
            token_days: 180,
            dropped_chroot_seconds: 7 * 86_400,
            pr_dir_days: 40,
            event_days: 30,
            prune_days: 14,
            fork_packages: 1000,
            old_metadata_seconds: 3600,
            generation_seconds: 600,
            generations: 100,
            key_type: KeyType::Rsa4096,
            email_domain: "coprd.local".to_owned(),
            vendor: "Copr".to_owned(),
            kerberos: kerberos::Admission::default(),
            distgits: vec![source::distgit::Instance::fedora()],
            rpm_uploads: true,
        }
    }
}

impl Rules {
    /// The public host name, without scheme and port: what ids of `.repo` files carry.
    pub fn host(&self) -> String {
        url::Url::parse(&self.public_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "localhost".to_owned())
    }
}

/// Everything that a use case needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The files.
    pub store: Store,
    /// The keys, and what signs with them.
    pub signer: Arc<LocalSigner>,
    /// Limits and choices.
    pub rules: Arc<Rules>,
    /// The builders that wait at this server.
    pub desk: lease::Desk,
}

/// How often a turn of a reconciler is kept.
const KEEP_EVERY: std::time::Duration = std::time::Duration::from_secs(4);

/// Keeps a turn until dropped. Whether it is lost is found out by those who write.
pub(crate) async fn keep_on<F>(whose: &'static str, id: i64, keep: impl Fn() -> F) -> std::convert::Infallible
where
    F: Future<Output = Result<(), Refusal>>,
{
    loop {
        tokio::time::sleep(KEEP_EVERY).await;
        if let Err(refusal) = keep().await {
            tracing::warn!(id, "could not keep {whose} turn: {}", refusal.inside());
        }
    }
}

/// Runs blocking work (files, hashing, signing) off the runtime's threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(gone) => Err(Refusal::internal("blocking work did not end", gone)),
    }
}
