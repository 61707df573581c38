//! Logs of services that only have the file: `builder-live.log` in the result directory, and `builder-live.log.gz` once
//! the build has ended.

use futures::{Stream, stream};
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::decode::Decoder;
use super::{Log, LogEvent, Part};
use crate::fetch;
use crate::flow::Flow;
use crate::v3::results::{accepted, passes};
use crate::v3::{Error, State};

const NAME: &str = "builder-live.log";

/// A file on its way.
struct Reading {
    answer: Response,
    flow: Flow,
    decoder: Decoder,
}

struct Walk {
    log: Log,
    /// A single look is enough.
    once: bool,
    reading: Option<Box<Reading>>,
    /// How it ended, as was said before the file was looked at: then the file is the whole log.
    ended: Option<State>,
    is_over: bool,
    has_looked: bool,
    fruitless: u32,
}

/// What happens to the log.
pub(super) fn events(log: Log) -> impl Stream<Item = Result<LogEvent, Error>> + Send {
    walked(log, false)
}

/// What there is of the log, and its end if it has ended.
pub(super) fn so_far(log: Log) -> impl Stream<Item = Result<LogEvent, Error>> + Send {
    walked(log, true)
}

fn walked(log: Log, once: bool) -> impl Stream<Item = Result<LogEvent, Error>> + Send {
    let walk = Walk { log, once, reading: None, ended: None, is_over: false, has_looked: false, fruitless: 0 };
    stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|event| (event, walk))) })
}

impl Walk {
    async fn next(&mut self) -> Result<Option<LogEvent>, Error> {
        while !self.is_over {
            match self.step().await {
                Ok(None) => {}
                Ok(event) => {
                    self.fruitless = 0;
                    return Ok(event);
                }
                Err(error) => {
                    (self.reading, self.ended, self.has_looked) = (None, None, self.has_looked && !self.once);
                    self.fruitless += 1;
                    if !passes(&error) || self.fruitless >= self.log.client.config().attempts {
                        return Err(error);
                    }
                }
            }
        }
        Ok(None)
    }

    async fn step(&mut self) -> Result<Option<LogEvent>, Error> {
        if self.reading.is_some() {
            return self.read().await;
        }
        if let Some(state) = self.ended.take() {
            self.is_over = true;
            return Ok(Some(LogEvent::Ended { state }));
        }
        if self.has_looked && self.once {
            self.is_over = true;
            return Ok(None);
        }
        if self.has_looked {
            self.log.client.clock().sleep(self.log.interval).await;
        }
        self.has_looked = true;
        let (state, directory) = self.log.state().await?;
        let ended = Some(state).filter(State::is_ended);
        if let Some(directory) = directory {
            match self.log.opened(&directory, ended.is_some()).await? {
                Opened::Restarted => {
                    self.log.offset = 0;
                    self.has_looked = false;
                    return Ok(Some(LogEvent::Restarted));
                }
                Opened::Nothing => {}
                Opened::Reading(reading) => self.reading = Some(reading),
            }
        }
        self.ended = ended;
        Ok(None)
    }

    /// The next piece of the file that is read.
    async fn read(&mut self) -> Result<Option<LogEvent>, Error> {
        let Some(reading) = &mut self.reading else { return Ok(None) };
        let piece = fetch::piece(&self.log.client.transport, &mut reading.answer, &reading.flow).await?;
        let text = match &piece {
            Some(piece) => {
                reading.flow.add(piece.len() as u64);
                reading.decoder.add(piece)
            }
            None => reading.decoder.end(self.ended.is_some()),
        };
        let text = text.map_err(|error| {
            let url = reading.answer.url().to_string();
            Error::Connection { url, source: Box::new(error) }
        })?;
        if piece.is_none() {
            self.reading = None;
        }
        let Some((text, bytes)) = text else { return Ok(None) };
        self.log.offset += bytes;
        Ok(Some(LogEvent::Text { text, end: self.log.offset }))
    }
}

enum Opened {
    Nothing,
    Restarted,
    Reading(Box<Reading>),
}

impl Log {
    /// How far the build is there, and where its files are.
    async fn state(&self) -> Result<(State, Option<String>), Error> {
        match &self.part {
            Part::Source => {
                let source = self.client.builds().source_chroot(self.build).await?;
                // What is imported was made before.
                let is_made = source.state == State::Importing;
                Ok((if is_made { State::Succeeded } else { source.state }, source.result_url))
            }
            Part::Chroot(name) => {
                let chroot = self.client.build_chroots().get(self.build, name).await?;
                Ok((chroot.state, chroot.result_url))
            }
        }
    }

    /// What the file has behind that which is known.
    async fn opened(&self, directory: &str, is_ended: bool) -> Result<Opened, Error> {
        let directory = directory.trim_end_matches('/');
        let parsed = Url::parse(&format!("{directory}/{NAME}"));
        let url = parsed.map_err(|error| Error::Argument(format!("`{directory}` is no address: {error}")))?;
        let mut answer = self.asked(&url, true).await?;
        if is_packed(&answer) && answer.status() != StatusCode::OK {
            // A part of what is compressed is of no use.
            answer = self.asked(&answer.url().clone(), false).await?;
        }
        if answer.status() == StatusCode::NOT_FOUND && is_ended {
            let packed = Url::parse(&format!("{url}.gz")).unwrap_or(url);
            answer = self.asked(&packed, false).await?;
        }
        match answer.status() {
            StatusCode::NOT_FOUND => return Ok(Opened::Nothing),
            StatusCode::RANGE_NOT_SATISFIABLE => {
                let length = text(answer.headers(), &header::CONTENT_RANGE)
                    .and_then(|range| range.strip_prefix("bytes */")?.parse::<u64>().ok());
                let is_shorter = length.is_some_and(|length| length < self.offset);
                return Ok(if is_shorter { Opened::Restarted } else { Opened::Nothing });
            }
            _ => {}
        }
        let answer = accepted(answer)?;
        let skipped = if answer.status() == StatusCode::PARTIAL_CONTENT { 0 } else { self.offset };
        let decoder = Decoder::new(skipped, is_packed(&answer));
        Ok(Opened::Reading(Box::new(Reading { answer, flow: Flow::default(), decoder })))
    }

    async fn asked(&self, url: &Url, for_a_part: bool) -> Result<Response, Error> {
        let range = (header::RANGE, format!("bytes={}-", self.offset));
        let headers: &[(HeaderName, String)] = if for_a_part && self.offset > 0 { &[range] } else { &[] };
        Ok(fetch::open(&self.client.transport, Method::GET, url, headers).await?)
    }
}

fn is_packed(answer: &Response) -> bool {
    answer.url().path().ends_with(".gz") || text(answer.headers(), &header::CONTENT_ENCODING) == Some("gzip")
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
