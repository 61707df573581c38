//! Builds of packages that have a source of their own.

use super::by_source::prepare;
use super::submit::{allocate, allowed, checked, make};
use super::{Options, Selection, Shown};
use crate::{App, FieldErrors, Refusal, access, chain, package, source};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_types::SourceKind;

/// Why a ready package can not be built again.
const READY: &str = "Direct RPM upload builds cannot be repeated.";

/// Submits a build of a package from its own source. Its chroots are known at once: those chosen, or all that are
/// enabled without those that the package does not want.
pub async fn of_package(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: Option<&str>,
    options: &Options,
) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let package = package::named(&mut tx, &project, package).await?;
    let build = once_more(app, &mut tx, who, project, &package, options, None).await?;
    tx.commit().await?;
    Ok(build)
}

/// The same in the caller's transaction, perhaps as a member of a chain that is not open any more.
pub(crate) async fn once_more(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    project: Project,
    package: &Package,
    options: &Options,
    chain: Option<chain::Entry>,
) -> Result<Shown, Refusal> {
    let name = project.name.clone();
    let mut options = options.clone();
    if options.timeout.as_deref().is_none_or(|text| text.trim().is_empty()) {
        options.timeout = package.timeout.map(|seconds| seconds.to_string());
    }
    let mut errors = FieldErrors::default();
    let mut checked = checked(app, tx, who, project, &options, &mut errors).await?;
    errors.check()?;
    checked.chain = checked.chain.or(chain);
    if !access::standing(tx, who, &checked.project).await?.can_build() {
        return Err(Refusal::forbidden("You don't have permissions to build in this copr."));
    }
    rebuildable(package)?;
    let wanted = allocate(&checked.chroots, &package.chroot_denylist);
    let chosen = options.chroots.as_ref().is_some_and(|chroots| !chroots.is_empty());
    let selected = match checked.selection {
        Selection::All => wanted,
        Selection::Named(named) if chosen => named,
        Selection::Named(named) => named.into_iter().filter(|chroot| wanted.contains(chroot)).collect(),
    };
    if selected.is_empty() {
        return Err(Refusal::invalid(format!(
            "No chroots selected (or automatically selectable) for the package \"{}\" in \"{name}\"",
            package.name
        )));
    }
    checked.selection = Selection::Named(selected);
    allowed(tx, who, &checked, &options).await?;
    let source = source::of_package(package)?;
    let (wanted, input) = prepare(app, tx, &source, Some(package.name.as_str()), Some(package.id)).await?;
    make(app, tx, who, &checked, &wanted, input).await
}

/// Whether a builder can make the package's source once more, or the contract's sentence why not.
pub(crate) fn rebuildable(package: &Package) -> Result<(), Refusal> {
    match package.source_kind {
        SourceKind::Unset | SourceKind::Link | SourceKind::Upload => Err(Refusal::invalid(format!(
            "Package 'Unset default source for package {}' doesn't have the default source method set, but it is \
             required for the rebuild request.  Please configure some source  method first",
            package.name
        ))),
        SourceKind::RpmUpload => Err(Refusal::invalid(READY)),
        SourceKind::Pypi | SourceKind::Rubygems | SourceKind::Scm | SourceKind::Custom | SourceKind::Distgit => Ok(()),
    }
}
