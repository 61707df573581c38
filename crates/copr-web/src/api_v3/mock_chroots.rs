//! The chroots of the service.

use super::refused::Answer;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::chroot;
use serde_json::{Map, Value};

/// `GET /mock-chroots/list`: remarks by chroot, in the order that `copr list-chroots` prints.
pub async fn list(State(web): State<Web>) -> Answer<Map<String, Value>> {
    let chroots = chroot::list(&web.app).await?;
    let enabled = chroots.into_iter().filter(|chroot| chroot.enabled);
    Ok(Json(enabled.map(|chroot| (chroot.name.to_string(), Value::String(chroot.comment))).collect()))
}
