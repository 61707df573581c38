//! Where a builder works: its data directory, its sandbox, and what it keeps warm.
//!
//! ```text
//! trees/<key>/root/        base trees, read-only once renamed into place from `work`; facts.json beside
//! layers/<key>/upper/      what a set of dependencies adds to a tree
//! mock/<chroot>/           mock's caches, where that is the engine
//! states/<hash>            the base key that a chroot definition and a state of its repositories led to
//! dnf/<chroot>/            the package manager's cache: metadata, and packages that were downloaded
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
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::buildroot;
use crate::buildroot::offers::KnownOffers;
use crate::buildroot::repositories::Checked;
use crate::buildroot::staying::Managers;
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
    /// Package managers that stay.
    pub managers: Managers,
    /// Finished tasks being cleared away while the next ones run.
    pub clearing: TaskTracker,
    /// Cancelled when the builder ends, for what is done without hurry.
    pub stopping: CancellationToken,
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
        let stopping = CancellationToken::new();
        let (offers, clearing, counter) = (KnownOffers::default(), TaskTracker::new(), AtomicU64::new(0));
        let (tools, managers) = (Tools::new(config.tools_dir.clone()), Managers::default());
        Ok(Place {
            config,
            sandbox,
            tools,
            http,
            checked,
            offers,
            managers,
            clearing,
            stopping,
            work,
            scratch,
            counter,
            _alive: alive,
        })
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

    /// A fresh directory to exchange files with a package manager by.
    pub fn exchange(&self) -> io::Result<PathBuf> {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let path = self.work.join(format!("manager-{number}"));
        fs::create_dir_all(&path)?;
        Ok(path)
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

    /// mock's caches.
    pub fn mock_cache(&self) -> PathBuf {
        self.config.data_dir.join("mock")
    }

    /// How sandboxes are made, with the program that their stages are.
    pub fn sandbox_config(&self) -> copr_sandbox::Config {
        let mut config = self.config.sandbox.clone();
        if config.stage == Path::new("/proc/self/exe") {
            config.stage.clone_from(&self.config.program);
        }
        config
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

    /// Removes what is kept, the longest unused first, until it fits: trees, layers, downloaded packages and metadata together.
    pub async fn prune(&self) {
        self.managers.rest();
        let (trees, layers, caches) = (self.trees(), self.layers(), self.config.data_dir.join("dnf"));
        let mocks = self.mock_cache();
        let kept = tokio::task::spawn_blocking(move || {
            let directories = [("tree", trees), ("layer", layers)];
            let things = directories.into_iter().flat_map(|(kind, directory)| {
                list(&directory).into_iter().filter_map(move |path| Kept::look(kind, path))
            });
            things.chain(cached(&caches)).chain(of_mock(&mocks)).collect()
        });
        let Ok(mut kept): Result<Vec<Kept>, _> = kept.await else { return };
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
            tracing::debug!(path = %one.path.display(), "making room");
            if one.cached {
                let removed =
                    if one.path.is_dir() { fs::remove_dir_all(&one.path) } else { fs::remove_file(&one.path) };
                if removed.is_ok() {
                    total = total.saturating_sub(one.bytes);
                }
                continue;
            }
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
    /// The package manager's, which gets again what it misses.
    cached: bool,
}

impl Kept {
    fn look(kind: &str, path: PathBuf) -> Option<Kept> {
        let key = path.file_name()?.to_str()?.to_owned();
        let used = fs::metadata(path.join("used")).or_else(|_| fs::metadata(&path)).ok()?.modified().ok()?;
        let bytes = fs::read_to_string(path.join("bytes")).ok()?.trim().parse().ok()?;
        Some(Kept { lock: lock_name(kind, &key), path, bytes, used, cached: false })
    }
}

/// What the package manager keeps: each package, and the metadata of each repository.
fn cached(caches: &Path) -> Vec<Kept> {
    let mut found = Vec::new();
    for chroot in list(caches) {
        let lock = lock_name("dnf", &chroot.file_name().unwrap_or_default().to_string_lossy());
        let shown = |path: &PathBuf| !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        for path in list(&chroot).into_iter().filter(shown) {
            let packages = list(&path.join("packages"));
            let used_last = packages.iter().filter_map(|package| measure(package)).map(|(_, used)| used).max();
            let inside = list(&path).into_iter().filter(|inside| !inside.ends_with("packages"));
            let parts: Vec<(u64, SystemTime)> = if path.is_dir() {
                inside.filter_map(|part| measure(&part)).collect()
            } else {
                measure(&path).into_iter().collect()
            };
            let bytes = parts.iter().map(|(bytes, _)| bytes).sum();
            // A directory goes with the packages in it, and so not before the last of them.
            if let Some(used) = parts.iter().map(|(_, used)| *used).chain(used_last).max() {
                found.push(Kept { path, lock: lock.clone(), bytes, used, cached: true });
            }
            for package in packages {
                if let Some((bytes, used)) = measure(&package) {
                    found.push(Kept { path: package, lock: lock.clone(), bytes, used, cached: true });
                }
            }
        }
    }
    found
}

/// What mock keeps, chroot by chroot.
fn of_mock(caches: &Path) -> Vec<Kept> {
    let one = |path: PathBuf| {
        let (bytes, used) = measure(&path)?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        let chroot = name.strip_suffix("-bootstrap").unwrap_or(&name);
        Some(Kept { lock: lock_name("mock", chroot), path, bytes, used, cached: true })
    };
    list(caches).into_iter().filter_map(one).collect()
}

/// Bytes of a file or of all in a directory, and when something of it was last written.
fn measure(path: &Path) -> Option<(u64, SystemTime)> {
    let found = fs::symlink_metadata(path).ok()?;
    let own = (found.len(), found.modified().ok()?);
    if !found.is_dir() {
        return Some(own);
    }
    let parts = list(path).into_iter().filter_map(|part| measure(&part));
    Some(parts.fold(own, |(bytes, used), (more, later)| (bytes + more, used.max(later))))
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

/// Clears half-removed trees and layers, and those that a failure of power may have harmed.
async fn sweep_halves(data_dir: &Path, sandbox: &Sandbox) {
    for directory in ["trees", "layers"] {
        for path in list(&data_dir.join(directory)) {
            // Two who remove the same do no harm.
            let gone = path.extension().is_some_and(|extension| extension == "gone");
            if gone || buildroot::is_unsure(&path) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use copr_sandbox::{Capabilities, Isolation, Limiter};
    use std::time::UNIX_EPOCH;

    async fn place(data_dir: &Path, keep_bytes: u64) -> Place {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let capabilities = Capabilities {
            isolation: Isolation::Chroot,
            limiter: Limiter::Rlimits,
            overlay: false,
            filter: false,
            missing: Vec::new(),
        };
        let server = "http://127.0.0.1:9".parse().unwrap();
        let mut config = Config::new(server, crate::Token::new("x"), data_dir);
        config.keep_bytes = keep_bytes;
        Place::open(config, Sandbox::with(copr_sandbox::Config::default(), capabilities)).await.unwrap()
    }

    /// A file that was last used at this second.
    fn file(path: &Path, bytes: usize, second: u64) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, vec![0; bytes]).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(second)).unwrap();
    }

    fn thing(place: &Place, kind: &str, key: &str, bytes: u64, second: u64) -> PathBuf {
        let home = place.config.data_dir.join(kind).join(key);
        file(&home.join("bytes"), 0, second);
        fs::write(home.join("bytes"), bytes.to_string()).unwrap();
        file(&home.join("used"), 0, second);
        home
    }

    #[tokio::test]
    async fn all_that_is_kept_shares_one_bound_and_the_longest_unused_goes_first() {
        let scratch = tempfile::tempdir().unwrap();
        let place = place(scratch.path(), 10_000).await;
        let old_tree = thing(&place, "trees", "a", 4000, 100);
        let layers: Vec<PathBuf> =
            (0..50).map(|number| thing(&place, "layers", &format!("l{number}"), 1000, 200 + number)).collect();
        let cache = place.dnf_cache("fedora-44-x86_64");
        let repository = cache.join("fedora-0123456789abcdef");
        let package = |name: &str| repository.join("packages").join(name);
        file(&package("old.rpm"), 3000, 150);
        file(&package("new.rpm"), 3000, 1000);
        file(&repository.join("repodata/primary.xml"), 500, 120);
        file(&cache.join("fedora.solv"), 500, 999);
        let in_use = place.share(&lock_name("layer", "l0")).await.unwrap();
        place.prune().await;
        assert!(!old_tree.exists() && !package("old.rpm").exists());
        assert!(
            package("new.rpm").exists() && cache.join("fedora.solv").exists() && repository.join("repodata").exists()
        );
        let left: Vec<usize> = (0..50).filter(|number| layers[*number].exists()).collect();
        // What the directories themselves take counts too, so one more or less may fit.
        assert!(left.contains(&0) && left.len() <= 6 && left[1..].iter().all(|number| *number > 40), "{left:?}");
        drop(in_use);
        let locked = place.lock(&lock_name("dnf", "fedora-44-x86_64")).await.unwrap();
        let nothing =
            Place::open(Config { keep_bytes: 0, ..place.config.clone() }, place.sandbox.clone()).await.unwrap();
        nothing.prune().await;
        assert!(package("new.rpm").exists(), "a package manager is at work there");
        assert!(!layers.iter().any(|layer| layer.exists()));
        drop(locked);
        nothing.prune().await;
        assert!(!package("new.rpm").exists() && !cache.join("fedora.solv").exists());
    }

    #[tokio::test]
    async fn what_another_life_of_the_machine_may_have_left_half_written_is_not_used() {
        let scratch = tempfile::tempdir().unwrap();
        let facts = |boot: &str| serde_json::json!({"packages": [], "rpms": [], "repos": [], "empty": false, "interest": [], "fingerprint": "", "boot": boot});
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
        for (name, boot, settled) in [("now", boot.trim(), false), ("before", "x", false), ("settled", "x", true)] {
            let home = scratch.path().join("layers").join(name);
            fs::create_dir_all(&home).unwrap();
            fs::write(home.join("facts.json"), facts(boot).to_string()).unwrap();
            if settled {
                fs::write(home.join("settled"), "").unwrap();
            }
        }
        place(scratch.path(), 1 << 30).await;
        let mut left: Vec<PathBuf> = list(&scratch.path().join("layers"));
        left.sort();
        assert_eq!(left, ["now", "settled"].map(|name| scratch.path().join("layers").join(name)));
    }
}
