//! `/builder/v1/…`: what builders speak. The protocol is written down in `copr_wire::builder`.

mod deliver;
mod login;
mod refused;

use crate::drain::drain;
use crate::logs::Live;
use crate::results::{self, OpenFile};
use crate::routes::{Methods, Routes, any, get, post, put};
use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use copr_app::{Refusal, lease};
use copr_wire::builder::{Beat, BeatAnswer, Finish, LeaseRequest, LogAnswer};
use login::Caller;
use refused::{Refused, Sent};
use serde::Deserialize;
use std::fs::File;

/// Most bytes of a log that one call may bring.
const LOG_PIECE: usize = 8 << 20;
/// Most bytes of a JSON body: the list of a thousand files is below.
const JSON_BODY: usize = 4 << 20;

/// The routes.
pub(crate) fn router() -> Routes<Live> {
    Routes::new()
        .route("/builder/v1/lease", post(take))
        .route("/builder/v1/tasks/{id}/heartbeat", post(heartbeat))
        .route("/builder/v1/tasks/{id}/log", unlimited(put(log)))
        .route("/builder/v1/tasks/{id}/source", get(source))
        .route("/builder/v1/tasks/{id}/files/{name}", unlimited(put(file)))
        .route("/builder/v1/tasks/{id}/finish", post(finish))
        .route("/builder/{*rest}", any(unknown))
        // A builder that is refused in the middle of a file hears why.
        .around(|routes| routes.layer(DefaultBodyLimit::max(JSON_BODY)).layer(from_fn(drain)))
}

/// For bodies whose size is limited where they are read.
fn unlimited(methods: Methods<Live>) -> Methods<Live> {
    methods.around(|handlers| handlers.layer(DefaultBodyLimit::disable()))
}

async fn unknown() -> Refused {
    Refusal::not_found("the builder protocol has no such call; hint: builder and server may be of different versions")
        .into()
}

#[derive(Debug, Deserialize)]
struct Fence {
    fence: i64,
}

#[derive(Debug, Deserialize)]
struct LogPlace {
    fence: i64,
    offset: u64,
}

async fn take(
    State(live): State<Live>,
    Caller(builder): Caller,
    Sent(request): Sent<LeaseRequest>,
) -> Result<Response, Refused> {
    // A builder that hangs up drops this future, and with it the wait.
    Ok(match lease::take(&live.app, &builder, &request).await? {
        Some(lease) => Json(lease).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn heartbeat(
    State(live): State<Live>,
    Caller(builder): Caller,
    Path(id): Path<i64>,
    Sent(beat): Sent<Beat>,
) -> Result<Json<BeatAnswer>, Refused> {
    Ok(Json(lease::beat(&live.app, &builder, id, &beat).await?))
}

async fn log(
    State(live): State<Live>,
    Caller(builder): Caller,
    Path(id): Path<i64>,
    Query(place): Query<LogPlace>,
    body: Body,
) -> Result<Response, Refused> {
    let Ok(bytes) = axum::body::to_bytes(body, LOG_PIECE).await else {
        return Err(Refusal::too_large(format!("send at most {} MiB of a log at a time", LOG_PIECE >> 20)).into());
    };
    let (path, size) = lease::log(&live.app, &builder, id, place.fence, place.offset, bytes.into()).await?;
    Ok(match size {
        Ok(size) => {
            live.bells.ring(&path);
            Json(LogAnswer { size }).into_response()
        }
        Err(mismatch) => (StatusCode::CONFLICT, Json(LogAnswer { size: mismatch.size })).into_response(),
    })
}

async fn source(
    State(live): State<Live>,
    Caller(builder): Caller,
    Path(id): Path<i64>,
    Query(Fence { fence }): Query<Fence>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let path = lease::source_file(&live.app, &builder, id, fence).await?;
    let open = move || File::open(path).and_then(|file| file.metadata().map(|meta| OpenFile { file, meta }));
    let opened = match tokio::task::spawn_blocking(open).await.map_err(std::io::Error::other).flatten() {
        Ok(opened) => opened,
        Err(error) => {
            // An upload goes when its build is canceled, be it in this instant.
            lease::source_file(&live.app, &builder, id, fence).await?;
            return Err(Refusal::internal("opening a task's source", error).into());
        }
    };
    Ok(results::file(opened, "", &method, &headers, results::Audience::Programs).await)
}

async fn file(
    State(live): State<Live>,
    Caller(builder): Caller,
    Path((id, name)): Path<(i64, String)>,
    Query(Fence { fence }): Query<Fence>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    deliver::file(&live.app, &builder, id, fence, &name, &headers, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn finish(
    State(live): State<Live>,
    Caller(builder): Caller,
    Path(id): Path<i64>,
    Sent(finish): Sent<Finish>,
) -> Result<StatusCode, Refused> {
    lease::finish(&live.app, &builder, id, &finish).await?;
    Ok(StatusCode::NO_CONTENT)
}
