//! `/tmp/{upload}/{file}`: sources that people uploaded, at the address that the API shows as `source_dict.url`.

use crate::Web;
use crate::results::{self, Found, TreePath};
use crate::routes::{Routes, get};
use crate::ui::page;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use copr_types::FileName;
use copr_wire::builder::HOOK_PAYLOAD;

/// The routes.
pub(crate) fn router() -> Routes<Web> {
    Routes::new().route("/tmp/{upload}/{file}", get(show))
}

async fn show(
    State(web): State<Web>,
    Path((upload, file)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    // What a web hook was sent may be about a repository that is nobody else's: it is for the script alone.
    if file == HOOK_PAYLOAD {
        return page::not_found();
    }
    let (Ok(upload), Some(path)) = (upload.parse::<FileName>(), TreePath::of(&[&file])) else {
        return page::not_found();
    };
    let dir = web.app.store.upload_dir(&upload);
    // The upload's directory comes and goes: when it is gone, so is the file.
    match tokio::task::spawn_blocking(move || results::open(&dir, path.parts(), None)).await {
        Ok(Ok(Some((Found::File(found), _)))) => {
            results::file(found, &file, &method, &headers, results::Audience::Programs).await
        }
        Ok(Err(error)) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(%error, "could not read an upload");
            page::broken()
        }
        _ => page::not_found(),
    }
}
