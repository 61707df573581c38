//! Who asks. A handler that needs somebody says so in its arguments.

use super::refused::Refused;
use crate::{Web, authorization};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use copr_db::account::Account;

/// The account whose session, or else whose login and token, came with the request. Without one the request ends with
/// the contract's 401.
#[derive(Debug)]
pub struct Login(pub Account);

impl FromRequestParts<Web> for Login {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Refused> {
        Ok(Self(authorization::of_request(parts, web).await?))
    }
}
