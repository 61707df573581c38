//! Refusals of use cases as HTTP knows them.

use axum::http::StatusCode;
use copr_app::{Kind, Refusal};

/// The status of a refusal in a dialect; what is our own fault is logged here, and only here, with its inside
/// half.
pub fn status(refusal: &Refusal, dialect: &'static str) -> StatusCode {
    match refusal.kind {
        Kind::Invalid | Kind::Taken => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Form => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Internal => {
            tracing::error!(dialect, inside = refusal.inside(), "a request failed");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
