//! Packages of projects: look, add, change, reset, delete.

mod change;
mod input;

pub(crate) use change::of_build;
pub use change::{add, delete, delete_with, edit, reset};
pub use input::Input;
pub(crate) use input::name;

use crate::build::{self, Shown};
use crate::{App, Refusal, access};
use copr_db::package::Package;
use copr_db::project::Project;
use copr_db::{Conn, Page};
use std::collections::HashMap;

/// Most packages of one listing without pages.
const LIST_LIMIT: i64 = 10_000;

/// A package with the builds that were asked for.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The package.
    pub package: Package,
    /// Its newest build.
    pub latest: Option<Shown>,
    /// Its newest build that succeeded.
    pub latest_succeeded: Option<Shown>,
    /// All its builds, newest first, where they were asked for.
    pub all: Option<Vec<Shown>>,
}

/// Which builds to show with packages.
#[derive(Clone, Copy, Debug, Default)]
pub struct With {
    /// The newest.
    pub latest: bool,
    /// The newest that succeeded.
    pub latest_succeeded: bool,
    /// All.
    pub all: bool,
}

/// One package.
pub async fn find(app: &App, owner: &str, name: &str, package: &str, with: With) -> Result<(Project, Listed), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let found = named(&mut conn, &project, Some(package)).await?;
    let listed = show(&mut conn, vec![found], with).await?.remove(0);
    Ok((project, listed))
}

/// The contract's 404.
fn missing(package: Option<&str>, project: &str) -> Refusal {
    Refusal::not_found(format!("No package with name {} in copr {project}", package.unwrap_or("None")))
}

/// The package of a name as it stands in a request, or the contract's 404.
pub(crate) async fn named(conn: &mut Conn, project: &Project, package: Option<&str>) -> Result<Package, Refusal> {
    let found = match package {
        Some(package) => copr_db::package::by_name(conn, project.id, package).await?,
        None => None,
    };
    found.ok_or_else(|| missing(package, project.name.as_str()))
}

/// A project's packages.
pub async fn list(
    app: &App,
    owner: &str,
    name: &str,
    with: With,
    order: &str,
    page: &Page,
) -> Result<(Project, Vec<Listed>), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    if page.limit.is_none() && copr_db::package::count(&mut conn, project.id, LIST_LIMIT + 1).await? > LIST_LIMIT {
        return Err(Refusal::too_large(format!(
            "Too many packages, please use pagination. Requests are limited to only {LIST_LIMIT} packages at once."
        )));
    }
    let packages = copr_db::package::list(&mut conn, project.id, order, page).await?;
    let listed = show(&mut conn, packages, with).await?;
    Ok((project, listed))
}

async fn show(conn: &mut Conn, packages: Vec<Package>, with: With) -> Result<Vec<Listed>, Refusal> {
    let mut latest = builds(conn, &packages, with.latest, false).await?;
    let mut succeeded = builds(conn, &packages, with.latest_succeeded, true).await?;
    let mut all = all_builds(conn, &packages, with.all).await?;
    Ok(packages
        .into_iter()
        .map(|package| Listed {
            latest: latest.remove(&package.id),
            latest_succeeded: succeeded.remove(&package.id),
            all: with.all.then(|| all.remove(&package.id.0).unwrap_or_default()),
            package,
        })
        .collect())
}

async fn builds(
    conn: &mut Conn,
    packages: &[Package],
    wanted: bool,
    succeeded: bool,
) -> Result<HashMap<copr_types::PackageId, Shown>, Refusal> {
    if !wanted || packages.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<_> = packages.iter().map(|package| package.id).collect();
    let pairs = copr_db::build::latest_of(conn, &ids, succeeded).await?;
    let builds: Vec<_> = pairs.iter().map(|(_, build)| *build).collect();
    let rows = copr_db::build::by_ids(conn, &builds).await?;
    let shown = build::show(conn, rows).await?;
    let package_of: HashMap<_, _> = pairs.into_iter().map(|(package, build)| (build, package)).collect();
    Ok(shown.into_iter().filter_map(|one| Some((*package_of.get(&one.build.id)?, one))).collect())
}

/// All builds, by the number of their package, newest first.
async fn all_builds(conn: &mut Conn, packages: &[Package], wanted: bool) -> Result<HashMap<i64, Vec<Shown>>, Refusal> {
    let mut of_package = HashMap::<i64, Vec<Shown>>::new();
    if wanted && !packages.is_empty() {
        let ids: Vec<_> = packages.iter().map(|package| package.id).collect();
        let rows = copr_db::build::of_packages(conn, &ids).await?;
        for one in build::show(conn, rows).await? {
            if let Some(package) = one.build.package_id {
                of_package.entry(package).or_default().push(one);
            }
        }
    }
    Ok(of_package)
}
