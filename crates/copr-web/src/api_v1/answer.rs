//! What goes out: an object that says `output`, with status 200 when all is well (clients take any other for a failure).

use crate::{json, refused};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use copr_app::Refusal;
use copr_wire::v1::{Output, Problem, Reason, Success};
use serde::Serialize;

/// What most handlers answer.
pub type Answer<T> = Result<Done<T>, Refused>;

/// What handlers answer that take packages.
pub type PackageAnswer<T> = Result<Done<T>, PackageRefused>;

/// An object that goes out as a success.
#[derive(Debug)]
pub struct Done<T>(pub T);

impl<T: Serialize> IntoResponse for Done<T> {
    fn into_response(self) -> Response {
        written(StatusCode::OK, &Success::new(self.0))
    }
}

/// A refusal, fields told one line per message.
#[derive(Debug)]
pub struct Refused(Refusal);

/// A refusal, fields told as an object.
#[derive(Debug)]
pub struct PackageRefused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<Refusal> for PackageRefused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        problem(refused::status(&self.0, "API v1"), Reason::Text(self.0.message))
    }
}

impl IntoResponse for PackageRefused {
    fn into_response(self) -> Response {
        let status = refused::status(&self.0, "API v1");
        let reason = match self.0.fields {
            Some(errors) => {
                Reason::Fields(errors.0.into_iter().map(|(field, texts)| (field.to_owned(), texts)).collect())
            }
            None => Reason::Text(self.0.message),
        };
        problem(status, reason)
    }
}

/// The answer to an address that is no endpoint.
pub fn no_route() -> Response {
    text(StatusCode::NOT_FOUND, "Such API endpoint doesn't exist")
}

/// The answer to a method that an endpoint does not have.
pub fn no_method() -> Response {
    text(StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed for the requested URL.")
}

/// The answer when a handler panicked; the panic itself is in the log already.
pub fn broken() -> Response {
    text(StatusCode::INTERNAL_SERVER_ERROR, "Request wasn't successful, there is probably a bug in the Copr code.")
}

fn text(status: StatusCode, error: &str) -> Response {
    problem(status, Reason::Text(error.to_owned()))
}

fn problem(status: StatusCode, error: Reason) -> Response {
    written(status, &Problem { output: Output::NotOk, error })
}

/// What python-copr takes for the page that asks for a login, wherever it stands in an answer.
const MAGIC: &str = "<title>Sign in Copr</title>";

/// An object as it goes out. Whoever writes the magic words into a description breaks no client: in JSON they can be
/// spelled in another way.
fn written(status: StatusCode, object: &impl Serialize) -> Response {
    match json::text(object) {
        Ok(text) => {
            let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            (status, kind, text.replace(MAGIC, &MAGIC.replace('<', "\\u003c"))).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
