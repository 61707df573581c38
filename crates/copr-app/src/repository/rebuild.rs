//! Making a repository's metadata anew from the packages that lie in its tree.
//!
//! A package belongs to a build when it lies in the result directory of one that succeeded and is noted among what that
//! produced (or nothing is noted); it is published when its digests and its signature are right. All else is told and left alone.

use super::contents::sound;
use super::{Finding, again, names, place};
use crate::import::digest;
use crate::{App, Refusal, publish};
use copr_db::build_chroot::{BuildChroot, BuiltPackage};
use copr_db::repo::{Repo, RepoPackage};
use copr_rpm::Nevra;
use copr_rpm::repodata::{Fragments, Location};
use copr_sign::{Signer, Verifier};
use copr_store::Store;
use copr_types::{BuildChrootId, RepoId, State};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often somebody looks whether another publisher is done.
const PAUSE: Duration = Duration::from_millis(200);

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Owner, directory and chroot.
    pub repository: String,
    /// The generation that holds what was found.
    pub generation: i64,
    /// Packages in it.
    pub packages: usize,
    /// Packages of which the database said something else, or nothing.
    pub changed: usize,
    /// What lies in the tree and is not published, and what should lie there and does not.
    pub findings: Vec<Finding>,
}

/// Rebuilds a repository, and waits until it is published.
pub async fn rebuild(app: &App, repo: &Repo) -> Result<Rebuilt, Refusal> {
    let key = key(app, repo).await?;
    let chroots = copr_db::build_chroot::placed(&mut app.db.read().await?, repo.id).await?;
    let mut built = BTreeMap::<BuildChrootId, Vec<BuiltPackage>>::new();
    for one in copr_db::build_chroot::built_in(&mut app.db.read().await?, repo.id).await? {
        built.entry(one.build_chroot_id).or_default().push(one);
    }
    let mut rebuilt = Rebuilt { repository: place(repo), generation: 0, packages: 0, changed: 0, findings: Vec::new() };
    for chroot in &chroots {
        if matches!(chroot.state, State::Succeeded | State::Forked) {
            let built = built.remove(&chroot.id).unwrap_or_default();
            one(app, repo, &key, chroot, built, &mut rebuilt).await?;
        }
    }
    rebuilt.findings.extend(strangers(app, repo, &chroots).await?);
    let wanted = {
        let mut tx = app.db.begin().await?;
        let wanted = copr_db::repo::want(&mut tx, repo.id).await?;
        tx.commit().await?;
        wanted
    };
    rebuilt.generation = published(app, repo.id, wanted).await?;
    rebuilt.findings.sort();
    Ok(rebuilt)
}

/// The key that packages must be signed with.
async fn key(app: &App, repo: &Repo) -> Result<Arc<Verifier>, Refusal> {
    let (signer, name) = (app.signer.clone(), publish::key_name(repo.project_id)?);
    crate::blocking(move || {
        let failed = |error| Refusal::internal("reading the project's key", error);
        let key = signer.public_key(&name).map_err(failed)?;
        Ok(Arc::new(Verifier::read(&key.armored).map_err(failed)?))
    })
    .await
}

/// Puts what lies there of one build's chroot into the database, where that says otherwise.
async fn one(
    app: &App,
    repo: &Repo,
    key: &Arc<Verifier>,
    chroot: &BuildChroot,
    built: Vec<BuiltPackage>,
    rebuilt: &mut Rebuilt,
) -> Result<(), Refusal> {
    let result_dir = chroot.result_dir.clone().unwrap_or_default();
    let tree = Tree {
        store: app.store.clone(),
        dir: app.store.build_dir(&repo.owner, &repo.dir, &repo.chroot, &result_dir),
        result_dir,
        key: key.clone(),
        built: built.iter().map(file_name).collect(),
    };
    let is_noted = !tree.built.is_empty();
    let (found, findings) = crate::blocking(move || Ok(tree.read())).await?;
    let (packages, produced): (Vec<RepoPackage>, Vec<Nevra>) = found.into_iter().unzip();
    let mut tx = app.db.begin().await?;
    // Deleted meanwhile, and its files with it.
    let now = copr_db::build_chroot::by_id(&mut tx, chroot.id).await?;
    if !now.is_some_and(|now| now.state == chroot.state) {
        return Ok(());
    }
    rebuilt.findings.extend(findings);
    rebuilt.packages += packages.len();
    let held = copr_db::repo::packages_of(&mut tx, repo.id, chroot.id).await?;
    let changed = packages.iter().filter(|one| !held.contains(one)).count();
    if changed > 0 || held.len() != packages.len() {
        rebuilt.changed += changed + held.iter().filter(|one| !packages.iter().any(|new| new.href == one.href)).count();
        copr_db::repo::put_packages(&mut tx, repo.id, chroot.id, &packages).await?;
    }
    if !is_noted {
        let produced: Vec<BuiltPackage> = produced.into_iter().map(|nevra| noted(chroot.id, nevra)).collect();
        copr_db::build_chroot::set_built(&mut tx, chroot.id, &produced).await?;
    }
    Ok(tx.commit().await?)
}

/// The name of the file that a package has.
fn file_name(built: &BuiltPackage) -> String {
    let nevra = Nevra {
        name: built.name.clone(),
        epoch: None,
        version: built.version.clone(),
        release: built.release.clone(),
        arch: built.arch.clone(),
    };
    nevra.file_name()
}

/// A package as it is noted among what a build produced.
fn noted(build_chroot_id: BuildChrootId, nevra: Nevra) -> BuiltPackage {
    BuiltPackage {
        build_chroot_id,
        name: nevra.name,
        epoch: nevra.epoch.map(i64::from),
        version: nevra.version,
        release: nevra.release,
        arch: nevra.arch,
    }
}

/// The result directory of a build's chroot.
struct Tree {
    store: Store,
    dir: PathBuf,
    result_dir: String,
    key: Arc<Verifier>,
    /// Files that the build produced; none when that is not known, and then its place and the signature must do.
    built: BTreeSet<String>,
}

impl Tree {
    /// The packages that can be published, and what is wrong with the others.
    fn read(&self) -> (Vec<(RepoPackage, Nevra)>, Vec<Finding>) {
        let there: BTreeSet<String> = names(&self.dir).into_iter().filter(|name| is_package(name)).collect();
        let mut packages = Vec::new();
        let mut findings = Vec::new();
        let mut say = |name: &str, what: String| {
            findings.push(Finding { file: self.store.relative(&self.dir.join(name)), what });
        };
        for name in self.built.difference(&there) {
            say(name, "the build produced it, and it is not there".to_owned());
        }
        for name in &there {
            if !self.built.is_empty() && !self.built.contains(name) {
                say(name, "it is not what the build produced".to_owned());
                continue;
            }
            match self.describe(name) {
                Ok(package) => packages.push(package),
                Err(what) => say(name, format!("it is left out: {what}")),
            }
        }
        (packages, findings)
    }

    fn describe(&self, name: &str) -> Result<(RepoPackage, Nevra), String> {
        let path = self.dir.join(name);
        let facts = sound(&path, &self.key)?;
        let told = |error: std::io::Error| error.to_string();
        let pkgid = digest(&path).map_err(told)?;
        let meta = path.metadata().map_err(told)?;
        let modified = meta.modified().map_err(told)?;
        let modified = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
        let href = format!("{}/{name}", self.result_dir);
        let location = Location { href: &href, base: None, sha256: &pkgid, size: meta.len(), modified };
        let fragments = Fragments::of(&path, &location).map_err(|error| error.to_string())?;
        let package = RepoPackage {
            nevra: facts.nevra.to_string(),
            primary_xml: fragments.primary,
            filelists_xml: fragments.filelists,
            other_xml: fragments.other,
            href,
            pkgid,
        };
        Ok((package, facts.nevra))
    }
}

fn is_package(name: &str) -> bool {
    name.ends_with(".rpm") && !name.starts_with('.')
}

/// Packages in the repository's tree outside of the result directories of builds. What waits for its removal is none.
async fn strangers(app: &App, repo: &Repo, known: &[BuildChroot]) -> Result<Vec<Finding>, Refusal> {
    let (store, dir) = (app.store.clone(), app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot));
    let mut expected: BTreeSet<String> = known.iter().filter_map(|chroot| chroot.result_dir.clone()).collect();
    let below = format!("{}/", store.relative(&dir));
    for path in copr_db::doomed::below(&mut app.db.read().await?, &below).await? {
        expected.extend(path.strip_prefix(&below).map(str::to_owned));
    }
    crate::blocking(move || {
        let mut findings = Vec::new();
        let mut say = |path: &Path| {
            let what = "it belongs to no build".to_owned();
            findings.push(Finding { file: store.relative(path), what });
        };
        for name in names(&dir) {
            let path = dir.join(&name);
            if is_package(&name) {
                say(&path);
            } else if !name.starts_with('.') && name != "repodata" && !expected.contains(&name) {
                names(&path).iter().filter(|file| is_package(file)).for_each(|file| say(&path.join(file)));
            }
        }
        Ok(findings)
    })
    .await
}

/// Publishes the repository, or waits for who does, until a generation is there.
async fn published(app: &App, id: RepoId, wanted: i64) -> Result<i64, Refusal> {
    let before = again(app, id).await?;
    loop {
        let mine = publish::next(app, Some(id)).await?;
        let now = again(app, id).await?;
        if now.generation >= wanted {
            return Ok(now.generation);
        }
        if now.failures > before.failures {
            let what = now.error.as_deref().unwrap_or("nobody knows why");
            return Err(Refusal::conflict(format!("`{}` can not be published: {what}", place(&now))));
        }
        if !mine {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
