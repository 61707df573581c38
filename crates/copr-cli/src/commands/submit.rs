//! Builds that are asked for: what all kinds of them share.

use copr_client::v3::{Build, BuildOptions, FullName};

use super::project::set;
use crate::cli::build::Options;
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Stated, Submitted};
use crate::watch;

/// The page of a build.
pub(super) fn page(session: &Session, build: u64) -> String {
    format!("{}/coprs/build/{build}", session.url())
}

/// A build, and how far it is.
pub(super) fn stated(build: &Build, url: Option<String>) -> Stated {
    Stated { id: build.id, state: build.state.to_string(), url }
}

/// Where and how to build.
pub(super) async fn target(session: &Session, options: &Options) -> Result<(FullName, BuildOptions), Failure> {
    if options.memory.is_some() {
        session.screen.warn("Use of DEPRECATED option: --memory")?;
    }
    session.note(|named| named.chroots.extend(options.chroots.iter().flatten().cloned()));
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
pub(super) async fn submitted(session: &Session, builds: &[Build], nowait: bool) -> Result<(), Failure> {
    let numbers: Vec<u64> = builds.iter().map(|build| build.id).collect();
    let project = builds.first().map(|build| build.projectname.clone()).unwrap_or_default();
    let submitted = |builds: &[Build]| {
        let builds = builds.iter().map(|build| stated(build, Some(page(session, build.id)))).collect();
        Submitted { project: project.clone(), builds }
    };
    if session.screen.is_json() && !nowait {
        // One value, when all is known.
        let (ended, verdict) = watch::silently(session, &numbers, builds.to_vec()).await;
        session.screen.show(&submitted(&ended))?;
        return verdict;
    }
    session.screen.show(&submitted(builds))?;
    session.screen.flush()?;
    match nowait {
        true => Ok(()),
        false => watch::watch(session, &numbers).await,
    }
}
