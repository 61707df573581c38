//! The pages for people.

mod build;
mod home;
mod lines;
pub(crate) mod page;
mod project;
mod token;

use crate::Web;
use crate::routes::{Routes, get};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The routes.
pub(crate) fn router() -> Routes<Web> {
    Routes::new()
        .route("/", get(home::show))
        .route("/coprs", get(home::show))
        .route("/coprs/", get(home::show))
        .route("/coprs/{owner}/{project}", get(project::slash))
        .route("/coprs/{owner}/{project}/", get(project::of_user))
        .route("/coprs/g/{group}/{project}", get(project::slash))
        .route("/coprs/g/{group}/{project}/", get(project::of_group))
        .route("/coprs/build/{id}", get(build::find))
        .route("/coprs/build/{id}/", get(build::find))
        .route("/coprs/{owner}/{project}/build/{id}", get(build::of_user))
        .route("/coprs/{owner}/{project}/build/{id}/", get(build::of_user))
        .route("/coprs/g/{group}/{project}/build/{id}", get(build::of_group))
        .route("/coprs/g/{group}/{project}/build/{id}/", get(build::of_group))
        .route("/api", get(token::show))
        .route("/api/", get(token::show))
        .route("/assets/style.css", get(|| asset("text/css; charset=utf-8", copr_ui::STYLE)))
        .route("/assets/follow.js", get(|| asset("text/javascript; charset=utf-8", copr_ui::FOLLOW)))
}

/// What every address without a route of its own gets.
pub(crate) async fn nothing_here() -> Response {
    page::not_found()
}

async fn asset(content_type: &'static str, text: &'static str) -> Response {
    // Short, so that an upgrade shows; the name has no version.
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}
