//! One generation of a repository: written beside the present one, switched by one rename, read back.
//!
//! `repodata` is a link to `.repodata/<generation>-<fence>`. `repomd.xml` and its signature must change in the
//! same instant, which two renames can not do and one link can. A new generation's directory also has the
//! files of those before it (names carry checksums), for readers in flight. `gen/<generation>` is another link to it, which
//! stays for as long as the generation is kept: `gen/7/repodata` is what `repodata` was (the directory has a link of that
//! name to itself), with the service down too.

use super::fragments;
use crate::{App, Refusal};
use copr_db::repo::{Repo, RepoPackage};
use copr_rpm::repodata::{Compression, Metadata, Options, verify};
use copr_sign::{KeyName, LocalSigner, PublicKey, Signer};
use copr_store::Store;
use copr_types::ChrootName;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Generations whose directories stay, for readers that fetched `repomd.xml` and come back for its signature.
pub(super) const KEPT: usize = 5;
/// Name of the directory with the metadata of all packages, where the public ones are made by hand.
pub(crate) const DEVEL: &str = "devel";
/// Old files that a generation carries along at most.
const CARRIED: usize = 200;

/// A generation that is there.
pub(super) struct Written {
    /// Name of its directory.
    pub metadata: String,
    /// How many packages it lists.
    pub packages: i64,
}

/// Publishes what a repository holds as the generation that is wanted, and proves that it is there; before that, where the
/// project's repositories are made by hand, what its devel repository holds.
pub(super) async fn publish(app: &App, repo: &Repo, key: &PublicKey, by_hand: bool) -> Result<Written, Refusal> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    // What is noted under later numbers meanwhile is the next turn's.
    let holds = copr_db::repo::packages_at(&mut conn, repo.id, repo.wanted).await?;
    let chroot = copr_db::project_chroot::by_name(&mut conn, repo.project_id, repo.chroot.as_str()).await?;
    let kept = copr_db::generation::metadata(&mut conn, repo.id).await?;
    let packages = i64::try_from(holds.len()).unwrap_or(i64::MAX);
    let place = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
    // Builds may have been told of it when repositories were made by hand: it goes on.
    let devel = match by_hand || place.join(DEVEL).exists() {
        true => Some(copr_db::repo::devel_at(&mut conn, repo.id, repo.wanted).await?),
        false => None,
    };
    drop(conn);
    let work = Work {
        dir: place.clone(),
        packages: place,
        base: None,
        name: format!("{:08}-{}", repo.wanted, repo.publisher_fence),
        options: Options {
            compression: compression(&repo.chroot),
            revision: u64::try_from(repo.wanted).unwrap_or(0),
            timestamp: u64::try_from(now).unwrap_or(0),
            comps: chroot.and_then(|chroot| chroot.settings.comps).map(String::into_bytes),
        },
        keep_after: now - app.rules.old_metadata_seconds,
        key_name: super::key_name(repo.project_id)?,
        public_key: key.armored.clone(),
        signer: app.signer.clone(),
        store: app.store.clone(),
    };
    if let Some(devel) = devel {
        let url = format!("{}/{}/{}/{}/", app.rules.results_url, repo.owner, repo.dir, repo.chroot);
        let work = Work { dir: work.packages.join(DEVEL), base: Some(url), ..work.clone() };
        bring(app, repo, work, devel, &kept).await?;
    }
    bring(app, repo, work.clone(), holds, &kept).await?;
    Ok(Written { metadata: work.name, packages })
}

/// Writes a generation, reads it back and switches to it.
async fn bring(app: &App, repo: &Repo, work: Work, holds: Vec<RepoPackage>, kept: &[String]) -> Result<(), Refusal> {
    let kept = kept.to_vec();
    let work = crate::blocking(move || {
        work.write(holds)?;
        Ok(work)
    })
    .await?;
    // Switched while this transaction holds the repository's row: nobody takes the turn over, and nobody deletes the
    // project, between the proof that the turn is ours and the switch. It is one rename.
    let mut tx = app.db.begin().await?;
    super::keep(app, &mut tx, repo).await?;
    let work = crate::blocking(move || {
        work.switch()?;
        Ok(work)
    })
    .await?;
    tx.commit().await?;
    crate::blocking(move || {
        work.forget_old(&kept);
        Ok(())
    })
    .await
}

/// zstd, which every reader since 2018 knows; gzip for the distributions before.
fn compression(chroot: &ChrootName) -> Compression {
    let old = match chroot.os() {
        "epel" | "rhel" | "centos" | "oraclelinux" | "rhel+epel" | "centos+epel" | "oraclelinux+epel" => chroot
            .version()
            .split('.')
            .next()
            .and_then(|major| major.parse::<u32>().ok())
            .is_some_and(|major| major <= 7),
        "amazonlinux" => chroot.version() == "2",
        _ => false,
    };
    if old { Compression::Gzip } else { Compression::Zstd }
}

#[derive(Clone)]
struct Work {
    /// Where the metadata are.
    dir: PathBuf,
    /// Where the packages are.
    packages: PathBuf,
    /// The address of that, where it is another place.
    base: Option<String>,
    name: String,
    options: Options,
    keep_after: i64,
    key_name: KeyName,
    public_key: String,
    signer: Arc<LocalSigner>,
    store: Store,
}

fn io(error: std::io::Error) -> Refusal {
    Refusal::internal("writing metadata", error)
}

/// Makes a link, or puts it in place of another, by way of a name that nobody looks at.
fn link(target: &Path, fresh: &Path, name: &Path) -> Result<(), Refusal> {
    match std::fs::remove_file(fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    std::os::unix::fs::symlink(target, fresh).map_err(io)?;
    std::fs::rename(fresh, name).map_err(io)
}

impl Work {
    fn link(&self) -> PathBuf {
        self.dir.join("repodata")
    }

    fn new_dir(&self) -> PathBuf {
        self.dir.join(".repodata").join(&self.name)
    }

    /// Writes the new generation beside the present one and reads it back.
    fn write(&self, holds: Vec<RepoPackage>) -> Result<(), Refusal> {
        let expected: BTreeSet<(String, String)> =
            holds.iter().map(|package| (package.pkgid.clone(), package.href.clone())).collect();
        let packages: Vec<_> = holds.into_iter().map(|package| fragments(package, self.base.as_deref())).collect();
        let metadata = Metadata::assemble(&packages, &self.options).map_err(io)?;
        let signature = self
            .signer
            .sign_detached(&metadata.repomd, &self.key_name)
            .map_err(|error| Refusal::internal("signing metadata", error))?;
        let dir = self.new_dir();
        // Left by a turn of the same number that was broken off.
        self.store.remove(&self.store.relative(&dir))?;
        self.store.make_dir(&dir)?;
        self.carry_over(&dir)?;
        for (name, bytes) in &metadata.files {
            if !dir.join(name).exists() {
                self.store.write(&dir.join(name), bytes)?;
            }
        }
        self.store.write(&dir.join("repomd.xml.key"), self.public_key.as_bytes())?;
        self.store.write(&dir.join("repomd.xml.asc"), signature.as_bytes())?;
        self.store.write(&dir.join("repomd.xml"), &metadata.repomd)?;
        std::os::unix::fs::symlink(".", dir.join("repodata")).map_err(io)?;
        let report = verify(&dir).map_err(|error| Refusal::internal("reading metadata back", error))?;
        let found: BTreeSet<(String, String)> =
            report.packages.into_iter().map(|package| (package.pkgid, package.href)).collect();
        if found != expected {
            let what = std::io::Error::other("the metadata written are not those that were to be written");
            return Err(Refusal::internal("reading metadata back", what));
        }
        for (_, href) in &found {
            if !self.packages.join(href).is_file() {
                let what = std::io::Error::other(format!("`{href}` is in the metadata but not in the tree"));
                return Err(Refusal::internal("reading metadata back", what));
            }
        }
        Ok(())
    }

    /// Links the generation under its number. An earlier turn of the same number may have done so for its own.
    fn keep(&self) -> Result<(), Refusal> {
        let kept = self.dir.join("gen");
        self.store.make_dir(&kept)?;
        let fresh = kept.join(format!("{}{}", copr_store::UNFINISHED, self.name));
        link(&Path::new("../.repodata").join(&self.name), &fresh, &kept.join(self.options.revision.to_string()))?;
        Ok(self.store.sync_dir(&kept)?)
    }

    /// Links the files of the present generation, as long as they are young, into the new one.
    fn carry_over(&self, to: &Path) -> Result<(), Refusal> {
        let Ok(entries) = std::fs::read_dir(self.link()) else { return Ok(()) };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            let is_file = entry.file_type().map_err(io)?.is_file();
            if !is_file || name.to_string_lossy().starts_with("repomd.xml") {
                continue;
            }
            let modified = entry.metadata().and_then(|meta| meta.modified()).map_err(io)?;
            let seconds = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
            files.push((i64::try_from(seconds).unwrap_or(0), name));
        }
        // The present generation's own files come first, however old: they are the newest.
        files.sort_unstable_by(|a, b| b.cmp(a));
        for (index, (modified, name)) in files.into_iter().enumerate() {
            if index < 4 || (modified >= self.keep_after && index < CARRIED) {
                std::fs::hard_link(self.link().join(&name), to.join(&name)).map_err(io)?;
            }
        }
        Ok(())
    }

    /// Removes the link of a generation whose directory is gone, unless it leads to another one.
    fn forget_link(&self, name: &str) {
        let number = name.split('-').next().unwrap_or_default().trim_start_matches('0');
        let link = self.dir.join("gen").join(number);
        if std::fs::read_link(&link).is_ok_and(|target| target.ends_with(name)) {
            // A link that leads nowhere does no harm.
            let _ = std::fs::remove_file(&link);
        }
    }

    /// The one small write that makes the new generation the present one.
    fn switch(&self) -> Result<(), Refusal> {
        self.store.sync_dir(&self.new_dir())?;
        self.store.sync_dir(&self.dir.join(".repodata"))?;
        if self.base.is_none() {
            self.keep()?;
        }
        let target = Path::new(".repodata").join(&self.name);
        link(&target, &self.dir.join(format!(".repodata-{}", self.name)), &self.link())?;
        self.store.sync_dir(&self.dir)?;
        let now = std::fs::read_link(self.link()).map_err(io)?;
        if now != target {
            let what = std::io::Error::other("the switch did not take");
            return Err(Refusal::internal("switching to new metadata", what));
        }
        Ok(())
    }

    /// Removes older generations that nobody can be reading any more, but for those that are `kept`: what turns left that did not
    /// come to their end, mostly. What can not be removed now goes next time.
    fn forget_old(&self, kept: &[String]) {
        let Ok(entries) = std::fs::read_dir(self.dir.join(".repodata")) else { return };
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort_unstable_by(|a, b| b.cmp(a));
        for name in names.into_iter().skip(KEPT) {
            let text = name.to_string_lossy().into_owned();
            if text < self.name && !kept.contains(&text) {
                let path = self.dir.join(".repodata").join(&text);
                if let Err(error) = self.store.remove(&self.store.relative(&path)) {
                    tracing::warn!("could not remove old metadata: {error}");
                }
                self.forget_link(&text);
            }
        }
    }
}
