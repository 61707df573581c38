//! Refusals in this dialect: a status and `{"error": "<text>"}`.
//!
//! Fields that are wrong are told in one of two forms (contract, "Errors"): one line per message for most
//! endpoints, one Python dictionary for those that take builds.

use super::python::dict_repr;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use copr_app::{Kind, Refusal};
use copr_wire::v3::Problem;

/// What most handlers answer.
pub type Answer<T> = Result<Json<T>, Refused>;

/// What handlers answer that take builds.
pub type BuildAnswer<T> = Result<Json<T>, BuildRefused>;

/// A refusal, fields told one line per message.
#[derive(Debug)]
pub struct Refused(Refusal);

/// A refusal, fields told as a Python dictionary.
#[derive(Debug)]
pub struct BuildRefused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<Refusal> for BuildRefused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let text = self.0.message.clone();
        answer(&self.0, text)
    }
}

impl IntoResponse for BuildRefused {
    fn into_response(self) -> Response {
        let text = match &self.0.fields {
            Some(fields) => format!("Bad request parameters: {}", dict_repr(&fields.0)),
            None => self.0.message.clone(),
        };
        answer(&self.0, text)
    }
}

/// The status of a refusal; what is our own fault is logged here, and only here, with its inside half.
fn answer(refusal: &Refusal, error: String) -> Response {
    let status = match refusal.kind {
        Kind::Invalid | Kind::Taken => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Form => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Internal => {
            tracing::error!(inside = refusal.inside(), "a request of API version 3 failed");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    let output = (refusal.kind == Kind::Unauthenticated).then(|| "notok".to_owned());
    (status, Json(Problem { output, error })).into_response()
}

fn plain(status: StatusCode, error: &str) -> Response {
    (status, Json(Problem { output: None, error: error.to_owned() })).into_response()
}

/// What an address that is no endpoint is told.
pub const NO_ROUTE: &str = "Such API endpoint doesn't exist";

/// The answer to an address that is no endpoint.
pub fn no_route() -> Response {
    plain(StatusCode::NOT_FOUND, NO_ROUTE)
}

/// The answer to a method that an endpoint does not have.
pub fn no_method() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed for the requested URL.")
}

/// The answer when a handler panicked; the panic itself is in the log already.
pub fn broken() -> Response {
    plain(StatusCode::INTERNAL_SERVER_ERROR, "Request wasn't successful, there is probably a bug in the Copr code.")
}
