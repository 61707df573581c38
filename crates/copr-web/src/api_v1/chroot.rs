//! Chroots of projects.

use super::answer::{Answer, Done};
use super::body::{self, Body};
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::show;
use crate::Web;
use crate::form::COMPS;
use axum::extract::{Request, State};
use copr_app::project_chroot::{self, Input};
use copr_wire::v1::{BuildrootPackages, OneBuildConfig, OneChroot};

/// Owner, project and chroot.
type Place = At<(String, String, String)>;

/// `GET /coprs/{owner}/{project}/detail/{chroot}/`
pub async fn packages(State(web): State<Web>, At((owner, name, chroot)): Place) -> Answer<BuildrootPackages> {
    let (_, found) = project_chroot::find(&web.app, &owner, &name, &chroot).await?;
    Ok(Done(BuildrootPackages { buildroot_pkgs: found.settings.additional_packages }))
}

/// `POST /coprs/{owner}/{project}/modify/{chroot}/`
pub async fn modify(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, chroot)): Place,
    Body(fields): Body,
) -> Answer<BuildrootPackages> {
    let input = Input { additional_packages: fields.list("buildroot_pkgs"), ..Input::default() };
    let (_, changed) = project_chroot::edit(&web.app, &me, &owner, &name, &chroot, &input).await?;
    Ok(Done(BuildrootPackages { buildroot_pkgs: changed.settings.additional_packages }))
}

/// `GET /coprs/{owner}/{project}/chroot/get/{chroot}/`
pub async fn find(State(web): State<Web>, At((owner, name, chroot)): Place) -> Answer<OneChroot> {
    let (project, found) = project_chroot::find(&web.app, &owner, &name, &chroot).await?;
    Ok(Done(OneChroot { chroot: show::chroot(&project, &found), message: None }))
}

/// `POST /coprs/{owner}/{project}/chroot/edit/{chroot}/`, with a comps file or without.
pub async fn edit(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name, chroot)): Place,
    request: Request,
) -> Answer<OneChroot> {
    let (fields, comps) = body::read(request, &web, Some(COMPS)).await?;
    let mut input = input(&fields);
    if let Some(comps) = comps {
        input.comps = Some(comps.into_text().await?);
    }
    let (project, changed) = project_chroot::edit(&web.app, &me, &owner, &name, &chroot, &input).await?;
    let message = format!("Edit chroot operation was successful: {}", changed.name);
    Ok(Done(OneChroot { chroot: show::chroot(&project, &changed), message: Some(message) }))
}

fn input(fields: &Fields) -> Input {
    Input {
        additional_packages: fields.list("buildroot_pkgs"),
        additional_repos: fields.list("repos"),
        with_opts: fields.list("with_opts"),
        without_opts: fields.list("without_opts"),
        delete_comps: fields.flag(&["delete_comps"]).unwrap_or(false),
        ..Input::default()
    }
}

/// `GET /coprs/{owner}/{project}/build-config/{chroot}/`
pub async fn build_config(State(web): State<Web>, At((owner, name, chroot)): Place) -> Answer<OneBuildConfig> {
    let (project, found, repos) = project_chroot::build_config(&web.app, &owner, &name, &chroot).await?;
    Ok(Done(OneBuildConfig { build_config: show::build_config(&project, &found, repos) }))
}

/// `GET /g/{group}/{project}/build-config/{chroot}/`
pub async fn build_config_of_group(web: State<Web>, At((group, name, chroot)): Place) -> Answer<OneBuildConfig> {
    build_config(web, At((format!("@{group}"), name, chroot))).await
}
