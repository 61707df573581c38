//! Building once more what was built before, with the same options.
//!
//! What a client uploaded is gone once it is taken in: the source package that came of it is used again, and nothing has to be
//! made. All other sources are made anew, as they are now. Chroots that the project has no more are left out.

use super::by_source::prepare;
use super::submit::{Checked, Wanted, allowed, checked, make, record};
use super::{Options, Selection, Shown, load};
use crate::import::{Arrived, digest, note, start_chroots};
use crate::lease::change_source;
use crate::source::{self, SourceFile, kind_of};
use crate::{App, FieldErrors, Refusal, access};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::project_chroot::ProjectChroot;
use copr_types::source::without_passwords;
use copr_types::{BuildId, ChrootId, Event, PackageId, Source, SourceKind, State};
use copr_wire::builder::{FileRef, SourceInput};
use std::path::{Path, PathBuf};

/// Where a build is repeated when the options name no chroots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// In all chroots that it had.
    #[default]
    All,
    /// In those in which it failed or was canceled.
    Failed,
}

/// A chroot in which a build can be repeated.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// What became of it in the build; none when it was not among the build's.
    pub state: Option<State>,
}

impl Chosen {
    /// Whether somebody who repeats the build probably wants it there: as Copr's form has it.
    pub fn is_likely(&self) -> bool {
        matches!(self.state, None | Some(State::Failed | State::Canceled))
    }
}

/// The build, and the chroots in which it can be repeated, by name; or why it can not be repeated at all.
pub async fn again(app: &App, who: &Account, id: BuildId) -> Result<(Shown, Vec<Chosen>), Refusal> {
    let mut conn = app.db.read().await?;
    let shown = load(&mut conn, id).await?;
    let project = access::numbered(&mut conn, shown.build.project_id).await?;
    if !access::standing(&mut conn, who, &project).await?.can_build() {
        let text = format!("User {} is not allowed to build in the copr: {}", who.name, project.full_name());
        return Err(Refusal::forbidden(text));
    }
    repeatable(&shown)?;
    let enabled = copr_db::project_chroot::list(&mut conn, project.id).await?;
    let enabled = enabled.into_iter().filter(|chroot| chroot.enabled && chroot.active);
    let state = |chroot: &ProjectChroot| {
        shown.chroots.iter().find(|one| one.chroot_id == chroot.chroot_id).map(|one| one.state)
    };
    let mut chosen: Vec<Chosen> =
        enabled.map(|chroot| Chosen { state: state(&chroot), name: chroot.name.to_string() }).collect();
    chosen.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((shown, chosen))
}

/// Whether somebody who may build there can repeat a build.
pub fn is_repeatable(shown: &Shown) -> bool {
    repeatable(shown).is_ok()
}

/// Why a build can not be repeated.
fn repeatable(shown: &Shown) -> Result<(), Refusal> {
    let id = shown.build.id;
    match shown.build.source_kind {
        SourceKind::RpmUpload => Err(Refusal::invalid("Direct RPM upload builds cannot be repeated.")),
        SourceKind::Unset => Err(Refusal::invalid(format!("Build {id} has no source that could be built again."))),
        SourceKind::Upload if shown.build.source_state != State::Succeeded => Err(Refusal::invalid(format!(
            "Build {id} can not be repeated: its upload was not taken in, and is gone. Upload it once more."
        ))),
        _ => Ok(()),
    }
}

/// Submits a build once more. What the options do not say is as it was.
pub async fn repeat(app: &App, who: &Account, id: BuildId, what: Repeat, said: &Options) -> Result<Shown, Refusal> {
    let original = load(&mut app.db.read().await?, id).await?;
    repeatable(&original)?;
    // Before the transaction: the package may be large.
    let arrived = match original.build.source_kind {
        SourceKind::Upload => Some(taken_in(app, &original).await?),
        _ => None,
    };
    let mut tx = app.db.begin().await?;
    // From here on nobody removes it.
    copr_db::batch::hold_build(&mut tx, id).await?;
    let original = load(&mut tx, id).await?;
    let project = access::numbered(&mut tx, original.build.project_id).await?;
    let options = as_before(&original, said);
    let mut errors = FieldErrors::default();
    let mut checked = checked(app, &mut tx, who, project, &options, &mut errors).await?;
    errors.check()?;
    allowed(&mut tx, who, &checked, &options).await?;
    let chose = [&said.chroots, &said.exclude_chroots].iter().any(|list| list.as_ref().is_some_and(|l| !l.is_empty()));
    if !chose {
        checked.selection = selection(&original, &checked.chroots, what)?;
    }
    let build = match &arrived {
        Some(arrived) => of_same_package(app, tx, who, &checked, &original, arrived).await?,
        None => {
            let (wanted, input) = of_same_source(app, &mut tx, &original).await?;
            let build = make(app, &mut tx, who, &checked, &wanted, input).await?;
            tx.commit().await?;
            build
        }
    };
    Ok(build)
}

/// The options of a build, but for what is said anew.
fn as_before(original: &Shown, said: &Options) -> Options {
    let build = &original.build;
    Options {
        project_dirname: said.project_dirname.clone().or_else(|| Some(build.dir.to_string())),
        timeout: said.timeout.clone().or_else(|| Some(build.timeout.to_string())),
        background: said.background || build.background,
        enable_net: said.enable_net.or(Some(build.enable_net)),
        bootstrap: said.bootstrap.clone().or_else(|| build.bootstrap.clone()),
        isolation: said.isolation.clone().or_else(|| Some(build.isolation.as_str().to_owned())),
        ..said.clone()
    }
}

/// The chroots of a build that are enabled still: all, or those without a result.
fn selection(original: &Shown, enabled: &[ProjectChroot], what: Repeat) -> Result<Selection, Refusal> {
    let id = original.build.id;
    if original.chroots.is_empty() {
        // Its source failed before anybody knew: as it was submitted.
        return Ok(Selection::All);
    }
    let wanted = |state: State| what == Repeat::All || matches!(state, State::Failed | State::Canceled);
    let theirs = original.chroots.iter().filter(|one| wanted(one.state));
    let there = |chroot: &ChrootId| enabled.iter().any(|one| one.chroot_id == *chroot);
    let left: Vec<ChrootId> = theirs.clone().map(|one| one.chroot_id).filter(there).collect();
    if !left.is_empty() {
        return Ok(Selection::Named(left));
    }
    Err(Refusal::invalid(match theirs.count() {
        0 => format!("Build {id} failed in no chroot."),
        _ => format!("None of the chroots in which build {id} would be repeated is enabled any more."),
    }))
}

/// The source of a build, to be made once more.
async fn of_same_source(app: &App, tx: &mut Conn, original: &Shown) -> Result<(Wanted, SourceInput), Refusal> {
    let build = &original.build;
    let package = build.package_id.map(PackageId);
    let source = source::of_build(build)?;
    let (wanted, input) = match &source {
        Source::Link { url } => {
            let file = source::file_of_url(url).map_err(|bad| Refusal::invalid(bad.to_string()))?;
            // Everybody may look at a build's source: only the builder is told the password.
            let source_url = (kind_of(file.as_str()) == Some(SourceFile::Srpm)).then(|| without_passwords(url));
            let input = SourceInput::Url { url: url.clone(), file: file.to_string() };
            (Wanted { source_url, package, ..Wanted::of(&source)? }, input)
        }
        Source::Distgit(distgit) => {
            // The last part of the address, where no package came of it.
            let last = distgit.clone_url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let name = build.package.as_deref().unwrap_or_else(|| last.trim_end_matches(".git"));
            prepare(app, tx, &source, Some(name), package).await?
        }
        _ => prepare(app, tx, &source, build.package.as_deref(), package).await?,
    };
    Ok((Wanted { repeats: Some(build.id), ..wanted }, input))
}

/// The source package that came of an upload.
async fn taken_in(app: &App, original: &Shown) -> Result<Arrived, Refusal> {
    let (build, id) = (&original.build, original.build.id);
    let gone = || Refusal::invalid(format!("Build {id} can not be repeated: its source package is gone."));
    let name = build.srpm_name.clone().ok_or_else(gone)?;
    let path = app.store.srpm_dir(&build.owner, &build.dir, id).join(&name);
    let read = crate::blocking(move || {
        let Ok(size) = path.metadata().map(|meta| meta.len()) else { return Ok(None) };
        let sha256 = digest(&path).map_err(|error| Refusal::internal("reading a source package", error))?;
        let facts = copr_rpm::header::read_package(&path);
        let facts = facts.map_err(|error| Refusal::internal("reading a source package", error))?;
        Ok(Some(Arrived { facts, srpm: FileRef { name, size, sha256 } }))
    });
    read.await?.ok_or_else(gone)
}

/// A build of a source package that is there already: its chroots can begin.
async fn of_same_package(
    app: &App,
    mut tx: Conn,
    who: &Account,
    checked: &Checked,
    original: &Shown,
    arrived: &Arrived,
) -> Result<Shown, Refusal> {
    let now = app.clock.now();
    let old = &original.build;
    let Some(package) = old.package_id.map(PackageId) else {
        return Err(Refusal::invalid(format!("Build {} can not be repeated: its package is not known.", old.id)));
    };
    let wanted = Wanted { package: Some(package), repeats: Some(old.id), ..Wanted::of(&source::of_build(old)?)? };
    let id = record(app, &mut tx, who, checked, &wanted, State::Waiting).await?;
    change_source(&mut tx, id, Event::SourceReady).await?;
    let build = load(&mut tx, id).await?.build;
    if checked.selection == Selection::All {
        for chroot in &checked.chroots {
            copr_db::build_chroot::create(&mut tx, id, chroot.chroot_id, State::Waiting).await?;
        }
    }
    note(app, &mut tx, &build, package, arrived).await?;
    crate::distgit::carry_over(app, &mut tx, old, &build).await?;
    copr_db::build::source_started(&mut tx, id, &id.padded(), now).await?;
    copr_db::build::source_ended(&mut tx, id, None, now).await?;
    start_chroots(app, &mut tx, id, &checked.chroots, arrived).await?;
    let shown = load(&mut tx, id).await?;
    let from = app.store.srpm_dir(&old.owner, &old.dir, old.id);
    let to = app.store.srpm_dir(&build.owner, &build.dir, id);
    if let Err(refusal) = place(app, tx, &from, &to, &arrived.srpm.name).await {
        crate::removal::clear_late(app, id, &to).await?;
        return Err(refusal);
    }
    Ok(shown)
}

/// Gives the files of a source a second name, in the transaction that makes the build that they are for.
async fn place(app: &App, tx: Conn, from: &Path, to: &Path, srpm: &str) -> Result<(), Refusal> {
    let (store, from, to, srpm) = (app.store.clone(), from.to_owned(), to.to_owned(), srpm.to_owned());
    crate::blocking(move || {
        let there: PathBuf = to.join(&srpm);
        store.link_files(&from, &to)?;
        if !there.is_file() {
            return Err(Refusal::invalid("The source package of the build that is to be repeated is gone."));
        }
        Ok(store.sync_dir(&to)?)
    })
    .await?;
    Ok(tx.commit().await?)
}
