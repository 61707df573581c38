//! A log as events.

use super::follow::{Followed, Live, Sight, first};
use super::growing::{Growing, Piece};
use crate::ui::page;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use copr_types::BuildId;
use futures::stream;
use serde::Deserialize;
use serde_json::json;
use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// A look at the file without a bell: the builder may be talking to another server on the same files.
const UNHEARD: Duration = Duration::from_secs(1);
/// The same once that has turned out to be so.
const DEAF: Duration = Duration::from_millis(300);
/// Seconds between signs of life, so that proxies keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
pub(super) struct From {
    offset: Option<u64>,
}

pub(super) async fn show(
    State(live): State<Live>,
    Path((id, step)): Path<(i64, String)>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Response {
    let (followed, mut sight) = live.follow(BuildId(id));
    let known = match first(&mut sight).await {
        Sight::Seen(snapshot) => snapshot.step(&step).is_some(),
        Sight::Unknown | Sight::Gone => false,
    };
    if !known {
        return page::not_found_about(format!("Build {id} has no log called “{step}”."));
    }
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let offset = resumed.or(from.offset).unwrap_or(0);
    let watcher = Watcher { live, _followed: followed, sight, step, offset, log: None, deaf: false, over: false };
    let events = stream::unfold(watcher, |mut watcher| async move { Some((watcher.next().await?, watcher)) });
    events_of(events)
}

/// The answer that streams events.
pub(super) fn events_of(events: impl futures::Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    // nginx would hold events back until a buffer is full.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

/// One who watches a log.
struct Watcher {
    live: Live,
    _followed: Arc<Followed>,
    sight: watch::Receiver<Sight>,
    step: String,
    offset: u64,
    log: Option<(Growing, Arc<Notify>)>,
    /// Text came without a bell.
    deaf: bool,
    over: bool,
}

impl Watcher {
    /// The next event; `None` after the end.
    async fn next(&mut self) -> Option<Result<Event, Infallible>> {
        if self.over {
            return None;
        }
        let mut unheard = false;
        loop {
            // The state before the file: a log whose step was over before we read is complete.
            let Some((state, is_over, path)) = self.state() else { return Some(Ok(self.end("deleted"))) };
            self.find(path);
            let Some((growing, bell)) = self.log.take() else {
                if is_over {
                    return Some(Ok(self.end(state)));
                }
                self.sight.changed().await.ok()?;
                continue;
            };
            let heard = Arc::clone(&bell);
            let heard = heard.notified();
            tokio::pin!(heard);
            heard.as_mut().enable();
            let (growing, piece) = match read(growing, is_over).await {
                Ok(read) => read,
                Err(error) => {
                    tracing::warn!(%error, step = self.step, "could not read a log");
                    return None;
                }
            };
            self.offset = growing.offset();
            self.log = Some((growing, bell));
            match piece {
                Piece::Text(text, end) => {
                    self.deaf |= unheard;
                    let data = serde_json::Value::String(text).to_string();
                    return Some(Ok(Event::default().event("log").id(end.to_string()).data(data)));
                }
                Piece::Restart => return Some(Ok(Event::default().event("restart").id("0").data("{}"))),
                Piece::Nothing if is_over => return Some(Ok(self.end(state))),
                Piece::Nothing => {}
            }
            unheard = false;
            tokio::select! {
                () = heard => {}
                changed = self.sight.changed() => if changed.is_err() { return None },
                () = tokio::time::sleep(if self.deaf { DEAF } else { UNHEARD }) => unheard = true,
            }
        }
    }

    fn state(&mut self) -> Option<(&'static str, bool, Option<PathBuf>)> {
        match &*self.sight.borrow_and_update() {
            Sight::Seen(snapshot) => {
                let step = snapshot.step(&self.step)?;
                Some((step.state.as_str(), snapshot.is_over(step), step.log()))
            }
            Sight::Unknown | Sight::Gone => None,
        }
    }

    fn find(&mut self, path: Option<PathBuf>) {
        if let (None, Some(path)) = (&self.log, path) {
            let bell = self.live.bells.listen(&path);
            self.log = Some((Growing::new(path, self.offset), bell));
        }
    }

    fn end(&mut self, state: &str) -> Event {
        self.over = true;
        Event::default().event("end").data(json!({ "state": state, "size": self.offset }).to_string())
    }
}

async fn read(mut growing: Growing, to_the_end: bool) -> io::Result<(Growing, Piece)> {
    let work = move || {
        let piece = growing.read(to_the_end)?;
        Ok((growing, piece))
    };
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
