//! Builds that are asked for: what all kinds of them share.

use copr_client::v3::{Build, BuildOptions, FullName};

use super::project::set;
use crate::cli::build::Options;
use crate::failure::Failure;
use crate::session::Session;
use crate::show::Submitted;
use crate::watch;

/// The page of a build.
pub(super) fn page(session: &Session, build: u64) -> String {
    format!("{}/coprs/build/{build}", session.url())
}

/// Where and how to build.
pub(super) async fn target(session: &Session, options: &Options) -> Result<(FullName, BuildOptions), Failure> {
    if options.memory.is_some() {
        session.screen.warn("Use of DEPRECATED option: --memory")?;
    }
    let (project, directory) = session.directory(&options.copr_repo).await?;
    Ok((project, build_options(options, directory)))
}

fn build_options(told: &Options, directory: String) -> BuildOptions {
    let options = BuildOptions::new().project_dirname(directory).background(told.background);
    let options = set(options, told.chroots.clone(), BuildOptions::chroots);
    let options = set(options, told.exclude_chroots.clone(), BuildOptions::exclude_chroots);
    let options = set(options, told.isolation.clone(), BuildOptions::isolation);
    let options = set(options, told.enable_net, BuildOptions::enable_net);
    let options = set(options, told.bootstrap.clone(), BuildOptions::bootstrap);
    // Numbers go as they were written: whether they are any, and good ones, is for the service to say.
    let numbers =
        [("timeout", &told.timeout), ("after_build_id", &told.after_build_id), ("with_build_id", &told.with_build_id)];
    numbers.into_iter().fold(options, |options, (name, value)| match value {
        Some(value) => options.other(name, value.as_str()),
        None => options,
    })
}

/// Says which builds there are now, and waits for them unless told not to.
pub(super) async fn submitted(session: &Session, builds: &[Build], told: &Options) -> Result<(), Failure> {
    let numbers: Vec<u64> = builds.iter().map(|build| build.id).collect();
    let project = builds.first().map(|build| build.projectname.clone()).unwrap_or_default();
    let urls = numbers.iter().map(|build| page(session, *build)).collect();
    session.screen.show(&Submitted { project, builds: numbers.clone(), urls })?;
    session.screen.flush()?;
    match told.nowait {
        true => Ok(()),
        false => watch::watch(session, &numbers).await,
    }
}
