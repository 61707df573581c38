//! Where things lie under the data directory, and how they get there whole.
//!
//! Paths are made from parsed names only, so none can leave its place. Files appear by rename after their bytes
//! are on disk. All functions block: call them off the runtime's threads. Not here: what the files mean.
//!
//! ```
//! use copr_store::Store;
//!
//! let data = tempfile::tempdir().unwrap();
//! let store = Store::open(data.path()).unwrap();
//! let chroot = store.chroot_dir(&"alice".parse().unwrap(), &"hello".to_owned().into(), &"fedora-44-x86_64".parse().unwrap());
//! assert!(chroot.ends_with("results/alice/hello/fedora-44-x86_64"));
//! store.write(&chroot.join("repodata/repomd.xml"), b"<repomd/>").unwrap();
//! ```

mod chunks;
mod links;
mod log;
mod write;

pub use log::{LogFile, LogMismatch};
pub use write::UNFINISHED;

use copr_types::{BuildId, ChrootName, DirName, Faults, FileName, OwnerName, PackageName, ProjectId};
use std::io;
use std::path::{Path, PathBuf};

/// What could not be done with which path.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing} `{}`", path.display())]
pub struct Error {
    /// What was tried, as a verb.
    pub doing: &'static str,
    /// With what.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// Names what was tried when it fails.
pub(crate) fn doing<T>(doing: &'static str, path: &Path, result: io::Result<T>) -> Result<T, Error> {
    result.map_err(|source| Error { doing, path: path.to_owned(), source })
}

/// The data directory.
#[derive(Clone, Debug)]
pub struct Store {
    root: PathBuf,
    faults: Faults,
}

impl Store {
    /// Opens a data directory, making what is missing.
    pub fn open(root: &Path) -> Result<Self, Error> {
        for part in ["results", "uploads", "staging", "dist-git", "look-aside"] {
            let dir = root.join(part);
            doing("make the directory", &dir, std::fs::create_dir_all(&dir))?;
        }
        let root = doing("find", root, root.canonicalize())?;
        Ok(Self { root, faults: Faults::default() })
    }

    /// The same data directory, with what is to go wrong from now on.
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// To be called before each change.
    pub(crate) fn about_to(&self, verb: &'static str, path: &Path) -> Result<(), Error> {
        doing(verb, path, self.faults.before_file())
    }

    /// The data directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The tree that clients see under `/results/`.
    pub fn results(&self) -> PathBuf {
        self.root.join("results")
    }

    /// All of one directory of a project.
    pub fn dir(&self, owner: &OwnerName, dir: &DirName) -> PathBuf {
        self.results().join(owner.to_string()).join(dir.as_str())
    }

    /// The repository of a chroot.
    pub fn chroot_dir(&self, owner: &OwnerName, dir: &DirName, chroot: &ChrootName) -> PathBuf {
        self.dir(owner, dir).join(chroot.as_str())
    }

    /// The results of one chroot of a build: `<8 digits>-<package>`.
    pub fn build_dir(&self, owner: &OwnerName, dir: &DirName, chroot: &ChrootName, result_dir: &str) -> PathBuf {
        self.chroot_dir(owner, dir, chroot).join(result_dir)
    }

    /// The results of a build's source.
    pub fn srpm_dir(&self, owner: &OwnerName, dir: &DirName, build: BuildId) -> PathBuf {
        self.dir(owner, dir).join("srpm-builds").join(build.padded())
    }

    /// A project's public key.
    pub fn pubkey(&self, owner: &OwnerName, dir: &DirName) -> PathBuf {
        self.dir(owner, dir).join("pubkey.gpg")
    }

    /// The git repositories of all packages.
    pub fn distgit(&self) -> PathBuf {
        self.root.join("dist-git")
    }

    /// The git repositories of one directory of a project.
    pub fn distgit_dir(&self, owner: &OwnerName, dir: &DirName) -> PathBuf {
        self.distgit().join(owner.to_string()).join(dir.as_str())
    }

    /// The git repository of a package.
    pub fn distgit_repository(&self, owner: &OwnerName, dir: &DirName, package: &PackageName) -> PathBuf {
        self.distgit_dir(owner, dir).join(format!("{package}.git"))
    }

    /// Owners and names of the directories with git repositories that nobody has added one to since a moment (seconds
    /// since the epoch), and the packages that these are of.
    pub fn distgit_dirs_before(&self, moment: i64) -> Result<Vec<(OwnerName, DirName, Vec<PackageName>)>, Error> {
        let named = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let mut found = Vec::new();
        for owner in write::children(&self.distgit())? {
            let Some(name) = named(&owner).and_then(|name| name.parse::<OwnerName>().ok()) else { continue };
            for dir in write::children(&owner)? {
                if is_older(dir.symlink_metadata(), moment)
                    && !links::is_link(&dir)
                    && let Some(dir_name) = named(&dir)
                {
                    let packages = write::children(&dir)?.into_iter();
                    let packages = packages.filter_map(|path| named(&path)?.strip_suffix(".git")?.parse().ok());
                    found.push((name.clone(), DirName::from(dir_name), packages.collect()));
                }
            }
        }
        Ok(found)
    }

    /// What the whole service has of files that do not fit into git, by digest.
    pub fn look_aside(&self) -> PathBuf {
        self.root.join("look-aside")
    }

    /// Uploaded sources, by the upload's own name.
    pub fn upload_dir(&self, upload: &FileName) -> PathBuf {
        self.root.join("uploads").join(upload.as_str())
    }

    /// Names of the uploads that nobody has written to since a moment (seconds since the epoch).
    pub fn uploads_before(&self, moment: i64) -> Result<Vec<FileName>, Error> {
        let names = written_before(&self.root.join("uploads"), moment)?;
        // What is not of our making is not ours to judge.
        Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// What the holder of one lease delivers.
    pub fn staging_dir(&self, task: i64, fence: i64) -> PathBuf {
        self.root.join("staging").join(format!("{task}-{fence}"))
    }

    /// Task and fence of the leases under which something was delivered that is still there.
    pub fn staged(&self) -> Result<Vec<(i64, i64)>, Error> {
        let number = |text: &str| text.parse::<i64>().ok();
        let names = self.in_staging()?;
        let lease = |name: &String| name.split_once('-').and_then(|(task, fence)| number(task).zip(number(fence)));
        Ok(names.iter().filter_map(lease).collect())
    }

    /// Names of what lies in the staging area.
    fn in_staging(&self) -> Result<Vec<String>, Error> {
        let staging = self.root.join("staging");
        let mut found = Vec::new();
        for entry in doing("list", &staging, std::fs::read_dir(&staging))? {
            found.push(doing("list", &staging, entry)?.file_name().to_string_lossy().into_owned());
        }
        Ok(found)
    }

    /// Where the files of one fork wait until they are in place.
    pub fn fork_dir(&self, fork: i64) -> PathBuf {
        self.root.join("staging").join(format!("fork-{fork}"))
    }

    /// Numbers of the forks of which files wait.
    pub fn forks(&self) -> Result<Vec<i64>, Error> {
        let number = |name: &String| name.strip_prefix("fork-").and_then(|number| number.parse::<i64>().ok());
        Ok(self.in_staging()?.iter().filter_map(number).collect())
    }

    /// Where the trees of a deleted project wait for their removal.
    pub fn trash_dir(&self, project: ProjectId) -> PathBuf {
        self.trash(&project.to_string())
    }

    /// Where trees wait for their removal.
    pub fn trash(&self, name: &str) -> PathBuf {
        self.root.join("trash").join(name)
    }

    /// Moves a tree out of sight. Fine when there is none, or a link to one that is called something else now.
    pub fn move_aside(&self, from: &Path, to: &Path) -> Result<(), Error> {
        if from.symlink_metadata().is_err() || links::is_link(from) {
            return Ok(());
        }
        if let Some(parent) = to.parent() {
            self.make_dir(parent)?;
        }
        self.about_to("move", from)?;
        doing("move", from, std::fs::rename(from, to))
    }

    /// Moves a directory to where it belongs, for good. Fine when there is none, or one is there already: an earlier try
    /// got that far.
    pub fn move_in(&self, from: &Path, to: &Path) -> Result<(), Error> {
        if from.symlink_metadata().is_err() || to.symlink_metadata().is_ok() {
            return Ok(());
        }
        let parent = to.parent().unwrap_or(&self.root);
        self.make_dir(parent)?;
        self.about_to("move", from)?;
        doing("move", from, std::fs::rename(from, to))?;
        self.sync_dir(parent)
    }

    /// A path relative to the data directory, for the list of doomed paths.
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Removes a tree below a project's results, and the project's directories around it that hold nothing else.
    pub fn remove_with_empty(&self, tree: &Path) -> Result<(), Error> {
        self.remove(&self.relative(tree))?;
        let results = self.results();
        let is_of_project = |dir: &&Path| dir.strip_prefix(&results).is_ok_and(|rest| rest.components().count() > 1);
        let around = tree.ancestors().skip(1).take_while(is_of_project);
        for dir in around {
            // Somebody else's by now, or not there.
            if std::fs::remove_dir(dir).is_err() && dir.exists() {
                break;
            }
        }
        Ok(())
    }

    /// Removes a file or a tree named relative to the data directory. What is gone already is fine; what would lie
    /// outside is refused.
    pub fn remove(&self, relative: &str) -> Result<(), Error> {
        let plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
        let path = self.root.join(relative);
        if relative.is_empty() || !Path::new(relative).components().all(plain) {
            let outside = io::Error::new(io::ErrorKind::InvalidInput, "it is not inside the data directory");
            return doing("remove", &path, Err(outside));
        }
        self.about_to("remove", &path)?;
        let gone = match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(&path),
            Ok(_) => std::fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match gone {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => doing("remove", &path, other),
        }
    }
}

/// Names of the entries of a directory to which nobody has written since a moment (seconds since the epoch).
fn written_before(dir: &Path, moment: i64) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for entry in doing("list", dir, std::fs::read_dir(dir))? {
        let entry = doing("list", dir, entry)?;
        if is_older(entry.metadata(), moment) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

/// Whether nobody has written to it since a moment (seconds since the epoch). What is gone meanwhile is nothing any more.
fn is_older(meta: std::io::Result<std::fs::Metadata>, moment: i64) -> bool {
    let Ok(changed) = meta.and_then(|meta| meta.modified()) else { return false };
    let changed = changed.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(changed).is_ok_and(|changed| changed < moment)
}

/// Name of the result directory of a build's chroot: `00000042-hello`.
pub fn result_dir(build: BuildId, package: &PackageName) -> String {
    format!("{}-{package}", build.padded())
}
