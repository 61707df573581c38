//! What stands in the body, in any of the three encodings that clients use: JSON, a multipart form with a `json` part,
//! plain form fields.
//!
//! As with Copr, what is no JSON object counts as an empty one: the fields that are missing then say what is wrong.

use super::fields::{Fields, has_nul, nul};
use super::refused::Refused;
use super::upload::Incoming;
use crate::Web;
use axum::body::to_bytes;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use copr_app::Refusal;
use serde_json::{Map, Value};

/// Most bytes of everything in a body that is no file.
pub(crate) const WORDS_LIMIT: usize = 8 << 20;

/// What a body is told that is no JSON where there must be some.
const NO_JSON: &str = "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";

/// The file that an endpoint takes.
#[derive(Clone, Copy, Debug)]
pub struct FilePart {
    /// Name of the part.
    pub name: &'static str,
    /// Most bytes.
    pub limit: u64,
}

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
        if !is_json(&kind(&request)) {
            return Ok(Self(Err(Refusal::form(NO_JSON))));
        }
        let value = serde_json::from_slice(&whole(request).await?).unwrap_or_default();
        Ok(Self(if has_nul(&value) { Err(nul()) } else { Ok(value) }))
    }
}

/// What the request says its body is.
fn kind(request: &Request) -> String {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
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
        match kind(&request).as_str() {
            "multipart/form-data" => read_multipart(request, web, wanted).await,
            "application/x-www-form-urlencoded" => {
                let bytes = whole(request).await?;
                let pairs = url::form_urlencoded::parse(&bytes);
                let mut object = Map::new();
                pairs.for_each(|(key, value)| keep_first(&mut object, key.into_owned(), value.into_owned()));
                Ok(Self::plain(Fields::new(object)?))
            }
            kind if is_json(kind) => Ok(Self::plain(Fields::new(object(&whole(request).await?))?)),
            _ => Ok(Self::plain(Fields::default())),
        }
    }

    /// Fields without any file.
    fn plain(fields: Fields) -> Self {
        Self { fields, file: None, more: false }
    }
}

async fn whole(request: Request) -> Result<bytes::Bytes, Refusal> {
    to_bytes(request.into_body(), WORDS_LIMIT).await.map_err(|_| too_many_words())
}

fn too_many_words() -> Refusal {
    Refusal::too_large(format!("The request is too large: besides a file it can have {} MiB.", WORDS_LIMIT >> 20))
}

/// An object, or an empty one.
fn object(bytes: &[u8]) -> Map<String, Value> {
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

/// Adds a field of a plain form, which has one value: of several the first, as with Copr.
fn keep_first(fields: &mut Map<String, Value>, name: String, value: String) {
    fields.entry(name).or_insert(Value::String(value));
}

async fn read_multipart(request: Request, web: &Web, wanted: Option<FilePart>) -> Result<Form, Refusal> {
    let Ok(mut parts) = Multipart::from_request(request, web).await else {
        return Ok(Form::plain(Fields::default()));
    };
    let (mut plain, mut json, mut file, mut more) = (Map::new(), None, None, false);
    let mut room = WORDS_LIMIT;
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some_and(|file_name| !file_name.is_empty());
        // python-copr sends its JSON as a file called `json`.
        if name == "json" {
            json = Some(object(&text(part, &mut room).await?));
        } else if !is_file {
            let value = String::from_utf8_lossy(&text(part, &mut room).await?).into_owned();
            keep_first(&mut plain, name, value);
        } else if let Some(wanted) = wanted.filter(|wanted| wanted.name == name) {
            if file.is_some() {
                more = true;
            } else {
                file = Some(Incoming::receive(part, web, wanted.limit).await?);
            }
        }
        // Parts that nobody wants are skipped by the next turn of the loop.
    }
    Ok(Form { fields: Fields::new(json.unwrap_or(plain))?, file, more })
}

/// A part of a form, which takes its bytes from the room that is left.
pub(crate) async fn text(mut part: Field<'_>, room: &mut usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
        *room = room.checked_sub(chunk.len()).ok_or_else(too_many_words)?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The client broke off, or sent what is no form.
pub fn broken(error: &MultipartError) -> Refusal {
    tracing::debug!(error = error.body_text(), "a form could not be read");
    Refusal::invalid("The form in the request is not complete.")
}
