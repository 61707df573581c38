//! Taking in what a builder (or a client) delivered for one chroot: verify, sign, put in place. Every step may have happened before.

use super::entry;
use crate::import::digest;
use crate::key::Keys;
use crate::lease::{Place, Staged, close_logs, time};
use crate::{App, Refusal};
use copr_db::build_chroot::{BuildChroot, BuiltPackage};
use copr_db::repo::{Repo, RepoPackage};
use copr_sign::{KeyName, Signer};
use copr_store::Store;
use copr_types::{BuildChrootId, Failure, FailureClass, Phase};
use copr_wire::builder::FileRef;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is in place: the result directory's name, the packages, and their part of the metadata.
type TakenIn = (String, Vec<BuiltPackage>, Vec<RepoPackage>);

/// The packages, and their part of the metadata.
pub(crate) type Described = (Vec<BuiltPackage>, Vec<RepoPackage>);

pub(crate) fn unfit(what: String) -> Failure {
    Failure::new(FailureClass::Infrastructure, Phase::Publish, what)
}

/// Takes a chroot's results in. The inner error is final for this chroot; the outer one may pass.
pub(super) async fn take_in(
    app: &App,
    repo: &Repo,
    chroot: &BuildChroot,
    keys: &Keys,
) -> Result<Result<TakenIn, Failure>, Refusal> {
    let (Some(staged), Some(result_dir)) = (&chroot.staged, &chroot.result_dir) else {
        return Ok(Err(unfit("nothing was delivered".to_owned())));
    };
    let staged: Staged = serde_json::from_str(staged)?;
    let by = if staged.upload.is_some() { "uploader" } else { "builder" };
    let info = format!("build_id={}\n{by}={}\n", chroot.build_id, staged.builder);
    let line = format!(
        "[{}] {} files {}; signing with {}",
        time(app.clock.now()),
        staged.files.len(),
        staged.origin(),
        keys.signing().fingerprint
    );
    let work = Intake {
        dir: app.store.build_dir(&repo.owner, &repo.dir, &repo.chroot, result_dir),
        staging: staged.dir(&app.store),
        files: staged.files,
        info,
        store: app.store.clone(),
        signer: app.signer.clone(),
        key_name: keys.signing_name()?,
        key_ids: keys.ids(),
        result_dir: result_dir.clone(),
        arch: repo.chroot.arch().to_owned(),
        chroot: chroot.id,
        turn: repo.publisher_fence,
    };
    let result_dir = result_dir.clone();
    crate::blocking(move || {
        work.place().server_log().line_unless_finished(&line)?;
        Ok(match work.all()? {
            Ok((built, packages)) => Ok((result_dir, built, packages)),
            Err(failure) => Err(failure),
        })
    })
    .await
}

/// One chroot's files on their way in.
pub(crate) struct Intake {
    /// Where they are put.
    pub dir: PathBuf,
    /// Where they wait.
    pub staging: PathBuf,
    /// Which there are. Digests of packages are looked at, those of other files are not.
    pub files: Vec<FileRef>,
    /// The text of `build.info`.
    pub info: String,
    /// The files of the service.
    pub store: Store,
    /// What signs.
    pub signer: Arc<dyn Signer>,
    /// The project's key.
    pub key_name: KeyName,
    /// The numbers that signatures of its keys carry, older ones included.
    pub key_ids: Vec<String>,
    /// Name of the result directory.
    pub result_dir: String,
    /// Architecture of the chroot.
    pub arch: String,
    /// The build's chroot.
    pub chroot: BuildChrootId,
    /// The turn, for names of files that are being written.
    pub turn: i64,
}

impl Intake {
    fn place(&self) -> Place {
        Place { dir: self.dir.clone(), result_dir: self.result_dir.clone() }
    }

    /// Takes all of them in. The inner error is final; the outer one may pass.
    pub(crate) fn all(&self) -> Result<Result<Described, Failure>, Refusal> {
        self.store.remove_unfinished(&self.dir)?;
        self.store.write(&self.dir.join("build.info"), self.info.as_bytes())?;
        let (mut built, mut packages) = (Vec::new(), Vec::new());
        // The source package first, as upstream lists it.
        let mut files: Vec<_> = self.files.iter().collect();
        files.sort_by_key(|file| (!file.name.ends_with(".src.rpm"), file.name.clone()));
        for file in files {
            let target = self.dir.join(&file.name);
            if file.name.ends_with(".rpm") {
                if !self.is_ours(&target)
                    && let Err(failure) = self.sign_in(&file.name, &file.sha256, &target)?
                {
                    return Ok(Err(failure));
                }
                match self.describe(&file.name, &target)? {
                    Ok((one, package)) => {
                        built.push(one);
                        packages.push(package);
                    }
                    Err(failure) => return Ok(Err(failure)),
                }
            } else {
                let from = self.staging.join(&file.name);
                if from.exists() {
                    self.store.adopt(&from, &target)?;
                }
            }
        }
        self.store.write(&self.dir.join("success"), b"done\n")?;
        self.store.sync_dir(&self.dir)?;
        Ok(Ok((built, packages)))
    }

    /// Whether a package is in place already, signed: an earlier try got that far. It must not be signed again,
    /// because readers may know its digest by now.
    fn is_ours(&self, target: &Path) -> bool {
        copr_rpm::header::read_package(target).is_ok_and(|facts| {
            facts
                .signatures
                .iter()
                .any(|signature| signature.key_id.as_ref().is_some_and(|id| self.key_ids.contains(id)))
        })
    }

    /// Verifies a delivered package and puts a signed copy in place. A copy, because signing writes into the file: what
    /// was delivered stays as it is until the whole chroot is published.
    fn sign_in(&self, name: &str, sha256: &str, target: &Path) -> Result<Result<(), Failure>, Refusal> {
        let from = self.staging.join(name);
        match digest(&from) {
            Ok(found) if found == sha256 => {}
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Refusal::internal("reading a delivered package", error));
            }
            _ => return Ok(Err(unfit(format!("`{name}` did not arrive whole")))),
        }
        // Before it is signed: our signature would make it look right.
        if let Err(why) = self.examine(name, &from)? {
            return Ok(Err(unfit(format!("`{name}` {why}"))));
        }
        // A name of this turn's own: one that was thought lost may still be writing.
        // Without the package's name, which may be as long as names can be.
        let hidden = self.dir.join(format!("{}signing-{}", copr_store::UNFINISHED, self.turn));
        let io = |error| Refusal::internal("copying a package", error);
        std::fs::copy(&from, &hidden).map_err(io)?;
        if let Err(error) = self.signer.sign_package(&hidden, &self.key_name) {
            let _ = std::fs::remove_file(&hidden);
            return match error {
                // Not a package at all: no later try will sign it.
                copr_sign::Error::TooLarge { .. } => Ok(Err(unfit(format!("`{name}` can not be signed: {error}")))),
                copr_sign::Error::Package(error) => Ok(Err(unfit(format!("`{name}` can not be signed: {error}")))),
                error => Err(Refusal::internal("signing a package", error)),
            };
        }
        if !self.store.adopt_new(&hidden, target)? {
            if self.is_ours(target) {
                // Another publisher, to whom our turn went, was faster. Its digest is known to readers: it stays.
                std::fs::remove_file(&hidden).map_err(io)?;
            } else {
                self.store.adopt(&hidden, target)?;
            }
        }
        Ok(Ok(()))
    }

    /// Whether a delivered package is one that can be published here. In words why not.
    fn examine(&self, name: &str, path: &Path) -> Result<Result<(), String>, Refusal> {
        let read = copr_rpm::header::read_package(path);
        let facts = match read.and_then(|facts| copr_rpm::integrity::check(path).map(|()| facts)) {
            Ok(facts) => facts,
            Err(error @ (copr_rpm::Error::Io { .. } | copr_rpm::Error::Read(_))) => {
                return Err(Refusal::internal("reading a delivered package", error));
            }
            Err(error) => return Ok(Err(format!("is damaged: {error}"))),
        };
        if facts.nevra.file_name() != name {
            return Ok(Err(format!("is `{}` inside", facts.nevra.file_name())));
        }
        if !facts.is_source && !copr_rpm::architecture::runs(&facts.nevra.arch, &self.arch) {
            return Ok(Err(format!("is for the architecture {}, the chroot for {}", facts.nevra.arch, self.arch)));
        }
        Ok(Ok(()))
    }

    /// What a package in place says of itself, and its part of the metadata.
    fn describe(&self, name: &str, path: &Path) -> Result<Result<(BuiltPackage, RepoPackage), Failure>, Refusal> {
        let io = |error| Refusal::internal("reading a published package", error);
        let facts = match copr_rpm::header::read_package(path) {
            Ok(facts) => facts,
            Err(error) => return Ok(Err(unfit(format!("`{name}` can not be read: {error}")))),
        };
        if facts.nevra.file_name() != name {
            return Ok(Err(unfit(format!("`{name}` is `{}` inside", facts.nevra.file_name()))));
        }
        match entry::listed(path, &self.result_dir, name, &facts.nevra).map_err(io)? {
            Ok(package) => Ok(Ok((entry::built(self.chroot, facts.nevra), package))),
            Err(error) => Ok(Err(unfit(format!("`{name}` can not be described: {error}")))),
        }
    }
}

/// Gives the logs of a chroot that ends their final names.
pub(super) async fn close(app: &App, repo: &Repo, result_dir: &str) -> Result<(), Refusal> {
    let dir = app.store.build_dir(&repo.owner, &repo.dir, &repo.chroot, result_dir);
    close_logs(&Place { dir, result_dir: result_dir.to_owned() }).await
}
