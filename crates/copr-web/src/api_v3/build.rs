//! Builds: look, cancel, delete.

use super::body::Body;
use super::login::Login;
use super::path::{At, BuildNumber};
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::queue::{self, Wait};
use copr_app::{Refusal, build};
use copr_types::BuildId;
use copr_wire::v3::{
    Build, BuildWait, BuildWaits, BuiltPackages, DeletedBuilds, List, SourceBuildConfig, SourceChroot,
};
use std::collections::BTreeMap;

/// Attributes that clients may name; the list is newest first whatever they name, as Copr's is.
pub(super) const ORDERS: [&str; 2] = ["id", "submitted_on"];

/// `GET /build/{id}`
pub async fn find(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>) -> Answer<Build> {
    Ok(Json(show::build(&web, &build::find(&web.app, id).await?)))
}

/// `GET /build/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<List<Build>> {
    let paging = query.paging("build", &ORDERS)?;
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (package, state) = (query.get("packagename"), query.get("status"));
    let found = build::list(&web.app, owner, name, package, state, &paging.page()).await?;
    Ok(Json(paging.list(found.iter().map(|one| show::build(&web, one)).collect())))
}

/// `GET /build/source-chroot/{id}`
pub async fn source_chroot(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>) -> Answer<SourceChroot> {
    Ok(Json(show::source_chroot(&web, &build::find(&web.app, id).await?.build)))
}

/// `GET /build/source-build-config/{id}`
pub async fn source_build_config(
    State(web): State<Web>,
    At(BuildNumber(id)): At<BuildNumber>,
) -> Answer<SourceBuildConfig> {
    let found = build::find(&web.app, id).await?.build;
    Ok(Json(show::source_build_config(&web, &found)?))
}

/// `GET /build/built-packages/{id}`
pub async fn built_packages(
    State(web): State<Web>,
    At(BuildNumber(id)): At<BuildNumber>,
) -> Answer<BTreeMap<String, BuiltPackages>> {
    let (found, packages) = build::built(&web.app, id).await?;
    let of_chroot = |chroot| show::built_packages(chroot, &packages);
    Ok(Json(found.chroots.iter().map(|chroot| (chroot.name.to_string(), of_chroot(chroot))).collect()))
}

/// `GET /build/queue/{id}`
pub async fn queue(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>) -> Answer<BuildWaits> {
    build::find(&web.app, id).await?;
    let wait = |Wait { chroot, since, before, reason }| BuildWait { chroot, since, before, reason };
    Ok(Json(BuildWaits { items: queue::waits(&web.app, id).await?.into_iter().map(wait).collect() }))
}

/// `PUT /build/cancel/{id}`
pub async fn cancel(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>, Login(me): Login) -> Answer<Build> {
    Ok(Json(show::build(&web, &build::cancel(&web.app, &me, id).await?)))
}

/// `DELETE /build/delete/{id}`
pub async fn delete(State(web): State<Web>, At(BuildNumber(id)): At<BuildNumber>, Login(me): Login) -> Answer<Build> {
    Ok(Json(show::build(&web, &build::delete(&web.app, &me, id).await?)))
}

/// `DELETE /build/delete/list`
pub async fn delete_list(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<DeletedBuilds> {
    let builds = fields.numbers("builds");
    let builds = builds.ok_or_else(|| Refusal::invalid("builds: a list of the builds' numbers is needed"))?;
    let ids: Vec<BuildId> = builds.iter().copied().map(BuildId).collect();
    build::delete_list(&web.app, &me, &ids).await?;
    Ok(Json(DeletedBuilds { builds }))
}
