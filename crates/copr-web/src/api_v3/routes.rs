//! The methods by which endpoints are reached: today's, and those that older clients use.

use crate::Web;
use crate::routes::{Methods, delete, post, put};
use axum::handler::Handler;
use axum::http::{HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

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
