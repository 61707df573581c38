//! Roles in projects. Bodies here are dictionaries of whatever names there are, read as they come: `null` is a value.

use super::body::Json as Sent;
use super::login::Login;
use super::path::At;
use super::python::str;
use super::refused::Answer;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::Refusal;
use copr_app::permission::{self, Roles, Wish};
use copr_wire::v3::{CanBuildIn, Permissions, RequestedPermissions, RolesOfUser, UpdatedPermissions};
use serde_json::Value;

/// `GET /project/permissions/can_build_in/{who}/{owner}/{project}`
pub async fn can_build_in(
    State(web): State<Web>,
    At((who, owner, name)): At<(String, String, String)>,
) -> Answer<CanBuildIn> {
    let (project, can_build_in) = permission::can_build_in(&web.app, &who, &owner, &name).await?;
    let (ownername, projectname) = (project.owner.to_string(), project.name.to_string());
    Ok(Json(CanBuildIn { who, ownername, projectname, can_build_in }))
}

/// `GET /project/permissions/get/{owner}/{project}`
pub async fn get(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
) -> Answer<Permissions> {
    let found = permission::get(&web.app, &me, &owner, &name).await?;
    let roles = |admin, builder| RolesOfUser { admin, builder };
    let permissions = found.into_iter().map(|one| (one.user.to_string(), roles(one.admin, one.builder))).collect();
    Ok(Json(Permissions { permissions }))
}

/// `PUT /project/permissions/set/{owner}/{project}`; python-copr before 2.3 sends `PUT` as well.
pub async fn set(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Sent(body): Sent,
) -> Answer<UpdatedPermissions> {
    let updated = permission::set(&web.app, &me, &owner, &name, body.and_then(changes)).await?;
    Ok(Json(UpdatedPermissions { updated }))
}

/// `PUT /project/permissions/request/{owner}/{project}`
pub async fn request(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Sent(body): Sent,
) -> Answer<RequestedPermissions> {
    let updated = permission::request(&web.app, &me, &owner, &name, body.and_then(wishes)).await?;
    Ok(Json(RequestedPermissions { updated }))
}

/// Whose roles are to be what.
fn changes(body: Value) -> Result<Vec<(String, Roles<String>)>, Refusal> {
    let no_dictionary = || {
        Refusal::invalid(
            "request is not a dictionary, expected format: {'username': {'admin': 'nothing', 'builder': 'request'} ...}",
        )
    };
    let mut changes = Vec::new();
    for (user, roles) in body.as_object().ok_or_else(no_dictionary)? {
        let roles = roles.as_object().ok_or_else(no_dictionary)?;
        changes.push((user.clone(), roles.iter().map(|(role, state)| (role.clone(), str(state))).collect()));
    }
    Ok(changes)
}

/// Which roles somebody asks for or drops.
fn wishes(body: Value) -> Result<Roles<Wish>, Refusal> {
    let Some(roles) = body.as_object() else {
        return Err(Refusal::invalid("invalid 'roles' dict format, expected: {'admin': True, 'builder': False}"));
    };
    let wish = |value: &Value| match value {
        Value::Bool(true) => Wish::Ask,
        Value::Bool(false) => Wish::Drop,
        other => Wish::Other(str(other)),
    };
    Ok(roles.iter().map(|(role, value)| (role.clone(), wish(value))).collect())
}
