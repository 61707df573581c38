//! What stands in the body, in any of the three encodings that clients use: JSON, a multipart form with a `json` part,
//! plain form fields.
//!
//! As with Copr, what is no JSON object counts as an empty one: the fields that are missing then say what is wrong.

use super::fields::{Fields, has_nul, nul};
use super::refused::Refused;
use crate::Web;
use crate::form::{self, FilePart, Incoming, Sender, Words};
use axum::extract::{FromRequest, Request};
use copr_app::Refusal;
use serde_json::{Map, Value};

/// What a body is told that is no JSON where there must be some.
const NO_JSON: &str = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";

/// The fields of a body; files in it are dropped.
#[derive(Debug)]
pub struct Body(pub Fields);

impl FromRequest<Web> for Body {
    type Rejection = Refused;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Refused> {
        Ok(Self(Form::read(request, web, None).await?.fields))
    }
}

/// A body that must be JSON, as it is; what can not be read is null. What is wrong with it is not told before it is
/// known that what the request is about is there and that whoever asks may: the use case does that.
#[derive(Debug)]
pub struct Json(pub Result<Value, Refusal>);

impl FromRequest<Web> for Json {
    type Rejection = Refused;

    async fn from_request(request: Request, _web: &Web) -> Result<Self, Refused> {
        if !form::is_json(&form::kind(request.headers())) {
            return Ok(Self(Err(Refusal::form(NO_JSON))));
        }
        let value = serde_json::from_slice(&form::whole(request.into_body()).await?).unwrap_or_default();
        Ok(Self(if has_nul(&value) { Err(nul()) } else { Ok(value) }))
    }
}

/// The fields of a body and the one file that the endpoint takes.
#[derive(Debug)]
pub struct Form {
    /// The fields.
    pub fields: Fields,
    /// The file; gone from the disk again unless it is kept.
    pub file: Option<Incoming>,
    /// There were more files of the wanted name, which were dropped.
    pub more: bool,
}

impl Form {
    /// Reads a body; the first file part of the wanted name goes to the disk as it comes.
    pub async fn read(request: Request, web: &Web, wanted: Option<FilePart>) -> Result<Self, Refusal> {
        Self::read_from(request, web, wanted, None).await
    }

    /// The same, from somebody who has to have the right to send a file.
    pub async fn read_from(
        request: Request,
        web: &Web,
        wanted: Option<FilePart>,
        sender: Option<Sender<'_>>,
    ) -> Result<Self, Refusal> {
        let form::Form { words, json, file, more } = form::Form::read_from(request, web, wanted, sender).await?;
        let fields = match (json, words) {
            (Some(json), _) => object(&json),
            (None, Words::Json(bytes)) => object(&bytes),
            (None, Words::Pairs(pairs)) => first_of_each(pairs),
            (None, Words::NoForm | Words::Other(_)) => Map::new(),
        };
        Ok(Self { fields: Fields::new(fields)?, file, more })
    }
}

/// An object, or an empty one.
fn object(bytes: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// The fields of a plain form, which have one value each: of several the first, as with Copr.
fn first_of_each(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut fields = Map::new();
    for (name, value) in pairs {
        fields.entry(name).or_insert(Value::String(value));
    }
    fields
}
