//! One generation of a repository: written beside the present one, switched by one rename, read back.
//!
//! `repodata` is a link to `.repodata/<generation>-<fence>`. `repomd.xml` and its signature must change in the
//! same instant, which two renames can not do and one link can. A new generation's directory also has the
//! files of those before it (names carry checksums), for readers in flight. `gen/<generation>` is another link to it, which
//! stays for as long as the generation is kept: `gen/7/repodata` is what `repodata` was (the directory has a link of that
//! name to itself), with the service down too.

use super::chunks::{Gathered, gather};
use crate::key::{self, Keys};
use crate::{App, Refusal};
use copr_db::repo::Repo;
use copr_rpm::repodata::{self, Compression, Extra, ExtraKind, Joined, Layout, Options, for_each_kind, repomd};
use copr_sign::{KeyName, Signer};
use copr_store::Store;
use copr_types::ChrootName;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Generations whose directories stay, for readers that fetched `repomd.xml` and come back for its signature.
pub(super) const KEPT: usize = 5;
/// Name of the directory with the metadata of all packages, where the public ones are made by hand.
pub(crate) const DEVEL: &str = "devel";
/// Files that a generation may have itself: one of each kind.
const OWN: usize = 8;
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
pub(super) async fn publish(app: &App, repo: &Repo, keys: &Keys, by_hand: bool) -> Result<Written, Refusal> {
    let now = app.clock.now();
    let mut conn = app.db.read().await?;
    let chroot = copr_db::project_chroot::by_name(&mut conn, repo.project_id, repo.chroot.as_str()).await?;
    let kept = copr_db::generation::metadata(&mut conn, repo.id).await?;
    let place = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
    // Builds may have been told of it when repositories were made by hand: it goes on.
    let devel = match by_hand || place.join(DEVEL).exists() {
        true => Some(copr_db::repo::devel_at(&mut conn, repo.id, repo.wanted).await?),
        false => None,
    };
    drop(conn);
    let comps = chroot.and_then(|chroot| chroot.settings.comps).map(String::into_bytes);
    let extras = comps.map(|comps| Extra::new(ExtraKind::Comps, comps)).transpose();
    let extras = extras.map_err(|error| Refusal::internal("taking groups", error))?.into_iter().collect();
    let work = Work {
        dir: place.clone(),
        packages: place,
        name: format!("{:08}-{}", repo.wanted, repo.publisher_fence),
        options: Options {
            compression: compression(&repo.chroot),
            layout: Layout::Frames,
            revision: u64::try_from(repo.wanted).unwrap_or(0),
            timestamp: u64::try_from(now).unwrap_or(0),
            extras,
        },
        keep_after: now - app.rules.old_metadata_seconds,
        key_names: keys.of_metadata()?,
        public_keys: keys.armored(),
        signer: app.signer.clone(),
        store: app.store.clone(),
    };
    let packing = work.options.compression;
    if let Some(devel) = devel {
        // Rendered as a whole each time.
        let url = format!("{}/{}/{}/{}/", app.rules.results_url, repo.owner, repo.dir, repo.chroot);
        let devel = crate::blocking(move || Gathered::of(devel, Some(&url), packing)).await?;
        let work = Work { dir: work.packages.join(DEVEL), ..work.clone() };
        bring(app, repo, work, devel, &kept).await?;
    }
    // What is noted under later numbers meanwhile is the next turn's.
    let gathered = gather(app, repo, packing, false).await?;
    let packages = gathered.packages();
    let brought = bring(app, repo, work.clone(), gathered, &kept).await?
        || bring(app, repo, work.clone(), gather(app, repo, packing, true).await?, &kept).await?;
    if brought {
        return Ok(Written { metadata: work.name, packages });
    }
    let what = std::io::Error::other("what was just rendered is damaged");
    Err(Refusal::internal("joining metadata", what))
}

/// Writes a generation, reads it back and switches to it. False, with nothing switched, when something that was rendered
/// earlier is damaged.
async fn bring(app: &App, repo: &Repo, work: Work, gathered: Gathered, kept: &[String]) -> Result<bool, Refusal> {
    let kept = kept.to_vec();
    let (whole, work) = crate::blocking(move || Ok((work.write(&gathered)?, work))).await?;
    if !whole {
        return Ok(false);
    }
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
        Ok(true)
    })
    .await
}

/// Why files could not be joined.
enum Trouble {
    /// A file of a chunk is not what was written.
    Damaged(PathBuf),
    /// Anything else.
    Refused(Refusal),
}

impl From<copr_rpm::Error> for Trouble {
    fn from(error: copr_rpm::Error) -> Self {
        match error {
            copr_rpm::Error::DamagedChunk { path } => Self::Damaged(path),
            error => Self::Refused(Refusal::internal("joining metadata", error)),
        }
    }
}

impl From<copr_store::Error> for Trouble {
    fn from(error: copr_store::Error) -> Self {
        Self::Refused(error.into())
    }
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
    name: String,
    options: Options,
    keep_after: i64,
    key_names: Vec<KeyName>,
    public_keys: String,
    signer: Arc<dyn Signer>,
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

    /// Writes the new generation beside the present one and reads it back. False when something that was rendered earlier
    /// turns out to be damaged.
    fn write(&self, gathered: &Gathered) -> Result<bool, Refusal> {
        let dir = self.new_dir();
        // Left by a turn of the same number that was broken off.
        self.store.remove(&self.store.relative(&dir))?;
        self.store.make_dir(&dir)?;
        self.carry_over(&dir)?;
        let joined = for_each_kind(|kind| {
            self.store.write_named(&dir, |out| {
                let joined = Joined::write(kind, &gathered.chunks, &self.options, out)?;
                Ok::<_, Trouble>((joined.name.clone(), joined))
            })
        });
        let joined = match joined {
            Ok(joined) => joined,
            Err(Trouble::Damaged(path)) => {
                tracing::warn!("`{}` is damaged: all metadata is rendered anew", path.display());
                return Ok(false);
            }
            Err(Trouble::Refused(refusal)) => return Err(refusal),
        };
        let mut extras = Vec::new();
        for extra in &self.options.extras {
            let made = extra.file(&self.options).map_err(|error| Refusal::internal("packing metadata", error))?;
            let (record, name, bytes) = made;
            // One that was carried over may be damaged by now: its name says what it was.
            if std::fs::read(dir.join(&name)).ok().as_ref() != Some(&bytes) {
                self.store.write(&dir.join(name), &bytes)?;
            }
            extras.push(record);
        }
        let records = joined.iter().map(|joined| joined.record.clone()).chain(extras.iter().cloned());
        let repomd = repomd(records.collect(), &self.options);
        let signature = key::sign_metadata(&self.signer, &repomd, &self.key_names)?;
        self.store.write(&dir.join("repomd.xml.key"), self.public_keys.as_bytes())?;
        self.store.write(&dir.join("repomd.xml.asc"), signature.as_bytes())?;
        self.store.write(&dir.join("repomd.xml"), &repomd)?;
        std::os::unix::fs::symlink(".", dir.join("repodata")).map_err(io)?;
        let (options, fresh) = (&self.options, gathered.fresh.as_slice());
        let written = repodata::Written { options, joined: &joined, extras: &extras, repomd: &repomd, fresh };
        if let Err(error) = written.read_back(&dir) {
            gathered.forget(&self.store);
            return Err(Refusal::internal("reading metadata back", error));
        }
        for package in fresh.iter().flat_map(|(_, packages)| packages) {
            let href = &package.href;
            if !self.packages.join(href).is_file() {
                let what = std::io::Error::other(format!("`{href}` is in the metadata but not in the tree"));
                return Err(Refusal::internal("reading metadata back", what));
            }
        }
        gathered.keep(&self.store);
        Ok(true)
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
            if index < OWN || (modified >= self.keep_after && index < CARRIED) {
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
        if self.dir == self.packages {
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
