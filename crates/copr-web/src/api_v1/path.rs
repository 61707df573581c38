//! What stands in the path. What does not fit is no endpoint.

use super::answer::no_route;
use crate::{Web, path};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;

pub use crate::path::BuildNumber;

/// The parts of the path.
#[derive(Debug)]
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for At<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        path::read(parts, web).await.map(Self).ok_or_else(no_route)
    }
}
