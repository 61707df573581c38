//! Packages of projects, and where sources are.

use copr_client::v3::{
    Build, Custom, Distgit, FullName, Package, PackageOptions, Paging, Pypi, Rubygems, Scm, Source, WithBuilds,
};
use futures::TryStreamExt;
use serde_json::Value;
use std::pin::pin;

use super::project::set;
use crate::cli::package::{self as cli, Command, DeletePackage, GetPackage, ListPackages, Settings, Which, With};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Done, Names, Record};

/// So many are asked for at once.
const PAGE: u64 = 1000;

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::AddPackagePypi(add) => {
            save(session, Add, pypi(add.pypi, Some(add.packagename), false), add.settings).await
        }
        Command::EditPackagePypi(edit) => {
            save(session, Edit, pypi(edit.pypi, edit.packagename, false), edit.settings).await
        }
        Command::AddPackageScm(add) => save(session, Add, scm(add.scm), add.settings).await,
        Command::EditPackageScm(edit) => save(session, Edit, scm(edit.scm), edit.settings).await,
        Command::AddPackageDistgit(add) => save(session, Add, distgit(add.distgit), add.settings).await,
        Command::EditPackageDistgit(edit) => save(session, Edit, distgit(edit.distgit), edit.settings).await,
        Command::AddPackageRubygems(add) => save(session, Add, rubygems(add.gem), add.settings).await,
        Command::EditPackageRubygems(edit) => save(session, Edit, rubygems(edit.gem), edit.settings).await,
        Command::AddPackageCustom(add) => save(session, Add, custom(add.script), add.settings).await,
        Command::EditPackageCustom(edit) => save(session, Edit, custom(edit.script), edit.settings).await,
        Command::ListPackages(list) => self::list(session, list).await,
        Command::ListPackageNames(project) => {
            let project = session.project(&project.copr).await?;
            let page = session.client()?.packages().list(&project, WithBuilds::default(), &Paging::limit(PAGE)).await?;
            let mut packages = pin!(page.into_stream());
            let mut names = Vec::new();
            while let Some(package) = packages.try_next().await? {
                names.push(package.name);
            }
            Ok(session.screen.show(&Names(names))?)
        }
        Command::GetPackage(get) => self::get(session, get).await,
        Command::DeletePackage(DeletePackage { which, cancel_builds }) => {
            let client = session.authenticated()?;
            let project = session.project(&which.project.copr).await?;
            match cancel_builds {
                true => client.packages().delete_with_running(&project, &which.name.name).await?,
                false => client.packages().delete(&project, &which.name.name).await?,
            };
            let text = format!("Package {} was successfully deleted.", which.name.name);
            Ok(session.screen.show(&Done::new(text).with("package", which.name.name))?)
        }
        Command::ResetPackage(Which { project, name }) => {
            let client = session.authenticated()?;
            client.packages().reset(&session.project(&project.copr).await?, &name.name).await?;
            Ok(session
                .screen
                .show(&Done::new("Package's default source was successfully reseted.").with("package", name.name))?)
        }
    }
}

/// What becomes of a package.
enum Change {
    Add,
    Edit,
}
use Change::{Add, Edit};

async fn save(session: &Session, change: Change, source: impl Into<Source>, settings: Settings) -> Result<(), Failure> {
    let packages = session.authenticated()?.packages();
    let project = session.project(&settings.project.copr).await?;
    let options = set(PackageOptions::new(), settings.webhook_rebuild, PackageOptions::webhook_rebuild);
    let options = set(options, settings.chroot_denylist, PackageOptions::chroot_denylist);
    // Numbers go as they were written: whether they are any, and good ones, is for the service to say.
    let options = set(options, settings.max_builds, |options, number| options.other("max_builds", number));
    let options = set(options, settings.timeout, |options, number| options.other("timeout", number));
    let (name, source) = (&settings.name.name, source.into());
    match change {
        Add => packages.add(&project, name, &source, &options).await?,
        Edit => packages.edit(&project, name, Some(&source), &options).await?,
    };
    Ok(session.screen.show(&Done::new("Create or edit operation was successful.").with("package", name.as_str()))?)
}

async fn list(session: &Session, list: ListPackages) -> Result<(), Failure> {
    let project = session.project(&list.project.copr).await?;
    let mut records = session.screen.records(list.with.output_format);
    let mut wanted = wanted(&list.with);
    wanted.latest |= records.is_table();
    let page = session.client()?.packages().list(&project, wanted, &Paging::limit(PAGE)).await?;
    let mut packages = pin!(page.into_stream());
    while let Some(package) = packages.try_next().await? {
        let builds = all_builds(session, &project, &package.name, &list.with).await?;
        let record = if records.is_table() { short(&package) } else { record(package, builds)? };
        records.add(&record)?;
    }
    Ok(records.end()?)
}

async fn get(session: &Session, get: GetPackage) -> Result<(), Failure> {
    let project = session.project(&get.which.project.copr).await?;
    let name = &get.which.name.name;
    let package = session.client()?.packages().get(&project, name, wanted(&get.with)).await?;
    let builds = all_builds(session, &project, name, &get.with).await?;
    Ok(session.screen.records(get.with.output_format).only(&record(package, builds)?.sorted())?)
}

fn wanted(with: &With) -> WithBuilds {
    WithBuilds { latest: with.with_latest_build, latest_succeeded: with.with_latest_succeeded_build }
}

/// All builds of a package, when they were asked for.
async fn all_builds(
    session: &Session,
    project: &FullName,
    package: &str,
    with: &With,
) -> Result<Option<Vec<Build>>, Failure> {
    if !with.with_all_builds {
        return Ok(None);
    }
    let page = session.client()?.builds().list(project, Some(package), None, &Paging::default()).await?;
    Ok(Some(page.items))
}

fn record(package: Package, builds: Option<Vec<Build>>) -> Result<Record, Failure> {
    let record = Record::new().with("id", package.id);
    let record = match builds {
        Some(builds) => record.with("builds", json(&builds)?),
        None => record,
    };
    Ok(record
        .with("auto_rebuild", package.auto_rebuild)
        .with("name", package.name)
        .with("ownername", package.ownername)
        .with("projectname", package.projectname)
        .with("source_dict", package.source_dict)
        .with("source_type", package.source_type.as_str())
        .with("latest_succeeded_build", json(&package.builds.latest_succeeded)?)
        .with("latest_build", json(&package.builds.latest)?))
}

/// What there is room for in a table.
fn short(package: &Package) -> Record {
    let latest = package.builds.latest.as_ref();
    let record = Record::new().with("name", package.name.as_str()).with("source", package.source_type.as_str());
    record.with("latest_build", latest.map(|build| build.id)).with("state", latest.map(|build| build.state.as_str()))
}

fn json(value: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::here(&error.to_string()))
}

/// The Python Package Index, for both generations of Python unless told, when `both`.
pub(super) fn pypi(told: cli::PypiSettings, name: Option<String>, both: bool) -> Pypi {
    let source = set(Pypi::default().spec_generator(told.spec_generator), name, Pypi::pypi_package_name);
    let source = set(source, told.packageversion, Pypi::pypi_package_version);
    let source = set(source, told.spec_template, Pypi::spec_template);
    let versions = told.pythonversions.or_else(|| both.then(|| vec![3, 2]));
    set(source, versions, |source, versions| source.python_versions(versions.iter().map(i64::to_string)))
}

/// Git or Subversion.
pub(super) fn scm(told: cli::Scm) -> Scm {
    Scm::new(told.clone_url)
        .committish(told.committish)
        .subdirectory(told.subdirectory)
        .spec(told.spec)
        .scm_type(told.scm_type)
        .source_build_method(told.method)
}

/// A distribution's dist-git.
pub(super) fn distgit(told: cli::Distgit) -> Distgit {
    let source = set(Distgit::default(), told.committish, Distgit::committish);
    let source = set(source, told.namespace, Distgit::namespace);
    set(source, told.distgit, Distgit::distgit)
}

/// RubyGems.
pub(super) fn rubygems(told: cli::Rubygems) -> Rubygems {
    set(Rubygems::default(), told.gem, Rubygems::gem_name)
}

/// A script.
pub(super) fn custom(told: cli::Script) -> Custom {
    let source = set(Custom::new(told.script), told.script_chroot, Custom::chroot);
    let source = set(source, told.script_resultdir, Custom::resultdir);
    let builddeps = told.script_builddeps.map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
    let source = set(source, builddeps, Custom::builddeps);
    set(source, told.script_repos, |source, repos| source.other("repos", repos))
}
