//! The doors of the service that speak HTTP: the API, the builders, the published tree, the pages.
//!
//! A route parses its request, calls a use case of `copr_app` and renders the answer or the refusal in its own
//! dialect. No rule lives here; a rule found here belongs in `copr-app`. Not here either: listening, TLS, the
//! configuration (those are `coprd`'s).
//!
//! ```no_run
//! # async fn example(app: copr_app::App) -> std::io::Result<()> {
//! let router = copr_web::router(copr_web::Web::new(app));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! axum::serve(listener, router).await
//! # }
//! ```

mod authorization;
mod dist_git;
mod drain;
mod form;
mod json;
mod path;
mod refused;
mod routes;
mod session;
mod slashes;
mod state;

pub mod api_v1;
pub mod api_v2;
pub mod api_v3;
pub mod builder;
pub mod gssapi;
pub mod logs;
pub mod repo_file;
pub mod results;
pub mod ui;
pub mod uploads;
pub mod webhooks;

pub use routes::Route;
pub use state::Web;

use axum::Router;
use routes::Routes;

/// The whole service.
pub fn router(web: Web) -> Router {
    let live = logs::Live::new(web.app.clone());
    let (most, watched) = all();
    let all = most.into_router().fallback(ui::nothing_here).with_state(web);
    slashes::collapse(all.merge(watched.into_router().with_state(live)))
}

/// Every address that [`router`] answers, beside the page for those that are not there.
pub fn routes() -> Vec<Route> {
    let (most, watched) = all();
    [most.known(), watched.known()].concat()
}

/// All routes, those of builders and of who watches them apart.
fn all() -> (Routes<Web>, Routes<logs::Live>) {
    let most = Routes::new()
        .merge(api_v1::router())
        .merge(api_v2::router())
        .merge(api_v3::router())
        .merge(repo_file::router())
        .merge(results::router())
        .merge(dist_git::router())
        .merge(uploads::router())
        .merge(webhooks::router())
        .merge(ui::router());
    (most, builder::router().merge(logs::router()))
}
