//! The builder's half of the protocol of [`copr_wire::builder`].

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use copr_wire::builder::{Beat, BeatAnswer, DIGEST_HEADER, FileRef, Finish, Lease, LeaseRequest, LogAnswer};
use futures::StreamExt;
use reqwest::{Response, StatusCode};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;
use url::Url;

use crate::config::Token;

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The lease is another's by now, or the task is gone: drop the work.
    #[error("the lease is lost")]
    Stale,
    /// No answer, or one that says "later": worth another try.
    #[error("the server can not be reached: {0}")]
    Unreachable(String),
    /// The server understood and said no.
    #[error("the server refuses ({status}): {text}")]
    Refused { status: u16, text: String },
    /// A file of ours could not be read or written.
    #[error("`{path}`: {source}")]
    Local { path: String, source: std::io::Error },
}

impl From<reqwest::Error> for CallError {
    fn from(error: reqwest::Error) -> CallError {
        CallError::Unreachable(causes(&error))
    }
}

/// An error with what lies below it; reqwest alone says "error sending request".
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// What the log upload was answered.
pub(crate) enum LogPut {
    /// Taken; the log is this long now.
    Taken(u64),
    /// The server's log has another length than we thought.
    Elsewhere(u64),
}

/// Speaks to one server.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Token,
}

impl Client {
    pub fn new(server: &Url, token: &Token) -> Result<Client, reqwest::Error> {
        // reqwest is built without a TLS provider; a second call of this is harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(50))
            .tcp_nodelay(true)
            // Uploads may be long and have no limit of time: a peer that is gone is noticed by this.
            .tcp_keepalive(Duration::from_secs(20))
            .user_agent(concat!("coprd-builder/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let base = format!("{}/builder/v1", server.as_str().trim_end_matches('/'));
        Ok(Client { http, base, token: token.clone() })
    }

    fn call(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/{path}", self.base)).bearer_auth(self.token.text())
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.call(reqwest::Method::POST, path)
    }

    /// Waits up to `request.wait_seconds` for a task.
    pub async fn lease(&self, request: &LeaseRequest) -> Result<Option<Lease>, CallError> {
        let patience = Duration::from_secs(request.wait_seconds + 15);
        let answer = checked(self.post("lease").timeout(patience).json(request).send().await?).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(Some(answer.json().await?))
    }

    /// Keeps the lease.
    pub async fn heartbeat(&self, task: i64, beat: &Beat) -> Result<BeatAnswer, CallError> {
        let call = self.post(&format!("tasks/{task}/heartbeat")).timeout(Duration::from_secs(10)).json(beat);
        Ok(checked(call.send().await?).await?.json().await?)
    }

    /// Sends a piece of the log that begins at `offset`.
    pub async fn put_log(&self, task: i64, fence: i64, offset: u64, bytes: Bytes) -> Result<LogPut, CallError> {
        let call = self
            .call(reqwest::Method::PUT, &format!("tasks/{task}/log?fence={fence}&offset={offset}"))
            .timeout(Duration::from_secs(30))
            .body(bytes);
        let answer = call.send().await?;
        if answer.status() == StatusCode::CONFLICT {
            // Both an old fence and a wrong offset are 409; only the latter comes with a size.
            let size = answer.json::<LogAnswer>().await.map_err(|_| CallError::Stale)?.size;
            return if size == offset { Err(CallError::Stale) } else { Ok(LogPut::Elsewhere(size)) };
        }
        Ok(LogPut::Taken(checked(answer).await?.json::<LogAnswer>().await?.size))
    }

    /// Streams the task's source file into `target`.
    pub async fn source(&self, task: i64, fence: i64, target: &Path) -> Result<FileRef, CallError> {
        let local = |source| CallError::Local { path: target.display().to_string(), source };
        let call = self.call(reqwest::Method::GET, &format!("tasks/{task}/source?fence={fence}"));
        let answer = checked(call.send().await?).await?;
        let announced = answer.content_length();
        let mut file = tokio::fs::File::create(target).await.map_err(local)?;
        let (mut size, mut hash) = (0, Sha256::new());
        let mut body = answer.bytes_stream();
        while let Some(piece) = body.next().await {
            let piece = piece?;
            size += piece.len() as u64;
            hash.update(&piece);
            file.write_all(&piece).await.map_err(local)?;
        }
        file.flush().await.map_err(local)?;
        if announced.is_some_and(|announced| announced != size) {
            return Err(CallError::Unreachable(format!("the source ended after {size} bytes")));
        }
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(FileRef { name, size, sha256: hex::encode(hash.finalize()) })
    }

    /// Streams one file of the result up.
    pub async fn put_file(&self, task: i64, fence: i64, path: &Path, file: &FileRef) -> Result<(), CallError> {
        let local = |source| CallError::Local { path: path.display().to_string(), source };
        let body = tokio::fs::File::open(path).await.map_err(local)?;
        // Names of packages hold `+`, `~` and `^`, none of which mean anything in a path segment.
        let mut address = Url::parse(&format!("{}/tasks/{task}/files/", self.base))
            .map_err(|error| CallError::Refused { status: 0, text: error.to_string() })?;
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().push(&file.name);
        }
        address.set_query(Some(&format!("fence={fence}")));
        let call = self
            .http
            .put(address)
            .bearer_auth(self.token.text())
            .header(DIGEST_HEADER, &file.sha256)
            .header(reqwest::header::CONTENT_LENGTH, file.size)
            .body(reqwest::Body::wrap_stream(ReaderStream::with_capacity(body, 256 << 10)));
        checked(call.send().await?).await.map(drop)
    }

    /// Says how it ended.
    pub async fn finish(&self, task: i64, finish: &Finish) -> Result<(), CallError> {
        let call = self.post(&format!("tasks/{task}/finish")).timeout(Duration::from_secs(60)).json(finish);
        checked(call.send().await?).await.map(drop)
    }
}

/// The answer, if it is a good one.
async fn checked(answer: Response) -> Result<Response, CallError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if status == StatusCode::CONFLICT {
        return Err(CallError::Stale);
    }
    let mut text = answer.text().await.unwrap_or_default();
    text.truncate(text.char_indices().nth(300).map_or(text.len(), |(at, _)| at));
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::REQUEST_TIMEOUT {
        return Err(CallError::Unreachable(format!("{status} {text}")));
    }
    Err(CallError::Refused { status: status.as_u16(), text })
}
