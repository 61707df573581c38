//! Making a repository's metadata anew from the packages that lie in its tree.
//!
//! A package belongs to a build when it lies in the result directory of one that succeeded and is noted among what that
//! produced (or nothing is noted); it is published when its digests and its signature are right. All else is told and left alone.

use super::contents::sound;
use super::verify::{self, Depth};
use super::{Finding, again, names, place};
use crate::publish::entry;
use crate::{App, Refusal, key, publish};
use copr_db::Conn;
use copr_db::build_chroot::{BuildChroot, BuiltPackage};
use copr_db::repo::{Repo, RepoPackage, Which};
use copr_rpm::Nevra;
use copr_sign::Verifier;
use copr_store::Store;
use copr_types::{BuildChrootId, RepoId, State};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often a build's chroot is read anew because somebody else changes what is listed of it.
const TRIES: usize = 5;
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
    let keys = keys(app, repo).await?;
    let chroots = copr_db::build_chroot::placed(&mut app.db.read().await?, repo.id).await?;
    let mut built = BTreeMap::<BuildChrootId, Vec<BuiltPackage>>::new();
    for one in copr_db::build_chroot::built_in(&mut app.db.read().await?, repo.id).await? {
        built.entry(one.build_chroot_id).or_default().push(one);
    }
    let mut rebuilt = Rebuilt { repository: place(repo), generation: 0, packages: 0, changed: 0, findings: Vec::new() };
    for chroot in &chroots {
        if matches!(chroot.state, State::Succeeded | State::Forked) {
            let built = built.remove(&chroot.id).unwrap_or_default();
            one(app, repo, &keys, chroot, built, &mut rebuilt).await?;
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
    let forgotten = forget(app, &again(app, repo.id).await?).await?;
    rebuilt.findings.extend(forgotten);
    rebuilt.findings.sort();
    Ok(rebuilt)
}

/// Forgets generations before the present one that are not whole, and can not be made anew: what they listed is known from
/// the database alone. Those that somebody pinned stay, and are told.
async fn forget(app: &App, repo: &Repo) -> Result<Vec<Finding>, Refusal> {
    let seen = verify::look(app, repo, Depth::Packages).await?;
    let broken: BTreeSet<i64> = seen.findings.iter().filter_map(|(of, _)| *of).collect();
    let dir = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
    let mut findings = Vec::new();
    let mut tx = app.db.begin().await?;
    copr_db::repo::hold_one(&mut tx, repo.id).await?;
    for number in broken {
        let Some(generation) = copr_db::generation::by_number(&mut tx, repo.id, number).await? else { continue };
        let Some(name) = generation.metadata.filter(|_| generation.superseded_on.is_some()) else { continue };
        let path = app.store.relative(&dir.join(".repodata").join(name));
        match generation.pinned {
            Some(pin) => {
                let what = format!("generation {number}, pinned as `{pin}`, is not whole and can not be made anew");
                findings.push(Finding { file: path, what });
            }
            None => {
                copr_db::generation::forget(&mut tx, repo.id, number).await?;
                copr_db::doomed::add(&mut tx, &path, None, app.clock.now()).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(findings)
}

/// The keys one of which packages must be signed with.
async fn keys(app: &App, repo: &Repo) -> Result<Arc<Verifier>, Refusal> {
    let served = key::served(app, repo.project_id).await?.unwrap_or_default();
    let keys = Verifier::read(&served).map_err(|error| Refusal::internal("reading the project's keys", error))?;
    Ok(Arc::new(keys))
}

/// Puts what lies there of one build's chroot into the database, where that says otherwise.
async fn one(
    app: &App,
    repo: &Repo,
    keys: &Arc<Verifier>,
    chroot: &BuildChroot,
    built: Vec<BuiltPackage>,
    rebuilt: &mut Rebuilt,
) -> Result<(), Refusal> {
    let result_dir = chroot.result_dir.clone().unwrap_or_default();
    let mut tree = Tree {
        store: app.store.clone(),
        dir: app.store.build_dir(&repo.owner, &repo.dir, &repo.chroot, &result_dir),
        result_dir,
        keys: keys.clone(),
        built: built.iter().map(file_name).collect(),
    };
    let is_noted = !tree.built.is_empty();
    for _ in 0..TRIES {
        let said = Said::of(&mut app.db.read().await?, repo.id, chroot).await?;
        let seen = said.clone();
        let found;
        (tree, found) = crate::blocking(move || {
            let found = tree.read(&seen);
            Ok((tree, found))
        })
        .await?;
        let mut tx = app.db.begin().await?;
        copr_db::repo::hold_one(&mut tx, repo.id).await?;
        // Deleted meanwhile, and its files with it.
        let now = copr_db::build_chroot::by_id(&mut tx, chroot.id).await?;
        if now.is_none_or(|now| now.state != chroot.state) {
            return Ok(());
        }
        // Somebody has taken something out meanwhile.
        if Said::of(&mut tx, repo.id, chroot).await? != said {
            continue;
        }
        let (packages, produced): (Vec<RepoPackage>, Vec<Nevra>) = found.packages.into_iter().unzip();
        rebuilt.packages += packages.len();
        rebuilt.findings.extend(found.findings);
        let wrong: Vec<&str> = said.listed.iter().filter(|one| !packages.contains(one)).map(|one| &*one.href).collect();
        let new = packages.iter().filter(|one| !said.listed.iter().any(|old| old.href == one.href)).count();
        if !wrong.is_empty() || new > 0 {
            rebuilt.changed += wrong.len() + new;
            let generation = copr_db::repo::want(&mut tx, repo.id).await?;
            copr_db::repo::withdraw(&mut tx, repo.id, Which::Hrefs(&wrong), generation).await?;
            copr_db::repo::put_packages(&mut tx, repo.id, chroot.id, generation, &packages).await?;
            // Not on purpose: once they are whole again they come back, and till then nobody removes their files.
            let lost = wrong.into_iter().filter(|href| !packages.iter().any(|one| one.href == **href));
            copr_db::repo::erase(&mut tx, repo.id, &lost.collect::<Vec<_>>()).await?;
        }
        if !is_noted {
            let produced: Vec<BuiltPackage> =
                produced.into_iter().map(|nevra| entry::built(chroot.id, nevra)).collect();
            copr_db::build_chroot::set_built(&mut tx, chroot.id, &produced).await?;
        }
        return Ok(tx.commit().await?);
    }
    Err(Refusal::conflict(format!("`{}` does not stand still", place(repo))))
}

/// What the database says of a chroot's packages.
#[derive(Clone, PartialEq, Eq)]
struct Said {
    listed: Vec<RepoPackage>,
    /// Paths of packages that were taken out of the repository on purpose.
    withdrawn: Vec<String>,
}

impl Said {
    async fn of(conn: &mut Conn, repo: RepoId, chroot: &BuildChroot) -> Result<Self, Refusal> {
        Ok(Self {
            listed: copr_db::repo::packages_of(conn, repo, chroot.id).await?,
            withdrawn: copr_db::repo::withdrawn(conn, repo, chroot.id).await?,
        })
    }
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

/// The result directory of a build's chroot.
struct Tree {
    store: Store,
    dir: PathBuf,
    result_dir: String,
    keys: Arc<Verifier>,
    /// Files that the build produced; none when that is not known, and then its place and the signature must do.
    built: BTreeSet<String>,
}

/// What was found in there.
struct Found {
    packages: Vec<(RepoPackage, Nevra)>,
    findings: Vec<Finding>,
}

impl Tree {
    /// The packages that can be published, and what is wrong with the others. Those that were taken out on purpose stay out.
    fn read(&self, said: &Said) -> Found {
        let there: BTreeSet<String> = names(&self.dir).into_iter().filter(|name| is_package(name)).collect();
        let mut found = Found { packages: Vec::new(), findings: Vec::new() };
        let finding = |name: &str, what: String| Finding { file: self.store.relative(&self.dir.join(name)), what };
        let gone =
            said.listed.iter().filter_map(|one| one.href.rsplit('/').next()).filter(|name| !there.contains(*name));
        found.findings.extend(gone.map(|name| finding(name, "it is listed, and it is not there".to_owned())));
        for name in &there {
            if said.withdrawn.iter().any(|href| href.rsplit('/').next() == Some(name)) {
                continue;
            }
            if !self.built.is_empty() && !self.built.contains(name) {
                found.findings.push(finding(name, "it is not what the build produced".to_owned()));
                continue;
            }
            match self.describe(name) {
                Ok(package) => found.packages.push(package),
                Err(what) => found.findings.push(finding(name, format!("it is left out: {what}"))),
            }
        }
        found
    }

    fn describe(&self, name: &str) -> Result<(RepoPackage, Nevra), String> {
        let path = self.dir.join(name);
        let facts = sound(&path, &self.keys)?;
        let listed = entry::listed(&path, &self.result_dir, name, &facts.nevra).map_err(|error| error.to_string())?;
        let package = listed.map_err(|error| error.to_string())?;
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
