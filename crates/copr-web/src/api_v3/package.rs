//! Packages.

use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::package::{self, With};
use copr_wire::v3::{List, Package};

/// `GET /package`
pub async fn find(State(web): State<Web>, query: Query) -> Answer<Package> {
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (project, found) = package::find(&web.app, owner, name, query.need("packagename")?, with(&query)).await?;
    Ok(Json(show::package(&web, &project, &found)?))
}

/// `GET /package/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<List<Package>> {
    let paging = query.paging("package", &copr_db::package::ORDERS)?;
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let (project, found) = package::list(&web.app, owner, name, with(&query), &paging.order, &paging.page()).await?;
    let items: Result<Vec<_>, _> = found.iter().map(|one| show::package(&web, &project, one)).collect();
    Ok(Json(paging.list(items?)))
}

fn with(query: &Query) -> With {
    With { latest: query.flag("with_latest_build"), latest_succeeded: query.flag("with_latest_succeeded_build") }
}
