//! Builds: asked for, listed, watched, ended, deleted.

use copr_client::v3::{Again, Build, BuildOptions, FullName, Paging, Source};
use futures::TryStreamExt;
use std::path::Path;
use std::pin::pin;

use super::project::set;
use super::submit::{stated, submitted, target};
use super::{chain, download, logs, package};
use crate::cli::Format;
use crate::cli::build::{self as cli, Command, ListBuilds, Options};
use crate::failure::Failure;
use crate::progress::Bars;
use crate::session::Session;
use crate::show::{Done, Record};
use crate::watch;

/// So many are asked for at once.
const PAGE: u64 = 1000;

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::ListBuilds(list) => self::list(session, list).await,
        Command::Build(build) => self::build(session, build).await,
        Command::Uploadrpm(upload) => self::upload_rpm(session, upload).await,
        Command::Buildpypi(pypi) if pypi.with_deps => self::with_dependencies(&pypi.options),
        Command::Buildpypi(pypi) => {
            let source = package::pypi(pypi.pypi, Some(pypi.packagename), true);
            from_source(session, &pypi.options, source.into()).await
        }
        Command::Buildgem(gem) => from_source(session, &gem.options, package::rubygems(gem.gem).into()).await,
        Command::Buildcustom(custom) => {
            from_source(session, &custom.options, package::custom(custom.script).into()).await
        }
        Command::Buildscm(scm) => from_source(session, &scm.options, package::scm(scm.scm).into()).await,
        Command::BuildDistgit(distgit) => {
            let source = package::distgit(distgit.distgit).package_name(distgit.name);
            from_source(session, &distgit.options, source.into()).await
        }
        Command::BuildPackage(package) => self::package(session, package).await,
        Command::Resubmit(again) => self::resubmit(session, again).await,
        Command::Status(which) => {
            let build = session.client()?.builds().get(number(which.build_id)?).await?;
            session.screen.show(&stated(&build, None))?;
            waits(session, &build).await
        }
        Command::DownloadBuild(download) => download::run(session, download).await,
        Command::Logs(logs) => logs::run(session, logs).await,
        Command::Cancel(which) => {
            let client = session.authenticated()?;
            let build = client.builds().cancel(written(&which.build_id)?).await?;
            Ok(session.screen.show(&stated(&build, None))?)
        }
        Command::WatchBuild(which) => watch::watch(session, &numbers(&which.build_id)?).await,
        Command::DeleteBuild(which) => {
            let client = session.authenticated()?;
            let deleted = client.builds().delete_list(&numbers(&which.build_id)?).await?;
            let numbers: Vec<String> = deleted.iter().map(u64::to_string).collect();
            let done = Done::new(format!("Build(s) {} were deleted.", numbers.join(", ")));
            Ok(session.screen.show(&done.with("builds", deleted))?)
        }
    }
}

/// Says to people what of a build nobody has yet, and why, beside the answer. A service that does not tell leaves it out.
async fn waits(session: &Session, build: &Build) -> Result<(), Failure> {
    if !session.screen.hints || session.screen.is_json() || build.state.is_ended() {
        return Ok(());
    }
    for wait in session.client()?.builds().queue(build.id).await.unwrap_or_default() {
        let before = match wait.before {
            0 => String::new(),
            before => format!("; {before} like it come first"),
        };
        session.screen.warn(&format!("{}: {}{before}", wait.chroot.as_deref().unwrap_or("source"), wait.reason))?;
    }
    Ok(())
}

/// No build has a number below zero.
fn number(number: i64) -> Result<u64, Failure> {
    u64::try_from(number).map_err(|_| Failure::refused(&format!("Build {number} does not exist.")))
}

fn numbers(builds: &[i64]) -> Result<Vec<u64>, Failure> {
    builds.iter().map(|build| number(*build)).collect()
}

/// A number that was not looked at before.
pub(super) fn written(build: &str) -> Result<u64, Failure> {
    build.trim().parse().map_err(|_| Failure::refused(&format!("Build {build} does not exist.")))
}

async fn list(session: &Session, list: ListBuilds) -> Result<(), Failure> {
    let project = session.project(&list.project).await?;
    let page = session.client()?.builds().list(&project, None, None, &Paging::limit(PAGE)).await?;
    let mut builds = pin!(page.into_stream());
    let mut records = session.screen.records(list.output_format.unwrap_or(Format::TextRow));
    let is_usual = list.output_format.is_none() && records.is_of(Format::TextRow);
    while let Some(build) = builds.try_next().await? {
        let record = Record::new().with("id", build.id).with("name", build.source_package.name);
        records.add(&record.with("state", build.state.as_str()))?;
    }
    records.end()?;
    if is_usual {
        let text = "The default setting will be changed from text-row to json in the following releases";
        session.screen.warn(text)?;
    }
    Ok(())
}

async fn build(session: &Session, build: cli::Build) -> Result<(), Failure> {
    if build.chain.chain {
        let open = chain::open(session, &build.options, &build.chain).await?;
        let builds = asked_for(session, &open.project, &open.options, &build.pkgs).await;
        return open.filled(builds).await;
    }
    let client = session.authenticated()?;
    let (project, options) = target(session, &build.options).await?;
    client.builds().check_before_build(&project, &options).await?;
    let builds = asked_for(session, &project, &options, &build.pkgs).await?;
    submitted(session, &builds, build.options.nowait).await
}

/// A build of each file or address.
async fn asked_for(
    session: &Session,
    project: &FullName,
    options: &BuildOptions,
    packages: &[String],
) -> Result<Vec<Build>, Failure> {
    let client = session.authenticated()?;
    let bars = Bars::new(session.screen.terminal);
    let mut builds = Vec::new();
    for package in packages {
        match Path::new(package) {
            file if file.exists() => {
                session.screen.tell(&format!("Uploading package {package}\n"))?;
                builds.push(client.builds().create_from_file(project, &bars.upload(file), options).await?);
            }
            _ if package.contains("://") => {
                builds.extend(client.builds().create_from_urls(project, &[package], options).await?);
            }
            _ => return Err(missing(package)),
        }
    }
    Ok(builds)
}

async fn upload_rpm(session: &Session, rpm: cli::UploadRpm) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let (project, options) = target(session, &rpm.options).await?;
    let shown = rpm.rpm.display();
    if !rpm.rpm.exists() {
        return Err(missing(&shown.to_string()));
    }
    session.screen.tell(&format!("Uploading package {shown}\n"))?;
    let upload = Bars::new(session.screen.terminal).upload(&rpm.rpm);
    let build = client.builds().create_from_rpm_upload(&project, &upload, &options).await?;
    submitted(session, &[build], rpm.options.nowait).await
}

fn missing(file: &str) -> Failure {
    Failure::here(&format!("File {file} not found"))
}

async fn from_source(session: &Session, told: &Options, source: Source) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let (project, options) = target(session, told).await?;
    let build = client.builds().create(&project, &source, &options).await?;
    submitted(session, &[build], told.nowait).await
}

async fn package(session: &Session, package: cli::BuildPackage) -> Result<(), Failure> {
    if package.chain.chain {
        let open = chain::open(session, &package.options, &package.chain).await?;
        let builds = again(session, &open.project, &open.options, &package.names).await;
        return open.filled(builds).await;
    }
    let (project, options): (FullName, BuildOptions) = target(session, &package.options).await?;
    // As with every option that is given twice, the last one counts.
    let name = package.names.last().cloned().into_iter().collect::<Vec<_>>();
    let builds = again(session, &project, &options, &name).await?;
    submitted(session, &builds, package.options.nowait).await
}

/// A build of each package from its own source.
async fn again(
    session: &Session,
    project: &FullName,
    options: &BuildOptions,
    names: &[String],
) -> Result<Vec<Build>, Failure> {
    let client = session.authenticated()?;
    let mut builds = Vec::new();
    for name in names {
        builds.push(client.packages().build(project, name, options).await?);
    }
    Ok(builds)
}

async fn resubmit(session: &Session, told: cli::Resubmit) -> Result<(), Failure> {
    let client = session.authenticated()?;
    session.note(|named| named.chroots.extend(told.chroots.iter().flatten().cloned()));
    let options = BuildOptions::new();
    let options = if told.background { options.background(true) } else { options };
    let options = set(options, told.chroots, BuildOptions::chroots);
    let options = set(options, told.exclude_chroots, BuildOptions::exclude_chroots);
    let options = set(options, told.timeout, |options, timeout| options.other("timeout", timeout));
    let again = if told.failed { Again::Failed } else { Again::All };
    let build = client.builds().resubmit(written(&told.build_id)?, again, &options).await?;
    submitted(session, &[build], told.nowait).await
}

/// Which packages of Python another one needs is found out by a library of Python.
fn with_dependencies(told: &Options) -> Result<(), Failure> {
    if told.chroots.as_ref().map_or(0, Vec::len) != 1 {
        return Err(Failure::here("The --with-deps option requires exactly one --chroot for now"));
    }
    Err(Failure::here(
        "The --with-deps option requires the coprtree library to be installed, install it using sudo dnf install \
         python3-coprtree",
    ))
}
