//! What stands in the body or behind the question mark.

use super::answer::Refused;
use super::fields::Fields;
use crate::Web;
use crate::form::{self, FilePart, Incoming, Words};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use copr_app::Refusal;

const NO_FIELDS: &str =
    "The body has to be a form (application/x-www-form-urlencoded or multipart/form-data) or a JSON object.";

/// The fields of a body; files in it are dropped.
#[derive(Debug)]
pub struct Body(pub Fields);

impl FromRequest<Web> for Body {
    type Rejection = Refused;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Refused> {
        Ok(Self(read(request, web, None).await?.0))
    }
}

/// The arguments behind the question mark.
#[derive(Debug)]
pub struct Query(pub Fields);

impl FromRequestParts<Web> for Query {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Refused> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(Fields::of_pairs(url::form_urlencoded::parse(query.as_bytes()).into_owned())?))
    }
}

/// Reads a body: its fields, and the file of the wanted name, which goes to the disk as it comes.
pub async fn read(
    request: Request,
    web: &Web,
    wanted: Option<FilePart>,
) -> Result<(Fields, Option<Incoming>), Refusal> {
    let form = form::Form::read(request, web, wanted).await?;
    let fields = match form.words {
        Words::Pairs(pairs) => Fields::of_pairs(pairs)?,
        Words::Json(bytes) if bytes.is_empty() => Fields::default(),
        Words::Json(bytes) => Fields::of_json(&bytes)?,
        Words::NoForm => return Err(Refusal::invalid("The form in the request says no boundary between its parts.")),
        Words::Other(body) => {
            // Clients send nothing, without a word about its kind, where nothing is to be said.
            if !form::whole(body).await?.is_empty() {
                return Err(Refusal::form(NO_FIELDS));
            }
            Fields::default()
        }
    };
    Ok((fields, form.file))
}
