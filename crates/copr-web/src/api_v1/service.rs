//! The service as a whole.

use super::answer::{Answer, Done};
use super::login::Login;
use crate::Web;
use axum::extract::State;
use copr_app::queue;
use copr_wire::v1::{Nothing, Queue};

/// `GET /status`
pub async fn status(State(web): State<Web>) -> Answer<Queue> {
    let counts = queue::counts(&web.app).await?;
    Ok(Done(Queue { importing: counts.importing, waiting: counts.waiting, running: counts.running }))
}

/// `POST /auth_check/`
pub async fn auth_check(Login(_me): Login) -> Answer<Nothing> {
    Ok(Done(Nothing {}))
}
