//! Chroots as projects use them.

use crate::conn::{JsonText, id_list, run};
use crate::{Conn, Error};
use copr_types::{ChrootBootstrap, ChrootDefinition, ChrootId, ChrootName, Isolation, ProjectId};
use sqlx::FromRow;

/// What an owner can set for one chroot. Lists are words split by blanks.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Settings {
    /// Repositories enabled in builds of this chroot.
    pub additional_repos: String,
    /// Packages installed beside the minimal buildroot.
    pub additional_packages: String,
    /// Module streams, `name:stream` or `!name:stream`.
    pub additional_modules: String,
    /// `rpmbuild --with`.
    pub with_opts: String,
    /// `rpmbuild --without`.
    pub without_opts: String,
    /// Name of the comps file.
    pub comps_name: Option<String>,
    /// The comps file.
    pub comps: Option<String>,
    /// Mock's bootstrap.
    #[sqlx(try_from = "String")]
    pub bootstrap: ChrootBootstrap,
    /// The image for it.
    pub bootstrap_image: Option<String>,
    /// Mock's isolation.
    #[sqlx(try_from = "String")]
    pub isolation: Isolation,
}

/// A chroot of a project.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ProjectChroot {
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// The chroot.
    #[sqlx(try_from = "i64")]
    pub chroot_id: ChrootId,
    /// Its name.
    #[sqlx(try_from = "String")]
    pub name: ChrootName,
    /// Chosen by the project's owner.
    pub enabled: bool,
    /// Switched on by the service's administrator.
    pub active: bool,
    /// When its data goes away, after it was dropped.
    pub delete_on: Option<i64>,
    /// What the owner set.
    #[sqlx(flatten)]
    pub settings: Settings,
    /// What makes its buildroot.
    #[sqlx(try_from = "String")]
    pub definition: JsonText<ChrootDefinition>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT pc.project_id, pc.chroot_id, c.name, pc.enabled, c.enabled AS active, pc.delete_on,
                    pc.additional_repos, pc.additional_packages, pc.additional_modules, pc.with_opts, pc.without_opts,
                    pc.comps_name, pc.comps, pc.bootstrap, pc.bootstrap_image, pc.isolation, c.definition
             FROM project_chroot pc JOIN chroot c ON c.id = pc.chroot_id ",
            $rest
        )
    };
}

/// All chroots that a project has or had, by name.
pub async fn list(conn: &mut Conn, project: ProjectId) -> Result<Vec<ProjectChroot>, Error> {
    run!(conn, fetch_all as ProjectChroot, select!("WHERE pc.project_id = $1 ORDER BY c.name"), project.0)
}

/// One chroot of a project.
pub async fn by_name(conn: &mut Conn, project: ProjectId, name: &str) -> Result<Option<ProjectChroot>, Error> {
    run!(conn, fetch_optional as ProjectChroot, select!("WHERE pc.project_id = $1 AND c.name = $2"), project.0, name)
}

/// Names of the enabled and active chroots of several projects, by project and name.
pub async fn active_names(
    conn: &mut Conn,
    projects: impl IntoIterator<Item = ProjectId>,
) -> Result<Vec<(ProjectId, String)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, String),
        [
            sqlite: "SELECT pc.project_id, c.name FROM project_chroot pc JOIN chroot c ON c.id = pc.chroot_id
                     WHERE pc.project_id IN (SELECT value FROM json_each($1)) AND pc.enabled AND c.enabled
                     ORDER BY pc.project_id, c.name",
            postgres: "SELECT pc.project_id, c.name FROM project_chroot pc JOIN chroot c ON c.id = pc.chroot_id
                     WHERE pc.project_id = ANY (translate($1, '[]', '{}')::bigint[])
                       AND pc.enabled AND c.enabled
                     ORDER BY pc.project_id, c.name"
        ],
        id_list(projects.into_iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, name)| (ProjectId(id), name)).collect())
}

/// Chooses a chroot for a project; its earlier settings come back.
pub async fn enable(conn: &mut Conn, project: ProjectId, chroot: ChrootId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO project_chroot (project_id, chroot_id, enabled) VALUES ($1, $2, $3)
         ON CONFLICT (project_id, chroot_id) DO UPDATE SET enabled = excluded.enabled, delete_on = NULL",
        project.0,
        chroot.0,
        true
    )?;
    Ok(())
}

/// Drops a chroot from a project; its data goes away at `delete_on`.
pub async fn drop(conn: &mut Conn, project: ProjectId, chroot: ChrootId, delete_on: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE project_chroot SET enabled = $3, delete_on = $4 WHERE project_id = $1 AND chroot_id = $2",
        project.0,
        chroot.0,
        false,
        delete_on
    )?;
    Ok(())
}

/// Stores a chroot's settings.
pub async fn update(conn: &mut Conn, project: ProjectId, chroot: ChrootId, s: &Settings) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE project_chroot SET additional_repos = $3, additional_packages = $4, additional_modules = $5,
             with_opts = $6, without_opts = $7, comps_name = $8, comps = $9, bootstrap = $10, bootstrap_image = $11,
             isolation = $12
         WHERE project_id = $1 AND chroot_id = $2",
        project.0,
        chroot.0,
        s.additional_repos.as_str(),
        s.additional_packages.as_str(),
        s.additional_modules.as_str(),
        s.with_opts.as_str(),
        s.without_opts.as_str(),
        s.comps_name.as_deref(),
        s.comps.as_deref(),
        s.bootstrap.as_str(),
        s.bootstrap_image.as_deref(),
        s.isolation.as_str()
    )?;
    Ok(())
}
