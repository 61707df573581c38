//! Version 2 of the API, under `/api_2`: what the second client of python-copr (to 1.112) speaks.
//!
//! A door to the same use cases as version 3, arranged like it: `path`, `query` and `body` (what came), `login` (who
//! asks), `refused` (errors), `show` (rows as the API's objects). Objects come with links, which are paths from the root of
//! the service; what was made is told in `Location`, which is a whole address.

mod body;
mod build;
mod build_create;
mod build_task;
mod login;
mod mock_chroot;
mod path;
mod project;
mod project_chroot;
mod query;
mod refused;
mod show;

use crate::Web;
use crate::drain::drain;
use crate::json::Json;
use crate::routes::{Dialect, Endpoints, Routes, delete, get, options, post, put};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use copr_wire::v2::Root;
use show::links;
use tower_http::catch_panic::CatchPanicLayer;

/// Where all of it is.
const PREFIX: &str = "/api_2";

const DIALECT: Dialect = Dialect { prefix: PREFIX, no_route: refused::no_route, no_method: refused::no_method };

/// The routes of `/api_2`.
pub(crate) fn router() -> Routes<Web> {
    endpoints().around(around)
}

/// What every endpoint has around it.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        // Sizes are limited where bodies are read.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(|_| refused::broken()))
        .layer(from_fn(drain))
        .layer(from_fn(options))
}

/// Every endpoint; all other addresses under the prefix are a 404 in this dialect.
fn endpoints() -> Routes<Web> {
    let projects = get(project::list).or(post(project::create));
    let project = get(project::one).or(put(project::update)).or(delete(project::delete));
    let chroots = get(project_chroot::list).or(post(project_chroot::enable));
    let chroot = get(project_chroot::one).or(put(project_chroot::update)).or(delete(project_chroot::disable));
    let builds = get(build::list).or(post(build_create::create));
    let build = get(build::one).or(put(build::cancel)).or(delete(build::delete));
    Endpoints::new(DIALECT)
        .at("/", get(root))
        .at("/projects", projects)
        .at("/projects/{project_id}", project)
        .at("/projects/{project_id}/chroots", chroots)
        .at("/projects/{project_id}/chroots/{chroot}", chroot)
        .at("/builds", builds)
        .at("/builds/{build_id}", build)
        .at("/build_tasks", get(build_task::list))
        .at("/build_tasks/{build_id}/{chroot}", get(build_task::one))
        // The documents say this in one place.
        .at("/builds_tasks", get(build_task::list))
        .at("/builds_tasks/{build_id}/{chroot}", get(build_task::one))
        .at("/mock_chroots", get(mock_chroot::list))
        .at("/mock_chroots/{chroot}", get(mock_chroot::one))
        .finish()
}

/// `GET /`
async fn root() -> Json<Root> {
    let to = |name: &str| format!("{PREFIX}/{name}");
    let lists = ["projects", "builds", "build_tasks", "mock_chroots"].map(|name| (name, to(name)));
    let mut links = links(lists);
    links.extend(show::links([("self", to(""))]));
    Json(Root { links })
}

/// The answer to who made something, or changed it: where it is, as a whole address.
fn located(web: &Web, status: StatusCode, path: &str) -> Response {
    (status, [(header::LOCATION, format!("{}{path}", web.app.rules.public_url))]).into_response()
}

#[cfg(test)]
mod tests {
    use super::around;
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, header};
    use axum::routing::get;
    use tower::ServiceExt;

    async fn broken() {
        panic!("on purpose");
    }

    #[tokio::test]
    async fn a_handler_that_panics_answers_in_json_and_says_nothing_from_inside() {
        let router: Router = around(Router::new().route("/", get(broken)));
        let response = router.oneshot(Request::new(Body::empty())).await.expect("an answer");
        assert_eq!(response.status().as_u16(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let body = to_bytes(response.into_body(), 1000).await.expect("a body");
        let text = r#"{"message":"Request wasn't successful, there is probably a bug in the Copr code."}"#;
        assert_eq!(body, text);
    }
}
