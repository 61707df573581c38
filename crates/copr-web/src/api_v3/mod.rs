//! Version 3 of the API, under `/api_3`: what python-copr, copr-cli and `dnf copr` speak.
//!
//! One file per group of endpoints, each handler being: read, authorise, call the use case, show, answer. Around
//! them: `routes` (addresses and methods), `path`, `query` and `body` (what came), `login` (who asks),
//! `refused` (errors), `show` (rows as the API's objects), `tag` and `remember` (what need not be sent, or made, again),
//! `openapi` (all of it in words: an endpoint without a description there fails a test).

mod body;
mod build;
mod build_chroot;
mod build_create;
mod chain;
#[cfg(test)]
mod chance;
pub(crate) mod fields;
mod general;
mod gssapi;
mod login;
mod mock_chroots;
mod monitor;
mod openapi;
mod package;
mod path;
mod permission;
mod project;
mod project_chroot;
mod python;
mod query;
mod refused;
mod remember;
mod repository;
mod routes;
mod rpmrepo;
mod show;
mod source_fields;
mod tag;
mod webhook;

use crate::Web;
use crate::drain::drain;
use crate::routes::{Dialect, Endpoints, Routes, get, options, post, put};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
pub(crate) use remember::Memory;
use remember::kept;
use routes::{create, remove, update};
use tower_http::catch_panic::CatchPanicLayer;

const DIALECT: Dialect = Dialect { prefix: "/api_3", no_route: refused::no_route, no_method: refused::no_method };

/// The routes of `/api_3`.
pub(crate) fn router() -> Routes<Web> {
    openapi::prepare();
    endpoints().finish().around(around)
}

/// What every endpoint has around it.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        // Sizes are limited where bodies are read.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(tag::answers))
        .layer(CatchPanicLayer::custom(|_| refused::broken()))
        .layer(from_fn(drain))
        .layer(from_fn(options))
}

/// Every endpoint. `create`, `update` and `remove` take the methods of older clients too; what is `kept` is answered from
/// memory while nothing of its project changes.
fn endpoints() -> Endpoints {
    Endpoints::new(DIALECT)
        .at("/", get(general::version))
        .at("/auth-check", get(general::auth_check))
        .at("/api-token", post(general::api_token))
        .at("/gssapi_login", get(gssapi::login))
        .at("/gssapi_login/web-ui", get(gssapi::login_web_ui))
        .at("/openapi.json", get(openapi::show))
        .at("/docs", get(openapi::docs))
        .at("/mock-chroots/list", get(mock_chroots::list))
        .at("/project", get(kept(project::find)))
        .at("/project/list", get(project::list))
        .at("/project/search", get(project::search))
        .at("/project/add/{owner}", post(project::add))
        .at("/project/edit/{owner}/{project}", update(project::edit))
        .at("/project/fork/{owner}/{project}", create(project::fork))
        .at("/project/delete/{owner}/{project}", remove(project::delete))
        .at("/project/rename/{owner}/{project}", update(project::rename))
        .at("/project/transfer/{owner}/{project}", update(project::transfer))
        .at("/project/regenerate-repos/{owner}/{project}", update(project::regenerate_repos))
        .at("/project/directory/delete/{owner}/{dir}", remove(project::delete_directory))
        .at("/project/permissions/can_build_in/{who}/{owner}/{project}", get(permission::can_build_in))
        .at("/project/permissions/get/{owner}/{project}", get(permission::get))
        .at("/project/permissions/set/{owner}/{project}", put(permission::set).or(post(permission::set)))
        .at("/project/permissions/request/{owner}/{project}", update(permission::request))
        .at("/repository/list", get(repository::list))
        .at("/repository/diff", get(repository::diff))
        .at("/repository/pin", post(repository::pin))
        .at("/repository/unpin", post(repository::unpin))
        .at("/repository/roll-back", post(repository::roll_back))
        .at("/repository/promote", post(repository::promote))
        .at("/webhook/generate/{owner}/{project}", post(webhook::generate))
        .at("/webhook/list/{owner}/{project}", get(webhook::list))
        .at("/project-chroot", get(project_chroot::find))
        .at("/project-chroot/build-config", get(project_chroot::build_config))
        .at("/project-chroot/edit/{owner}/{project}/{chroot}", update(project_chroot::edit))
        .at("/build/{id}", get(build::find))
        .at("/build/list", get(kept(build::list)))
        .at("/build/source-chroot/{id}", get(build::source_chroot))
        .at("/build/source-build-config/{id}", get(build::source_build_config))
        .at("/build/built-packages/{id}", get(build::built_packages))
        .at("/build/queue/{id}", get(build::queue))
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
        .at("/build/resubmit/{id}", post(build_create::again))
        .at("/chain/{chain}", get(chain::find))
        .at("/chain/list", get(chain::list))
        .at("/chain/dependents", get(chain::dependents))
        .at("/chain/create", post(chain::create))
        .at("/chain/create/dependents", post(chain::create_of_dependents))
        .at("/chain/start/{chain}", update(chain::start))
        .at("/chain/cancel/{chain}", update(chain::cancel))
        .at("/build-chroot", get(build_chroot::find))
        .at("/build-chroot/list", get(build_chroot::list))
        .at("/build-chroot/build-config", get(build_chroot::build_config))
        .at("/build-chroot/built-packages", get(build_chroot::built_packages))
        // python-copr before 1.107 puts these parameters into the path.
        .at("/build-chroot/{id}/{chroot}", get(build_chroot::find_by_path))
        .at("/build-chroot/list/{id}", get(build_chroot::list_by_path))
        .at("/build-chroot/build-config/{id}/{chroot}", get(build_chroot::build_config_by_path))
        .at("/package", get(kept(package::find)))
        .at("/package/list", get(kept(package::list)))
        .at("/package/add/{owner}/{project}/{package}/{source_type}", post(package::add))
        .at("/package/edit/{owner}/{project}/{package}", post(package::edit))
        .at("/package/edit/{owner}/{project}/{package}/{source_type}", post(package::edit_source))
        .at("/package/reset", update(package::reset))
        .at("/package/build", post(package::build))
        .at("/package/delete", remove(package::delete))
        .at("/monitor", get(kept(monitor::monitor)))
        .at("/rpmrepo/{owner}/{dir}/{name_release}", get(rpmrepo::show))
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
