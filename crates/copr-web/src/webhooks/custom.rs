//! Calls for a package's own script: whatever is sent is given to that. Answers are words for programs.

use super::{At, BODY, FALSE_SIGNATURE, door, note, said, too_large, wrong_secret};
use crate::Web;
use crate::form::{Incoming, up_to};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use copr_app::webhook::{self, Custom, Door, NotBuilt};
use copr_app::{Kind, Refusal};
use copr_types::Forge;
use copr_wire::builder::HOOK_PAYLOAD;

use super::sent::{caller, header, is_genuine};

/// Why there is no build.
#[derive(Debug)]
pub enum Unbuilt {
    Incomplete,
    NoProject,
    WrongSecret,
    NoName,
    NoPackage,
    Ping,
    FalseSignature,
    TooLarge(Refusal),
    NoDirectory,
    NoChroots,
    Failed(Refusal),
}

impl Unbuilt {
    fn answer(self) -> Response {
        let (status, word) = match self {
            Self::Incomplete => (400, "COPR_ID_OR_UUID_TOKEN_MISSING"),
            Self::NoProject => (404, "PROJECT_NOT_FOUND"),
            Self::WrongSecret => (403, "BAD_UUID"),
            Self::NoName => (400, "PACKAGE_NAME_REQUIRED"),
            Self::NoPackage => (404, "PACKAGE_NOT_FOUND"),
            Self::Ping => (200, "SKIPPED"),
            Self::FalseSignature => (403, "BAD_SIGNATURE"),
            Self::TooLarge(refusal) => return said(StatusCode::PAYLOAD_TOO_LARGE, &refusal.message),
            Self::NoDirectory => (400, "CANT_CREATE_DIRECTORY"),
            Self::NoChroots => (500, "NO_ACTIVE_CHROOTS_IN_PROJECT"),
            Self::Failed(refusal) => {
                tracing::error!(inside = refusal.inside(), "a web hook could not be built");
                (500, "BUILD_REQUEST_ERROR")
            }
        };
        said(StatusCode::from_u16(status).unwrap_or_default(), &format!("{word}\n"))
    }

    /// A refusal at the door.
    fn at_door(refusal: Refusal) -> Self {
        match refusal.kind {
            Kind::NotFound => Self::NoProject,
            Kind::Forbidden => Self::WrongSecret,
            _ => Self::Failed(refusal),
        }
    }

    fn at_package(refusal: Refusal) -> Self {
        if refusal.kind == Kind::NotFound { Self::NoPackage } else { Self::Failed(refusal) }
    }
}

impl From<NotBuilt> for Unbuilt {
    fn from(why: NotBuilt) -> Self {
        match why {
            NotBuilt::Directory(_) => Self::NoDirectory,
            NotBuilt::NoChroots => Self::NoChroots,
            NotBuilt::Other(refusal) => Self::Failed(refusal),
        }
    }
}

/// `POST /webhooks/custom/` and one part more
pub async fn incomplete() -> Response {
    Unbuilt::Incomplete.answer()
}

/// `POST /webhooks/custom/{project}/{secret}/`
pub async fn nameless(State(web): State<Web>, At((id, secret)): At<(String, String)>) -> Response {
    let checked = door(&web.app, &id, &secret, Forge::Custom).await;
    checked.map_or_else(Unbuilt::at_door, |_| Unbuilt::NoName).answer()
}

/// `POST /webhooks/custom/{project}/{secret}/{package}/`
pub async fn of_package(
    State(web): State<Web>,
    At((id, secret, package)): At<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let door = match door(&web.app, &id, &secret, Forge::Custom).await {
        Ok(door) => door,
        Err(refusal) => return Unbuilt::at_door(refusal).answer(),
    };
    answer(build(web, door, package, None, headers, body).await)
}

/// `POST /webhooks/custom-dir/{owner}/{dir}/{secret}/{package}/`
pub async fn into_dir(
    State(web): State<Web>,
    At((owner, dir, secret, package)): At<(String, String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let door = match Door::of_dir(&web.app, &owner, &dir).await {
        Ok(door) => door,
        Err(refusal) => return Unbuilt::at_door(refusal).answer(),
    };
    // The contract's order: a package that is missing is told before a secret that is wrong.
    if let Err(refusal) = door.package(&web.app, &package).await {
        return Unbuilt::at_package(refusal).answer();
    }
    if !door.knows(&secret) {
        return Unbuilt::at_door(wrong_secret(&door, Forge::Custom)).answer();
    }
    answer(build(web, door, package, Some(dir), headers, body).await)
}

fn answer(built: Result<Custom, Unbuilt>) -> Response {
    match built {
        Ok(custom) => said(StatusCode::OK, &format!("{}\n", custom.build().build.id)),
        Err(no) => no.answer(),
    }
}

async fn build(
    web: Web,
    door: Door,
    package: String,
    dir: Option<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Custom, Unbuilt> {
    let package = door.package(&web.app, &package).await.map_err(Unbuilt::at_package)?;
    if header(&headers, &["x-github-event"]).as_deref() == Some("ping") {
        return Err(Unbuilt::Ping);
    }
    let body = match up_to(body, BODY, too_large).await {
        Ok(body) => body,
        Err(refusal) if refusal.kind == Kind::TooLarge => {
            note(&web.app, &door, Forge::Custom, &headers, &refusal.message).await;
            return Err(Unbuilt::TooLarge(refusal));
        }
        Err(refusal) => return Err(Unbuilt::Failed(refusal)),
    };
    let (door, body) = genuine(door, &headers, body).await.map_err(Unbuilt::Failed)?;
    let Some(body) = body else {
        note(&web.app, &door, Forge::Custom, &headers, FALSE_SIGNATURE).await;
        return Err(Unbuilt::FalseSignature);
    };
    let caller = caller(Forge::Custom, &headers);
    // In a task of its own, which goes on when the caller goes away: between the commit and the word that the payload stays, a build
    // would lose it.
    let building = tokio::spawn(async move {
        let payload = if body.is_empty() { None } else { Some(Incoming::of_bytes(HOOK_PAYLOAD, &body, &web).await?) };
        let upload = payload.as_ref().map(Incoming::upload);
        let made = webhook::custom(&web.app, &door, &package, dir.as_deref(), &caller, upload).await?;
        tracing::info!(project = door.project.id.0, build = made.build().build.id.0, "a custom web hook");
        if let (Custom::Made { takes_payload: true, .. }, Some(payload)) = (&made, payload) {
            payload.keep();
        }
        Ok::<_, NotBuilt>(made)
    });
    let built = building.await.map_err(|error| Unbuilt::Failed(Refusal::internal("building for a web hook", error)))?;
    Ok(built?)
}

/// The body, when every proof that came with it is right. Off the runtime's threads, for it may be large.
async fn genuine(door: Door, headers: &HeaderMap, body: Bytes) -> Result<(Door, Option<Bytes>), Refusal> {
    let headers = headers.clone();
    let checking = tokio::task::spawn_blocking(move || {
        let genuine = is_genuine(&door, &headers, &body);
        (door, genuine.then_some(body))
    });
    checking.await.map_err(|error| Refusal::internal("checking a web hook", error))
}
