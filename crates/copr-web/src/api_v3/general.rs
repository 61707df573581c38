//! The root, and who is logged in.

use super::login::Login;
use super::refused::Answer;
use axum::Json;
use copr_wire::v3::{Identity, Version};

/// `GET /`
pub async fn version() -> Json<Version> {
    Json(Version { version: 3 })
}

/// `GET /auth-check`
pub async fn auth_check(Login(me): Login) -> Answer<Identity> {
    Ok(Json(Identity { id: me.id.0, name: me.name.to_string() }))
}
