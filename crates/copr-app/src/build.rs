//! Builds: submit, look, cancel, delete.

mod across;
mod by_hook;
mod by_source;
mod by_urls;
mod ending;
mod numbered;
mod of_package;
mod resubmit;
mod retention;
mod rpm_upload;
mod stopping;
mod submit;
mod task_spec;

pub use across::{Detailed, across, detailed, tasks};
pub(crate) use by_hook::{Automatic, by_hook};
pub use by_source::by_source;
pub use by_urls::by_urls;
pub(crate) use by_urls::{of_urls, read_urls};
pub(crate) use ending::{can_go, remove};
pub use ending::{cancel, delete, delete_list, ensure_canceled};
pub use numbered::{by_upload_in, by_url_in};
pub use of_package::{Denied, is_rebuildable, of_package, of_packages};
pub(crate) use of_package::{Place, nowhere, once_more, rebuildable};
pub use resubmit::{Chosen, Repeat, again, is_repeatable, repeat};
pub use retention::prune;
pub use rpm_upload::by_rpm;
pub(crate) use rpm_upload::twin;
pub use stopping::Running;
pub(crate) use stopping::{stop_all, stop_chroot, until_over};
pub use submit::{Options, Selection, Upload, by_upload, check, may_build, may_build_in};
pub(crate) use submit::{allocate, directory, timeout, upload_in};
pub(crate) use task_spec::{refresh_revisions, rpm_task};

use crate::repos::Repo;
use crate::{App, Refusal, access, repos};
use copr_db::build::Build;
use copr_db::build_chroot::{BuildChroot, BuiltPackage};
use copr_db::page::Mark;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_db::revision::Revision;
use copr_db::{Conn, Page};
use copr_types::{BuildId, ChrootName, PackageId, State, state};
use std::collections::HashMap;

/// A build with its chroots.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The build.
    pub build: Build,
    /// Its chroots, in the order they were added.
    pub chroots: Vec<BuildChroot>,
}

impl Shown {
    /// The state of the whole; `None` is the API's `unknown`.
    pub fn state(&self) -> Option<State> {
        let states: Vec<State> = self.chroots.iter().map(|chroot| chroot.state).collect();
        state::of_build(self.build.canceled, self.build.source_state, &states)
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        let states: Vec<State> = self.chroots.iter().map(|chroot| chroot.state).collect();
        state::is_finished(self.build.canceled, self.build.source_state, &states)
    }

    /// When the first chroot started.
    pub fn started_on(&self) -> Option<i64> {
        self.chroots.iter().filter_map(|chroot| chroot.started_on).min()
    }

    /// When the last chroot ended; none while any has not.
    pub fn ended_on(&self) -> Option<i64> {
        let ends: Option<Vec<i64>> = self.chroots.iter().map(|chroot| chroot.ended_on).collect();
        ends?.into_iter().max()
    }
}

/// The contract's 404.
pub(crate) fn missing(id: impl std::fmt::Display) -> Refusal {
    Refusal::not_found(format!("Build {id} does not exist."))
}

pub(crate) async fn load(conn: &mut Conn, id: BuildId) -> Result<Shown, Refusal> {
    let build = copr_db::build::by_id(conn, id).await?.ok_or_else(|| missing(id))?;
    let chroots = copr_db::build_chroot::of_builds(conn, &[id]).await?;
    Ok(Shown { build, chroots })
}

/// Adds each build's chroots.
pub(crate) async fn show(conn: &mut Conn, builds: Vec<Build>) -> Result<Vec<Shown>, Refusal> {
    let ids: Vec<BuildId> = builds.iter().map(|build| build.id).collect();
    let mut of_build = HashMap::<BuildId, Vec<BuildChroot>>::new();
    for chroot in copr_db::build_chroot::of_builds(conn, &ids).await? {
        of_build.entry(chroot.build_id).or_default().push(chroot);
    }
    let with = |build: Build| Shown { chroots: of_build.remove(&build.id).unwrap_or_default(), build };
    Ok(builds.into_iter().map(with).collect())
}

/// The build of a number.
pub async fn find(app: &App, id: BuildId) -> Result<Shown, Refusal> {
    load(&mut app.db.read().await?, id).await
}

/// A project's builds, newest first; of one package and of one state where named.
/// As upstream does, the state is looked at after `offset` and before `limit`.
pub async fn list(
    app: &App,
    owner: &str,
    name: &str,
    package: Option<&str>,
    state: Option<&str>,
    page: &Page,
) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let package = match package {
        None => None,
        Some(package) => match copr_db::package::by_name(&mut conn, project.id, package).await? {
            Some(found) => Some(found.id),
            None => return Ok(Vec::new()),
        },
    };
    let list = Pages { app, project: &project, package };
    let Some(from) = list.start(&mut conn, page.offset).await? else { return Ok(Vec::new()) };
    let filter = copr_db::build::Filter { package, state };
    let builds = copr_db::build::list(&mut conn, project.id, filter, from.build, page.limit).await?;
    if state.is_none() {
        list.note_end(&from, page, &builds);
    }
    show(&mut conn, builds).await
}

/// The pages of one list of builds. Clients ask for them one after the other, each by the number of builds before it:
/// where one ended is remembered, so that the next begins there and counts nothing.
struct Pages<'a> {
    app: &'a App,
    project: &'a Project,
    package: Option<PackageId>,
}

/// Where a page begins, and for which revision of the project that is known.
struct Start {
    build: BuildId,
    revision: Option<Revision>,
}

impl Pages<'_> {
    async fn start(&self, conn: &mut Conn, offset: i64) -> Result<Option<Start>, Refusal> {
        let owner = self.project.owner.to_string();
        let revision = copr_db::revision::of_project(conn, &owner, self.project.name.as_str()).await?;
        if offset == 0 {
            return Ok(Some(Start { build: BuildId(i64::MAX), revision }));
        }
        let known = revision.and_then(|revision| self.app.db.marks().get(&self.mark(revision, offset)));
        if let Some(build) = known {
            return Ok(Some(Start { build, revision }));
        }
        let found = copr_db::build::start(conn, self.project.id, self.package, offset).await?;
        Ok(found.map(|build| Start { build, revision }))
    }

    fn note_end(&self, from: &Start, page: &Page, builds: &[Build]) {
        let (Some(revision), Some(limit), Some(last)) = (from.revision, page.limit, builds.last()) else { return };
        if i64::try_from(builds.len()) == Ok(limit) {
            self.app.db.marks().put(self.mark(revision, page.offset.saturating_add(limit)), BuildId(last.id.0 - 1));
        }
    }

    fn mark(&self, revision: Revision, offset: i64) -> Mark {
        Mark { revision, package: self.package, offset }
    }
}

/// The newest builds of all projects.
pub async fn newest(app: &App, limit: i64) -> Result<Vec<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    let builds = copr_db::build::newest(&mut conn, limit).await?;
    show(&mut conn, builds).await
}

/// One chroot of a build, or the contract's 404s.
pub async fn chroot(app: &App, id: BuildId, chroot: &str) -> Result<(Shown, BuildChroot), Refusal> {
    let mut conn = app.db.read().await?;
    let shown = load(&mut conn, id).await?;
    if chroot.parse::<ChrootName>().is_err() {
        return Err(Refusal::not_found("Chroot identification is not valid"));
    }
    if copr_db::chroot::by_name(&mut conn, chroot).await?.is_none() {
        return Err(Refusal::not_found(format!("Chroot {chroot} does not exist")));
    }
    let found = shown.chroots.iter().find(|one| one.name.as_str() == chroot).cloned();
    let found = found.ok_or_else(|| Refusal::not_found(format!("Build {id} was not submitted to {chroot} chroot.")))?;
    Ok((shown, found))
}

/// The chroots of a build; none for a build that is not there.
pub async fn chroots(app: &App, id: BuildId) -> Result<Option<Shown>, Refusal> {
    let mut conn = app.db.read().await?;
    match copr_db::build::by_id(&mut conn, id).await? {
        Some(build) => Ok(Some(show(&mut conn, vec![build]).await?.remove(0))),
        None => Ok(None),
    }
}

/// What a chroot of a build was (or would be) built with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The build.
    pub build: Build,
    /// The project.
    pub project: Project,
    /// The project's chroot.
    pub chroot: ProjectChroot,
    /// The repositories.
    pub repos: Vec<Repo>,
    /// Memory, MiB.
    pub memory_mib: u64,
}

/// What a chroot of a build was (or would be) built with.
pub async fn config(app: &App, id: BuildId, chroot: &str) -> Result<Config, Refusal> {
    let (shown, found) = self::chroot(app, id, chroot).await?;
    let mut conn = app.db.read().await?;
    let build = shown.build;
    let project = copr_db::project::by_id(&mut conn, build.project_id).await?.ok_or_else(|| missing(id))?;
    let chroot = copr_db::project_chroot::by_name(&mut conn, project.id, found.name.as_str())
        .await?
        .ok_or_else(|| Refusal::not_found(format!("Chroot {chroot} does not exist")))?;
    let repos = repos::of_chroot(app, &mut conn, &project, &chroot, Some(&build.dir)).await?;
    Ok(Config { build, project, chroot, repos, memory_mib: app.rules.memory_mib })
}

/// What builds produced for users, as `name version`, by build; builds that produced nothing yet are not in there.
pub async fn produced(app: &App, builds: &[BuildId]) -> Result<HashMap<BuildId, Vec<String>>, Refusal> {
    let mut of_build = HashMap::<BuildId, Vec<String>>::new();
    if builds.is_empty() {
        return Ok(of_build);
    }
    for one in copr_db::build_chroot::produced(&mut app.db.read().await?, builds).await? {
        of_build.entry(one.build_id).or_default().push(format!("{} {}", one.name, one.version));
    }
    Ok(of_build)
}

/// What each chroot of a build produced.
pub async fn built(app: &App, id: BuildId) -> Result<(Shown, Vec<BuiltPackage>), Refusal> {
    let mut conn = app.db.read().await?;
    let shown = load(&mut conn, id).await?;
    let packages = copr_db::build_chroot::built(&mut conn, id).await?;
    Ok((shown, packages))
}
