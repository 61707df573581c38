//! Builds of packages that have a source of their own.

use super::by_source::prepare;
use super::submit::{allocate, allowed, checked, make};
use super::{Options, Selection, Shown};
use crate::{App, FieldErrors, Refusal, access, chain, package, source};
use copr_db::account::Account;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_db::{Conn, Page};
use copr_types::SourceKind;

/// Why a ready package can not be built again.
const READY: &str = "Direct RPM upload builds cannot be repeated.";

/// Which of a package's chroots count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Those that the package does not want are left out, unless somebody named them.
    UnlessNamed,
    /// They are left out whatever was named.
    Always,
    /// The package is not asked.
    Never,
}

/// Where a build of a package has its place.
#[derive(Debug)]
pub(crate) struct Place {
    /// Among its chroots.
    pub denied: Denied,
    /// In a chain that is not open any more.
    pub chain: Option<chain::Entry>,
}

impl From<Denied> for Place {
    fn from(denied: Denied) -> Self {
        Self { denied, chain: None }
    }
}

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
    let build = once_more(app, &mut tx, who, project, &package, options, Denied::UnlessNamed.into()).await?;
    let build = build.ok_or_else(|| nowhere(&package, name))?;
    tx.commit().await?;
    Ok(build)
}

/// The refusal of a build for which no chroot is left.
pub(crate) fn nowhere(package: &Package, project: &str) -> Refusal {
    Refusal::invalid(format!(
        "No chroots selected (or automatically selectable) for the package \"{}\" in \"{project}\"",
        package.name
    ))
}

/// Submits a build of each of some packages, or else of all that have a source of their own, as one batch: all or none.
/// Packages that want none of the chroots are left out.
pub async fn of_packages(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    wanted: Option<&[String]>,
    denied: Denied,
    options: &Options,
) -> Result<Vec<Shown>, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let mut packages = Vec::new();
    match wanted {
        Some(names) => {
            for name in names {
                packages.push(package::named(&mut tx, &project, Some(name)).await?);
            }
        }
        None => {
            let all = copr_db::package::list(&mut tx, project.id, "name", &Page::default()).await?;
            packages.extend(all.into_iter().filter(|package| rebuildable(package).is_ok()));
        }
    }
    let (mut builds, mut options) = (Vec::<Shown>::new(), options.clone());
    for package in &packages {
        builds.extend(once_more(app, &mut tx, who, project.clone(), package, &options, denied.into()).await?);
        if let [first] = &builds[..] {
            // The others go with the first, which has a batch of its own even when it stays alone.
            let id = first.build.id;
            if copr_db::batch::of_build(&mut tx, id).await?.is_none() {
                let batch = copr_db::batch::create(&mut tx, None, app.clock.now()).await?;
                copr_db::batch::add(&mut tx, batch, id).await?;
            }
            options = Options { with_build_id: Some(id.to_string()), after_build_id: None, ..options };
        }
    }
    if builds.is_empty() {
        return Err(Refusal::invalid("There is no package that can be rebuilt there."));
    }
    tx.commit().await?;
    Ok(builds)
}

/// A build of one package in the caller's transaction, none where no
/// chroot is left for it.
pub(crate) async fn once_more(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    project: Project,
    package: &Package,
    options: &Options,
    place: Place,
) -> Result<Option<Shown>, Refusal> {
    let Place { denied, chain } = place;
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
    let denylist = if denied == Denied::Never { "" } else { &package.chroot_denylist };
    let wanted = allocate(&checked.chroots, denylist);
    let named = options.chroots.as_ref().is_some_and(|chroots| !chroots.is_empty());
    let selected = match checked.selection {
        Selection::All => wanted,
        Selection::Named(chosen) if named && denied == Denied::UnlessNamed => chosen,
        Selection::Named(chosen) => chosen.into_iter().filter(|chroot| wanted.contains(chroot)).collect(),
    };
    if selected.is_empty() {
        return Ok(None);
    }
    checked.selection = Selection::Named(selected);
    allowed(tx, who, &checked, &options).await?;
    let source = source::of_package(package)?;
    let (wanted, input) = prepare(app, tx, &source, Some(package.name.as_str()), Some(package.id)).await?;
    make(app, tx, who, &checked, &wanted, input).await.map(Some)
}

/// Whether a builder can make the package's source once more.
pub fn is_rebuildable(package: &Package) -> bool {
    rebuildable(package).is_ok()
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
