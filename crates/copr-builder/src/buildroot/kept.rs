//! Trees and layers that are kept: what is known of them, and how they are found again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use copr_types::Phase;
use serde::{Deserialize, Serialize};

use super::list::{self, List, LockedRpm};
use super::repositories::RepoState;
use crate::end::{self, Step};
use crate::place::{lock_name, touch};
use crate::work::Work;

/// Beside what is on the disk for certain.
const SETTLED: &str = "settled";
/// The kernel writes by itself what is half as old.
const UNHURRIED: Duration = Duration::from_secs(60);

/// One kept tree or layer, held.
pub(super) struct Kept {
    pub key: String,
    pub tree: PathBuf,
    pub facts: Facts,
    pub rpmdb: PathBuf,
    _lock: File,
}

/// What is written beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Facts {
    /// `nevra buildtime size installed`, sorted.
    pub packages: Vec<String>,
    /// The same packages, as a lock names them.
    pub rpms: Vec<LockedRpm>,
    /// States of the chroot's repositories when it was made.
    pub repos: Vec<RepoState>,
    /// Nothing was missing: the layer has no tree.
    pub empty: bool,
    /// Names under which an offer of a project's repository could change it.
    pub interest: Vec<String>,
    /// What was offered under these names.
    pub fingerprint: String,
    /// The machine's life in which it was made.
    pub boot: String,
}

impl Facts {
    /// Bytes of the installed packages.
    pub fn bytes(&self) -> u64 {
        self.packages.iter().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()).sum()
    }
}

/// Reads the facts of a thing without holding it.
pub(super) fn look(home: &Path) -> Option<Facts> {
    serde_json::from_slice(&fs::read(home.join("facts.json")).ok()?).ok()
}

/// Opens a kept thing and holds it.
pub(super) async fn open(work: &Work, kind: &str, home: &Path, tree: &str) -> Step<Option<Kept>> {
    if !home.join("facts.json").exists() {
        return Ok(None);
    }
    let key = home.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let doing = end::local(Phase::Buildroot, "lock a tree");
    let lock = work.place.share(&lock_name(kind, &key)).await.map_err(doing)?;
    // It may have been removed before the lock was ours.
    let Some(facts) = look(home) else { return Ok(None) };
    touch(home);
    Ok(Some(Kept { key, tree: home.join(tree), facts, rpmdb: home.join("rpmdb"), _lock: lock }))
}

/// Writes the facts and gives the thing its name. `bytes` is what it takes.
pub(super) async fn keep(work: &Work, kind: &str, new: &Path, home: &Path, facts: &Facts, bytes: u64) -> Step<()> {
    let phase = Phase::Buildroot;
    let written = (|| {
        let database: u64 = fs::read_dir(new.join("rpmdb"))
            .map(|entries| entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum())
            .unwrap_or(0);
        fs::write(new.join("bytes"), (bytes + database).to_string())?;
        fs::write(new.join("facts.json"), serde_json::to_vec(facts)?)?;
        fs::rename(new, home)
    })();
    match written {
        Ok(()) => {
            settle(work, home.to_owned());
            Ok(())
        }
        // Another builder was faster.
        Err(_) if home.join("facts.json").exists() => {
            let _ = work.place.sandbox.remove_tree(new).await;
            Ok(())
        }
        Err(error) => Err(end::local(phase, format!("keep a {kind}"))(error)),
    }
}

/// What an installing script wrote down about the packages that are there.
pub(super) async fn list(work: &Work, out: &Path, phase: Phase) -> Step<List> {
    let text = take_text(work, out, "list", phase).await?;
    Ok(list::read(&text))
}

/// Where downloaded packages come from, as far as the package manager has told.
pub(super) async fn locations(work: &Work, from: &Path, phase: Phase) -> Step<HashMap<String, String>> {
    if !from.join(".locations").exists() {
        return Ok(HashMap::new());
    }
    let text = take_text(work, from, ".locations", phase).await?;
    Ok(text.lines().filter_map(|line| serde_json::from_str::<(String, String)>(line).ok()).collect())
}

async fn take_text(work: &Work, tree: &Path, name: &str, phase: Phase) -> Step<String> {
    let taken = work.desk.fresh("list").map_err(end::local(phase, "make a directory"))?.join("text");
    let copied = work.place.sandbox.copy_out(tree, Path::new(name), &taken, 64 << 20).await;
    copied.map_err(end::sandbox(phase))?;
    let text = fs::read(&taken).map_err(end::local(phase, "read a list of packages"))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The present life of the machine (proc_sys_kernel(5), `boot_id`).
pub(super) fn boot() -> &'static str {
    static BOOT: OnceLock<String> = OnceLock::new();
    BOOT.get_or_init(|| fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned())
}

/// Whether a power failure may have taken some of its bytes: nobody waits for the disk while a tree is made.
pub(crate) fn is_unsure(home: &Path) -> bool {
    look(home).is_none_or(|facts| facts.boot != boot()) && !home.join(SETTLED).exists()
}

/// Has a new thing written to the disk, when the disk has had time to do it by itself.
fn settle(work: &Work, home: PathBuf) {
    let stopping = work.place.stopping.clone();
    work.place.clearing.spawn(async move {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(UNHURRIED) => {}
        }
        let settled = tokio::task::spawn_blocking(move || {
            rustix::fs::syncfs(File::open(&home)?)?;
            File::create(home.join(SETTLED))?.sync_all()
        });
        if let Ok(Err(error)) = settled.await {
            // Removed meanwhile, most likely; after a failure of power it is made anew.
            tracing::debug!(%error, "a kept tree is not on the disk for certain");
        }
    });
}

/// Takes a copy of the rpm database, for the package manager to look at next time.
pub(super) async fn take_rpmdb(work: &Work, out: &Path, new: &Path, phase: Phase) -> Step<()> {
    let target = new.join("rpmdb");
    fs::create_dir_all(&target).map_err(end::local(phase, "make a directory"))?;
    let sandbox = &work.place.sandbox;
    let entries = sandbox.read_dir_out(out, Path::new("rpmdb"), 100).await.map_err(end::sandbox(phase))?;
    for entry in entries {
        if matches!(entry.kind, copr_sandbox::EntryKind::File(_)) && !entry.name.starts_with('.') {
            let inside = Path::new("rpmdb").join(&entry.name);
            let copied = sandbox.copy_out(out, &inside, &target.join(&entry.name), 4 << 30).await;
            copied.map_err(end::sandbox(phase))?;
        }
    }
    Ok(())
}
