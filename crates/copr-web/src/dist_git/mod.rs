//! `/dist-git/…`: the packages' git repositories, for git and for people who look around, and their look-aside files.
//!
//! git is answered by the "dumb" protocol alone: with files as they lie there, which any server of files can hand out as
//! well. Only what belongs to that protocol can be reached; what users wrote is sent so that no browser runs it.

mod page;

use crate::results::{Audience, Found, TreePath, cannot_read, file, led_on, open};
use crate::routes::{Routes, get};
use crate::{Web, former};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use copr_app::distgit::{self, Digest, ObjectId, Repository};
use copr_types::{BuildId, DirName, OwnerName, PackageName};
use std::path::PathBuf;

/// The routes.
pub(crate) fn router() -> Routes<Web> {
    Routes::new()
        .route("/dist-git/per-task-logs/{log}", get(import_log))
        .route("/dist-git/{owner}/{dir}/{package}", get(slash))
        .route("/dist-git/{owner}/{dir}/{package}/", get(inside))
        .route("/dist-git/{owner}/{dir}/{package}/{*inside}", get(inside))
        .route("/repo/pkgs/{owner}/{dir}/{package}/{file}/{kind}/{digest}/{name}", get(look_aside))
}

/// A package's repository, and the name of its directory.
struct Place {
    owner: OwnerName,
    dir: DirName,
    package: PackageName,
}

impl Place {
    /// The place that these parts of a path name.
    fn of(owner: &str, dir: &str, package: &str) -> Option<Self> {
        Some(Self { owner: owner.parse().ok()?, dir: DirName::from(dir.to_owned()), package: package.parse().ok()? })
    }

    fn repository(&self, web: &Web) -> Repository {
        distgit::repository(&web.app, &self.owner, &self.dir, &self.package)
    }

    /// Parts of the path below the directory of all repositories.
    fn parts(&self, more: &[&str]) -> Vec<String> {
        let own = [self.owner.to_string(), self.dir.to_string(), format!("{}.git", self.package)];
        own.into_iter().chain(more.iter().map(|part| (*part).to_owned())).collect()
    }
}

/// Pages of repositories end in a slash. git asks for nothing without one.
async fn slash(uri: Uri) -> Response {
    moved(&format!("{}/", uri.path()))
}

fn moved(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, to)]).into_response(),
        Err(_) => not_there(),
    }
}

/// Short, as programs ask for it.
fn not_there() -> Response {
    (StatusCode::NOT_FOUND, "There is no such thing in this repository, or no such repository.\n").into_response()
}

/// What lies inside of a repository: for git, or for people.
async fn inside(State(web): State<Web>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let Some(path) = TreePath::parse(uri.path().strip_prefix("/dist-git").unwrap_or_default()) else {
        return crate::ui::page::not_found();
    };
    let [owner, dir, package, rest @ ..] = path.parts() else { return crate::ui::page::not_found() };
    if let Some(to) = led_on(&web.app.store, web.app.store.distgit(), &path).await {
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return former::moved(to.whole_address("/dist-git") + &query);
    }
    let Some(name) = package.strip_suffix(".git") else {
        // Copr's clone addresses lack the ending. git follows, and goes on from where it was led.
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let rest = path.parts()[3..].iter().map(|part| format!("/{}", crate::results::encode(part)));
        let below = TreePath::of(&[owner, dir, &format!("{package}.git")]).map(|path| path.address("/dist-git"));
        let slash = if path.trailing_slash { "/" } else { "" };
        return match below {
            Some(below) => moved(&format!("{below}{}{slash}{query}", rest.collect::<String>())),
            None => not_there(),
        };
    };
    let Some(place) = Place::of(owner, dir, name) else { return crate::ui::page::not_found() };
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match rest[..] {
        [] => page::newest(&web, &place).await,
        ["commit", id] => page::commit(&web, &place, id).await,
        ["plain", id, name] => page::plain(&web, &place, id, name).await,
        _ => match lifetime(&rest) {
            Some(lifetime) => send(&web, place.parts(&rest), &method, &headers, lifetime).await,
            None => not_there(),
        },
    }
}

/// What clients may believe of a file of the dumb protocol; none for all other files.
fn lifetime(path: &[&str]) -> Option<&'static str> {
    const CHANGES: &str = "no-cache";
    const STAYS: &str = "public, max-age=31536000, immutable";
    match path {
        ["HEAD"] | ["info", "refs"] | ["objects", "info", "packs"] => Some(CHANGES),
        ["objects", start, rest] if ObjectId::parse(&format!("{start}{rest}")).is_some() && start.len() == 2 => {
            Some(STAYS)
        }
        _ => None,
    }
}

async fn send(web: &Web, parts: Vec<String>, method: &Method, headers: &HeaderMap, lifetime: &'static str) -> Response {
    match found(web.app.store.distgit(), parts).await {
        Ok(Some(Found::File(found))) => {
            let mut response = file(found, "", method, headers, Audience::Programs).await;
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
            response
        }
        Ok(_) => not_there(),
        Err(error) => cannot_read(&error),
    }
}

async fn found(root: PathBuf, parts: Vec<String>) -> std::io::Result<Option<Found>> {
    let look = move || Ok(open(&root, &parts, None)?.map(|(found, _)| found));
    tokio::task::spawn_blocking(look).await.map_err(std::io::Error::other)?
}

/// A file of the look-aside cache, by the address that clients of dist-gits make of a line in `sources`.
async fn look_aside(
    State(web): State<Web>,
    Path((owner, dir, package, name, kind, digest, again)): Path<(
        String,
        String,
        String,
        String,
        String,
        String,
        String,
    )>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let package = package.strip_suffix(".git").unwrap_or(&package);
    let (Some(place), Some(digest)) = (Place::of(&owner, &dir, package), Digest::parse(&digest)) else {
        return not_there();
    };
    if !kind.eq_ignore_ascii_case("sha512") || name != again {
        return not_there();
    }
    let asked = [owner.as_str(), &dir, &format!("{package}.git"), &name, &kind, digest.as_str(), &again];
    if let Some(path) = TreePath::of(&asked)
        && let Some(to) = led_on(&web.app.store, web.app.store.distgit(), &path).await
    {
        return former::moved(to.address("/repo/pkgs"));
    }
    let parts = place.parts(&["look-aside", digest.as_str()]);
    if !parts.iter().all(|part| TreePath::of(&[part]).is_some()) {
        return not_there();
    }
    match found(web.app.store.distgit(), parts).await {
        Ok(Some(Found::File(found))) => {
            let mut response = file(found, &name, &method, &headers, Audience::Everyone).await;
            response.headers_mut().remove(header::CONTENT_ENCODING);
            let lifetime = HeaderValue::from_static("public, max-age=31536000, immutable");
            response.headers_mut().insert(header::CACHE_CONTROL, lifetime);
            response
        }
        Ok(_) => not_there(),
        Err(error) => cannot_read(&error),
    }
}

/// The log of a build's import, where Copr has it: beside the other logs of the source.
async fn import_log(State(web): State<Web>, Path(log): Path<String>) -> Response {
    let id = log.strip_suffix(".log").and_then(|id| id.parse().ok());
    let Some(id) = id.map(BuildId) else { return crate::ui::page::not_found() };
    match copr_app::build::chroots(&web.app, id).await {
        Ok(Some(shown)) => {
            let build = shown.build;
            let results = &web.app.rules.results_url;
            let to =
                format!("{results}/{}/{}/srpm-builds/{}/{}", build.owner, build.dir, build.id.padded(), distgit::LOG);
            (StatusCode::FOUND, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-cache".to_owned())])
                .into_response()
        }
        Ok(None) => crate::ui::page::not_found_about(format!("There is no build {id}.")),
        Err(refusal) => crate::ui::page::refused(&refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_dumb_protocol_reads_can_be_had() {
        let object = "ab".repeat(19);
        for (path, there) in [
            (&["HEAD"][..], true),
            (&["info", "refs"], true),
            (&["objects", "info", "packs"], true),
            (&["objects", "ab", &object], true),
            (&["objects", "a", &format!("b{object}")], false),
            (&["objects", "AB", &object], false),
            (&["objects", "ab"], false),
            (&["config"], false),
            (&["coprd.lock"], false),
            (&["incoming", "x"], false),
            (&["look-aside", "x"], false),
        ] {
            assert_eq!(lifetime(path).is_some(), there, "{path:?}");
        }
    }
}
