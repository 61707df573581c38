//! Whether a repository tells the truth: every generation that readers may still be at, and the database about the
//! present one.

use super::contents::{nevra, sound};
use super::{Finding, again, names, place};
use crate::import::digest;
use crate::{App, Refusal, publish};
use copr_db::repo::{Held, Repo};
use copr_rpm::repodata::{Audit, Listed, audit};
use copr_sign::{PublicKey, Signer, Verifier};
use copr_store::Store;
use copr_types::DirName;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How often a repository is looked at that does not stand still.
const LOOKS: usize = 5;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Metadata; of packages that they are there and as long as they should be.
    Metadata,
    /// All bytes of all packages too, their headers and signatures.
    Packages,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Owner, directory and chroot.
    pub repository: String,
    /// Generations that were looked at.
    pub generations: usize,
    /// Packages that were looked at.
    pub packages: usize,
    /// What is wrong; empty when all is well.
    pub findings: Vec<Finding>,
}

/// Looks at one repository.
pub async fn verify(app: &App, repo: &Repo, depth: Depth) -> Result<Verified, Refusal> {
    let mut repo = repo.clone();
    let mut looks = 0;
    loop {
        looks += 1;
        let held = copr_db::repo::held(&mut app.db.read().await?, repo.id).await?;
        let look = Look::at(app, &repo, held, depth)?;
        let seen = crate::blocking(move || Ok(look.all())).await?;
        let now = again(app, repo.id).await?;
        // What has moved on in between may have looked wrong without being so.
        let stood_still = (now.generation, now.wanted) == (repo.generation, repo.wanted);
        if seen.findings.is_empty() || stood_still || looks == LOOKS {
            return Ok(Verified { repository: place(&repo), ..seen });
        }
        repo = now;
    }
}

/// One look at a repository.
struct Look {
    store: Store,
    dir: PathBuf,
    pubkeys: Vec<PathBuf>,
    key: Option<PublicKey>,
    generation: i64,
    wanted: i64,
    held: Vec<Held>,
    depth: Depth,
    /// By generation, where it is about one of which the directory may vanish.
    findings: Vec<(Option<PathBuf>, Finding)>,
    /// What is wrong with a package that was looked at, by its place and what it was said to be.
    packages: BTreeMap<Listed, Vec<String>>,
}

impl Look {
    fn at(app: &App, repo: &Repo, held: Vec<Held>, depth: Depth) -> Result<Self, Refusal> {
        let main = DirName::main(&repo.project);
        let key = app.signer.public_key(&publish::key_name(repo.project_id)?).ok();
        let mut pubkeys = vec![app.store.pubkey(&repo.owner, &main)];
        if repo.dir != main {
            pubkeys.push(app.store.pubkey(&repo.owner, &repo.dir));
        }
        Ok(Self {
            store: app.store.clone(),
            dir: app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot),
            pubkeys,
            key,
            generation: repo.generation,
            wanted: repo.wanted,
            held,
            depth,
            findings: Vec::new(),
            packages: BTreeMap::new(),
        })
    }

    fn all(mut self) -> Verified {
        let mut generations = 0;
        // Nothing is promised before the first generation.
        if self.generation > 0 {
            let keys = self.keys();
            match self.head() {
                Err(what) => self.say(None, &self.dir.join("repodata"), what),
                Ok(head) => generations = self.generations(&head, keys.as_ref()),
            }
        }
        // What vanished meanwhile was not promised any more.
        let findings = self.findings.into_iter().filter(|(of, _)| of.as_ref().is_none_or(|dir| dir.exists()));
        let findings: BTreeSet<Finding> = findings.map(|(_, finding)| finding).collect();
        Verified {
            repository: String::new(),
            generations,
            packages: self.packages.len(),
            findings: findings.into_iter().collect(),
        }
    }

    fn say(&mut self, of: Option<&Path>, file: &Path, what: impl Into<String>) {
        let finding = Finding { file: self.store.relative(file), what: what.into() };
        self.findings.push((of.map(Path::to_owned), finding));
    }

    /// The project's key, with which all must be signed; and whether it is what clients are given.
    fn keys(&mut self) -> Option<Verifier> {
        let Some(key) = self.key.clone() else {
            let dir = self.dir.clone();
            self.say(None, &dir, "the project's key is not there, or damaged");
            return None;
        };
        for path in self.pubkeys.clone() {
            let served = std::fs::read_to_string(&path).map_err(|error| format!("it can not be read: {error}"));
            let served = served.and_then(|text| Verifier::read(&text).map_err(|error| error.to_string()));
            match served {
                Err(what) => self.say(None, &path, what),
                Ok(served) if served.fingerprints() != [key.fingerprint.clone()] => {
                    self.say(None, &path, "it is not the project's key");
                }
                Ok(_) => {}
            }
        }
        Verifier::read(&key.armored).ok()
    }

    /// Name of the present generation's directory.
    fn head(&self) -> Result<String, String> {
        let link = std::fs::read_link(self.dir.join("repodata"))
            .map_err(|error| format!("generation {} is not there: {error}", self.generation))?;
        let name = link.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if link != Path::new(".repodata").join(name) || number(name).is_none() {
            return Err(format!("it is a link to `{}`, which is no generation", link.display()));
        }
        Ok(name.to_owned())
    }

    /// Looks at the present generation and those before it that are kept; gives how many.
    fn generations(&mut self, head: &str, keys: Option<&Verifier>) -> usize {
        let present = number(head).unwrap_or_default();
        // Switched, and not yet noted: a publisher is at it, or was killed there and comes again.
        if present < self.generation || present > self.wanted {
            let what = format!("generation {present} is the present one; the database says {}", self.generation);
            let link = self.dir.join("repodata");
            self.say(None, &link, what);
        }
        let kept = self.dir.join(".repodata");
        let mut count = 0;
        for name in names(&kept) {
            let path = kept.join(&name);
            let is_head = name == head;
            // Later ones are being written. What has no repomd.xml, which is written last, was broken off.
            let is_published = number(&name).is_some_and(|number| number < present) && path.join("repomd.xml").exists();
            if !is_head && !is_published {
                continue;
            }
            count += 1;
            let found = self.generation(&path, number(&name).unwrap_or_default(), keys);
            let Some(packages) = found.packages else { continue };
            for package in &packages {
                self.package(&path, is_head, package, keys);
            }
            if is_head && present == self.generation && self.wanted == self.generation {
                self.rows(&packages);
            }
        }
        if !kept.join(head).exists() {
            let link = self.dir.join("repodata");
            self.say(None, &link, format!("`{head}`, to which it leads, is not there"));
        }
        count
    }

    /// Looks at the metadata of one generation.
    fn generation(&mut self, dir: &Path, number: i64, keys: Option<&Verifier>) -> Audit {
        let found = audit(dir);
        for fault in &found.faults {
            self.say(Some(dir), &dir.join(&fault.file), fault.what.clone());
        }
        if let Some(repomd) = found.repomd.as_ref().filter(|repomd| repomd.revision != number.to_string()) {
            let what = format!("it is generation {}, in the directory of {number}", repomd.revision);
            self.say(Some(dir), &dir.join("repomd.xml"), what);
        }
        let signature = dir.join("repomd.xml.asc");
        match std::fs::read_to_string(&signature) {
            Err(error) => self.say(Some(dir), &signature, format!("it can not be read: {error}")),
            Ok(text) => {
                if keys.is_some_and(|keys| !keys.accepts_armored(&text, &found.repomd_bytes)) {
                    self.say(Some(dir), &signature, "it is no signature of repomd.xml by the project's key");
                }
            }
        }
        found
    }

    /// Looks at a package, once for all generations that say the same of it.
    fn package(&mut self, generation: &Path, is_head: bool, listed: &Listed, keys: Option<&Verifier>) {
        let path = self.dir.join(&listed.href);
        let faults = match self.packages.get(listed) {
            Some(faults) => faults.clone(),
            None => {
                let faults = judge(&path, listed, self.depth, keys);
                self.packages.insert(listed.clone(), faults.clone());
                faults
            }
        };
        let of = (!is_head).then_some(generation);
        for what in faults {
            self.say(of, &path, what);
        }
    }

    /// Holds what the database says of the present generation against its metadata.
    fn rows(&mut self, packages: &[Listed]) {
        let mut held: BTreeMap<String, Held> =
            std::mem::take(&mut self.held).into_iter().map(|one| (one.href.clone(), one)).collect();
        for listed in packages {
            let path = self.dir.join(&listed.href);
            match held.remove(&listed.href) {
                None => self.say(None, &path, "it is in the metadata and not in the database"),
                Some(row) if row.pkgid != listed.pkgid => {
                    self.say(None, &path, "the metadata and the database know it by different digests");
                }
                Some(row) if nevra(&row.nevra) != listed.nevra => {
                    let what = format!("it is `{}` in the metadata, `{}` in the database", listed.nevra, row.nevra);
                    self.say(None, &path, what);
                }
                Some(_) => {}
            }
        }
        for href in held.into_keys() {
            let path = self.dir.join(href);
            self.say(None, &path, "it is in the database and not in the metadata");
        }
    }
}

/// The number of a generation by the name of its directory.
fn number(name: &str) -> Option<i64> {
    let (number, turn) = name.split_once('-')?;
    turn.parse::<i64>().ok().and(number.parse().ok())
}

/// What is wrong with a package's file.
fn judge(path: &Path, listed: &Listed, depth: Depth, keys: Option<&Verifier>) -> Vec<String> {
    let length = match path.metadata() {
        Ok(meta) if meta.is_file() => meta.len(),
        Ok(_) => return vec!["it is no file".to_owned()],
        Err(error) => return vec![format!("it is in the metadata and can not be read: {error}")],
    };
    let mut faults = Vec::new();
    if length != listed.size {
        faults.push(format!("it has {length} bytes, and {} in the metadata", listed.size));
    }
    if depth == Depth::Metadata {
        return faults;
    }
    match digest(path) {
        Ok(found) if found != listed.pkgid => faults.push("its digest is not the one in the metadata".to_owned()),
        Ok(_) => {}
        Err(error) => faults.push(format!("it can not be read: {error}")),
    }
    match keys.map(|keys| sound(path, keys)) {
        Some(Err(what)) => faults.push(what),
        Some(Ok(facts)) if nevra(&facts.nevra.to_string()) != listed.nevra => {
            faults.push(format!("it is `{}` inside and `{}` in the metadata", facts.nevra, listed.nevra));
        }
        _ => {}
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn generations_are_told_by_their_directories() {
        assert_eq!(["00000012-3", "x", "00000012", "12-x", ""].map(number), [Some(12), None, None, None, None]);
    }
}
