//! Logs of services that tell by themselves: `GET /coprs/build/{id}/log/{source|chroot}?offset=`.

use futures::{Stream, stream};
use serde::Deserialize;
use sse_stream::Sse;
use std::time::Duration;

use super::{Log, LogEvent};
use crate::call::address;
use crate::events::{Asked, Events, ask};
use crate::v3::results::{accepted, passes};
use crate::v3::{Error, State};

/// A connection that held so long is not one that never works.
const SOUND: Duration = Duration::from_secs(10);
/// Before a connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

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
    match ask(transport, url).await? {
        Asked::Events(events) => Ok(Some(events)),
        Asked::Failed(answer) => accepted(answer).map(|_| None),
        Asked::None => Ok(None),
    }
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
        let event = events.next(&self.client.transport).await?;
        self.understood(event)
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
