//! `.repo` files, where `dnf copr enable` and people look for them.

use crate::Web;
use crate::routes::{Routes, get};
use crate::ui::page;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use copr_app::Kind;
use copr_app::repo_file::{NoRepoFile, RepoFile, render};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

/// Where the dnf plugin finds the chroots that there are, when the wanted one is not (api-v3 contract, §6.1).
const ERROR_DATA: HeaderName = HeaderName::from_static("copr-error-data");

/// The routes. The file's name in the address is for people alone.
pub(crate) fn router() -> Routes<Web> {
    Routes::new()
        .route("/coprs/{owner}/{dir}/repo/{name_release}", get(of_user))
        .route("/coprs/{owner}/{dir}/repo/{name_release}/", get(of_user))
        .route("/coprs/{owner}/{dir}/repo/{name_release}/{file}", get(of_user_named))
        .route("/coprs/g/{group}/{dir}/repo/{name_release}", get(of_group))
        .route("/coprs/g/{group}/{dir}/repo/{name_release}/", get(of_group))
        .route("/coprs/g/{group}/{dir}/repo/{name_release}/{file}", get(of_group_named))
}

#[derive(Debug, Deserialize)]
struct Machine {
    arch: Option<String>,
}

type Named = Path<(String, String, String, String)>;
type Unnamed = Path<(String, String, String)>;

async fn of_user(
    web: State<Web>,
    Path((owner, dir, release)): Unnamed,
    machine: Query<Machine>,
    headers: HeaderMap,
) -> Response {
    show(web, &owner, &dir, &release, machine, &headers).await
}

async fn of_user_named(
    web: State<Web>,
    Path((owner, dir, release, _)): Named,
    machine: Query<Machine>,
    headers: HeaderMap,
) -> Response {
    show(web, &owner, &dir, &release, machine, &headers).await
}

async fn of_group(
    web: State<Web>,
    Path((group, dir, release)): Unnamed,
    machine: Query<Machine>,
    headers: HeaderMap,
) -> Response {
    show(web, &format!("@{group}"), &dir, &release, machine, &headers).await
}

async fn of_group_named(
    web: State<Web>,
    Path((group, dir, release, _)): Named,
    machine: Query<Machine>,
    headers: HeaderMap,
) -> Response {
    show(web, &format!("@{group}"), &dir, &release, machine, &headers).await
}

async fn show(
    State(web): State<Web>,
    owner: &str,
    dir: &str,
    release: &str,
    Query(machine): Query<Machine>,
    headers: &HeaderMap,
) -> Response {
    // A browser's empty form field is no architecture.
    let arch = machine.arch.as_deref().filter(|arch| !arch.is_empty());
    match render(&web.app, owner, dir, release, arch).await {
        Ok(file) => found(file),
        Err(refused @ NoRepoFile::NoChroot { .. }) => no_chroot(&refused),
        Err(NoRepoFile::Refused(refusal)) if refusal.kind == Kind::NotFound && !page::wanted(headers) => {
            (StatusCode::NOT_FOUND, plain(), refusal.message + "\n").into_response()
        }
        Err(NoRepoFile::Refused(refusal)) => page::refused(&refusal),
    }
}

fn plain() -> [(HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "text/plain; charset=utf-8")]
}

fn found(file: RepoFile) -> Response {
    let mut response = (plain(), file.text).into_response();
    if let Ok(value) = HeaderValue::from_str(&disposition(&file.name)) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// `filename=…` as Copr sends it; names that a header can not hold go in RFC 8187's form.
fn disposition(name: &str) -> String {
    if name.is_ascii() {
        format!("filename={name}")
    } else {
        format!("filename*=UTF-8''{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
    }
}

fn no_chroot(refused: &NoRepoFile) -> Response {
    let NoRepoFile::NoChroot { available, .. } = refused else { return page::broken() };
    let hint = if available.is_empty() {
        "hint: the project has no chroots".to_owned()
    } else {
        format!("hint: these exist: {}", available.join(", "))
    };
    let mut response = (StatusCode::NOT_FOUND, plain(), format!("{refused}.\n{hint}\n")).into_response();
    let data = STANDARD.encode(json!({ "available chroots": available }).to_string());
    if let Ok(value) = HeaderValue::from_str(&data) {
        response.headers_mut().insert(ERROR_DATA, value);
    }
    response
}
