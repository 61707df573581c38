//! Adding, changing, resetting and deleting packages.

use super::input::{Input, Settings, stored};
use super::{Listed, With, missing, named, show};
use crate::build::Running;
use crate::source::{self, Stored};
use crate::{App, FieldErrors, Refusal, access, build};
use copr_db::account::Account;
use copr_db::build::Filter;
use copr_db::package::Package;
use copr_db::project::Project;
use copr_db::{Conn, Topic};
use copr_types::{BuildId, PackageName, Source, SourceKind};

/// The contract's 403 for whoever may not make or change packages.
fn no_editor() -> Refusal {
    Refusal::forbidden("You are not allowed to add or edit packages in this copr.")
}

/// The project, when this person may change its packages.
async fn editable(conn: &mut Conn, who: &Account, owner: &str, name: &str) -> Result<Project, Refusal> {
    let project = access::project(conn, owner, name).await?;
    if access::standing(conn, who, &project).await?.can_edit() { Ok(project) } else { Err(no_editor()) }
}

/// What the request says about a source of a kind, which must be one that packages can be given.
fn about(input: &Input, kind: &str) -> Result<source::Input, Refusal> {
    SourceKind::from_word(kind)
        .and_then(|kind| input.source.clone().about(kind))
        .ok_or_else(|| Refusal::invalid(format!("Unsupported package source type {kind}")))
}

/// Adds a package with a source of a kind.
pub async fn add(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: &str,
    kind: &str,
    input: &Input,
) -> Result<(Project, Listed), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = editable(&mut tx, who, owner, name).await?;
    let source = about(input, kind)?;
    let mut errors = FieldErrors::default();
    let package = input.name(package, &mut errors);
    let mut settings = Settings::default();
    input.apply(app, &mut tx, &mut settings, &mut errors).await?;
    let source = source.check(app, &mut tx, package.as_ref(), &mut errors).await?;
    errors.check()?;
    let (Some(package), Some(source)) = (package, source) else { return Err(Refusal::invalid("not complete")) };
    let (public, private) = stored(&source)?;
    let settings = settings.with(source.kind(), &public, private.as_deref());
    if copr_db::package::create(&mut tx, project.id, &package, &settings, app.clock.now()).await?.is_none() {
        return Err(Refusal::conflict(format!("Package {package} already exists in copr {}.", project.full_name())));
    }
    done(tx, project, package.as_str()).await
}

/// Changes a package. Without a kind of source it stays with the present one. What is not said about the source is taken
/// from the present one, where that has the same key.
pub async fn edit(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: &str,
    kind: Option<&str>,
    input: &Input,
) -> Result<(Project, Listed), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let found = copr_db::package::by_name(&mut tx, project.id, package).await?.ok_or_else(|| {
        Refusal::not_found(format!("Package {package} does not exists in copr {}.", project.full_name()))
    })?;
    if !access::standing(&mut tx, who, &project).await?.can_edit() {
        return Err(no_editor());
    }
    let source = match kind {
        Some(kind) => Some(about(input, kind)?),
        // Kinds that people can not set stay as they are.
        None => input.source.clone().about(found.source_kind),
    };
    let mut errors = FieldErrors::default();
    if input.package_name.is_some() {
        input.name(package, &mut errors);
    }
    let mut settings = Settings::of(&found);
    input.apply(app, &mut tx, &mut settings, &mut errors).await?;
    let source = match source {
        Some(said) => said.or(&Stored::of(&found)?).check(app, &mut tx, Some(&found.name), &mut errors).await?,
        None => None,
    };
    errors.check()?;
    let (public, private);
    let settings = match &source {
        Some(source) => {
            (public, private) = stored(source)?;
            settings.with(source.kind(), &public, private.as_deref())
        }
        None => settings.with(found.source_kind, &found.source, found.private_source.as_deref()),
    };
    copr_db::package::update(&mut tx, found.id, &settings).await?;
    tx.ring(Topic::Retention);
    done(tx, project, package).await
}

/// Takes a package's source away.
pub async fn reset(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: Option<&str>,
) -> Result<(Project, Listed), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let found = named(&mut tx, &project, package).await?;
    if !access::standing(&mut tx, who, &project).await?.can_edit() {
        return Err(Refusal::forbidden(format!("You are not allowed to reset package `{}`.", found.id)));
    }
    let (public, _) = stored(&Source::Unset {})?;
    let settings = Settings::of(&found);
    copr_db::package::update(&mut tx, found.id, &settings.with(SourceKind::Unset, &public, None)).await?;
    done(tx, project, found.name.as_str()).await
}

async fn done(mut tx: Conn, project: Project, package: &str) -> Result<(Project, Listed), Refusal> {
    let package = copr_db::package::by_name(&mut tx, project.id, package)
        .await?
        .ok_or_else(|| missing(Some(package), project.name.as_str()))?;
    tx.commit().await?;
    Ok((project, Listed { package, latest: None, latest_succeeded: None, all: None }))
}

/// Deletes a package with its builds, none of which runs. Returns what it was.
pub async fn delete(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: Option<&str>,
) -> Result<(Project, Listed), Refusal> {
    delete_with(app, who, owner, name, package, Running::Refuse).await
}

/// The same, with its builds that run: they are canceled. Those of which packages are on their way into a repository are
/// waited for.
pub async fn delete_with(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: Option<&str>,
    running: Running,
) -> Result<(Project, Listed), Refusal> {
    build::until_over(app, || try_delete(app, who, owner, name, package, running)).await
}

/// None while there is something to wait for.
async fn try_delete(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    package: Option<&str>,
    running: Running,
) -> Result<Option<(Project, Listed)>, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let found = named(&mut tx, &project, package).await?;
    if !access::standing(&mut tx, who, &project).await?.can_edit() || project.settings.persistent {
        return Err(Refusal::forbidden(format!("You are not allowed to delete package `{}`.", found.id)));
    }
    // From here on no build becomes one of it: those that are found are all.
    if !copr_db::package::hold(&mut tx, found.id).await? {
        return Err(missing(Some(found.name.as_str()), name));
    }
    let of_it = Filter { package: Some(found.id), state: None };
    let builds = copr_db::build::list(&mut tx, project.id, of_it, BuildId(i64::MAX), None).await?;
    let builds = build::show(&mut tx, builds).await?;
    let mut busy: Vec<_> = builds.iter().filter(|one| !build::can_go(one)).map(|one| one.build.id).collect();
    busy.sort_unstable();
    if !busy.is_empty() && running == Running::Refuse {
        let ids: Vec<String> = busy.iter().map(ToString::to_string).collect();
        return Err(Refusal::invalid(format!("Build(s) {} are still running.\n", ids.join(", "))));
    }
    if !build::stop_all(app, &mut tx, &builds).await? {
        tx.commit().await?;
        return Ok(None);
    }
    let listed = show(&mut tx, vec![found.clone()], With::default()).await?.remove(0);
    for one in &builds {
        let stopped = build::load(&mut tx, one.build.id).await?;
        build::remove(app, &mut tx, &stopped).await?;
    }
    copr_db::package::delete(&mut tx, found.id).await?;
    crate::distgit::doom_package(app, &mut tx, &project, &found, app.clock.now()).await?;
    tx.commit().await?;
    Ok(Some((project, listed)))
}

/// The package that a build turned out to be of, made with that build's source when it is new.
pub(crate) async fn of_build(
    tx: &mut Conn,
    build: &copr_db::build::Build,
    name: &PackageName,
    now: i64,
) -> Result<Package, Refusal> {
    let (public, private) = stored(&source::of_build(build)?)?;
    let settings = Settings::default();
    let settings = settings.with(build.source_kind, &public, private.as_deref());
    copr_db::package::create(tx, build.project_id, name, &settings, now).await?;
    let found = copr_db::package::by_name(tx, build.project_id, name.as_str()).await?;
    found.ok_or_else(|| missing(Some(name.as_str()), build.project.as_str()))
}
