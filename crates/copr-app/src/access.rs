//! Who may do what: a person's standing towards a project, looked up once.

use crate::Refusal;
use copr_db::account::Account;
use copr_db::group::Group;
use copr_db::project::Project;
use copr_db::{Conn, Error};
use copr_types::ProjectId;
use copr_types::permission::Standing;

/// A person's standing towards a project.
pub async fn standing(conn: &mut Conn, who: &Account, project: &Project) -> Result<Standing, Error> {
    if project.account_id == Some(who.id.0) {
        // Owners have no roles: they may everything without.
        return Ok(Standing { site_admin: who.admin, owner: true, ..Standing::default() });
    }
    let in_group = match project.group_id {
        Some(group) => copr_db::group::has(conn, group.into(), who.id).await?,
        None => false,
    };
    let (admin, builder) = copr_db::project::grants(conn, project.id, who.id).await?;
    Ok(Standing { site_admin: who.admin, owner: false, in_group, admin, builder })
}

/// That a person may see and change what only a project's administrators do, or the contract's 403.
pub async fn admin(conn: &mut Conn, who: &Account, project: &Project) -> Result<(), Refusal> {
    if standing(conn, who, project).await?.can_edit() {
        return Ok(());
    }
    Err(Refusal::forbidden(format!(
        "User '{}' can not see permissions for project '{}' (missing admin rights)",
        who.name,
        project.full_name()
    )))
}

/// The group of an alias, or the contract's 404.
pub async fn group(conn: &mut Conn, alias: &str) -> Result<Group, Refusal> {
    copr_db::group::by_alias(conn, alias)
        .await?
        .ok_or_else(|| Refusal::not_found(format!("Group {alias} does not exist.")))
}

/// A group that a person may act for, or the contract's 403.
pub async fn own_group(conn: &mut Conn, who: &Account, alias: &str) -> Result<Group, Refusal> {
    let group = group(conn, alias).await?;
    if who.admin || copr_db::group::has(conn, group.id, who.id).await? {
        return Ok(group);
    }
    Err(Refusal::forbidden(format!(
        "User '{}' doesn't have access to the copr group '{}' (fas_name='{}')",
        who.name, group.alias, group.external_name
    )))
}

/// The project of a number, or a 404.
pub async fn numbered(conn: &mut Conn, id: ProjectId) -> Result<Project, Refusal> {
    copr_db::project::living(conn, id).await?.ok_or_else(|| no_project(id))
}

/// The same as it is now, for whoever changes it: nobody else does until the transaction ends.
pub async fn held(conn: &mut Conn, id: ProjectId) -> Result<Project, Refusal> {
    copr_db::project::held(conn, id).await?.ok_or_else(|| no_project(id))
}

fn no_project(id: ProjectId) -> Refusal {
    Refusal::not_found(format!("Project {id} does not exist."))
}

/// The project of an owner and a name as they stand in a request, also when they are those that it had before; or the
/// contract's 404s.
pub async fn project(conn: &mut Conn, owner: &str, name: &str) -> Result<Project, Refusal> {
    if let Some(alias) = owner.strip_prefix('@') {
        group(conn, alias).await?;
    }
    called(conn, owner, name)
        .await?
        .ok_or_else(|| Refusal::not_found(format!("Project {owner}/{name} does not exist.")))
}

/// The project that has an owner and a name, or had them and nobody else has.
pub(crate) async fn called(conn: &mut Conn, owner: &str, name: &str) -> Result<Option<Project>, Error> {
    if let Some(project) = copr_db::project::by_name(conn, owner, name).await? {
        return Ok(Some(project));
    }
    match copr_db::rename::alias(conn, owner, name).await? {
        Some(alias) => copr_db::project::living(conn, alias.project_id).await,
        None => Ok(None),
    }
}

/// The project that has exactly this owner and name now: for what can not be taken back.
pub async fn project_exactly(conn: &mut Conn, owner: &str, name: &str) -> Result<Project, Refusal> {
    let project = project(conn, owner, name).await?;
    if project.owner.to_string() == owner && project.name.as_str() == name {
        return Ok(project);
    }
    let text = format!("Project {owner}/{name} does not exist. It is called {} now.", project.full_name());
    Err(Refusal::not_found(text))
}
