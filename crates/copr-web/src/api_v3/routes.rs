//! How an endpoint is reached: with and without a trailing slash, by its method and by the one older clients use.

use super::refused;
use crate::Web;
use crate::routes::{Methods, Routes, any, delete, post, put};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::set_header::SetResponseHeaderLayer;

const PREFIX: &str = "/api_3";

/// A map of endpoints in the making.
pub(crate) struct Endpoints(Routes<Web>);

impl Endpoints {
    pub fn new() -> Self {
        Self(Routes::new())
    }

    /// Adds an endpoint under the prefix.
    pub fn at(self, path: &str, methods: Methods<Web>) -> Self {
        // Copr tells no methods in an `Allow` header.
        let methods = methods.otherwise(|| async { refused::no_method() });
        Self(self.0.both_ways(&format!("{PREFIX}{path}"), methods))
    }

    /// The whole map; every other address under the prefix is a 404 in this dialect.
    pub fn finish(self) -> Routes<Web> {
        self.0.route(&format!("{PREFIX}/{{*rest}}"), any(|| async { refused::no_route() }))
    }
}

/// `POST`, and `PUT` for whoever says that.
pub(crate) fn create<H: Handler<T, Web>, T: 'static>(handler: H) -> Methods<Web> {
    post(handler.clone()).or(old("This method is deprecated: Use POST method instead of PUT", put(handler)))
}

/// `PUT`, and `POST` for python-copr before 2.3.
pub(crate) fn update<H: Handler<T, Web>, T: 'static>(handler: H) -> Methods<Web> {
    put(handler.clone()).or(old("This method is deprecated: Use PUT method instead of POST", post(handler)))
}

/// `DELETE`, and `POST` for python-copr before 2.3.
pub(crate) fn remove<H: Handler<T, Web>, T: 'static>(handler: H) -> Methods<Web> {
    delete(handler.clone()).or(old("This method is deprecated: Use DELETE method instead of POST", post(handler)))
}

fn old(warning: &'static str, methods: Methods<Web>) -> Methods<Web> {
    let layer = SetResponseHeaderLayer::overriding(header::WARNING, HeaderValue::from_static(warning));
    methods.around(|handlers| handlers.route_layer(layer))
}

/// `OPTIONS` of what exists is an empty 200.
pub async fn options(request: Request, next: Next) -> Response {
    let asked = request.method() == Method::OPTIONS;
    let response = next.run(request).await;
    if asked && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return StatusCode::OK.into_response();
    }
    response
}
