//! Builds: look, cancel, delete.

use super::body::Body;
use super::login::Login;
use super::path::{At, Number};
use super::query::Query;
use super::refused::{Answer, Done};
use super::{PREFIX, located, show};
use crate::Web;
use crate::json::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use copr_app::{Refusal, build};
use copr_db::listing::Of;
use copr_types::{BuildId, ProjectId};
use copr_wire::v2::{BuildOne, Builds};

/// `GET /builds`: a project counts before an owner, and an owner before a group.
pub async fn list(State(web): State<Web>, query: Query) -> Answer<Builds> {
    let page = query.page()?;
    let (owner, group) = query.owners();
    let of = match (query.number("project_id")?, owner.as_ref().or(group.as_ref())) {
        (Some(id), _) => Of::Project(ProjectId(id)),
        (None, Some(owner)) => Of::Owner(owner),
        (None, None) => Of::Everybody,
    };
    let found = build::across(&web.app, of, query.flag("is_finished")?, &page).await?;
    let builds = found.iter().map(show::build).collect();
    Ok(Json(Builds { builds, links: query.itself_with_limit(&format!("{PREFIX}/builds"), &page) }))
}

/// `GET /builds/{build_id}`. The documents show the flag for tasks under another name too.
pub async fn one(State(web): State<Web>, At(Number(id)): At<Number>, query: Query) -> Answer<BuildOne> {
    let with_tasks = query.flag("show_build_tasks")?.or(query.flag("show_chroots")?).unwrap_or(false);
    let found = build::detailed(&web.app, BuildId(id)).await?;
    Ok(Json(if with_tasks { show::build_with_tasks(&web, &found) } else { show::build(&found) }))
}

/// `PUT /builds/{build_id}`: a build's state is all that can be changed, and `canceled` all that it can become.
pub async fn cancel(
    State(web): State<Web>,
    Login(me): Login,
    At(Number(id)): At<Number>,
    Body(mut fields): Body,
) -> Done {
    let state = fields.text("state").this();
    fields.check()?;
    match state.as_deref() {
        Some("canceled" | "cancelled") => {}
        Some(_) => return Err(Refusal::field("state", "A build can only become `canceled`.").into()),
        None => return Err(Refusal::field("state", "This field is required.").into()),
    }
    build::ensure_canceled(&web.app, &me, BuildId(id)).await?;
    Ok(located(&web, StatusCode::NO_CONTENT, &show::build_path(BuildId(id))))
}

/// `DELETE /builds/{build_id}`
pub async fn delete(State(web): State<Web>, Login(me): Login, At(Number(id)): At<Number>) -> Done {
    build::delete(&web.app, &me, BuildId(id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
