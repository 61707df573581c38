//! Version 3 of the API, under `/api_3`: what python-copr, copr-cli and `dnf copr` speak.
//!
//! One file per group of endpoints, each handler being: read, authorise, call the use case, show, answer. Around
//! them: `routes` (addresses and methods), `path`, `query` and `body` (what came), `login` (who asks),
//! `refused` (errors), `show` (rows as the API's objects).

mod body;
mod build;
mod build_chroot;
mod build_create;
mod drain;
mod fields;
mod general;
mod login;
mod mock_chroots;
mod monitor;
mod package;
mod path;
mod project;
mod project_chroot;
mod python;
mod query;
mod refused;
mod routes;
mod show;
mod source_fields;
mod upload;

use crate::Web;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use routes::{Endpoints, remove, update};
use tower_http::catch_panic::CatchPanicLayer;

/// The routes of `/api_3`.
pub fn router() -> Router<Web> {
    around(endpoints().finish())
}

/// What every endpoint has around it.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        // Sizes are limited where bodies are read.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(|_| refused::broken()))
        .layer(from_fn(drain::drain))
        .layer(from_fn(routes::options))
}

/// Every endpoint. `update` and `remove` take the methods of older clients too.
fn endpoints() -> Endpoints {
    Endpoints::new()
        .at("/", get(general::version))
        .at("/auth-check", get(general::auth_check))
        .at("/mock-chroots/list", get(mock_chroots::list))
        .at("/project", get(project::find))
        .at("/project/list", get(project::list))
        .at("/project/search", get(project::search))
        .at("/project/add/{owner}", post(project::add))
        .at("/project/edit/{owner}/{project}", update(project::edit))
        .at("/project/delete/{owner}/{project}", remove(project::delete))
        .at("/project/regenerate-repos/{owner}/{project}", update(project::regenerate_repos))
        .at("/project-chroot", get(project_chroot::find))
        .at("/project-chroot/build-config", get(project_chroot::build_config))
        .at("/project-chroot/edit/{owner}/{project}/{chroot}", update(project_chroot::edit))
        .at("/build/{id}", get(build::find))
        .at("/build/list", get(build::list))
        .at("/build/source-chroot/{id}", get(build::source_chroot))
        .at("/build/source-build-config/{id}", get(build::source_build_config))
        .at("/build/built-packages/{id}", get(build::built_packages))
        .at("/build/cancel/{id}", update(build::cancel))
        .at("/build/delete/{id}", remove(build::delete))
        .at("/build/delete/list", remove(build::delete_list))
        .at("/build/check-before-build", post(build_create::check))
        .at("/build/create/url", post(build_create::by_url))
        .at("/build/create/upload", post(build_create::by_upload))
        .at("/build/create/scm", post(build_create::by_scm))
        .at("/build/create/pypi", post(build_create::by_pypi))
        .at("/build/create/rubygems", post(build_create::by_rubygems))
        .at("/build/create/custom", post(build_create::by_custom))
        .at("/build/create/distgit", post(build_create::by_distgit))
        .at("/build/create/rpm-upload", post(build_create::by_rpm))
        .at("/build-chroot", get(build_chroot::find))
        .at("/build-chroot/list", get(build_chroot::list))
        .at("/build-chroot/build-config", get(build_chroot::build_config))
        .at("/build-chroot/built-packages", get(build_chroot::built_packages))
        // python-copr before 1.107 puts these parameters into the path.
        .at("/build-chroot/{id}/{chroot}", get(build_chroot::find_by_path))
        .at("/build-chroot/list/{id}", get(build_chroot::list_by_path))
        .at("/build-chroot/build-config/{id}/{chroot}", get(build_chroot::build_config_by_path))
        .at("/package", get(package::find))
        .at("/package/list", get(package::list))
        .at("/package/add/{owner}/{project}/{package}/{source_type}", post(package::add))
        .at("/package/edit/{owner}/{project}/{package}", post(package::edit))
        .at("/package/edit/{owner}/{project}/{package}/{source_type}", post(package::edit_source))
        .at("/package/reset", update(package::reset))
        .at("/package/build", post(package::build))
        .at("/package/delete", remove(package::delete))
        .at("/monitor", get(monitor::monitor))
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
        let text = r#"{"error":"Request wasn't successful, there is probably a bug in the Copr code."}"#;
        assert_eq!(body, text);
    }
}
