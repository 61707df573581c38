//! Chroots of builds.

use super::path::{At, BuildNumber, build_number};
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::{Refusal, build};
use copr_types::BuildId;
use copr_wire::v3::{BuildChroot, BuildChrootConfig, BuiltPackages, List};

/// Attributes that can order the list. `name` is accepted and ignored: python-copr before 1.106 always sends it.
pub(super) const ORDERS: [&str; 5] = ["id", "name", "started_on", "ended_on", "status"];

/// `GET /build-chroot`
pub async fn find(State(web): State<Web>, query: Query) -> Answer<BuildChroot> {
    one(&web, wanted(&query)?, query.need("chrootname")?).await
}

/// `GET /build-chroot/{id}/{chroot}`
pub async fn find_by_path(
    State(web): State<Web>,
    At((BuildNumber(id), chroot)): At<(BuildNumber, String)>,
) -> Answer<BuildChroot> {
    one(&web, id, &chroot).await
}

async fn one(web: &Web, id: BuildId, chroot: &str) -> Answer<BuildChroot> {
    let (build, chroot) = build::chroot(&web.app, id, chroot).await?;
    Ok(Json(show::build_chroot(web, &build.build, &chroot)))
}

/// `GET /build-chroot/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<List<BuildChroot>> {
    let id = query.need("build_id")?;
    all(&web, build_number(id), &query).await
}

/// `GET /build-chroot/list/{id}`
pub async fn list_by_path(
    State(web): State<Web>,
    At(BuildNumber(id)): At<BuildNumber>,
    query: Query,
) -> Answer<List<BuildChroot>> {
    all(&web, Some(id), &query).await
}

/// A build has few chroots: they are ordered and cut here.
async fn all(web: &Web, id: Option<BuildId>, query: &Query) -> Answer<List<BuildChroot>> {
    let paging = query.paging("build_chroot", &ORDERS)?;
    let found = match id {
        Some(id) => build::chroots(&web.app, id).await?,
        None => None,
    };
    let Some(mut build) = found else { return Ok(Json(paging.list(Vec::new()))) };
    match paging.order.as_str() {
        "started_on" => build.chroots.sort_by_key(|chroot| chroot.started_on),
        "ended_on" => build.chroots.sort_by_key(|chroot| chroot.ended_on),
        "status" => build.chroots.sort_by_key(|chroot| chroot.state.number()),
        _ => {}
    }
    if paging.page().descending {
        build.chroots.reverse();
    }
    let places = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let (skip, take) = (places(paging.offset), paging.limit.map_or(usize::MAX, places));
    let page = build.chroots.iter().skip(skip).take(take);
    let items = page.map(|chroot| show::build_chroot(web, &build.build, chroot)).collect();
    Ok(Json(paging.list(items)))
}

/// `GET /build-chroot/build-config`
pub async fn build_config(State(web): State<Web>, query: Query) -> Answer<BuildChrootConfig> {
    let config = build::config(&web.app, wanted(&query)?, query.need("chrootname")?).await?;
    Ok(Json(show::build_chroot_config(config)))
}

/// `GET /build-chroot/build-config/{id}/{chroot}`
pub async fn build_config_by_path(
    State(web): State<Web>,
    At((BuildNumber(id), chroot)): At<(BuildNumber, String)>,
) -> Answer<BuildChrootConfig> {
    Ok(Json(show::build_chroot_config(build::config(&web.app, id, &chroot).await?)))
}

/// `GET /build-chroot/built-packages`
pub async fn built_packages(State(web): State<Web>, query: Query) -> Answer<BuiltPackages> {
    let id = wanted(&query)?;
    let (_, chroot) = build::chroot(&web.app, id, query.need("chrootname")?).await?;
    let (_, packages) = build::built(&web.app, id).await?;
    Ok(Json(show::built_packages(&chroot, &packages)))
}

/// The build that a query names; what is no number is no build.
fn wanted(query: &Query) -> Result<BuildId, Refusal> {
    let text = query.need("build_id")?;
    build_number(text).ok_or_else(|| Refusal::not_found(format!("Build {text} does not exist.")))
}
