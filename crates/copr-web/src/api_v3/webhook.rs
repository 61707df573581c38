//! Web hooks.

use super::login::Login;
use super::path::At;
use super::query::Query;
use super::refused::Answer;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::webhook::{self, Listed};
use copr_wire::v3::{HookCall, List, WebhookSecret};

/// `POST /webhook/generate/{owner}/{project}`
pub async fn generate(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
) -> Answer<WebhookSecret> {
    let (project, webhook_secret) = webhook::renew_secret(&web.app, &me, &owner, &name).await?;
    Ok(Json(WebhookSecret {
        id: project.id.0,
        full_name: project.full_name(),
        name: project.name.to_string(),
        ownername: project.owner.to_string(),
        webhook_secret,
    }))
}

/// `GET /webhook/list/{owner}/{project}`, which is this service's own: the newest calls first.
pub async fn list(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    query: Query,
) -> Answer<List<HookCall>> {
    let mut paging = query.paging("webhook", &["id"])?;
    paging.order_type = "DESC".to_owned();
    let (_, calls) = webhook::history(&web.app, &me, &owner, &name, &paging.page()).await?;
    Ok(Json(paging.list(calls.into_iter().map(show).collect())))
}

fn show(Listed { call, builds }: Listed) -> HookCall {
    HookCall {
        id: call.id.0,
        received_on: call.received_on,
        forge: call.forge.to_string(),
        event: call.event,
        git_ref: call.git_ref,
        commit: call.git_commit,
        delivery: call.delivery,
        user_agent: call.user_agent,
        sender: call.sender,
        outcome: call.outcome.to_string(),
        reason: call.reason,
        builds: builds.into_iter().map(|id| id.0).collect(),
    }
}
