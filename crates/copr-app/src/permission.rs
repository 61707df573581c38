//! Roles in projects: who has them, who asks, who gives.

use crate::{App, Refusal, access, account};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::permission::Permission;
use copr_db::project::Project;
use copr_types::permission::Grant;
use serde_json::json;

/// A role that a project gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Admin,
    Builder,
}

impl Role {
    fn read(word: &str) -> Result<Self, Refusal> {
        match word {
            "admin" => Ok(Self::Admin),
            "builder" => Ok(Self::Builder),
            other => Err(Refusal::invalid(format!("invalid permission '{other}', allowed admin|builder"))),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Builder => "builder",
        }
    }
}

/// What somebody wants of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To get it.
    Ask,
    /// To have it no more.
    Drop,
    /// Neither: what was said instead.
    Other(String),
}

/// Words about roles: the role and what is to become of it.
pub type Roles<T> = Vec<(String, T)>;

/// Whether a user may build in a project. Everybody may know.
pub async fn can_build_in(app: &App, user: &str, owner: &str, name: &str) -> Result<(Project, bool), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    let user = account::existing(&mut conn, user).await?;
    let can_build = access::standing(&mut conn, &user, &project).await?.can_build();
    Ok((project, can_build))
}

/// Everybody's roles in a project, for those who may change them.
pub async fn get(app: &App, who: &Account, owner: &str, name: &str) -> Result<Vec<Permission>, Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    access::admin(&mut conn, who, &project).await?;
    let found = copr_db::permission::list(&mut conn, project.id).await?;
    if found.is_empty() {
        return Err(Refusal::not_found(format!("No permissions set on {} project", project.full_name())));
    }
    Ok(found)
}

/// Sets users' roles, all or none; roles that are not named stay. Returns whose roles are others now.
///
/// `changes` may be what is wrong with the request instead: that is told to those who may change roles.
pub async fn set(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    changes: Result<Vec<(String, Roles<String>)>, Refusal>,
) -> Result<Vec<String>, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    access::admin(&mut tx, who, &project).await?;
    let changes = changes?;
    if changes.is_empty() {
        return Err(Refusal::invalid("no permission change requested"));
    }
    let mut wanted = Vec::new();
    for (user, roles) in &changes {
        let account = copr_db::account::by_name(&mut tx, user).await?;
        let account = account.ok_or_else(|| Refusal::invalid(format!("user '{user}' doesn't exist in database")))?;
        not_the_owner(&project, &account)?;
        let mut parsed = Vec::new();
        for (role, state) in roles {
            let role = Role::read(role)?;
            let state = Grant::from_word(state).ok_or_else(|| {
                let role = role.as_str();
                Refusal::invalid(format!("invalid '{role}' permission state '{state}', use nothing|request|approved"))
            })?;
            parsed.push((role, state));
        }
        wanted.push((account, parsed));
    }
    // In one order, so that two who set roles at once do not wait for each other.
    wanted.sort_by_key(|(account, _)| account.id);
    let mut updated = Vec::new();
    for (account, roles) in wanted.iter().filter(|(_, roles)| !roles.is_empty()) {
        let Some(changed) = change(&mut tx, &project, account, roles).await? else { continue };
        let told = [account.name.to_string()];
        note(app, &mut tx, "permission.changed", &project, who, account, &changed, &told).await?;
        updated.push(account.name.to_string());
    }
    tx.commit().await?;
    Ok(updated)
}

/// Asks for roles, or drops one's own. Returns whether anything is different now.
///
/// `wishes` may be what is wrong with the request instead: that is told when the project is there.
pub async fn request(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    wishes: Result<Roles<Wish>, Refusal>,
) -> Result<bool, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let wishes = wishes?;
    if wishes.is_empty() {
        return Err(Refusal::invalid("no permission requested"));
    }
    not_the_owner(&project, who)?;
    let (admin, builder) = copr_db::permission::hold(&mut tx, project.id, who.id).await?;
    let mut roles = Vec::new();
    for (role, wish) in &wishes {
        let role = Role::read(role)?;
        let has = if role == Role::Admin { admin } else { builder };
        let state = match wish {
            Wish::Other(said) => {
                let role = role.as_str();
                return Err(Refusal::invalid(format!(
                    "invalid '{role}' permission request '{said}', expected True or False"
                )));
            }
            Wish::Ask if has == Grant::Approved => {
                let (role, project) = (role.as_str(), project.full_name());
                return Err(Refusal::invalid(format!("You already are '{role}' in '{project}'")));
            }
            Wish::Ask => Grant::Request,
            Wish::Drop => Grant::Nothing,
        };
        roles.push((role, state));
    }
    let changed = change(&mut tx, &project, who, &roles).await?;
    if let Some(changed) = &changed {
        let told = deciders(&mut tx, &project).await?;
        note(app, &mut tx, "permission.requested", &project, who, who, changed, &told).await?;
    }
    tx.commit().await?;
    Ok(changed.is_some())
}

/// Owners have all rights already. For a group's project this is about who made it.
fn not_the_owner(project: &Project, account: &Account) -> Result<(), Refusal> {
    if project.account_id.unwrap_or(project.created_by.0) != account.id.0 {
        return Ok(());
    }
    Err(Refusal::invalid(format!("user '{}' is owner of the '{}' project", account.name, project.full_name())))
}

/// A role and its state before and after.
type Changed = Vec<(Role, Grant, Grant)>;

/// Gives an account roles; what changed, if anything did.
async fn change(
    tx: &mut Conn,
    project: &Project,
    account: &Account,
    roles: &[(Role, Grant)],
) -> Result<Option<Changed>, Refusal> {
    let (mut admin, mut builder) = copr_db::permission::hold(tx, project.id, account.id).await?;
    let mut changed = Vec::new();
    for (role, state) in roles {
        let now = if *role == Role::Admin { &mut admin } else { &mut builder };
        let before = std::mem::replace(now, *state);
        if before != *state {
            changed.push((*role, before, *state));
        }
    }
    if changed.is_empty() {
        return Ok(None);
    }
    copr_db::project::grant(tx, project.id, account.id, admin, builder).await?;
    Ok(Some(changed))
}

/// Who decides about a request: the owner or the group's members, and those with the admin role.
async fn deciders(tx: &mut Conn, project: &Project) -> Result<Vec<String>, Refusal> {
    let mut names: Vec<String> = match project.group_id {
        Some(group) => {
            let members = copr_db::group::members(tx, group.into()).await?;
            members.into_iter().map(|member| member.name.to_string()).collect()
        }
        None => vec![project.owner.to_string()],
    };
    for one in copr_db::permission::list(tx, project.id).await? {
        if one.admin == Grant::Approved {
            names.push(one.user.to_string());
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Writes into the outbox whose roles changed, by whom, from what to what, and who is to be told.
#[expect(clippy::too_many_arguments, reason = "one sentence of many parts, said in two places")]
async fn note(
    app: &App,
    tx: &mut Conn,
    kind: &str,
    project: &Project,
    by: &Account,
    user: &Account,
    changed: &Changed,
    told: &[String],
) -> Result<(), Refusal> {
    let roles: serde_json::Map<_, _> = changed
        .iter()
        .map(|(role, from, to)| (role.as_str().to_owned(), json!({ "from": from.as_str(), "to": to.as_str() })))
        .collect();
    let body = json!({ "by": by.name.as_str(), "user": user.name.as_str(), "roles": roles, "tell": told });
    let about = copr_db::event::Subject { project: Some(project.id), ..Default::default() };
    Ok(copr_db::event::append(tx, kind, about, &body.to_string(), app.clock.now()).await?)
}
