//! `/webhooks/…`: where forges report what was pushed.
//!
//! Addresses name a project by its number and hold its secret, so nobody logs in here, and no log may hold an address. Each forge has
//! a file that reads what it sends into a [`Report`]; what follows from that is decided in `copr_app::webhook`. Answers are those of
//! Copr, which forges show to whoever set them up.

mod bitbucket;
mod custom;
mod forgejo;
mod github;
mod gitlab;
mod payload;
mod sent;

use crate::drain::drain;
use crate::form::up_to;
use crate::routes::{Routes, post};
use crate::ui::page;
use crate::{Web, path, refused};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use copr_app::webhook::{self, Door, Report};
use copr_app::{App, Kind, Refusal};
use copr_types::{Forge, ProjectId};
use sent::{Malformed, Sent, caller, is_genuine};
use serde::de::DeserializeOwned;

/// Most bytes of a body: what GitHub sends at most, and no forge more by itself.
const BODY: usize = 25 << 20;
const FALSE_SIGNATURE: &str = "the signature is not one with the project's secret";

/// What a forge sent.
#[derive(Debug)]
enum Seen {
    /// It tries whether somebody is there.
    Ping,
    /// Something happened.
    Report(Box<Report>),
}

/// Reads what a forge sent.
type Read = fn(&Sent<'_>) -> Result<Seen, Malformed>;

/// The routes.
pub(crate) fn router() -> Routes<Web> {
    let forges: [(Forge, Read); 4] = [
        (Forge::Github, github::read),
        (Forge::Gitlab, gitlab::read),
        (Forge::Bitbucket, bitbucket::read),
        (Forge::Forgejo, forgejo::read),
    ];
    forges
        .into_iter()
        .fold(Routes::new(), |routes, (forge, read)| with_forge(routes, forge, read))
        .both_ways("/webhooks/custom", post(custom::incomplete))
        .both_ways("/webhooks/custom/{project_id}", post(custom::incomplete))
        .both_ways("/webhooks/custom/{project_id}/{secret}", post(custom::nameless))
        .both_ways("/webhooks/custom/{project_id}/{secret}/{package}", post(custom::of_package))
        .both_ways("/webhooks/custom-dir/{owner}/{dir}/{secret}/{package}", post(custom::into_dir))
        // Sizes are limited where bodies are read, and who sends too much hears why.
        .around(|routes| routes.layer(DefaultBodyLimit::disable()).layer(from_fn(drain)))
}

fn with_forge(routes: Routes<Web>, forge: Forge, read: Read) -> Routes<Web> {
    let any = move |web: State<Web>, At((id, secret)): At<(String, String)>, headers: HeaderMap, body: Body| {
        receive(web, forge, read, Address { id, secret, package: None }, headers, body)
    };
    let named = move |web: State<Web>,
                      At((id, secret, package)): At<(String, String, String)>,
                      headers: HeaderMap,
                      body: Body| {
        receive(web, forge, read, Address { id, secret, package: Some(package) }, headers, body)
    };
    routes
        .both_ways(&format!("/webhooks/{forge}/{{project_id}}/{{secret}}"), post(any))
        .both_ways(&format!("/webhooks/{forge}/{{project_id}}/{{secret}}/{{package}}"), post(named))
}

/// The parts of the path.
#[derive(Debug)]
struct At<T>(T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for At<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Response> {
        path::read(parts, web).await.map(Self).ok_or_else(page::not_found)
    }
}

/// What the address that was called says.
struct Address {
    id: String,
    secret: String,
    package: Option<String>,
}

/// The door of a project whose number is given, to whoever knows the secret.
async fn door(app: &App, id: &str, secret: &str, forge: Forge) -> Result<Door, Refusal> {
    let number = ProjectId(path::number(id).unwrap_or(i64::MAX));
    let door = Door::of(app, number).await?;
    if door.knows(secret) {
        return Ok(door);
    }
    Err(wrong_secret(&door, forge))
}

fn wrong_secret(door: &Door, forge: Forge) -> Refusal {
    tracing::warn!(project = door.project.id.0, %forge, "a web hook was called with a wrong secret");
    Refusal::forbidden("The address has another secret than the project.")
}

/// A call of a forge: the contract's answers, whatever is built or not.
async fn receive(
    State(web): State<Web>,
    forge: Forge,
    read: Read,
    address: Address,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let door = match door(&web.app, &address.id, &address.secret, forge).await {
        Ok(door) => door,
        Err(refusal) => return page::refused(&refusal),
    };
    let body = match up_to(body, BODY, too_large).await {
        Ok(body) => body,
        Err(refusal) => return refuse(&web.app, &door, forge, &headers, &refusal).await,
    };
    match understand(door, headers.clone(), body, read).await {
        Ok((_, Ok(Seen::Ping))) => said(StatusCode::OK, "OK"),
        Ok((door, Ok(Seen::Report(report)))) => {
            match webhook::report(&web.app, door.project.id, &report, address.package.as_deref()).await {
                Ok(builds) => {
                    tracing::info!(project = door.project.id.0, %forge, event = report.caller.event, ?builds, "a web hook");
                    said(StatusCode::OK, "OK")
                }
                Err(refusal) => said(refused::status(&refusal, "web hooks"), &refusal.message),
            }
        }
        Ok((door, Err(Wrong::Signature))) => {
            note(&web.app, &door, forge, &headers, FALSE_SIGNATURE).await;
            page::refused(&Refusal::forbidden(format!("The call was refused: {FALSE_SIGNATURE}.")))
        }
        Ok((door, Err(Wrong::Form(malformed)))) => {
            note(&web.app, &door, forge, &headers, &malformed.why).await;
            said(StatusCode::BAD_REQUEST, malformed.answer)
        }
        Err(refusal) => said(refused::status(&refusal, "web hooks"), &refusal.message),
    }
}

/// What is wrong with a body.
enum Wrong {
    Signature,
    Form(Malformed),
}

/// Checks and reads a body, off the runtime's threads: it may be large.
async fn understand(
    door: Door,
    headers: HeaderMap,
    body: Bytes,
    read: Read,
) -> Result<(Door, Result<Seen, Wrong>), Refusal> {
    let reading = tokio::task::spawn_blocking(move || {
        if !is_genuine(&door, &headers, &body) {
            return (door, Err(Wrong::Signature));
        }
        let seen = read(&Sent { headers: &headers, body: &body }).map_err(Wrong::Form);
        (door, seen)
    });
    reading.await.map_err(|error| Refusal::internal("reading a web hook", error))
}

fn too_large() -> Refusal {
    Refusal::too_large(format!("The payload is too large: it can have {} MiB.", BODY >> 20))
}

/// The answer to a body that did not come as a whole.
async fn refuse(app: &App, door: &Door, forge: Forge, headers: &HeaderMap, refusal: &Refusal) -> Response {
    if refusal.kind == Kind::TooLarge {
        note(app, door, forge, headers, &refusal.message).await;
    }
    said(refused::status(refusal, "web hooks"), &refusal.message)
}

/// Takes down that a call was refused which knew the secret.
async fn note(app: &App, door: &Door, forge: Forge, headers: &HeaderMap, why: &str) {
    tracing::warn!(project = door.project.id.0, %forge, why, "a web hook was refused");
    if let Err(refusal) = webhook::refused(app, door, &caller(forge, headers), why).await {
        tracing::error!(inside = refusal.inside(), "could not take down a refused web hook");
    }
}

/// An answer in plain words.
fn said(status: StatusCode, words: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words.to_owned()).into_response()
}
