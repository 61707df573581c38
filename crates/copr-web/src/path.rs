//! What stands in the path of an address of the API. What does not fit is no address of it.

use crate::Web;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use copr_types::BuildId;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

/// The parts of the path, when they fit.
pub async fn read<T: DeserializeOwned + Send>(parts: &mut Parts, web: &Web) -> Option<T> {
    // No name holds a NUL, and PostgreSQL refuses texts with one.
    if parts.uri.path().contains("%00") {
        return None;
    }
    Path::<T>::from_request_parts(parts, web).await.ok().map(|Path(found)| found)
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

/// A build's number in a text.
pub fn build_number(text: &str) -> Option<BuildId> {
    number(text).map(BuildId)
}

/// The number of something in a text: digits. One too large for anything is the largest one, which does not exist either.
pub fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(i64::MAX))
}
