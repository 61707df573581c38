//! Packages of projects.

use crate::conn::run;
use crate::{Conn, Error, Page};
use copr_types::{PackageId, PackageName, ProjectId, SourceKind};
use sqlx::{AssertSqlSafe, FromRow};

/// A package.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Package {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: PackageId,
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// Its name, one per project.
    #[sqlx(try_from = "String")]
    pub name: PackageName,
    /// Kind of its default source.
    #[sqlx(try_from = "String")]
    pub source_kind: SourceKind,
    /// JSON of its default source.
    pub source: String,
    /// Rebuilt by web hooks.
    pub auto_rebuild: bool,
    /// Builds to keep; 0 means all.
    pub max_builds: i64,
    /// Seconds; the service's default when unset.
    pub timeout: Option<i64>,
    /// Patterns of chroots that it is not built in, split by commas.
    pub chroot_denylist: String,
}

/// The package of that name, made with this source when it is new.
pub async fn find_or_create(
    conn: &mut Conn,
    project: ProjectId,
    name: &PackageName,
    kind: SourceKind,
    source: &str,
    now: i64,
) -> Result<Package, Error> {
    run!(
        conn,
        execute,
        "INSERT INTO package (project_id, name, source_kind, source, auto_rebuild, created_on)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id, name) DO NOTHING",
        project.0,
        name.as_str(),
        kind.as_str(),
        source,
        false,
        now
    )?;
    by_name(conn, project, name.as_str()).await?.ok_or(Error::Sql(sqlx::Error::RowNotFound))
}

/// The package of a name.
pub async fn by_name(conn: &mut Conn, project: ProjectId, name: &str) -> Result<Option<Package>, Error> {
    run!(
        conn,
        fetch_optional as Package,
        "SELECT id, project_id, name, source_kind, source, auto_rebuild, max_builds, timeout, chroot_denylist
         FROM package WHERE project_id = $1 AND name = $2",
        project.0,
        name
    )
}

/// The package of a number.
pub async fn by_id(conn: &mut Conn, id: PackageId) -> Result<Option<Package>, Error> {
    run!(
        conn,
        fetch_optional as Package,
        "SELECT id, project_id, name, source_kind, source, auto_rebuild, max_builds, timeout, chroot_denylist
         FROM package WHERE id = $1",
        id.0
    )
}

/// Columns that lists of packages can be ordered by.
pub const ORDERS: [&str; 2] = ["id", "name"];

/// A project's packages, ordered by one of [`ORDERS`].
pub async fn list(conn: &mut Conn, project: ProjectId, order: &str, page: &Page) -> Result<Vec<Package>, Error> {
    let order = ORDERS.into_iter().find(|column| *column == order).unwrap_or("id");
    let sql = AssertSqlSafe(format!(
        "SELECT id, project_id, name, source_kind, source, auto_rebuild, max_builds, timeout, chroot_denylist
         FROM package WHERE project_id = $1 ORDER BY {order} {} LIMIT $2 OFFSET $3",
        page.direction()
    ));
    run!(conn, fetch_all as Package, [sqlite: sql, postgres: sql], project.0, page.limit(), page.offset)
}

/// How many packages a project has, counted no further than `limit`.
pub async fn count(conn: &mut Conn, project: ProjectId, limit: i64) -> Result<i64, Error> {
    let (count,) = run!(
        conn,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM package WHERE project_id = $1 LIMIT $2) AS counted",
        project.0,
        limit
    )?;
    Ok(count)
}
