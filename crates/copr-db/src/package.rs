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
    /// JSON of its default source, as everybody may see it.
    pub source: String,
    /// JSON of its default source as it was given, where that is something else.
    pub private_source: Option<String>,
    /// Rebuilt by web hooks.
    pub auto_rebuild: bool,
    /// Builds to keep; 0 means all.
    pub max_builds: i64,
    /// Seconds; the service's default when unset.
    pub timeout: Option<i64>,
    /// Patterns of chroots that it is not built in, split by commas.
    pub chroot_denylist: String,
}

/// What can be said about a package, besides its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings<'a> {
    /// Kind of its default source.
    pub source_kind: SourceKind,
    /// JSON of its default source, as everybody may see it.
    pub source: &'a str,
    /// JSON of its default source as it was given, where that is something else.
    pub private_source: Option<&'a str>,
    /// Rebuilt by web hooks.
    pub auto_rebuild: bool,
    /// Builds to keep; 0 means all.
    pub max_builds: i64,
    /// Seconds; the service's default when unset.
    pub timeout: Option<i64>,
    /// Patterns of chroots that it is not built in, split by commas.
    pub chroot_denylist: &'a str,
}

/// Makes a package; none when the project has one of that name.
pub async fn create(
    conn: &mut Conn,
    project: ProjectId,
    name: &PackageName,
    settings: &Settings<'_>,
    now: i64,
) -> Result<Option<PackageId>, Error> {
    let made = run!(
        conn,
        fetch_optional as (i64,),
        "INSERT INTO package (project_id, name, source_kind, source, private_source, auto_rebuild, max_builds, timeout,
             chroot_denylist, created_on)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (project_id, name) DO NOTHING RETURNING id",
        project.0,
        name.as_str(),
        settings.source_kind.as_str(),
        settings.source,
        settings.private_source,
        settings.auto_rebuild,
        settings.max_builds,
        settings.timeout,
        settings.chroot_denylist,
        now
    )?;
    Ok(made.map(|(id,)| PackageId(id)))
}

/// Changes all of a package but its name; false when it is gone.
pub async fn update(conn: &mut Conn, id: PackageId, settings: &Settings<'_>) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE package SET source_kind = $2, source = $3, private_source = $4, auto_rebuild = $5, max_builds = $6,
             timeout = $7, chroot_denylist = $8
         WHERE id = $1",
        id.0,
        settings.source_kind.as_str(),
        settings.source,
        settings.private_source,
        settings.auto_rebuild,
        settings.max_builds,
        settings.timeout,
        settings.chroot_denylist
    )? > 0)
}

/// Holds a package until the transaction ends: nobody changes it, and no build becomes one of it. Whether it is there.
pub async fn hold(conn: &mut Conn, id: PackageId) -> Result<bool, Error> {
    // SQLite has one writer anyway.
    let row = run!(
        conn,
        fetch_optional as (i64,),
        [
            sqlite: "SELECT id FROM package WHERE id = $1",
            postgres: "SELECT id FROM package WHERE id = $1 FOR UPDATE"
        ],
        id.0
    )?;
    Ok(row.is_some())
}

/// Removes a package; builds of it go with it.
pub async fn delete(conn: &mut Conn, id: PackageId) -> Result<bool, Error> {
    Ok(run!(conn, execute, "DELETE FROM package WHERE id = $1", id.0)? > 0)
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
    let settings = Settings {
        source_kind: kind,
        source,
        private_source: None,
        auto_rebuild: false,
        max_builds: 0,
        timeout: None,
        chroot_denylist: "",
    };
    create(conn, project, name, &settings, now).await?;
    by_name(conn, project, name.as_str()).await?.ok_or(Error::Sql(sqlx::Error::RowNotFound))
}

/// The package of a name.
pub async fn by_name(conn: &mut Conn, project: ProjectId, name: &str) -> Result<Option<Package>, Error> {
    run!(
        conn,
        fetch_optional as Package,
        "SELECT id, project_id, name, source_kind, source, private_source, auto_rebuild, max_builds, timeout,
                chroot_denylist
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
        "SELECT id, project_id, name, source_kind, source, private_source, auto_rebuild, max_builds, timeout,
                chroot_denylist
         FROM package WHERE id = $1",
        id.0
    )
}

/// A project's packages from git or Subversion that web hooks rebuild.
pub async fn automatic(conn: &mut Conn, project: ProjectId) -> Result<Vec<Package>, Error> {
    run!(
        conn,
        fetch_all as Package,
        "SELECT id, project_id, name, source_kind, source, private_source, auto_rebuild, max_builds, timeout,
                chroot_denylist
         FROM package WHERE project_id = $1 AND source_kind = 'scm' AND auto_rebuild ORDER BY id",
        project.0
    )
}

/// Columns that lists of packages can be ordered by.
pub const ORDERS: [&str; 2] = ["id", "name"];

/// A project's packages, ordered by one of [`ORDERS`].
pub async fn list(conn: &mut Conn, project: ProjectId, order: &str, page: &Page) -> Result<Vec<Package>, Error> {
    let order = ORDERS.into_iter().find(|column| *column == order).unwrap_or("id");
    let sql = AssertSqlSafe(format!(
        "SELECT id, project_id, name, source_kind, source, private_source, auto_rebuild, max_builds, timeout,
                chroot_denylist
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
