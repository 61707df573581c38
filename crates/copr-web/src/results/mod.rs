//! `/results/…`: the published tree, for package managers and for people who look around.
//!
//! Files are streamed from disk with ranges and validators; directories are listed. Nothing hidden, no symbolic link
//! and nothing outside the tree can be reached. Texts and pages found here were made by users: they are sent so that
//! no browser runs them.

mod body;
pub(crate) mod condition;
mod generation;
mod kind;
mod listing;
mod open;
mod path;
mod serve;

pub(crate) use open::{Found, OpenFile, open};
pub(crate) use path::{TreePath, encode};
pub(crate) use serve::{Audience, file};

use crate::routes::{Routes, get};
use crate::ui::page;
use crate::{Web, former};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use copr_app::Refusal;
use copr_store::Store;
use generation::{Reader, Served};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// The routes.
pub(crate) fn router() -> Routes<Web> {
    let served = Extension(Arc::new(Served::default()));
    Routes::new()
        .route("/results", get(show))
        .route("/results/", get(show))
        .route("/results/{*path}", get(show))
        .around(|routes| routes.layer(served))
}

async fn show(
    State(web): State<Web>,
    Extension(served): Extension<Arc<Served>>,
    reader: Reader,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(path) = TreePath::parse(uri.path().strip_prefix("/results").unwrap_or_default()) else {
        return page::not_found();
    };
    let pinned = match path.name() {
        "repomd.xml.asc" => {
            let (served, store, now) = (served.clone(), web.app.store.clone(), web.app.clock.now());
            let (reader, repository) = (reader.clone(), repository(&path));
            tokio::task::spawn_blocking(move || served.of(&store, reader, repository, now)).await.ok().flatten()
        }
        _ => None,
    };
    match elsewhere(&web, &path).await {
        Ok(Some(address)) => return moved(StatusCode::FOUND, address),
        Ok(None) => {}
        // The tree has it too.
        Err(refusal) => tracing::warn!("no address in the bucket: {}", refusal.inside()),
    }
    let found = look(web.app.store.results(), path.clone(), pinned).await;
    if matches!(found, Ok(None))
        && let Some(to) = led_on(&web.app.store, web.app.store.results(), &path).await
    {
        return former::moved(to.whole_address("/results"));
    }
    match found {
        Ok(Some((Found::File(found), generation))) if !path.trailing_slash => {
            if let ("repomd.xml", Some(generation)) = (path.name(), generation) {
                let (store, now, repository) = (web.app.store.clone(), web.app.clock.now(), repository(&path));
                let noted =
                    tokio::task::spawn_blocking(move || served.note(&store, reader, repository, generation, now));
                if let Err(error) = noted.await {
                    return cannot_read(&io::Error::other(error));
                }
            }
            file(found, path.name(), &method, &headers, Audience::Everyone).await
        }
        Ok(Some((Found::Dir(_), _))) if !path.trailing_slash => {
            moved(StatusCode::MOVED_PERMANENTLY, path.address("/results") + "/")
        }
        Ok(Some((Found::Dir(dir), _))) => listing::page(path, dir).await,
        // A finished log is kept compressed; addresses of the plain one stay good.
        Ok(None) if path.name().ends_with(".log") => packed_log(&web, path).await,
        Ok(_) => page::not_found(),
        Err(error) => cannot_read(&error),
    }
}

/// The path that leads to the same where the directory of a project is called otherwise now. Addresses from before stay good
/// until somebody takes the name.
pub(crate) async fn led_on(store: &Store, root: PathBuf, path: &TreePath) -> Option<TreePath> {
    let [owner, dir, ..] = path.parts() else { return None };
    let (store, place) = (store.clone(), root.join(owner).join(dir));
    let (owner, dir) = tokio::task::spawn_blocking(move || store.moved_to(&place)).await.ok()??;
    path.moved(&owner, &dir)
}

/// The address in the bucket of a package that is there too.
async fn elsewhere(web: &Web, path: &TreePath) -> Result<Option<String>, Refusal> {
    let [owner, dir, chroot, href @ ..] = path.parts() else { return Ok(None) };
    if web.app.shelf.is_none() || path.trailing_slash || !path.name().ends_with(".rpm") {
        return Ok(None);
    }
    // `gen/<number>/…` and `devel/…` stand for the same packages.
    let href = match href {
        [kept, _, rest @ ..] if kept == open::KEPT => rest,
        rest => rest,
    };
    copr_app::shelf::elsewhere(&web.app, owner, dir, chroot, &href.join("/")).await
}

/// The directory that a path's last name lies in.
fn repository(path: &TreePath) -> String {
    path.parts().split_last().map(|(_, dir)| dir.join("/")).unwrap_or_default()
}

async fn packed_log(web: &Web, path: TreePath) -> Response {
    let packed = path.with_suffix(".gz");
    match look(web.app.store.results(), packed.clone(), None).await {
        Ok(Some((Found::File(_), _))) => moved(StatusCode::FOUND, packed.address("/results")),
        Ok(_) => page::not_found(),
        Err(error) => cannot_read(&error),
    }
}

async fn look(root: PathBuf, path: TreePath, pinned: Option<String>) -> io::Result<Option<(Found, Option<String>)>> {
    tokio::task::spawn_blocking(move || open(&root, path.parts(), pinned.as_deref())).await.map_err(io::Error::other)?
}

fn moved(status: StatusCode, to: String) -> Response {
    (status, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-cache".to_owned())]).into_response()
}

pub(crate) fn cannot_read(error: &io::Error) -> Response {
    tracing::error!(%error, "could not read from the published tree");
    (StatusCode::INTERNAL_SERVER_ERROR, "The file could not be read.\n").into_response()
}
