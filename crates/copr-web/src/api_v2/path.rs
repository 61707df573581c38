//! What stands in the path. What is no number where there must be one is no endpoint.

use super::refused::no_route;
use crate::{Web, path};
use axum::extract::FromRequestParts;
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
        path::read(parts, web).await.map(Self).ok_or_else(no_route)
    }
}

/// A number in the path, as [`path::number`] reads it.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        path::number(&text).map(Self).ok_or_else(|| D::Error::custom("not a number"))
    }
}

/// The chroot of a name in a request.
pub fn chroot_name(text: &str) -> Result<ChrootName, Refusal> {
    text.parse().map_err(|error: copr_types::InvalidName| Refusal::invalid(error.to_string()))
}
