//! Answers made of open files.

use super::body;
use super::condition::{Part, Validators, part};
use super::kind;
use super::open::OpenFile;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

/// Who reads a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Package managers and browsers: labelled by its name.
    Everyone,
    /// Programs that take the bytes as they are.
    Programs,
}

/// The answer to a request for a file.
pub(crate) async fn file(
    OpenFile { file, meta }: OpenFile,
    name: &str,
    method: &Method,
    headers: &HeaderMap,
    audience: Audience,
) -> Response {
    let validators = Validators::of(&meta);
    let mut response = Response::new(Body::empty());
    label(&mut response, &validators, name, audience);
    if validators.is_known(headers) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let size = meta.len();
    // Ranges have a meaning for GET alone (RFC 9110 §14.2).
    let wanted = if method == Method::GET { part(headers, &validators, size) } else { Part::Whole };
    let (start, length) = match wanted {
        Part::Whole => (0, size),
        Part::Range { start, length } => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes {start}-{}/{size}", start + length - 1));
            (start, length)
        }
        Part::Unsatisfiable => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
            return response;
        }
    };
    set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    if method != Method::HEAD {
        *response.body_mut() = body::of_file(file, start, length).await;
    }
    response
}

fn label(response: &mut Response, validators: &Validators, name: &str, audience: Audience) {
    set(response, header::ETAG, &validators.tag);
    if let Some(date) = validators.last_modified() {
        set(response, header::LAST_MODIFIED, &date);
    }
    set(response, header::ACCEPT_RANGES, "bytes");
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if audience == Audience::Programs {
        set(response, header::CONTENT_TYPE, "application/octet-stream");
        return;
    }
    let kind = kind::of(name);
    set(response, header::CONTENT_TYPE, kind.content_type);
    set(response, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    if let Some(encoding) = kind.encoding {
        set(response, header::CONTENT_ENCODING, encoding);
    }
    if let Some(caching) = kind.caching {
        set(response, header::CACHE_CONTROL, caching);
    }
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
