//! Projects.

use crate::conn::run;
use crate::{Conn, Error, Page, Topic};
use copr_types::permission::Grant;
use copr_types::{Bootstrap, Isolation, OwnerName, ProjectId, ProjectName, UserId};
use sqlx::{AssertSqlSafe, FromRow};

/// What an owner can set, as stored. Lists are words split by blanks.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Settings {
    /// Free text.
    pub description: String,
    /// Free text.
    pub instructions: String,
    /// Address.
    pub homepage: Option<String>,
    /// Mail or address.
    pub contact: Option<String>,
    /// Repositories enabled in builds.
    pub additional_repos: String,
    /// Repositories that users of this one need.
    pub runtime_dependencies: String,
    /// Forge projects that may build here.
    pub packit_forge_projects_allowed: String,
    /// Not on the start page.
    pub unlisted_on_hp: bool,
    /// Network during rpmbuild unless the build says otherwise.
    pub enable_net: bool,
    /// Builds go to the devel repository only.
    pub devel_mode: bool,
    /// Can not be deleted.
    pub persistent: bool,
    /// Old builds are pruned.
    pub auto_prune: bool,
    /// New Fedora releases are enabled when branched.
    pub follow_fedora_branching: bool,
    /// 32-bit packages are offered beside 64-bit ones.
    pub multilib: bool,
    /// The repository overrides modules.
    pub module_hotfixes: bool,
    /// Each build is reviewed.
    pub fedora_review: bool,
    /// AppStream metadata is made.
    pub appstream: bool,
    /// Mock's bootstrap.
    #[sqlx(try_from = "String")]
    pub bootstrap: Bootstrap,
    /// Mock's isolation.
    #[sqlx(try_from = "String")]
    pub isolation: Isolation,
    /// dnf priority of the repository.
    pub repo_priority: Option<i64>,
    /// When the project goes away by itself.
    pub delete_on: Option<i64>,
}

impl Default for Settings {
    /// Those of a project whose owner said nothing.
    fn default() -> Self {
        Self {
            description: String::new(),
            instructions: String::new(),
            homepage: None,
            contact: None,
            additional_repos: String::new(),
            runtime_dependencies: String::new(),
            packit_forge_projects_allowed: String::new(),
            unlisted_on_hp: false,
            enable_net: false,
            devel_mode: false,
            persistent: false,
            auto_prune: true,
            follow_fedora_branching: true,
            multilib: false,
            module_hotfixes: false,
            fedora_review: false,
            appstream: false,
            bootstrap: Bootstrap::Default,
            isolation: Isolation::Default,
            repo_priority: None,
            delete_on: None,
        }
    }
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Project {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: ProjectId,
    /// Whose it is.
    #[sqlx(try_from = "String")]
    pub owner: OwnerName,
    /// The owner, when a person.
    pub account_id: Option<i64>,
    /// The owner, when a group.
    pub group_id: Option<i64>,
    /// Who made it.
    #[sqlx(try_from = "i64")]
    pub created_by: UserId,
    /// Its name.
    #[sqlx(try_from = "String")]
    pub name: ProjectName,
    /// Where its results are kept: `backend` or `pulp`.
    pub storage: String,
    /// When it was made.
    pub created_on: i64,
    /// The project that it was copied from, as long as that is there.
    pub forked_from: Option<i64>,
    /// What its owner set.
    #[sqlx(flatten)]
    pub settings: Settings,
}

impl Project {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

/// The columns of [`Project`], for every statement that reads one.
macro_rules! columns {
    () => {
        "p.id, p.owner, p.account_id, p.group_id, p.created_by, p.name, p.storage, p.created_on, p.forked_from,
         p.description, p.instructions, p.homepage, p.contact, p.additional_repos, p.runtime_dependencies,
         p.packit_forge_projects_allowed, p.unlisted_on_hp, p.enable_net, p.devel_mode, p.persistent, p.auto_prune,
         p.follow_fedora_branching, p.multilib, p.module_hotfixes, p.fedora_review, p.appstream, p.bootstrap,
         p.isolation, p.repo_priority, p.delete_on"
    };
}
pub(crate) use columns;

/// Who owns a new project.
#[derive(Clone, Debug)]
pub struct NewProject<'a> {
    /// Owner as in addresses.
    pub owner: &'a OwnerName,
    /// The owner's number, when a person.
    pub account_id: Option<i64>,
    /// The owner's number, when a group.
    pub group_id: Option<i64>,
    /// Who makes it.
    pub created_by: UserId,
    /// Its name.
    pub name: &'a ProjectName,
    /// Where results are kept.
    pub storage: &'a str,
}

/// Makes a project with its settings; `Exists` when the owner has one of that name.
pub async fn create(conn: &mut Conn, new: &NewProject<'_>, settings: &Settings, now: i64) -> Result<ProjectId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO project (owner, account_id, group_id, created_by, name, storage, created_on,
             unlisted_on_hp, enable_net, devel_mode, persistent, auto_prune, follow_fedora_branching, multilib,
             module_hotfixes, fedora_review, appstream, bootstrap, isolation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $8, $8, $8, $8, $8, $8, $8, 'default', 'default')
         RETURNING id",
        new.owner.to_string(),
        new.account_id,
        new.group_id,
        new.created_by.0,
        new.name.as_str(),
        new.storage,
        now,
        false
    )?;
    update(conn, ProjectId(id), settings).await?;
    Ok(ProjectId(id))
}

/// Stores a project's settings.
pub async fn update(conn: &mut Conn, id: ProjectId, s: &Settings) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE project SET description = $2, instructions = $3, homepage = $4, contact = $5, additional_repos = $6,
             runtime_dependencies = $7, packit_forge_projects_allowed = $8, unlisted_on_hp = $9, enable_net = $10,
             devel_mode = $11, persistent = $12, auto_prune = $13, follow_fedora_branching = $14, multilib = $15,
             module_hotfixes = $16, fedora_review = $17, appstream = $18, bootstrap = $19, isolation = $20,
             repo_priority = $21, delete_on = $22
         WHERE id = $1",
        id.0,
        s.description.as_str(),
        s.instructions.as_str(),
        s.homepage.as_deref(),
        s.contact.as_deref(),
        s.additional_repos.as_str(),
        s.runtime_dependencies.as_str(),
        s.packit_forge_projects_allowed.as_str(),
        s.unlisted_on_hp,
        s.enable_net,
        s.devel_mode,
        s.persistent,
        s.auto_prune,
        s.follow_fedora_branching,
        s.multilib,
        s.module_hotfixes,
        s.fedora_review,
        s.appstream,
        s.bootstrap.as_str(),
        s.isolation.as_str(),
        s.repo_priority,
        s.delete_on
    )?;
    Ok(())
}

/// Notes which project another was copied from.
pub async fn set_forked_from(conn: &mut Conn, id: ProjectId, source: ProjectId) -> Result<(), Error> {
    run!(conn, execute, "UPDATE project SET forked_from = $2 WHERE id = $1", id.0, source.0)?;
    Ok(())
}

/// The project of an owner and a name.
pub async fn by_name(conn: &mut Conn, owner: &str, name: &str) -> Result<Option<Project>, Error> {
    run!(
        conn,
        fetch_optional as Project,
        concat!("SELECT ", columns!(), " FROM project p WHERE p.owner = $1 AND p.name = $2 AND p.deleted_on IS NULL"),
        owner,
        name
    )
}

/// The project of a number, deleted or not.
pub async fn by_id(conn: &mut Conn, id: ProjectId) -> Result<Option<Project>, Error> {
    run!(conn, fetch_optional as Project, concat!("SELECT ", columns!(), " FROM project p WHERE p.id = $1"), id.0)
}

/// The project of a number, unless it is deleted.
pub async fn living(conn: &mut Conn, id: ProjectId) -> Result<Option<Project>, Error> {
    run!(
        conn,
        fetch_optional as Project,
        concat!("SELECT ", columns!(), " FROM project p WHERE p.id = $1 AND p.deleted_on IS NULL"),
        id.0
    )
}

/// The same, held until the transaction ends: nobody else changes it.
pub async fn held(conn: &mut Conn, id: ProjectId) -> Result<Option<Project>, Error> {
    // SQLite has one writer anyway.
    run!(
        conn,
        fetch_optional as Project,
        [
            sqlite: concat!("SELECT ", columns!(), " FROM project p WHERE p.id = $1 AND p.deleted_on IS NULL"),
            postgres: concat!(
                "SELECT ",
                columns!(),
                " FROM project p WHERE p.id = $1 AND p.deleted_on IS NULL FOR NO KEY UPDATE OF p"
            )
        ],
        id.0
    )
}

/// Keeps a project as it is until the transaction ends: nobody deletes it, others may keep it too. False when it is gone.
pub async fn keep(conn: &mut Conn, id: ProjectId) -> Result<bool, Error> {
    // SQLite has one writer anyway.
    let row = run!(
        conn,
        fetch_optional as (i64,),
        [
            sqlite: "SELECT id FROM project WHERE id = $1 AND deleted_on IS NULL",
            postgres: "SELECT id FROM project WHERE id = $1 AND deleted_on IS NULL FOR SHARE"
        ],
        id.0
    )?;
    Ok(row.is_some())
}

/// Columns that lists of projects can be ordered by.
pub const ORDERS: [&str; 3] = ["id", "name", "created_on"];

fn order_column(order: &str) -> &'static str {
    ORDERS.into_iter().find(|column| *column == order).unwrap_or("id")
}

/// Projects of one owner, or all; ordered by one of [`ORDERS`].
pub async fn list(conn: &mut Conn, owner: Option<&str>, order: &str, page: &Page) -> Result<Vec<Project>, Error> {
    let order = order_column(order);
    let direction = page.direction();
    let filter = if owner.is_some() { "p.owner = $3" } else { "$3 IS NULL" };
    let sql = |cast: &str| {
        AssertSqlSafe(format!(
            "SELECT {} FROM project p WHERE p.deleted_on IS NULL AND {} ORDER BY p.{order} {direction}, p.id {direction}
             LIMIT $1 OFFSET $2",
            columns!(),
            filter.replace("$3", cast)
        ))
    };
    run!(
        conn,
        fetch_all as Project,
        [sqlite: sql("$3"), postgres: sql("$3::text")],
        page.limit(),
        page.offset,
        owner
    )
}

/// Marks a project as deleted: it is invisible from now on and its name is free. Whoever publishes one of its
/// repositories just now loses the turn. Whether it was there.
pub async fn mark_deleted(conn: &mut Conn, id: ProjectId, now: i64) -> Result<bool, Error> {
    run!(
        conn,
        execute,
        "UPDATE repo SET publisher_fence = publisher_fence + 1
         WHERE dir_id IN (SELECT id FROM project_dir WHERE project_id = $1)",
        id.0
    )?;
    Ok(run!(conn, execute, "UPDATE project SET deleted_on = $2 WHERE id = $1 AND deleted_on IS NULL", id.0, now)? > 0)
}

/// Projects that are marked as deleted and whose rows are still there.
pub async fn deleted(conn: &mut Conn) -> Result<Vec<Project>, Error> {
    run!(
        conn,
        fetch_all as Project,
        concat!("SELECT ", columns!(), " FROM project p WHERE p.deleted_on IS NOT NULL ORDER BY p.id")
    )
}

/// Deleted projects of a name, whose rows this transaction holds until it ends.
pub async fn hold_deleted(conn: &mut Conn, owner: &str, name: &str) -> Result<Vec<Project>, Error> {
    run!(
        conn,
        execute,
        "UPDATE project SET deleted_on = deleted_on WHERE owner = $1 AND name = $2 AND deleted_on IS NOT NULL",
        owner,
        name
    )?;
    run!(
        conn,
        fetch_all as Project,
        concat!(
            "SELECT ",
            columns!(),
            " FROM project p WHERE p.owner = $1 AND p.name = $2 AND p.deleted_on IS NOT NULL"
        ),
        owner,
        name
    )
}

/// Whether somebody publishes in a deleted project of this name: a turn that began before the deletion.
pub async fn is_being_published(conn: &mut Conn, owner: &str, name: &str, now: i64) -> Result<bool, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT r.id FROM repo r JOIN project_dir d ON d.id = r.dir_id JOIN project p ON p.id = d.project_id
         WHERE p.owner = $1 AND p.name = $2 AND p.deleted_on IS NOT NULL AND r.publisher_until > $3 LIMIT 1",
        owner,
        name,
        now
    )?;
    Ok(row.is_some())
}

/// Removes a project's rows for good, with all that belongs to it.
pub async fn purge(conn: &mut Conn, id: ProjectId) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM project WHERE id = $1 AND deleted_on IS NOT NULL", id.0)?;
    conn.ring(Topic::Batches);
    Ok(())
}

/// The tables that hold something of projects, and how many rows of that: for whoever wants to know that nothing is left of
/// those that were deleted. Tables without such rows are left out; the outbox is kept on purpose.
pub async fn rows(conn: &mut Conn) -> Result<Vec<(String, i64)>, Error> {
    run!(
        conn,
        fetch_all as (String, i64),
        "SELECT name, held FROM (
             SELECT 'project' AS name, COUNT(*) AS held FROM project
             UNION ALL SELECT 'project_permission', COUNT(*) FROM project_permission
             UNION ALL SELECT 'project_dir', COUNT(*) FROM project_dir
             UNION ALL SELECT 'project_chroot', COUNT(*) FROM project_chroot
             UNION ALL SELECT 'project_revision', COUNT(*) FROM project_revision WHERE project_id <> 0
             UNION ALL SELECT 'search_text', COUNT(*) FROM search_text
             UNION ALL SELECT 'repo', COUNT(*) FROM repo
             UNION ALL SELECT 'repo_package', COUNT(*) FROM repo_package
             UNION ALL SELECT 'repo_chunk', COUNT(*) FROM repo_chunk
             UNION ALL SELECT 'generation', COUNT(*) FROM generation
             UNION ALL SELECT 'package', COUNT(*) FROM package
             UNION ALL SELECT 'build', COUNT(*) FROM build
             UNION ALL SELECT 'build_chroot', COUNT(*) FROM build_chroot
             UNION ALL SELECT 'built_package', COUNT(*) FROM built_package
             UNION ALL SELECT 'task', COUNT(*) FROM task
             UNION ALL SELECT 'fork', COUNT(*) FROM fork
             UNION ALL SELECT 'doomed_path', COUNT(*) FROM doomed_path) counted
         WHERE held > 0 ORDER BY name"
    )
}

/// A user's roles in a project: `(admin, builder)`.
pub async fn grants(conn: &mut Conn, id: ProjectId, account: UserId) -> Result<(Grant, Grant), Error> {
    let row = run!(
        conn,
        fetch_optional as (String, String),
        "SELECT admin, builder FROM project_permission WHERE project_id = $1 AND account_id = $2",
        id.0,
        account.0
    )?;
    Ok(row.map(crate::permission::roles).unwrap_or_default())
}

/// Gives a user roles in a project, in place of those that the user had.
pub async fn grant(conn: &mut Conn, id: ProjectId, account: UserId, admin: Grant, builder: Grant) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO project_permission (project_id, account_id, admin, builder) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, account_id) DO UPDATE SET admin = excluded.admin, builder = excluded.builder",
        id.0,
        account.0,
        admin.as_str(),
        builder.as_str()
    )?;
    Ok(())
}
