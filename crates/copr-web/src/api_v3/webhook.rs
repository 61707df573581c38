//! Web hooks.

use super::login::Login;
use super::path::At;
use super::refused::Answer;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::webhook;
use copr_wire::v3::WebhookSecret;

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
