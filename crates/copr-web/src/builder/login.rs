//! Who calls: a builder by its token.

use super::refused::Refused;
use crate::logs::Live;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use copr_app::Refusal;
use copr_db::builder::Builder;

/// The builder behind `Authorization: Bearer …`. A route that names it in its signature lets nobody else in.
#[derive(Debug)]
pub(super) struct Caller(pub(super) Builder);

impl FromRequestParts<Live> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, live: &Live) -> Result<Self, Refused> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).unwrap_or_default();
        if token.is_empty() {
            return Err(Refusal::unauthenticated("builders send their token as `Authorization: Bearer …`").into());
        }
        Ok(Self(live.app.authenticate_builder(token).await?))
    }
}
