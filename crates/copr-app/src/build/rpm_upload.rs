//! Publishing a binary package that was built elsewhere.
//!
//! The build's one chroot is `pending` and names the upload. The next turn of its repository's publisher takes it from
//! there as it takes what a builder delivered: a server that is killed at any line loses nothing that it answered for.

use super::submit::{Checked, Wanted, allowed, checked, record};
use super::{Options, Selection, Shown, Upload, load};
use crate::import::digest;
use crate::lease::{Staged, change_source};
use crate::project::input::{NOT_A_CHOICE, REQUIRED};
use crate::{App, FieldErrors, Refusal, access};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::build_chroot::BuildChroot;
use copr_rpm::header::Package;
use copr_rpm::repodata::{Fragments, Location};
use copr_types::source::RpmUpload;
use copr_types::{BuildId, Event, Failure, FailureClass, FileName, PackageName, Phase, RepoId, Source, State};
use copr_wire::builder::FileRef;
use std::path::Path;

/// Submits an uploaded binary package for one chroot: `chroot`, or else the only one that the options come to. When this
/// refuses, the caller removes the upload.
pub async fn by_rpm(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    upload: Option<&Upload>,
    chroot: Option<&str>,
    options: &Options,
) -> Result<Shown, Refusal> {
    // Looked at twice: before the package is read, which takes its time, and once more where it counts.
    let request = Request { app, who, owner, name, upload, chroot, options };
    let (checked, upload) = request.check(&mut app.db.read().await?).await?;
    let arch = one_chroot(&checked).map(|chroot| chroot.name.arch().to_owned()).unwrap_or_default();
    let ready = read(app, upload, arch).await?;
    let mut tx = app.db.begin().await?;
    let (checked, upload) = request.check(&mut tx).await?;
    let id = make(app, &mut tx, who, &checked, upload, &ready).await?;
    let build = load(&mut tx, id).await?;
    tx.commit().await?;
    Ok(build)
}

struct Request<'a> {
    app: &'a App,
    who: &'a Account,
    owner: &'a str,
    name: &'a str,
    upload: Option<&'a Upload>,
    chroot: Option<&'a str>,
    options: &'a Options,
}

impl<'a> Request<'a> {
    /// What the request comes to in its project, with one chroot chosen.
    async fn check(&self, conn: &mut Conn) -> Result<(Checked, &'a Upload), Refusal> {
        let project = access::project(conn, self.owner, self.name).await?;
        let mut errors = FieldErrors::default();
        match self.upload {
            None => errors.add("pkgs", REQUIRED),
            Some(upload) if !is_binary(upload.file.as_str()) => errors.add("pkgs", "You can only upload .rpm files"),
            Some(_) => {}
        }
        let mut checked = checked(self.app, conn, self.who, project, self.options, &mut errors).await?;
        match self.chroot.filter(|name| !name.is_empty()) {
            Some(name) => match checked.chroots.iter().find(|chroot| chroot.name.as_str() == name) {
                Some(chroot) => checked.selection = Selection::Named(vec![chroot.chroot_id]),
                None => errors.add("chroot", NOT_A_CHOICE),
            },
            None => {
                let selected = match &checked.selection {
                    Selection::All => checked.chroots.iter().map(|chroot| chroot.chroot_id).collect(),
                    Selection::Named(named) => named.clone(),
                };
                let said = self.options.chroots.as_ref().is_some_and(|chroots| !chroots.is_empty());
                let wrong = errors.0.iter().any(|(field, _)| field.ends_with("chroots"));
                match selected.as_slice() {
                    [_] => checked.selection = Selection::Named(selected),
                    [_, _, ..] if said && !wrong => errors.add("chroots", "Select exactly one chroot for an RPM"),
                    [_, _, ..] if !wrong => errors.add("chroot", REQUIRED),
                    // What was said is wrong, or the project has no chroot.
                    _ => {}
                }
            }
        }
        if checked.chain.is_some() {
            errors.add("chain_id", "A package that is ready can not be in a chain");
        }
        errors.check()?;
        allowed(conn, self.who, &checked, self.options).await?;
        let upload = self.upload.ok_or_else(|| Refusal::field("pkgs", REQUIRED))?;
        Ok((checked, upload))
    }
}

/// Whether a file is a binary package by its name.
fn is_binary(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".rpm") && !name.ends_with(".src.rpm") && !name.ends_with(".nosrc.rpm")
}

fn one_chroot(checked: &Checked) -> Option<&copr_db::project_chroot::ProjectChroot> {
    let Selection::Named(named) = &checked.selection else { return None };
    checked.chroots.iter().find(|chroot| named.first() == Some(&chroot.chroot_id))
}

/// A package that was read and can be published.
struct Ready {
    facts: Package,
    name: PackageName,
    file: FileRef,
}

/// Reads an upload, which must be a binary package for an architecture under the name that packages have.
async fn read(app: &App, upload: &Upload, arch: String) -> Result<Ready, Refusal> {
    let (store, dir, from) = (app.store.clone(), app.store.upload_dir(&upload.upload), upload.file.clone());
    crate::blocking(move || {
        let path = dir.join(from.as_str());
        let io = |error| Refusal::internal("reading an uploaded package", error);
        let sha256 = digest(&path).map_err(io)?;
        let facts = inspect(&path, from.as_str(), &sha256, &arch)?;
        let wrong = |error: copr_types::InvalidName| Refusal::field("pkgs", format!("`{from}`: {error}"));
        let name = facts.nevra.name.parse::<PackageName>().map_err(wrong)?;
        let file = facts.nevra.file_name().parse::<FileName>().map_err(wrong)?;
        let size = path.metadata().map_err(io)?.len();
        store.sync_dir(&dir)?;
        store.sync_dir(dir.parent().unwrap_or(&dir))?;
        Ok(Ready { facts, name, file: FileRef { name: file.to_string(), size, sha256 } })
    })
    .await
}

/// Everything that publishing it will need is read once here: later nobody could be told.
fn inspect(path: &Path, name: &str, sha256: &str, arch: &str) -> Result<Package, Refusal> {
    let refuse = |why: String| Refusal::field("pkgs", why);
    let unreadable = |error: copr_rpm::Error| match error {
        copr_rpm::Error::Io { .. } | copr_rpm::Error::Read(_) => {
            Refusal::internal("reading an uploaded package", error)
        }
        error => refuse(format!("`{name}` is not an RPM package that can be read: {error}")),
    };
    let facts = copr_rpm::header::read_package(path).map_err(unreadable)?;
    copr_rpm::integrity::check(path).map_err(unreadable)?;
    if facts.is_source {
        return Err(refuse(format!("`{name}` is a source package, whatever its name says")));
    }
    if !copr_rpm::architecture::fits(&facts.nevra.arch, arch) {
        let theirs = &facts.nevra.arch;
        return Err(refuse(format!("`{name}` is for the architecture {theirs}, the chroot for {arch}")));
    }
    let inside = facts.nevra.file_name();
    if inside != name {
        return Err(refuse(format!("`{name}` is `{inside}` inside, and has to be called so")));
    }
    let location = Location { href: name, base: None, sha256, size: 0, modified: 0 };
    Fragments::of(path, &location).map_err(unreadable)?;
    Ok(facts)
}

/// Why a package can not be published beside the one of another build: readers that have one of them, or its digest,
/// would be given the other.
fn has_it(other: BuildId, nevra: &str) -> String {
    format!("build {other} has published `{nevra}` in this repository already")
}

/// Why the package of an upload can not be published, where another build's of the same name and version is there. Two
/// of them may have been submitted before either was published.
pub(crate) async fn twin(conn: &mut Conn, repo: RepoId, chroot: &BuildChroot) -> Result<Option<Failure>, Refusal> {
    let Some(staged) = &chroot.staged else { return Ok(None) };
    let staged: Staged = serde_json::from_str(staged)?;
    if staged.upload.is_none() {
        return Ok(None);
    }
    let Some(build) = copr_db::build::by_id(conn, chroot.build_id).await? else { return Ok(None) };
    let (Some(package), Some(version)) = (build.package, build.version) else { return Ok(None) };
    for file in &staged.files {
        let arch = file.name.trim_end_matches(".rpm").rsplit('.').next().unwrap_or_default();
        let nevra = format!("{package}-{version}.{arch}");
        if let Some(other) = copr_db::repo::same_nevra(conn, repo, &nevra, Some(chroot.id)).await? {
            let what = format!("`{}`: {}", file.name, has_it(other, &nevra));
            return Ok(Some(Failure::new(FailureClass::User, Phase::Publish, what)));
        }
    }
    Ok(None)
}

/// The build, all of whose work is done but for the publishing.
async fn make(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    checked: &Checked,
    upload: &Upload,
    ready: &Ready,
) -> Result<BuildId, Refusal> {
    let now = app.clock.now();
    let Some(chroot) = one_chroot(checked) else { return Err(Refusal::field("chroot", REQUIRED)) };
    let source = Source::RpmUpload(RpmUpload { tmp: upload.upload.to_string(), files: vec![ready.file.name.clone()] });
    let mut wanted = Wanted::of(&source)?;
    let public = wanted.source.public.to_string();
    let package =
        copr_db::package::find_or_create(tx, checked.project.id, &ready.name, source.kind(), &public, now).await?;
    wanted.package = Some(package.id);
    let id = record(app, tx, who, checked, &wanted, State::Pending).await?;
    copr_db::build::set_version(tx, id, &ready.facts.nevra.evr()).await?;
    change_source(tx, id, Event::SourceReady).await?;
    copr_db::build::source_ended(tx, id, None, now).await?;
    let staged = serde_json::to_string(&Staged {
        upload: Some(upload.upload.clone()),
        task: 0,
        fence: 0,
        srpm: String::new(),
        files: vec![ready.file.clone()],
        builder: who.name.to_string(),
        isolation: String::new(),
    })?;
    let made = load(tx, id).await?;
    for one in &made.chroots {
        copr_db::build_chroot::staged(tx, one.id, Some(&staged)).await?;
    }
    let repo = copr_db::repo::ensure(tx, made.build.dir_id, chroot.chroot_id).await?;
    let nevra = ready.facts.nevra.to_string();
    if let Some(other) = copr_db::repo::same_nevra(tx, repo, &nevra, None).await? {
        return Err(Refusal::field("pkgs", format!("`{}`: {}", ready.file.name, has_it(other, &nevra))));
    }
    copr_db::repo::want(tx, repo).await?;
    Ok(id)
}
