//! Refusals in this dialect: a status and `{"message": "<text>"}`, with the fields that are wrong in `data`.

use crate::json::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use copr_app::{FieldErrors, Kind, Refusal};
use copr_wire::v2::Problem;
use serde_json::{Map, Value};

/// What handlers answer that show something.
pub type Answer<T> = Result<Json<T>, Refused>;

/// What handlers answer that only do something.
pub type Done = Result<Response, Refused>;

/// A refusal.
#[derive(Debug)]
pub struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let refusal = self.0;
        let status = match refusal.kind {
            // What can not be done now is the caller's mistake in this version.
            Kind::Invalid | Kind::Conflict | Kind::Form => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Taken => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::Internal => {
                tracing::error!(inside = refusal.inside(), "a request of API version 2 failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        let data = refusal.fields.as_ref().map(by_field);
        let mut response = (status, Json(Problem { message: refusal.message, data })).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Basic realm=\"Copr\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// Lists of messages by field.
fn by_field(errors: &FieldErrors) -> Value {
    let lists = errors.0.iter().map(|(field, messages)| ((*field).to_owned(), Value::from(messages.clone())));
    Value::Object(lists.collect::<Map<_, _>>())
}

/// The same refusal, with the name that a field has in a request of this version.
pub fn renamed(refusal: Refusal, from: &str, to: &'static str) -> Refusal {
    let Some(mut errors) = refusal.fields else { return refusal };
    errors.0.iter_mut().filter(|(field, _)| *field == from).for_each(|(field, _)| *field = to);
    Refusal::fields(errors)
}

fn plain(status: StatusCode, message: &str) -> Response {
    (status, Json(Problem { message: message.to_owned(), data: None })).into_response()
}

/// The answer to an address that is no endpoint.
pub fn no_route() -> Response {
    plain(StatusCode::NOT_FOUND, "Such API endpoint doesn't exist")
}

/// The answer to a method that an endpoint does not have.
pub fn no_method() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed for the requested URL.")
}

/// The answer when a handler panicked; the panic itself is in the log already.
pub fn broken() -> Response {
    plain(StatusCode::INTERNAL_SERVER_ERROR, "Request wasn't successful, there is probably a bug in the Copr code.")
}
