//! The chroots of the service.

use super::path::At;
use super::query::Query;
use super::refused::Answer;
use super::{PREFIX, show};
use crate::Web;
use crate::json::Json;
use axum::extract::State;
use copr_app::chroot;
use copr_wire::v2::{MockChrootOne, MockChroots};

/// `GET /mock_chroots`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<MockChroots> {
    let active_only = query.flag("active_only")?.unwrap_or(false);
    let found = chroot::list(&web.app).await?;
    let wanted = found.iter().filter(|chroot| chroot.enabled || !active_only);
    let links = query.itself(&format!("{PREFIX}/mock_chroots"), None);
    Ok(Json(MockChroots { chroots: wanted.map(show::mock_chroot).collect(), links }))
}

/// `GET /mock_chroots/{chroot}`
pub async fn one(State(web): State<Web>, At(name): At<String>) -> Answer<MockChrootOne> {
    Ok(Json(show::mock_chroot(&chroot::find(&web.app, &name).await?)))
}
