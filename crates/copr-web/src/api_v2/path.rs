//! What stands in the path. What is no number where there must be one is no endpoint.

use super::refused::no_route;
use crate::Web;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::Response;
use copr_app::Refusal;
use copr_types::ChrootName;
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
        Path::<T>::from_request_parts(parts, web).await.map(|Path(found)| Self(found)).map_err(|_| no_route())
    }
}

/// A number in the path: digits. One too large for anything is the largest one, which does not exist either.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit()) {
            return Err(D::Error::custom("not a number"));
        }
        Ok(Self(text.parse().unwrap_or(i64::MAX)))
    }
}

/// The chroot of a name in a request.
pub fn chroot_name(text: &str) -> Result<ChrootName, Refusal> {
    text.parse().map_err(|error: copr_types::InvalidName| Refusal::invalid(error.to_string()))
}
