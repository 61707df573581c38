//! Bodies of requests as all dialects of the API get them: words in one of three encodings, and at most one file, which
//! goes to the disk as it comes. What the words mean is the dialect's matter.

mod incoming;
mod sender;

pub use incoming::{Incoming, keeping};
pub use sender::Sender;

use crate::Web;
use axum::body::{Body, to_bytes};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use copr_app::Refusal;
use http_body_util::LengthLimitError;
use std::error::Error;

/// Most bytes of everything in a body that is no file.
pub const WORDS_LIMIT: usize = 8 << 20;

/// The file that an endpoint takes.
#[derive(Clone, Copy, Debug)]
pub struct FilePart {
    /// Name of the part.
    pub name: &'static str,
    /// Most bytes.
    pub limit: u64,
}

/// A comps file; Fedora's own has 2 MB.
pub const COMPS: FilePart = FilePart { name: "upload_comps", limit: 16 << 20 };

/// What a body says, as it came.
#[derive(Debug)]
pub enum Words {
    /// Names and values of a plain form, in their order.
    Pairs(Vec<(String, String)>),
    /// What should be JSON.
    Json(Bytes),
    /// A form that names no boundary between its parts.
    NoForm,
    /// A body of another kind, not read yet.
    Other(Body),
}

/// A body.
#[derive(Debug)]
pub struct Form {
    /// What it says.
    pub words: Words,
    /// The part of a form that is called `json`, as a file or not: python-copr's words are in there.
    pub json: Option<Vec<u8>>,
    /// The file; gone from the disk again unless it is kept.
    pub file: Option<Incoming>,
    /// There were more files of the wanted name, which were dropped.
    pub more: bool,
}

impl Form {
    /// Reads a body; the first file part of the wanted name goes to the disk as it comes, others are dropped.
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
        let words = match kind(request.headers()).as_str() {
            "multipart/form-data" => return read_multipart(request, web, wanted, sender).await,
            "application/x-www-form-urlencoded" => {
                let bytes = whole(request.into_body()).await?;
                Words::Pairs(url::form_urlencoded::parse(&bytes).into_owned().collect())
            }
            kind if is_json(kind) => Words::Json(whole(request.into_body()).await?),
            _ => Words::Other(request.into_body()),
        };
        Ok(Self { words, json: None, file: None, more: false })
    }
}

/// What a request says its body is.
pub fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether that is JSON.
pub fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
}

/// All of a body that has no file in it.
pub async fn whole(body: Body) -> Result<Bytes, Refusal> {
    up_to(body, WORDS_LIMIT, too_many_words).await
}

/// All of a body, which is to have at most so many bytes.
pub async fn up_to(body: Body, limit: usize, too_large: fn() -> Refusal) -> Result<Bytes, Refusal> {
    to_bytes(body, limit).await.map_err(|error| {
        match error.source().is_some_and(|cause| cause.is::<LengthLimitError>()) {
            true => too_large(),
            // The client broke off.
            false => Refusal::invalid("The request is not complete."),
        }
    })
}

fn too_many_words() -> Refusal {
    Refusal::too_large(format!("The request is too large: besides a file it can have {} MiB.", WORDS_LIMIT >> 20))
}

async fn read_multipart(
    request: Request,
    web: &Web,
    wanted: Option<FilePart>,
    sender: Option<Sender<'_>>,
) -> Result<Form, Refusal> {
    let Ok(mut parts) = Multipart::from_request(request, web).await else {
        return Ok(Form { words: Words::NoForm, json: None, file: None, more: false });
    };
    let (mut pairs, mut json, mut file, mut more) = (Vec::new(), None, None, false);
    let mut room = WORDS_LIMIT;
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some_and(|file_name| !file_name.is_empty());
        if name == "json" {
            json = Some(text(part, &mut room).await?);
        } else if !is_file {
            let value = String::from_utf8_lossy(&text(part, &mut room).await?).into_owned();
            pairs.push((name, value));
        } else if let Some(wanted) = wanted.filter(|wanted| wanted.name == name) {
            if file.is_some() {
                more = true;
            } else {
                if let Some(sender) = &sender {
                    sender.may_send(web, json.as_deref(), &pairs).await?;
                }
                file = Some(Incoming::receive(part, web, wanted.limit).await?);
            }
        }
        // Parts that nobody wants are skipped by the next turn of the loop.
    }
    Ok(Form { words: Words::Pairs(pairs), json, file, more })
}

/// A part of a form, which takes its bytes from the room that is left.
pub async fn text(mut part: Field<'_>, room: &mut usize) -> Result<Vec<u8>, Refusal> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use copr_app::Kind;
    use std::io;

    #[tokio::test]
    async fn a_body_that_is_too_large_is_told_from_one_that_breaks_off() {
        let pieces = |end: io::Result<&'static str>| Body::from_stream(futures::stream::iter([Ok("abc"), end]));
        assert_eq!(whole(pieces(Ok("def"))).await.expect("a body"), "abcdef");
        let large = up_to(pieces(Ok("def")), 5, too_many_words).await.expect_err("too large");
        assert_eq!(large.kind, Kind::TooLarge);
        let broken = whole(pieces(Err(io::ErrorKind::UnexpectedEof.into()))).await.expect_err("half a body");
        assert_eq!((broken.kind, broken.message.as_str()), (Kind::Invalid, "The request is not complete."));
    }
}
