//! `ETag`s of reads: whoever has an answer already is told so, and gets no body (RFC 9110 §8.8.3, §13.1.2).

use crate::results::condition::knows_tag;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// The tag of an answer: it depends on the bytes alone, so that it is the same on every server.
pub fn of(body: &[u8]) -> HeaderValue {
    let digest = hex::encode(&Sha256::digest(body)[..16]);
    HeaderValue::try_from(format!("\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Gives every good answer to a `GET` its tag, and answers 304 to those who have it.
pub async fn answers(request: Request, next: Next) -> Response {
    // The bodies of answers to HEAD are gone by now.
    if *request.method() != Method::GET {
        return next.run(request).await;
    }
    let asked = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // What handlers answer is in memory already: this copies nothing and can not fail.
    let Ok(body) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let tag = parts.headers.entry(header::ETAG).or_insert_with(|| of(&body)).clone();
    // Who reads may keep it but has to ask: it changes at any time.
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if tag.to_str().is_ok_and(|tag| knows_tag(&asked, tag) == Some(true)) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(body))
}
