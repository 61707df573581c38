//! Pages as answers.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use copr_app::{Kind, Refusal};
use copr_ui::notice::{Broken, Forbidden, NotFound, Refused};
use copr_ui::{Template, render};

/// Nothing from elsewhere, no inline scripts or styles: a text of a user that got past the escaping would do nothing.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The answer that shows a page.
pub(crate) fn show(page: &impl Template) -> Response {
    match render(page) {
        Ok(html) => secured(StatusCode::OK, html),
        Err(error) => {
            tracing::error!(%error, "could not render a page");
            broken()
        }
    }
}

/// The answer that shows a page for one visitor's eyes: nobody keeps it.
pub(crate) fn private(status: StatusCode, page: &impl Template) -> Response {
    let mut response = show(page);
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn secured(status: StatusCode, html: String) -> Response {
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// 404 with a way on.
pub(crate) fn not_found() -> Response {
    absent(None)
}

/// 404 with a sentence about what was looked for.
pub(crate) fn not_found_about(sentence: String) -> Response {
    absent(Some(sentence))
}

fn absent(looked_for: Option<String>) -> Response {
    secured(StatusCode::NOT_FOUND, render(&NotFound { looked_for }).unwrap_or_default())
}

/// 401 or 403; `login` is where one can log in.
pub(crate) fn forbidden(status: StatusCode, why: &str, login: Option<&'static str>) -> Response {
    private(status, &Forbidden { why: why.to_owned(), login })
}

/// 500.
pub(crate) fn broken() -> Response {
    secured(StatusCode::INTERNAL_SERVER_ERROR, render(&Broken).unwrap_or_default())
}

/// A refusal as a page.
pub(crate) fn refused(refusal: &Refusal) -> Response {
    match refusal.kind {
        Kind::NotFound => return not_found_about(refusal.message.clone()),
        Kind::Forbidden => return forbidden(StatusCode::FORBIDDEN, &refusal.message, None),
        Kind::Unauthenticated => return forbidden(StatusCode::UNAUTHORIZED, &refusal.message, None),
        _ => {}
    }
    tracing::error!("could not show a page: {}", refusal.inside());
    broken()
}

/// The same for what somebody wants to be done: why it can not is theirs to know.
pub(crate) fn declined(refusal: &Refusal) -> Response {
    match refusal.kind {
        Kind::NotFound | Kind::Forbidden | Kind::Unauthenticated | Kind::Internal => refused(refusal),
        _ => private(crate::refused::status(refusal, "page"), &Refused { sentence: refusal.message.clone() }),
    }
}

/// Whether who asks is a browser.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}
