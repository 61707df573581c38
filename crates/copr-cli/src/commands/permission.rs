//! Roles in projects.

use copr_client::v3::{Permission, RoleChanges, RoleRequest};
use std::collections::BTreeMap;

use crate::cli::permission::{Command, EditPermissions, RequestPermissions, assigned};
use crate::failure::Failure;
use crate::session::Session;
use crate::show::{Done, Permissions};

pub(super) async fn run(session: &Session, command: Command) -> Result<(), Failure> {
    match command {
        Command::EditPermissions(edit) => self::edit(session, edit).await,
        Command::ListPermissions(list) => {
            let client = session.authenticated()?;
            let roles = client.projects().permissions(&session.project(&list.project).await?).await?;
            Ok(session.screen.show(&Permissions(roles))?)
        }
        Command::RequestPermissions(request) => self::request(session, request).await,
    }
}

const NONE: &str = "neither --builder nor --admin specified";

async fn edit(session: &Session, edit: EditPermissions) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let project = session.project(&edit.project).await?;
    let mut changes: BTreeMap<String, RoleChanges> = BTreeMap::new();
    let setters = [(edit.admin, RoleChanges::admin as fn(_, _) -> _), (edit.builder, RoleChanges::builder)];
    for (who, setter) in setters {
        for (user, value) in who.iter().map(|text| assigned(text)) {
            let value = value.map_or(Permission::Approved, Permission::from);
            let change = changes.entry(user.to_owned()).or_default();
            *change = setter(std::mem::take(change), value);
        }
    }
    if changes.is_empty() {
        return Err(Failure::usage(NONE));
    }
    client.projects().set_permissions(&project, &changes).await?;
    Ok(session.screen.show(&Done::new("success"))?)
}

async fn request(session: &Session, request: RequestPermissions) -> Result<(), Failure> {
    let client = session.authenticated()?;
    let project = session.project(&request.project).await?;
    let roles = RoleRequest::default();
    let roles = match wanted("admin", &request.admin)? {
        Some(wanted) => roles.admin(wanted),
        None => roles,
    };
    let roles = match wanted("builder", &request.builder)? {
        Some(wanted) => roles.builder(wanted),
        None => roles,
    };
    if roles == RoleRequest::default() {
        return Err(Failure::usage(NONE));
    }
    client.projects().request_permissions(&project, &roles).await?;
    Ok(session.screen.show(&Done::new("success"))?)
}

fn wanted(role: &str, values: &[String]) -> Result<Option<bool>, Failure> {
    match values.first().map(String::as_str) {
        None => Ok(None),
        Some("request") => Ok(Some(true)),
        Some("nothing") => Ok(Some(false)),
        Some(other) => Err(Failure::usage(&format!("--{role} can be 'nothing' or 'request', not '{other}'"))),
    }
}
