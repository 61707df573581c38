//! Trees and layers that are kept: what is known of them, and how they are found again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use copr_types::Phase;
use serde::{Deserialize, Serialize};

use super::repositories::RepoState;
use crate::end::{self, Step};
use crate::place::{lock_name, touch};
use crate::work::Work;

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
    /// States of the chroot's repositories when it was made.
    pub repos: Vec<RepoState>,
    /// Nothing was missing: the layer has no tree.
    pub empty: bool,
    /// Names under which an offer of a project's repository could change it.
    pub interest: Vec<String>,
    /// What was offered under these names.
    pub fingerprint: String,
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
        fs::write(new.join("bytes"), bytes.to_string())?;
        fs::write(new.join("facts.json"), serde_json::to_vec(facts)?)?;
        fs::rename(new, home)
    })();
    match written {
        Ok(()) => Ok(()),
        // Another builder was faster.
        Err(_) if home.join("facts.json").exists() => {
            let _ = work.place.sandbox.remove_tree(new).await;
            Ok(())
        }
        Err(error) => Err(end::local(phase, format!("keep a {kind}"))(error)),
    }
}

/// The lists that an installing script left: packages, and names they require.
pub(super) async fn lists(work: &Work, out: &Path, phase: Phase) -> Step<(Vec<String>, Vec<String>)> {
    let taken = work.desk.fresh("lists").map_err(end::local(phase, "make a directory"))?;
    let mut lists = Vec::new();
    for name in ["packages", "requires"] {
        let list = taken.join(name);
        let copied = work.place.sandbox.copy_out(out, Path::new(name), &list, 64 << 20).await;
        copied.map_err(end::sandbox(phase))?;
        let text = fs::read(&list).map_err(end::local(phase, "read a list of packages"))?;
        let mut lines: Vec<String> = String::from_utf8_lossy(&text).lines().map(str::to_owned).collect();
        lines.sort();
        lists.push(lines);
    }
    let requires = lists.pop().unwrap_or_default();
    Ok((lists.pop().unwrap_or_default(), requires))
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
