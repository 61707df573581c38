//! What stands in the path. What does not fit is no endpoint.

use super::refused::no_route;
use crate::Web;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::Response;
use copr_types::BuildId;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

/// The parts of the path.
#[derive(Debug)]
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for At<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        // No name holds a NUL, and PostgreSQL refuses texts with one.
        if parts.uri.path().contains("%00") {
            return Err(no_route());
        }
        match Path::<T>::from_request_parts(parts, web).await {
            Ok(Path(found)) => Ok(Self(found)),
            Err(_) => Err(no_route()),
        }
    }
}

/// A build's number in the path: digits.
#[derive(Clone, Copy, Debug)]
pub struct BuildNumber(pub BuildId);

impl<'de> Deserialize<'de> for BuildNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        build_number(&text).map(Self).ok_or_else(|| D::Error::custom("not a number"))
    }
}

/// A build's number in a text. A number too large for any build is the largest one, which does not exist either.
pub fn build_number(text: &str) -> Option<BuildId> {
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    digits.then(|| BuildId(text.parse().unwrap_or(i64::MAX)))
}
