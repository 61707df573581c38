//! Chroots of projects.

use super::body::{Body, Fields, Said};
use super::login::Login;
use super::path::{At, Number, chroot_name};
use super::refused::{Answer, Done};
use super::show::links;
use super::{located, show};
use crate::Web;
use crate::json::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use copr_app::Refusal;
use copr_app::project_chroot::{self, Input};
use copr_types::ProjectId;
use copr_wire::v2::{ProjectChrootOne, ProjectChroots};

/// `GET /projects/{project_id}/chroots`
pub async fn list(State(web): State<Web>, At(Number(id)): At<Number>) -> Answer<ProjectChroots> {
    let id = ProjectId(id);
    let found = project_chroot::list(&web.app, id).await?;
    let links = links([("self", format!("{}/chroots", show::project_path(id)))]);
    Ok(Json(ProjectChroots { chroots: found.iter().map(show::project_chroot).collect(), links }))
}

/// `POST /projects/{project_id}/chroots`: one more.
pub async fn enable(
    State(web): State<Web>,
    Login(me): Login,
    At(Number(id)): At<Number>,
    Body(mut fields): Body,
) -> Done {
    let (name, input) = (fields.text("name").this(), input(&mut fields));
    fields.check()?;
    let name = name.ok_or_else(|| Refusal::field("name", "This field is required."))?;
    let made = project_chroot::enable(&web.app, &me, ProjectId(id), &chroot_name(&name)?, &input).await?;
    let path = format!("{}/chroots/{}", show::project_path(ProjectId(id)), made.name);
    Ok(located(&web, StatusCode::CREATED, &path))
}

/// `GET /projects/{project_id}/chroots/{chroot}`
pub async fn one(State(web): State<Web>, At((Number(id), name)): At<(Number, String)>) -> Answer<ProjectChrootOne> {
    let found = project_chroot::find_numbered(&web.app, ProjectId(id), &chroot_name(&name)?).await?;
    Ok(Json(show::project_chroot(&found)))
}

/// `PUT /projects/{project_id}/chroots/{chroot}`: changes what is said.
pub async fn update(
    State(web): State<Web>,
    Login(me): Login,
    At((Number(id), name)): At<(Number, String)>,
    Body(mut fields): Body,
) -> Answer<ProjectChrootOne> {
    let input = input(&mut fields);
    fields.check()?;
    let name = chroot_name(&name)?;
    let changed = project_chroot::edit_numbered(&web.app, &me, ProjectId(id), &name, &input).await?;
    Ok(Json(show::project_chroot(&changed)))
}

/// `DELETE /projects/{project_id}/chroots/{chroot}`: well also when it is gone already.
pub async fn disable(State(web): State<Web>, Login(me): Login, At((Number(id), name)): At<(Number, String)>) -> Done {
    project_chroot::disable(&web.app, &me, ProjectId(id), &chroot_name(&name)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn input(fields: &mut Fields) -> Input {
    let packages = fields.list("buildroot_pkgs");
    if packages == Said::Null {
        fields.wrong("buildroot_pkgs", "Field may not be null.");
    }
    Input {
        additional_packages: packages.this().map(|packages| packages.join(" ")),
        comps_text: fields.text("comps").either(),
        comps_name: fields.text("comps_name").either(),
        ..Input::default()
    }
}
