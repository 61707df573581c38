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

mod session;
mod state;

pub mod api_v3;
pub mod builder;
pub mod gssapi;
pub mod logs;
pub mod repo_file;
pub mod results;
pub mod ui;
pub mod uploads;

pub use state::Web;

use axum::Router;

/// All routes of the service.
pub fn router(web: Web) -> Router {
    let live = logs::Live::new(web.app.clone());
    Router::new()
        .merge(api_v3::router(&web))
        .merge(repo_file::router())
        .merge(results::router())
        .merge(uploads::router())
        .merge(ui::router())
        .fallback(ui::nothing_here)
        .with_state(web)
        .merge(builder::router().merge(logs::router()).with_state(live))
}
