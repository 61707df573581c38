//! The pages for people.

mod badge;
mod build;
mod chain;
mod home;
mod integrations;
mod lines;
mod owner;
mod package;
pub(crate) mod page;
mod project;
mod rebuild;
mod renaming;
mod repeat;
mod said;
mod visitor;

use crate::Web;
use crate::routes::{Routes, get, post};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

/// The routes.
pub(crate) fn router() -> Routes<Web> {
    Routes::new()
        .route("/", get(home::show))
        .route("/coprs", get(home::show))
        .route("/coprs/", get(home::show))
        .route("/coprs/{owner}", get(slash))
        .route("/coprs/{owner}/", get(owner::of_user))
        .route("/coprs/g/{group}", get(slash))
        .route("/coprs/g/{group}/", get(owner::of_group))
        .route("/coprs/{owner}/{project}", get(slash))
        .route("/coprs/{owner}/{project}/", get(project::of_user))
        .route("/coprs/g/{group}/{project}", get(slash))
        .route("/coprs/g/{group}/{project}/", get(project::of_group))
        .route("/coprs/build/{id}", get(build::find))
        .route("/coprs/build/{id}/", get(build::find))
        .route("/coprs/{owner}/{project}/build/{id}", get(build::of_user))
        .route("/coprs/{owner}/{project}/build/{id}/", get(build::of_user))
        .route("/coprs/g/{group}/{project}/build/{id}", get(build::of_group))
        .route("/coprs/g/{group}/{project}/build/{id}/", get(build::of_group))
        .both_ways("/coprs/{owner}/{project}/repeat_build/{id}", get(repeat::of_user).or(post(repeat::of_user)))
        .both_ways("/coprs/g/{group}/{project}/repeat_build/{id}", get(repeat::of_group).or(post(repeat::of_group)))
        .both_ways(
            "/coprs/{owner}/{project}/packages/rebuild-all",
            get(rebuild::of_user).or(post(rebuild::submit_of_user)),
        )
        .both_ways(
            "/coprs/g/{group}/{project}/packages/rebuild-all",
            get(rebuild::of_group).or(post(rebuild::submit_of_group)),
        )
        .both_ways("/coprs/{owner}/{project}/new_build_rebuild/{id}", post(repeat::submit_of_user))
        .both_ways("/coprs/g/{group}/{project}/new_build_rebuild/{id}", post(repeat::submit_of_group))
        .route("/coprs/build/{id}/status_image.png", get(badge::of_build))
        .both_ways("/coprs/{owner}/{project}/package/{package}", get(package::of_user))
        .both_ways("/coprs/g/{group}/{project}/package/{package}", get(package::of_group))
        .route("/coprs/{owner}/{project}/package/{package}/status_image/last_build.png", get(badge::of_user))
        .route("/coprs/g/{group}/{project}/package/{package}/status_image/last_build.png", get(badge::of_group))
        .both_ways("/coprs/{owner}/{project}/integrations", get(integrations::of_user))
        .both_ways("/coprs/g/{group}/{project}/integrations", get(integrations::of_group))
        .both_ways("/coprs/{owner}/{project}/rename", get(renaming::of_user).or(post(renaming::rename_user)))
        .both_ways("/coprs/g/{group}/{project}/rename", get(renaming::of_group).or(post(renaming::rename_group)))
        .both_ways("/coprs/{owner}/{project}/transfer", post(renaming::transfer_user))
        .both_ways("/coprs/g/{group}/{project}/transfer", post(renaming::transfer_group))
        .both_ways("/coprs/{owner}/{project}/integrations/new_webhook_secret", post(integrations::renew_of_user))
        .both_ways("/coprs/g/{group}/{project}/integrations/new_webhook_secret", post(integrations::renew_of_group))
        .route("/coprs/chain/{chain}", get(chain::find))
        .route("/coprs/chain/{chain}/", get(chain::find))
        .route("/coprs/{owner}/{project}/chain/{chain}", get(chain::of_user))
        .route("/coprs/{owner}/{project}/chain/{chain}/", get(chain::of_user))
        .route("/coprs/g/{group}/{project}/chain/{chain}", get(chain::of_group))
        .route("/coprs/g/{group}/{project}/chain/{chain}/", get(chain::of_group))
        .route("/assets/style.css", get(|| asset("text/css; charset=utf-8", copr_ui::STYLE)))
        .route("/assets/follow.js", get(|| asset("text/javascript; charset=utf-8", copr_ui::FOLLOW)))
}

/// Pages of owners and projects end in a slash; so do the addresses that copr-cli prints.
async fn slash(uri: Uri) -> Response {
    Redirect::permanent(&format!("{}/", uri.path())).into_response()
}

/// What every address without a route of its own gets.
pub(crate) async fn nothing_here() -> Response {
    page::not_found()
}

async fn asset(content_type: &'static str, text: &'static str) -> Response {
    // Short, so that an upgrade shows; the name has no version.
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}
