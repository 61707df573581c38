//! Builds: look, cancel, delete.

use super::answer::{Answer, Done};
use super::login::Login;
use super::path::{At, BuildNumber};
use super::show;
use crate::Web;
use axum::extract::State;
use copr_app::build;
use copr_wire::v1::{BuildDetail, Status};

/// `GET /coprs/build_status/{id}/`
pub async fn status(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>) -> Answer<Status> {
    Ok(Done(Status { status: show::state(&build::find(&web.app, id).await?) }))
}

/// `GET /coprs/build/{id}/` and `GET /coprs/build_detail/{id}/`
pub async fn detail(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>) -> Answer<BuildDetail> {
    let found = build::find(&web.app, id).await?;
    let produced = build::produced(&web.app, &[id]).await?;
    Ok(Done(show::build_detail(&web, &found, produced)))
}

/// `POST /coprs/cancel_build/{id}/`
pub async fn cancel(State(web): State<Web>, Login(me): Login, At(BuildNumber(id)): At<BuildNumber>) -> Answer<Status> {
    build::cancel(&web.app, &me, id).await?;
    Ok(Done(Status { status: "Build canceled".to_owned() }))
}

/// `POST /coprs/delete_build/{id}/`
pub async fn delete(State(web): State<Web>, Login(me): Login, At(BuildNumber(id)): At<BuildNumber>) -> Answer<Status> {
    build::delete(&web.app, &me, id).await?;
    Ok(Done(Status { status: "Build deleted".to_owned() }))
}
