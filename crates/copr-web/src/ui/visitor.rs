//! Who asks for a page that is not for everybody.

use super::page;
use crate::{Web, authorization};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use copr_app::Kind;
use copr_db::account::Account;

/// The account whose session, or else whose login and token, came with the request. Nobody is invited to send those, so no browser does
/// for another site's sake.
#[derive(Debug)]
pub(super) struct Visitor(pub Account);

impl FromRequestParts<Web> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        authorization::of_request(parts, web).await.map(Self).map_err(|refusal| match refusal.kind {
            Kind::Unauthenticated => {
                let login = web.gssapi.is_some().then_some("/api_3/gssapi_login/web-ui");
                page::forbidden(StatusCode::UNAUTHORIZED, "Only who is logged in can see this page.", login)
            }
            _ => page::refused(&refusal),
        })
    }
}
