//! Where a builder works: its data directory, its sandbox, and what it keeps warm.
//!
//! ```text
//! trees/<key>/root/        base trees, read-only once renamed into place from `work`; facts.json beside
//! layers/<key>/upper/      what a set of dependencies adds to a tree
//! states/<hash>            the base key that a chroot definition and a state of its repositories led to
//! dnf/<chroot>/            the package manager's cache
//! work/<process>/<n>/      running tasks; `lock` is held as long as the process lives
//! locks/                   one file per thing above; who uses a thing holds its lock shared
//! ```

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use copr_sandbox::Sandbox;
use tokio_util::task::TaskTracker;

use crate::buildroot::offers::KnownOffers;
use crate::buildroot::repositories::Checked;
use crate::config::Config;
use crate::tools::Tools;

/// Builders of this process so far.
static PLACES: AtomicU64 = AtomicU64::new(0);

/// Shared by all workers of one builder.
pub(crate) struct Place {
    pub config: Config,
    pub sandbox: Sandbox,
    /// Programs that make sources.
    pub tools: Tools,
    /// For repositories of the catalogue; users' addresses are fetched in a sandbox.
    pub http: reqwest::Client,
    pub checked: tokio::sync::Mutex<HashMap<String, Checked>>,
    pub offers: KnownOffers,
    /// Finished tasks being cleared away while the next ones run.
    pub clearing: TaskTracker,
    work: PathBuf,
    scratch: PathBuf,
    counter: AtomicU64,
    _alive: File,
}

impl Place {
    /// Makes the directories, and clears away what killed builders left.
    pub async fn open(config: Config, sandbox: Sandbox) -> io::Result<Place> {
        for name in ["trees", "layers", "states", "dnf", "work", "locks"] {
            fs::create_dir_all(config.data_dir.join(name))?;
        }
        copr_sandbox::sweep(&sandbox.capabilities().limiter, &config.sandbox.cgroup_prefix);
        let scratch_base = config.scratch_dir.clone().unwrap_or_else(|| config.data_dir.join("work"));
        fs::create_dir_all(&scratch_base)?;
        sweep_work(&config.data_dir.join("work"), &sandbox).await;
        if config.scratch_dir.is_some() {
            sweep_work(&scratch_base, &sandbox).await;
        }
        sweep_halves(&config.data_dir, &sandbox).await;
        forget_old(&config.data_dir.join("states"));
        let own = format!("{}-{}-{}", std::process::id(), started(), PLACES.fetch_add(1, Ordering::Relaxed));
        let work = config.data_dir.join("work").join(&own);
        let alive = own_directory(&work)?;
        let scratch = scratch_base.join(&own);
        if scratch != work {
            // The lock that says "alive" lies beside both halves.
            fs::create_dir_all(&scratch)?;
            let _ = fs::hard_link(work.join("lock"), scratch.join("lock"));
        }
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(20))
            .timeout(Duration::from_secs(60))
            .user_agent(concat!("coprd-builder/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(io::Error::other)?;
        let checked = tokio::sync::Mutex::default();
        let (offers, clearing, counter) = (KnownOffers::default(), TaskTracker::new(), AtomicU64::new(0));
        let tools = Tools::new(config.tools_dir.clone());
        Ok(Place { config, sandbox, tools, http, checked, offers, clearing, work, scratch, counter, _alive: alive })
    }

    /// A fresh directory for one task, and one for the writable layers of its sandboxes.
    pub fn desk(&self) -> io::Result<Desk> {
        let name = self.counter.fetch_add(1, Ordering::Relaxed).to_string();
        let desk = Desk {
            files: self.work.join(&name).join("files"),
            layers: self.scratch.join(&name).join("layers"),
            counter: AtomicU64::new(0),
        };
        fs::create_dir_all(&desk.files)?;
        fs::create_dir_all(&desk.layers)?;
        Ok(desk)
    }

    /// Removes what a task used. Failing here only costs disk until the next start.
    pub async fn clear(&self, desk: Desk) {
        for half in [&desk.layers, &desk.files] {
            let Some(parent) = half.parent() else { continue };
            if let Err(error) = self.sandbox.remove_tree(parent).await {
                tracing::warn!(%error, directory = %parent.display(), "could not clear away a finished task");
            }
        }
    }

    pub fn trees(&self) -> PathBuf {
        self.config.data_dir.join("trees")
    }

    pub fn layers(&self) -> PathBuf {
        self.config.data_dir.join("layers")
    }

    pub fn states(&self) -> PathBuf {
        self.config.data_dir.join("states")
    }

    /// The package manager's cache for one chroot.
    pub fn dnf_cache(&self, chroot: &str) -> PathBuf {
        self.config.data_dir.join("dnf").join(chroot)
    }

    fn lock_file(&self, name: &str) -> io::Result<File> {
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .read(true)
            .open(self.config.data_dir.join("locks").join(name))
    }

    /// Waits until nobody else makes or removes this thing; other processes included.
    pub async fn lock(&self, name: &str) -> io::Result<File> {
        let file = self.lock_file(name)?;
        tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await.map_err(io::Error::other)?
    }

    /// Keeps this thing from being removed, as long as the lock lives.
    pub async fn share(&self, name: &str) -> io::Result<File> {
        let file = self.lock_file(name)?;
        tokio::task::spawn_blocking(move || file.lock_shared().map(|()| file)).await.map_err(io::Error::other)?
    }

    /// Removes warm trees and layers, the longest unused first, until they fit.
    pub async fn prune(&self) {
        let mut kept: Vec<Kept> = [("tree", self.trees()), ("layer", self.layers())]
            .into_iter()
            .flat_map(|(kind, directory)| list(&directory).into_iter().map(move |path| Kept::look(kind, path)))
            .flatten()
            .collect();
        kept.sort_by_key(|one| one.used);
        let mut total: u64 = kept.iter().map(|one| one.bytes).sum();
        for one in kept {
            if total <= self.config.keep_bytes {
                return;
            }
            let Ok(lock) = self.lock_file(&one.lock) else { continue };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => continue,
            }
            tracing::info!(tree = %one.path.display(), "making room");
            let gone = one.path.with_extension("gone");
            if fs::rename(&one.path, &gone).is_ok() && self.sandbox.remove_tree(&gone).await.is_ok() {
                total = total.saturating_sub(one.bytes);
            }
        }
    }
}

impl Drop for Place {
    /// Tasks have cleared away their own; what is left here are empty directories.
    fn drop(&mut self) {
        for path in [&self.work, &self.scratch] {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// The directories of one task.
pub(crate) struct Desk {
    /// Files of the builder's own: downloads, logs, results.
    pub files: PathBuf,
    /// Upper layers that sandboxes write.
    pub layers: PathBuf,
    counter: AtomicU64,
}

impl Desk {
    /// A writable overlay over `lowers`, named for what it is for. Returns the root and its upper.
    pub fn overlay(&self, name: &str, lowers: Vec<PathBuf>) -> (copr_sandbox::Root, PathBuf) {
        let upper = self.layers.join(format!("{name}.upper"));
        let work = self.layers.join(format!("{name}.work"));
        (copr_sandbox::Root::Overlay { lowers, upper: upper.clone(), work }, upper)
    }

    /// A new directory below `files`.
    pub fn fresh(&self, name: &str) -> io::Result<PathBuf> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        self.directory(&format!("{name}-{number}"))
    }

    /// A directory below `files`.
    pub fn directory(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.files.join(name);
        fs::create_dir_all(&path)?;
        Ok(path)
    }
}

/// The name of the lock of a kept thing.
pub(crate) fn lock_name(kind: &str, key: &str) -> String {
    format!("{kind}-{key}")
}

/// Marks a kept thing as used now.
pub(crate) fn touch(path: &Path) {
    let _ = fs::write(path.join("used"), b"");
}

struct Kept {
    path: PathBuf,
    lock: String,
    bytes: u64,
    used: SystemTime,
}

impl Kept {
    fn look(kind: &str, path: PathBuf) -> Option<Kept> {
        let key = path.file_name()?.to_str()?.to_owned();
        let used = fs::metadata(path.join("used")).or_else(|_| fs::metadata(&path)).ok()?.modified().ok()?;
        let bytes = fs::read_to_string(path.join("bytes")).ok()?.trim().parse().ok()?;
        Some(Kept { lock: lock_name(kind, &key), path, bytes, used })
    }
}

fn list(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// A directory of this process, with a lock that dies with it.
fn own_directory(path: &Path) -> io::Result<File> {
    fs::create_dir_all(path)?;
    let lock = File::create(path.join("lock"))?;
    lock.lock_shared()?;
    Ok(lock)
}

/// Clears the work of processes that are gone.
async fn sweep_work(directory: &Path, sandbox: &Sandbox) {
    for path in list(directory) {
        let alive = match File::open(path.join("lock")) {
            Ok(lock) => lock.try_lock().is_err(),
            // Between making the directory and the lock: leave the young alone.
            Err(_) => young(&path),
        };
        if !alive && let Err(error) = sandbox.remove_tree(&path).await {
            tracing::warn!(%error, directory = %path.display(), "could not clear away a dead builder's work");
        }
    }
}

/// Clears half-removed trees and layers.
async fn sweep_halves(data_dir: &Path, sandbox: &Sandbox) {
    for directory in ["trees", "layers"] {
        for path in list(&data_dir.join(directory)) {
            // Two who remove the same do no harm.
            if path.extension().is_some_and(|extension| extension == "gone") {
                let _ = sandbox.remove_tree(&path).await;
            }
        }
    }
}

/// Forgets which trees states of long ago led to; asking again costs one run of the package manager.
fn forget_old(states: &Path) {
    let long = Duration::from_secs(60 * 86_400);
    for path in list(states) {
        if age(&path).is_some_and(|age| age > long) {
            let _ = fs::remove_file(path);
        }
    }
}

fn age(path: &Path) -> Option<Duration> {
    fs::metadata(path).and_then(|facts| facts.modified()).ok()?.elapsed().ok()
}

fn young(path: &Path) -> bool {
    age(path).is_some_and(|age| age < Duration::from_secs(3600))
}

/// Start time of this process in clock ticks, which with its number names it for ever.
fn started() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().nth(19).unwrap_or("0").to_owned()
}
