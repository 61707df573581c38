//! The root, who is logged in, and a new token.

use super::login::Login;
use super::refused::Answer;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::account;
use copr_wire::v3::{ApiToken, Identity, Version};

/// `GET /`
pub async fn version() -> Json<Version> {
    Json(Version { version: 3 })
}

/// `GET /auth-check`
pub async fn auth_check(Login(me): Login) -> Answer<Identity> {
    Ok(Json(Identity { id: me.id.0, name: me.name.to_string() }))
}

/// `POST /api-token`: the login and token that came with the request end with it.
pub async fn api_token(State(web): State<Web>, Login(me): Login) -> Answer<ApiToken> {
    let issued = account::new_token(&web.app, me.name.as_str()).await?;
    Ok(Json(ApiToken { api_login: issued.login, api_token: issued.token, expiration: issued.expiration }))
}
