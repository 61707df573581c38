//! How to get a token.

use super::page;
use crate::Web;
use axum::extract::State;
use axum::response::Response;
use copr_ui::notice::Token;

pub(super) async fn show(State(web): State<Web>) -> Response {
    let public_url = web.app.rules.public_url.clone();
    let plain_http = public_url.starts_with("http://");
    page::show(&Token { public_url, plain_http })
}
