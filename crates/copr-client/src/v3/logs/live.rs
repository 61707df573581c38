//! Logs of services that tell by themselves: `GET /coprs/build/{id}/log/{source|chroot}?offset=`.

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use reqwest::{Method, header};
use serde::Deserialize;
use sse_stream::{Sse, SseByteStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Log, LogEvent};
use crate::call::address;
use crate::fetch::{self, still};
use crate::flow::{Flow, while_it_moves};
use crate::v3::results::{accepted, passes};
use crate::v3::{Error, State};

/// A connection that held so long is not one that never works.
const SOUND: Duration = Duration::from_secs(10);
/// Before a connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// Events that come from a service.
pub(super) struct Events {
    stream: SseByteStream<BoxStream<'static, reqwest::Result<Bytes>>>,
    /// Signs of life, which come more often than events.
    flow: Arc<Flow>,
    since: Instant,
}

#[derive(Deserialize)]
struct End {
    state: State,
}

/// The events from where the log is known; none when the service does not know of such things.
pub(super) async fn connected(log: &Log) -> Result<Option<Events>, Error> {
    let mut attempts = log.client.transport.attempts();
    loop {
        let outcome = connected_once(log).await;
        if !(outcome.as_ref().is_err_and(passes) && attempts.another().await) {
            return outcome;
        }
    }
}

async fn connected_once(log: &Log) -> Result<Option<Events>, Error> {
    let transport = &log.client.transport;
    let path = ["coprs", "build", &log.build.to_string(), "log", log.part.name()];
    let mut url = address(&transport.config().url, &path).map_err(Error::Argument)?;
    url.set_query(Some(&format!("offset={}", log.offset)));
    let accept = (header::ACCEPT, "text/event-stream".to_owned());
    let answer = fetch::open(transport, Method::GET, &url, &[accept]).await?;
    if answer.status().is_server_error() {
        return accepted(answer).map(|_| None);
    }
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !answer.status().is_success() || !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        return Ok(None);
    }
    let flow = Arc::new(Flow::default());
    let moving = Arc::clone(&flow);
    let bytes = answer.bytes_stream().inspect_ok(move |piece| moving.add(piece.len() as u64)).boxed();
    Ok(Some(Events { stream: SseByteStream::new(bytes), flow, since: log.client.clock().now() }))
}

/// Where the following of a log stands.
struct Walk {
    log: Log,
    events: Option<Events>,
    /// Attempts that have brought nothing.
    fruitless: u32,
    is_over: bool,
}

/// What happens to the log.
pub(super) fn events(log: Log, events: Events) -> impl Stream<Item = Result<LogEvent, Error>> + Send {
    let walk = Walk { log, events: Some(events), fruitless: 0, is_over: false };
    stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|event| (event, walk))) })
}

impl Walk {
    async fn next(&mut self) -> Result<Option<LogEvent>, Error> {
        if self.is_over {
            return Ok(None);
        }
        loop {
            let Some(events) = &mut self.events else {
                self.connect().await?;
                continue;
            };
            match self.log.heard(events).await {
                Ok(Some(event)) => {
                    self.note(&event);
                    return Ok(Some(event));
                }
                Ok(None) => {}
                Err(error) => {
                    let held = self.log.client.clock().now().duration_since(events.since);
                    self.fruitless = if held < SOUND { self.fruitless + 1 } else { 0 };
                    self.events = None;
                    if !passes(&error) || self.fruitless >= self.log.client.config().attempts {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        self.log.client.clock().sleep(PAUSE).await;
        self.events = connected(&self.log).await?;
        match self.events {
            Some(_) => Ok(()),
            None => Err(self.log.broken_off("the service knows of it no more".into())),
        }
    }

    fn note(&mut self, event: &LogEvent) {
        self.fruitless = 0;
        match event {
            LogEvent::Text { end, .. } => self.log.offset = *end,
            LogEvent::Restarted => self.log.offset = 0,
            LogEvent::Ended { .. } => self.is_over = true,
        }
    }
}

impl Log {
    /// The next event, or nothing for one that is not known.
    async fn heard(&self, events: &mut Events) -> Result<Option<LogEvent>, Error> {
        let transport = &self.client.transport;
        let patience = transport.config().timeout;
        match while_it_moves(&events.flow, || tokio::time::sleep(patience), events.stream.next()).await {
            Some(Some(Ok(event))) => self.understood(event),
            Some(Some(Err(error))) => Err(self.broken_off(Box::new(error))),
            Some(None) => Err(self.broken_off("it ended too early".into())),
            None => Err(still(transport, &transport.config().url).into()),
        }
    }

    fn understood(&self, event: Sse) -> Result<Option<LogEvent>, Error> {
        let data = event.data.unwrap_or_default();
        let unexpected = |source| Error::Unexpected { url: self.told_url(), source };
        match event.event.as_deref() {
            Some("log") => {
                let text: String = serde_json::from_str(&data).map_err(unexpected)?;
                let end = event.id.and_then(|id| id.parse().ok()).unwrap_or(self.offset + text.len() as u64);
                Ok(Some(LogEvent::Text { text, end }))
            }
            Some("restart") => Ok(Some(LogEvent::Restarted)),
            Some("end") => {
                let End { state } = serde_json::from_str(&data).map_err(unexpected)?;
                Ok(Some(LogEvent::Ended { state }))
            }
            _ => Ok(None),
        }
    }

    fn broken_off(&self, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
        Error::Connection { url: self.told_url(), source }
    }

    fn told_url(&self) -> String {
        let base = self.client.config().url.as_str().trim_end_matches('/');
        format!("{base}/coprs/build/{}/log/{}", self.build, self.part.name())
    }
}
