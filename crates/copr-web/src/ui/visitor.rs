//! Who looks at a page that is not for everybody.

use super::page;
use crate::{Web, authorization, session};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use copr_app::Refusal;
use copr_db::account::Account;

/// The account whose session, or else whose login and token, came with the request. Without one the visitor is told how to
/// get one.
#[derive(Debug)]
pub(super) struct Visitor(pub Account);

impl FromRequestParts<Web> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        who(parts, web).await.map(Self).map_err(|refusal| page::declined(&refusal))
    }
}

async fn who(parts: &Parts, web: &Web) -> Result<Account, Refusal> {
    match session::account(parts, web).await? {
        Some(account) => Ok(account),
        None => authorization::account(&parts.headers, web).await,
    }
}
