//! Pages of repositories.

use super::Place;
use crate::Web;
use crate::results::{TreePath, encode};
use crate::ui::page;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use copr_app::distgit::{self, ObjectId, Recorded};
use copr_ui::repository::{Branch, Commit, File, Repository};

/// The newest sources.
pub(super) async fn newest(web: &Web, place: &Place) -> Response {
    show(web, place, None).await
}

/// Those of a commit.
pub(super) async fn commit(web: &Web, place: &Place, id: &str) -> Response {
    match ObjectId::parse(id) {
        Some(id) => show(web, place, Some(id)).await,
        None => page::not_found(),
    }
}

/// A file of a commit as it is.
pub(super) async fn plain(web: &Web, place: &Place, id: &str, name: &str) -> Response {
    let Some(id) = ObjectId::parse(id) else { return page::not_found() };
    match distgit::file(place.repository(web), id, name.to_owned()).await {
        Ok(Some(bytes)) => {
            let mut response = bytes.into_response();
            for (name, value) in [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ] {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        }
        Ok(None) => page::not_found(),
        Err(refusal) => page::refused(&refusal),
    }
}

async fn show(web: &Web, place: &Place, commit: Option<ObjectId>) -> Response {
    let Some(own) = TreePath::of(&[&place.owner.to_string(), place.dir.as_str(), &format!("{}.git", place.package)])
    else {
        return page::not_found();
    };
    let own = own.address("/dist-git");
    match distgit::look(place.repository(web), commit).await {
        Ok(Some(shown)) => {
            let Some(at) = shown.commits.first().map(|commit| commit.id) else { return page::not_found() };
            let commit = |one: &Recorded| Commit {
                href: format!("{own}/commit/{}", one.id),
                id: one.id.to_string(),
                subject: one.message.lines().next().unwrap_or_default().to_owned(),
                author: one.author.clone(),
                time: one.time,
            };
            let cache = own.strip_prefix("/dist-git").unwrap_or(&own).trim_end_matches(".git");
            let file = |file: &distgit::File| {
                let name = encode(&file.name);
                let href = match &file.digest {
                    Some(digest) => format!("/repo/pkgs{cache}/{name}/sha512/{digest}/{name}"),
                    None => format!("{own}/plain/{at}/{name}"),
                };
                File { name: file.name.clone(), href, is_aside: file.digest.is_some() }
            };
            page::show(&Repository {
                package: place.package.to_string(),
                project: format!("{}/{}", place.owner, place.dir),
                clone_url: distgit::clone_url(&web.app, &place.owner, &place.dir, &place.package),
                at: at.to_string(),
                branches: shown
                    .branches
                    .iter()
                    .map(|(name, one)| Branch { name: name.clone(), commit: commit(one) })
                    .collect(),
                commits: shown.commits.iter().map(commit).collect(),
                files: shown.files.iter().map(file).collect(),
            })
        }
        Ok(None) => page::not_found_about(format!("There are no such sources of {} here.", place.package)),
        Err(refusal) => page::refused(&refusal),
    }
}
