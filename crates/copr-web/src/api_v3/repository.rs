//! Repositories and their generations: ours. Copr's repositories have a present only.

use super::body::Body;
use super::fields::Fields;
use super::login::Login;
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::Refusal;
use copr_app::generations::{self, Place};
use copr_wire::v3::{Repositories, RepositoryDiff};

/// `GET /repository/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<Repositories> {
    let found = generations::list(&web.app, &asked(&query)?).await?;
    Ok(Json(show::repositories(&web.app.rules.results_url, &found)))
}

/// `GET /repository/diff`
pub async fn diff(State(web): State<Web>, query: Query) -> Answer<RepositoryDiff> {
    query.need("chrootname")?;
    let found = generations::diff(&web.app, &asked(&query)?, query.need("from")?, query.get("to")).await?;
    Ok(Json(show::repository_diff(found)))
}

/// `POST /repository/pin`
pub async fn pin(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Repositories> {
    let generation = fields.line("generation");
    let place = said(&fields)?;
    let found = generations::pin(&web.app, &me, &place, generation.as_deref(), &fields.need("name")?).await?;
    Ok(Json(show::repositories(&web.app.rules.results_url, &found)))
}

/// `POST /repository/unpin`
pub async fn unpin(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Repositories> {
    let found = generations::unpin(&web.app, &me, &said(&fields)?, &fields.need("name")?).await?;
    Ok(Json(show::repositories(&web.app.rules.results_url, &found)))
}

/// `POST /repository/roll-back`
pub async fn roll_back(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Repositories> {
    let found = generations::roll_back(&web.app, &me, &said(&fields)?, &fields.need("generation")?).await?;
    Ok(Json(show::repositories(&web.app.rules.results_url, &found)))
}

/// `POST /repository/promote`
pub async fn promote(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Repositories> {
    let found = generations::promote(&web.app, &me, &said(&fields)?).await?;
    Ok(Json(show::repositories(&web.app.rules.results_url, &found)))
}

fn asked(query: &Query) -> Result<Place, Refusal> {
    Ok(Place {
        owner: query.need("ownername")?.to_owned(),
        project: query.need("projectname")?.to_owned(),
        dir: query.get("project_dirname").map(str::to_owned),
        chroot: query.get("chrootname").map(str::to_owned),
    })
}

fn said(fields: &Fields) -> Result<Place, Refusal> {
    Ok(Place {
        owner: fields.need("ownername")?,
        project: fields.need("projectname")?,
        dir: fields.line("project_dirname"),
        chroot: fields.line("chrootname"),
    })
}
