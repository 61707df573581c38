//! Builds, and their chroots one by one, of all projects or of some.

use super::{Shown, load, show};
use crate::{App, Refusal, access, account};
use copr_db::build::Build;
use copr_db::build_chroot::BuildChroot;
use copr_db::listing::{self, Of};
use copr_db::{Conn, Page};
use copr_types::{BuildId, State};
use std::collections::HashMap;

/// A build with its chroots and what they produced.
#[derive(Clone, Debug)]
pub struct Detailed {
    /// The build.
    pub shown: Shown,
    /// Name and version of each package, once, without the source's.
    pub packages: Vec<(String, String)>,
}

/// The build of a number.
pub async fn detailed(app: &App, id: BuildId) -> Result<Detailed, Refusal> {
    let mut conn = app.db.read().await?;
    let shown = load(&mut conn, id).await?;
    Ok(with_packages(&mut conn, vec![shown]).await?.remove(0))
}

/// Builds, newest first; only those that have ended, or have not, where that is said. 404 for an owner or a project
/// that is not there.
pub async fn across(app: &App, of: Of<'_>, finished: Option<bool>, page: &Page) -> Result<Vec<Detailed>, Refusal> {
    let mut conn = app.db.read().await?;
    if let Of::Owner(owner) = of {
        match owner.strip_prefix('@') {
            Some(alias) => drop(access::group(&mut conn, alias).await?),
            None => drop(account::existing(&mut conn, owner).await?),
        }
    }
    exists(&mut conn, of).await?;
    let ids = listing::builds(&mut conn, of, finished, page).await?;
    let mut builds = copr_db::build::by_ids(&mut conn, &ids).await?;
    builds.sort_by_key(|build| std::cmp::Reverse(build.id));
    let shown = show(&mut conn, builds).await?;
    with_packages(&mut conn, shown).await
}

/// Chroots of builds, those in one of the states where that is said: the newest build first, a build's by name.
/// 404 for a build or a project that is not there.
pub async fn tasks(
    app: &App,
    of: Of<'_>,
    states: Option<&[State]>,
    page: &Page,
) -> Result<Vec<(Build, BuildChroot)>, Refusal> {
    let mut conn = app.db.read().await?;
    exists(&mut conn, of).await?;
    if states.is_some_and(<[State]>::is_empty) {
        return Ok(Vec::new());
    }
    let states = states.unwrap_or_default();
    let wanted = listing::chroots(&mut conn, of, states, page).await?;
    let mut ids: Vec<BuildId> = wanted.iter().map(|(build, _)| *build).collect();
    ids.dedup();
    let builds = copr_db::build::by_ids(&mut conn, &ids).await?;
    let chroots = copr_db::build_chroot::of_builds(&mut conn, &ids).await?;
    let builds: HashMap<_, _> = builds.into_iter().map(|build| (build.id, build)).collect();
    let chroots: HashMap<_, _> = chroots.into_iter().map(|chroot| (chroot.id, chroot)).collect();
    // What went away in between is left out.
    let both = |(build, chroot)| Some((builds.get(&build)?.clone(), chroots.get(&chroot)?.clone()));
    Ok(wanted.into_iter().filter_map(both).collect())
}

async fn exists(conn: &mut Conn, of: Of<'_>) -> Result<(), Refusal> {
    match of {
        Of::Project(id) => drop(access::numbered(conn, id).await?),
        Of::Build(id) => drop(load(conn, id).await?),
        Of::Owner(_) | Of::Everybody => {}
    }
    Ok(())
}

async fn with_packages(conn: &mut Conn, builds: Vec<Shown>) -> Result<Vec<Detailed>, Refusal> {
    let ids: Vec<BuildId> = builds.iter().map(|shown| shown.build.id).collect();
    let mut of_build = HashMap::<BuildId, Vec<(String, String)>>::new();
    for (build, name, version) in listing::built(conn, &ids).await? {
        of_build.entry(build).or_default().push((name, version));
    }
    let with = |shown: Shown| Detailed { packages: of_build.remove(&shown.build.id).unwrap_or_default(), shown };
    Ok(builds.into_iter().map(with).collect())
}
