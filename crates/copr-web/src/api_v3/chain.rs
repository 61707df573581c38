//! Chains: sets of builds whose order the service finds itself. Builds join them by `chain_id` when they are submitted.

use super::body::Body;
use super::fields::Fields;
use super::login::Login;
use super::path::{At, BuildNumber};
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::chain::{self, Input};
use copr_types::ChainId;
use copr_wire::v3::{Chain, Dependents, List};

/// Attributes that clients may name; the list is newest first whatever they name, as that of builds is.
pub(super) const ORDERS: [&str; 1] = ["id"];

/// `GET /chain/{chain}`
pub async fn find(State(web): State<Web>, At(number): At<BuildNumber>) -> Answer<Chain> {
    Ok(Json(show::chain(&chain::find(&web.app, id(number)).await?)))
}

/// `GET /chain/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<List<Chain>> {
    let paging = query.paging("chain", &ORDERS)?;
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let found = chain::list(&web.app, owner, name, &paging.page()).await?;
    Ok(Json(paging.list(found.iter().map(show::chain).collect())))
}

/// `GET /chain/dependents`: what a chain of dependents would build.
pub async fn dependents(State(web): State<Web>, query: Query) -> Answer<Dependents> {
    let (owner, name) = (query.need("ownername")?, query.need("projectname")?);
    let words = |name: &str| query.all(name).map(str::to_owned).collect::<Vec<_>>();
    let (packages, chroots) = (words("packagename"), words("chroots"));
    let dir = query.get("project_dirname");
    Ok(Json(show::dependents(chain::dependents(&web.app, owner, name, dir, &packages, &chroots).await?)))
}

/// `POST /chain/create`
pub async fn create(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Chain> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    Ok(Json(show::chain(&chain::create(&web.app, &me, &owner, &name, &input(&fields)).await?)))
}

/// `POST /chain/create/dependents`
pub async fn create_of_dependents(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> Answer<Chain> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let (packages, chroots) = (fields.words("packages"), fields.list("chroots").unwrap_or_default());
    let made = chain::of_dependents(&web.app, &me, &owner, &name, &input(&fields), &packages, &chroots).await?;
    Ok(Json(show::chain(&made)))
}

/// `PUT /chain/start/{chain}`
pub async fn start(State(web): State<Web>, At(number): At<BuildNumber>, Login(me): Login) -> Answer<Chain> {
    Ok(Json(show::chain(&chain::start(&web.app, &me, id(number)).await?)))
}

/// `PUT /chain/cancel/{chain}`
pub async fn cancel(State(web): State<Web>, At(number): At<BuildNumber>, Login(me): Login) -> Answer<Chain> {
    Ok(Json(show::chain(&chain::cancel(&web.app, &me, id(number)).await?)))
}

fn id(BuildNumber(number): BuildNumber) -> ChainId {
    ChainId(number.0)
}

fn input(fields: &Fields) -> Input {
    Input {
        project_dirname: fields.line("project_dirname"),
        keep_going: fields.flag(&["keep_going"]).unwrap_or(false),
        with_dependents: fields.flag(&["with_dependents"]).unwrap_or(false),
    }
}
