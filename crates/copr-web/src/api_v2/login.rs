//! Who asks. A handler that needs somebody says so in its arguments; others look at no credentials, not even wrong ones.

use super::refused::Refused;
use crate::Web;
use crate::authorization::credentials;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use copr_db::account::Account;

/// The account whose login and token came with the request. Without one the request ends with 401.
#[derive(Debug)]
pub struct Login(pub Account);

impl FromRequestParts<Web> for Login {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Refused> {
        let Some((login, token)) = credentials(&parts.headers) else { return Err(web.app.login_needed().into()) };
        Ok(Self(web.app.authenticate(&login, &token).await?))
    }
}
