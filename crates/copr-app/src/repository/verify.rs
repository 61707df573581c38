//! Whether a repository tells the truth: every generation that is kept, on the disk and in the database.

use super::contents::{nevra, sound};
use super::{Finding, again, place};
use crate::import::digest;
use crate::{App, Refusal, key};
use copr_db::repo::{Listed as Row, Repo};
use copr_rpm::repodata::{Audit, Listed, audit};
use copr_sign::Verifier;
use copr_store::Store;
use copr_types::DirName;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let seen = look(app, &repo, depth).await?;
        let now = again(app, repo.id).await?;
        // What has moved on in between may have looked wrong without being so.
        let stood_still = (now.generation, now.wanted) == (repo.generation, repo.wanted);
        if seen.findings.is_empty() || stood_still || looks == LOOKS {
            let findings: BTreeSet<Finding> = seen.findings.into_iter().map(|(_, finding)| finding).collect();
            return Ok(Verified {
                repository: place(&repo),
                generations: seen.generations,
                packages: seen.packages,
                findings: findings.into_iter().collect(),
            });
        }
        repo = now;
    }
}

/// What one look saw.
pub(super) struct Seen {
    generations: usize,
    packages: usize,
    /// By generation, where it is about one.
    pub findings: Vec<(Option<i64>, Finding)>,
}

/// One look at all generations that are kept, the newest first.
pub(super) async fn look(app: &App, repo: &Repo, depth: Depth) -> Result<Seen, Refusal> {
    let mut look = Look::at(app, repo, depth).await?;
    let mut generations = 0;
    // Nothing is promised before the first generation.
    if repo.generation > 0 {
        let keys;
        (look, keys) = crate::blocking(move || {
            let keys = look.keys();
            Ok((look, keys.map(Arc::new)))
        })
        .await?;
        look.switch(app, repo).await?;
        for (number, name) in look.kept(app, repo).await? {
            // One that was published by a publisher that was killed before it could say so is in no list.
            let noted = copr_db::generation::by_number(&mut app.db.read().await?, repo.id, number).await?;
            let rows = match &noted {
                Some(_) => Some(copr_db::repo::listed_at(&mut app.db.read().await?, repo.id, number).await?),
                None => None,
            };
            let is_addressed = noted.is_some_and(|noted| noted.metadata.as_deref() == Some(name.as_str()));
            let keys = keys.clone();
            look = crate::blocking(move || {
                if is_addressed {
                    look.address(number, &name);
                }
                look.generation(number, &name, rows, keys.as_deref());
                Ok(look)
            })
            .await?;
            generations += 1;
        }
    }
    // What is kept no more was not promised any more.
    let kept: BTreeSet<i64> = look.kept(app, repo).await?.into_iter().map(|(number, _)| number).collect();
    look.findings.retain(|(of, _)| of.is_none_or(|number| kept.contains(&number)));
    Ok(Seen { generations, packages: look.packages.len(), findings: look.findings })
}

/// What one look at a repository sees.
struct Look {
    store: Store,
    dir: PathBuf,
    pubkeys: Vec<PathBuf>,
    /// The public halves of the project's keys that are to be served.
    keys: Option<String>,
    depth: Depth,
    /// By generation, where it is about one.
    findings: Vec<(Option<i64>, Finding)>,
    /// What is wrong with a package that was looked at, by its place and what it was said to be.
    packages: BTreeMap<Listed, Vec<String>>,
}

impl Look {
    async fn at(app: &App, repo: &Repo, depth: Depth) -> Result<Self, Refusal> {
        let main = DirName::main(&repo.project);
        let keys = key::served(app, repo.project_id).await?;
        let mut pubkeys = vec![app.store.pubkey(&repo.owner, &main)];
        if repo.dir != main {
            pubkeys.push(app.store.pubkey(&repo.owner, &repo.dir));
        }
        Ok(Self {
            store: app.store.clone(),
            dir: app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot),
            pubkeys,
            keys,
            depth,
            findings: Vec::new(),
            packages: BTreeMap::new(),
        })
    }

    fn say(&mut self, of: Option<i64>, file: &Path, what: impl Into<String>) {
        let finding = Finding { file: self.store.relative(file), what: what.into() };
        self.findings.push((of, finding));
    }

    /// The project's keys, with one of which all must be signed; and whether they are what clients are given.
    fn keys(&mut self) -> Option<Verifier> {
        let Some(keys) = self.keys.as_deref().and_then(|keys| Verifier::read(keys).ok()) else {
            let dir = self.dir.clone();
            self.say(None, &dir, "the project's key is not there, or damaged");
            return None;
        };
        for path in self.pubkeys.clone() {
            let served = std::fs::read_to_string(&path).map_err(|error| format!("it can not be read: {error}"));
            let served = served.and_then(|text| Verifier::read(&text).map_err(|error| error.to_string()));
            match served {
                Err(what) => self.say(None, &path, what),
                Ok(served) if served.fingerprints() != keys.fingerprints() => {
                    self.say(None, &path, "it is not the project's key");
                }
                Ok(_) => {}
            }
        }
        Some(keys)
    }

    /// Numbers and directories of the generations of which the metadata are kept, the newest first.
    async fn kept(&self, app: &App, repo: &Repo) -> Result<Vec<(i64, String)>, Refusal> {
        let head = self.head().ok();
        let noted = copr_db::generation::list(&mut app.db.read().await?, repo.id, i64::MAX).await?;
        let noted = noted.into_iter().filter_map(|one| Some((one.number, one.metadata?)));
        let present = head.as_ref().map(|(number, _)| *number);
        let mut kept: Vec<_> = head.into_iter().chain(noted.filter(|(number, _)| Some(*number) != present)).collect();
        kept.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        Ok(kept)
    }

    /// Whether readers are given the generation that the database says, or one that a publisher is at.
    async fn switch(&mut self, app: &App, before: &Repo) -> Result<(), Refusal> {
        let head = self.head();
        let after = again(app, before.id).await?;
        let what = match head {
            Ok((number, _)) if number >= before.generation && number <= after.wanted => return Ok(()),
            Ok((number, _)) => format!("it leads to generation {number}; the database says {}", after.generation),
            Err(what) => what,
        };
        let link = self.dir.join("repodata");
        self.say(None, &link, what);
        Ok(())
    }

    /// The present generation's number, and its directory.
    fn head(&self) -> Result<(i64, String), String> {
        let link =
            std::fs::read_link(self.dir.join("repodata")).map_err(|error| format!("it is not there: {error}"))?;
        let name = link.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match number(name) {
            Some(number) if link == Path::new(".repodata").join(name) => Ok((number, name.to_owned())),
            _ => Err(format!("it is a link to `{}`, which is no generation", link.display())),
        }
    }

    /// Whether a generation is found under its number.
    fn address(&mut self, number: i64, name: &str) {
        let link = self.dir.join("gen").join(number.to_string());
        match std::fs::read_link(&link) {
            Ok(to) if to == Path::new("../.repodata").join(name) => {}
            Ok(to) => self.say(Some(number), &link, format!("it leads to `{}` and not to `{name}`", to.display())),
            Err(error) => self.say(Some(number), &link, format!("it is not there: {error}")),
        }
    }

    /// Looks at one generation: its metadata, the packages that these name, and what the database says of it.
    fn generation(&mut self, number: i64, name: &str, rows: Option<Vec<Row>>, keys: Option<&Verifier>) {
        let dir = self.dir.join(".repodata").join(name);
        let Some(packages) = self.metadata(number, &dir, keys).packages else { return };
        for package in &packages {
            self.package(number, package, keys);
        }
        if let Some(rows) = rows {
            self.rows(number, &packages, rows);
        }
    }

    fn metadata(&mut self, number: i64, dir: &Path, keys: Option<&Verifier>) -> Audit {
        let found = audit(dir);
        let of = Some(number);
        for fault in &found.faults {
            self.say(of, &dir.join(&fault.file), fault.what.clone());
        }
        if let Some(repomd) = found.repomd.as_ref().filter(|repomd| repomd.revision != number.to_string()) {
            let what = format!("it is generation {}, in the directory of {number}", repomd.revision);
            self.say(of, &dir.join("repomd.xml"), what);
        }
        let signature = dir.join("repomd.xml.asc");
        match std::fs::read_to_string(&signature) {
            Err(error) => self.say(of, &signature, format!("it can not be read: {error}")),
            Ok(text) => {
                if keys.is_some_and(|keys| !keys.accepts_armored(&text, &found.repomd_bytes)) {
                    self.say(of, &signature, "it is no signature of repomd.xml by the project's key");
                }
            }
        }
        found
    }

    /// Looks at a package, once for all generations that say the same of it.
    fn package(&mut self, of: i64, listed: &Listed, keys: Option<&Verifier>) {
        let path = self.dir.join(&listed.href);
        let faults = match self.packages.get(listed) {
            Some(faults) => faults.clone(),
            None => {
                let faults = judge(&path, listed, self.depth, keys);
                self.packages.insert(listed.clone(), faults.clone());
                faults
            }
        };
        for what in faults {
            self.say(Some(of), &path, what);
        }
    }

    /// Holds what the database says of a generation against its metadata.
    fn rows(&mut self, of: i64, packages: &[Listed], rows: Vec<Row>) {
        let mut rows: BTreeMap<String, Row> = rows.into_iter().map(|one| (one.href.clone(), one)).collect();
        for listed in packages {
            let path = self.dir.join(&listed.href);
            match rows.remove(&listed.href) {
                None => self.say(Some(of), &path, format!("generation {of} lists it, in the database it does not")),
                Some(row) if row.pkgid != listed.pkgid => {
                    self.say(Some(of), &path, format!("generation {of} has another digest of it in the database"));
                }
                Some(row) if nevra(&row.nevra) != listed.nevra => {
                    let what = format!("generation {of} calls it `{}`, in the database `{}`", listed.nevra, row.nevra);
                    self.say(Some(of), &path, what);
                }
                Some(_) => {}
            }
        }
        for href in rows.into_keys() {
            let path = self.dir.join(href);
            self.say(Some(of), &path, format!("generation {of} does not list it, in the database it does"));
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
