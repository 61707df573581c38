//! Chroots of projects.

use super::body::Form;
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use crate::form::COMPS;
use axum::Json;
use axum::extract::{Request, State};
use copr_app::project_chroot::{self, Input};
use copr_wire::v3::{ProjectChroot, ProjectChrootConfig};

/// `GET /project-chroot`
pub async fn find(State(web): State<Web>, query: Query) -> Answer<ProjectChroot> {
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (project, chroot) = project_chroot::find(&web.app, owner, name, query.need("chrootname")?).await?;
    Ok(Json(show::project_chroot(&web, &project, &chroot)))
}

/// `GET /project-chroot/build-config`
pub async fn build_config(State(web): State<Web>, query: Query) -> Answer<ProjectChrootConfig> {
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (project, chroot, repos) =
        project_chroot::build_config(&web.app, owner, name, query.need("chrootname")?).await?;
    Ok(Json(show::project_chroot_config(&project, &chroot, repos)))
}

/// `PUT /project-chroot/edit/{owner}/{project}/{chroot}`: a form, with a comps file or without, or JSON.
pub async fn edit(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, chroot)): At<(String, String, String)>,
    request: Request,
) -> Answer<ProjectChroot> {
    let form = Form::read(request, &web, Some(COMPS)).await?;
    let mut input = input(&form.fields);
    if let Some(comps) = form.file {
        input.comps = Some(comps.into_text().await?);
    }
    let (project, chroot) = project_chroot::edit(&web.app, &me, &owner, &name, &chroot, &input).await?;
    Ok(Json(show::project_chroot(&web, &project, &chroot)))
}

fn input(fields: &Fields) -> Input {
    Input {
        additional_packages: fields.text(&["additional_packages", "buildroot_pkgs"]),
        additional_repos: fields.text(&["additional_repos", "repos"]),
        additional_modules: fields.commas(&["additional_modules", "module_toggle"]),
        with_opts: fields.text(&["with_opts"]),
        without_opts: fields.text(&["without_opts"]),
        bootstrap: fields.line("bootstrap"),
        bootstrap_image: fields.line("bootstrap_image"),
        isolation: fields.line("isolation"),
        delete_comps: fields.flag(&["delete_comps"]).unwrap_or(false),
        reset_fields: fields.list("reset_fields").unwrap_or_default(),
        ..Input::default()
    }
}
