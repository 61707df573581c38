//! Version 3 of the API, under `/api_3`: what python-copr, copr-cli and `dnf copr` speak.

use crate::Web;
use axum::Router;

/// The routes of `/api_3`.
pub fn router() -> Router<Web> {
    Router::new()
}
