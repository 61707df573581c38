//! A server that speaks the builder protocol, as simple as can be: tasks in, results out.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, middleware};
use copr_types::Phase;
use copr_wire::builder::{Beat, BeatAnswer, Finish, Lease, LeaseRequest, LogAnswer, Task};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

pub const TOKEN: &str = "the-builders-secret";

/// What the server knows of one task.
#[derive(Default)]
pub struct Given {
    pub fence: i64,
    pub source: Option<PathBuf>,
    pub log: Vec<u8>,
    pub files: BTreeMap<String, Vec<u8>>,
    pub phases: Vec<Phase>,
    pub finish: Option<Finish>,
    pub cancel: bool,
    /// The server knows nothing of it any more.
    pub forgotten: bool,
}

#[derive(Default)]
pub struct Known {
    waiting: VecDeque<(i64, Task)>,
    pub tasks: BTreeMap<i64, Given>,
    pub lease_requests: Vec<LeaseRequest>,
    /// Every call is answered 503 while this is set.
    pub down: bool,
    /// Somebody waits for the answer to such a file.
    pub uploading: bool,
    /// Files of results are taken in and never answered while this is set.
    pub slow_files: bool,
    /// Nobody has the files that tasks begin with any more.
    pub no_sources: bool,
    /// Paths below `/files/`, served from here.
    pub public: Option<PathBuf>,
}

#[derive(Clone)]
pub struct Server {
    known: Arc<Mutex<Known>>,
    changed: watch::Sender<u64>,
    pub address: SocketAddr,
}

impl Server {
    pub async fn start() -> Server {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server { known: Arc::default(), changed: watch::Sender::new(0), address };
        let protocol = Router::new()
            .route("/lease", post(lease))
            .route("/tasks/{id}/heartbeat", post(heartbeat))
            .route("/tasks/{id}/log", put(log))
            .route("/tasks/{id}/source", get(source))
            .route("/tasks/{id}/files/{name}", put(file))
            .route("/tasks/{id}/finish", post(finish))
            .layer(middleware::from_fn_with_state(server.clone(), door));
        let app = Router::new()
            .nest("/builder/v1", protocol)
            .route("/files/{*path}", get(public))
            .route(
                "/status/{code}/{*rest}",
                get(|Path((code, _)): Path<(u16, String)>| async move { StatusCode::from_u16(code).unwrap() }),
            )
            .route("/redirect/{left}/{*rest}", get(redirect))
            .route("/hang/{*rest}", get(std::future::pending::<StatusCode>))
            .layer(DefaultBodyLimit::disable())
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let result = change(&mut self.known());
        self.changed.send_modify(|number| *number += 1);
        result
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// Puts a task into the queue.
    pub fn submit(&self, task: Task, source: Option<PathBuf>) -> i64 {
        self.change(|known| {
            let id = known.tasks.len() as i64 + 1;
            known.tasks.insert(id, Given { source, ..Given::default() });
            known.waiting.push_back((id, task));
            id
        })
    }

    /// The same for a task that is canceled before anybody takes it.
    pub fn submit_canceled(&self, task: Task) -> i64 {
        self.change(|known| {
            let id = known.tasks.len() as i64 + 1;
            known.tasks.insert(id, Given { cancel: true, ..Given::default() });
            known.waiting.push_back((id, task));
            id
        })
    }

    pub fn cancel(&self, id: i64) {
        self.change(|known| known.tasks.get_mut(&id).unwrap().cancel = true);
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Known) -> bool) {
        let mut changes = self.changed.subscribe();
        let wait = async {
            while !is_so(&self.known()) {
                changes.changed().await.unwrap();
            }
        };
        if tokio::time::timeout(Duration::from_secs(120), wait).await.is_err() {
            let logs: String =
                self.known().tasks.values().map(|task| String::from_utf8_lossy(&task.log).into_owned()).collect();
            panic!("waited in vain until {what}; logs:\n{logs}");
        }
    }

    /// Waits for the end of a task, and takes it.
    pub async fn ended(&self, id: i64) -> Given {
        self.until("a task is finished", |known| known.tasks[&id].finish.is_some()).await;
        std::mem::take(self.known().tasks.get_mut(&id).unwrap())
    }

    pub async fn logged(&self, id: i64, words: &str) {
        self.until(words, |known| known.tasks[&id].text().contains(words)).await;
    }
}

impl Given {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.log).into_owned()
    }
}

async fn door(
    State(server): State<Server>,
    headers: HeaderMap,
    request: axum::extract::Request,
    next: middleware::Next,
) -> Response {
    if server.known().down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let expected = format!("Bearer {TOKEN}");
    if headers.get("authorization").and_then(|value| value.to_str().ok()) != Some(&expected) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

async fn lease(State(server): State<Server>, Json(request): Json<LeaseRequest>) -> Response {
    server.change(|known| known.lease_requests.push(request.clone()));
    let mut changes = server.changed.subscribe();
    let taken = tokio::time::timeout(Duration::from_secs(request.wait_seconds), async {
        loop {
            let next = {
                let mut known = server.known();
                known.waiting.pop_front().map(|(id, task)| {
                    let given = known.tasks.get_mut(&id).unwrap();
                    given.fence += 1;
                    Lease { task_id: id, fence: given.fence, deadline: 0, heartbeat_seconds: 1, task }
                })
            };
            if let Some(lease) = next {
                return lease;
            }
            changes.changed().await.unwrap();
        }
    });
    match taken.await {
        Ok(lease) => Json(lease).into_response(),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

#[derive(Deserialize)]
struct At {
    fence: i64,
    offset: Option<u64>,
}

/// Runs the call on a task whose lease is right.
fn with(server: &Server, id: i64, fence: i64, call: impl FnOnce(&mut Given) -> Response) -> Response {
    server.change(|known| match known.tasks.get_mut(&id) {
        Some(given) if given.fence == fence && !given.forgotten => call(given),
        _ => StatusCode::CONFLICT.into_response(),
    })
}

async fn heartbeat(State(server): State<Server>, Path(id): Path<i64>, Json(beat): Json<Beat>) -> Response {
    with(&server, id, beat.fence, |given| {
        if let Some(phase) = beat.phase
            && given.phases.last() != Some(&phase)
        {
            given.phases.push(phase);
        }
        Json(BeatAnswer { cancel: given.cancel, deadline: 0 }).into_response()
    })
}

async fn log(State(server): State<Server>, Path(id): Path<i64>, Query(at): Query<At>, bytes: Bytes) -> Response {
    with(&server, id, at.fence, |given| {
        let size = given.log.len() as u64;
        if at.offset != Some(size) {
            return (StatusCode::CONFLICT, Json(LogAnswer { size })).into_response();
        }
        given.log.extend_from_slice(&bytes);
        Json(LogAnswer { size: given.log.len() as u64 }).into_response()
    })
}

async fn source(State(server): State<Server>, Path(id): Path<i64>, Query(at): Query<At>) -> Response {
    if server.known().no_sources {
        return StatusCode::CONFLICT.into_response();
    }
    with(&server, id, at.fence, |given| {
        let bytes = std::fs::read(given.source.as_ref().unwrap()).unwrap();
        Body::from(bytes).into_response()
    })
}

async fn file(
    State(server): State<Server>,
    Path((id, name)): Path<(i64, String)>,
    Query(at): Query<At>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    if server.known().slow_files && name.ends_with(".rpm") {
        server.change(|known| known.uploading = true);
        return std::future::pending().await;
    }
    with(&server, id, at.fence, |given| {
        let digest = hex::encode(Sha256::digest(&bytes));
        if headers.get("x-content-sha256").and_then(|value| value.to_str().ok()) != Some(&digest) {
            return StatusCode::BAD_REQUEST.into_response();
        }
        given.files.insert(name, bytes.to_vec());
        StatusCode::NO_CONTENT.into_response()
    })
}

async fn finish(State(server): State<Server>, Path(id): Path<i64>, Json(finish): Json<Finish>) -> Response {
    with(&server, id, finish.fence, |given| {
        given.finish = Some(finish);
        StatusCode::NO_CONTENT.into_response()
    })
}

async fn public(State(server): State<Server>, Path(path): Path<String>) -> Response {
    let Some(base) = server.known().public.clone() else { return StatusCode::NOT_FOUND.into_response() };
    match std::fs::read(base.join(path)) {
        Ok(bytes) => Body::from(bytes).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn redirect(Path((left, rest)): Path<(u32, String)>) -> Response {
    let to = if left == 0 { format!("/files/{rest}") } else { format!("/redirect/{}/{rest}", left - 1) };
    (StatusCode::FOUND, [("location", to)]).into_response()
}
