//! Version 1 of the API, under `/api`: what python-copr before 1.110 speaks.
//!
//! One file per noun, each handler being: read, authorise, call the use case, show, answer. Around them: `path`,
//! `fields` and `body` (what came), `login` (who asks), `answer` (what goes out), `show` (rows as this dialect's
//! objects), `sources` (what it calls the kinds of sources), `help` (the page for people).

mod answer;
mod body;
mod build;
mod build_create;
#[cfg(test)]
mod chance;
mod chroot;
mod fields;
mod help;
mod login;
mod monitor;
mod package;
mod path;
mod project;
mod retired;
mod service;
mod show;
mod sources;

use crate::Web;
use crate::drain::drain;
use crate::routes::{Dialect, Endpoints, Routes, get, options, post};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use tower_http::catch_panic::CatchPanicLayer;

const DIALECT: Dialect = Dialect { prefix: "/api", no_route: answer::no_route, no_method: answer::no_method };

/// The routes of `/api`.
pub(crate) fn router() -> Routes<Web> {
    builds(packages(endpoints())).finish().around(around)
}

/// What every endpoint has around it.
fn around<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        // Sizes are limited where bodies are read.
        .layer(DefaultBodyLimit::disable())
        .layer(CatchPanicLayer::custom(|_| answer::broken()))
        .layer(from_fn(drain))
        .layer(from_fn(options))
}

/// The service, projects and their chroots. The words `search`, `build` and the like win over owners of that name.
fn endpoints() -> Endpoints {
    Endpoints::new(DIALECT)
        .at("/", get(help::show))
        .at("/new", get(help::ask).or(post(help::renew)))
        .at("/status", get(service::status))
        .at("/auth_check", post(service::auth_check))
        .at("/playground/list", get(project::playground))
        .at("/coprs", get(project::list))
        .at("/coprs/{owner}", get(project::list_of))
        .at("/coprs/search", get(project::search))
        .at("/coprs/search/{text}", get(project::search_for))
        // A search for a full name, whose slash is in the way.
        .at("/coprs/search/{text}/{name}", get(project::search_for_name))
        .at("/coprs/{owner}/new", post(project::create))
        .at("/coprs/{owner}/{project}/detail", get(project::detail))
        .at("/coprs/{owner}/{project}/modify", post(project::modify))
        .at("/coprs/{owner}/{project}/delete", post(project::delete))
        .at("/coprs/{owner}/{project}/fork", post(project::fork))
        .at("/coprs/{owner}/{project}/new_webhook_secret", post(project::new_webhook_secret))
        .at("/coprs/{owner}/{project}/monitor", get(monitor::show))
        .at("/coprs/{owner}/{project}/detail/{chroot}", get(chroot::packages))
        .at("/coprs/{owner}/{project}/modify/{chroot}", post(chroot::modify))
        .at("/coprs/{owner}/{project}/chroot/get/{chroot}", get(chroot::find))
        .at("/coprs/{owner}/{project}/chroot/edit/{chroot}", post(chroot::edit))
        .at("/coprs/{owner}/{project}/build-config/{chroot}", get(chroot::build_config))
        .at("/g/{group}/{project}/build-config/{chroot}", get(chroot::build_config_of_group))
}

/// Packages, and what is gone.
fn packages(endpoints: Endpoints) -> Endpoints {
    endpoints
        .at("/coprs/{owner}/{project}/package/list", get(package::list))
        .at("/coprs/{owner}/{project}/package/get/{package}", get(package::find))
        .at("/coprs/{owner}/{project}/package/add/{source_type}", post(package::add))
        .at("/coprs/{owner}/{project}/package/{package}/edit/{source_type}", post(package::edit))
        .at("/coprs/{owner}/{project}/package/delete/{package}", post(package::delete))
        .at("/coprs/{owner}/{project}/package/reset/{package}", post(package::reset))
        .at("/coprs/{owner}/{project}/package/build/{package}", post(package::build))
        .at("/coprs/{owner}/{project}/module/build", get(retired::modules).or(post(retired::modules)))
        .at("/coprs/{owner}/{project}/module/make", get(retired::modules).or(post(retired::modules)))
        .at("/module/build", get(retired::modules).or(post(retired::modules)))
        .at("/module/repo", get(retired::modules).or(post(retired::modules)))
        .at(
            "/coprs/{owner}/{project}/mock-profile/{chroot}",
            get(retired::mock_profile).or(post(retired::mock_profile)),
        )
}

/// Builds.
fn builds(endpoints: Endpoints) -> Endpoints {
    endpoints
        .at("/coprs/{owner}/{project}/new_build", post(build_create::by_urls))
        .at("/coprs/{owner}/{project}/new_build_upload", post(build_create::by_upload))
        .at("/coprs/{owner}/{project}/new_build_pypi", post(build_create::by_pypi))
        .at("/coprs/{owner}/{project}/new_build_tito", post(build_create::by_tito))
        .at("/coprs/{owner}/{project}/new_build_mock", post(build_create::by_mock))
        .at("/coprs/{owner}/{project}/new_build_rubygems", post(build_create::by_rubygems))
        .at("/coprs/{owner}/{project}/new_build_distgit", post(build_create::by_distgit))
        .at("/coprs/{owner}/{project}/new_build_scm", post(build_create::by_scm))
        .at("/coprs/{owner}/{project}/new_build_custom", post(build_create::by_custom))
        .at("/coprs/build_status/{id}", get(build::status))
        .at("/coprs/build/{id}", get(build::detail))
        .at("/coprs/build_detail/{id}", get(build::detail))
        .at("/coprs/cancel_build/{id}", post(build::cancel))
        .at("/coprs/delete_build/{id}", post(build::delete))
}
