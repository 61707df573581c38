//! Builds while they are made, part by part.
//!
//! coprd tells what changes as server-sent events; other services are asked every few seconds.

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use serde::Deserialize;
use std::time::Duration;

use super::results::{accepted, passes};
use super::{Builds, Client, Error, Paging, State};
use crate::call::address;
use crate::events::{Asked, Events, ask};

/// Before a connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// How a build stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BuildProgress {
    /// Its number.
    pub id: u64,
    /// Its state.
    pub state: State,
    /// The making of its source package first, then its chroots.
    pub parts: Vec<PartProgress>,
}

/// How a part of a build stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PartProgress {
    /// `source`, or the name of the chroot.
    pub name: String,
    /// Its state.
    pub state: State,
    /// What is done there right now, as a few words, where the service says so.
    #[serde(default)]
    pub doing: String,
}

#[derive(Deserialize)]
struct Told {
    state: State,
    finished: bool,
    steps: Vec<PartProgress>,
}

/// Where the watching of a build stands.
struct Walk {
    client: Client,
    build: u64,
    interval: Duration,
    how: How,
    /// Attempts that have brought nothing.
    fruitless: u32,
    last: Option<BuildProgress>,
    is_over: bool,
}

enum How {
    Unknown,
    Told(Box<Events>),
    Looking,
}

impl Builds<'_> {
    /// How a build stands, and then whenever something of it has changed, until it has ended. A service that does not
    /// tell by itself is asked again after each `interval`.
    ///
    /// ```no_run
    /// use copr_client::v3::Client;
    /// use futures::TryStreamExt;
    /// use std::time::Duration;
    ///
    /// # async fn example(client: Client) -> Result<(), copr_client::v3::Error> {
    /// let mut progress = client.builds().progress(2545, Duration::from_secs(10));
    /// while let Some(build) = progress.try_next().await? {
    ///     for part in &build.parts {
    ///         println!("{}: {} {}", part.name, part.state, part.doing);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn progress(
        &self,
        build: u64,
        interval: Duration,
    ) -> impl Stream<Item = Result<BuildProgress, Error>> + Send + Unpin + use<> {
        let (client, how) = (self.client.clone(), How::Unknown);
        let walk = Walk { client, build, interval, how, fruitless: 0, last: None, is_over: false };
        let changes = stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|it| (it, walk))) });
        let changes: BoxStream<'static, _> = changes.boxed();
        changes
    }
}

impl Walk {
    async fn next(&mut self) -> Result<Option<BuildProgress>, Error> {
        while !self.is_over {
            match self.step().await {
                Ok(None) => {}
                Ok(Some(now)) => {
                    self.fruitless = 0;
                    if self.last.as_ref() != Some(&now) {
                        self.last = Some(now.clone());
                        return Ok(Some(now));
                    }
                }
                Err(error) => {
                    self.fruitless += 1;
                    if !passes(&error) || self.fruitless >= self.client.config().attempts {
                        return Err(error);
                    }
                    self.client.clock().sleep(PAUSE).await;
                    self.how = How::Unknown;
                }
            }
        }
        Ok(None)
    }

    async fn step(&mut self) -> Result<Option<BuildProgress>, Error> {
        match &mut self.how {
            How::Unknown => {
                self.how = self.asked().await?;
                Ok(None)
            }
            How::Told(events) => {
                let event = events.next(&self.client.transport).await?;
                match event.event.as_deref() {
                    Some("state") => self.understood(&event.data.unwrap_or_default()).map(Some),
                    Some("end") => {
                        // A build that was deleted is none.
                        self.is_over = self.last.as_ref().is_some_and(|last| last.state.is_ended());
                        self.how = How::Looking;
                        Ok(None)
                    }
                    _ => Ok(None),
                }
            }
            How::Looking => {
                if self.last.is_some() {
                    self.client.clock().sleep(self.interval).await;
                }
                self.looked().await.map(Some)
            }
        }
    }

    async fn asked(&mut self) -> Result<How, Error> {
        let path = ["coprs", "build", &self.build.to_string(), "events"];
        let url = address(&self.client.config().url, &path).map_err(Error::Argument)?;
        match ask(&self.client.transport, url).await? {
            Asked::Events(events) => Ok(How::Told(Box::new(events))),
            Asked::Failed(answer) => accepted(answer).map(|_| How::Looking),
            Asked::None => Ok(How::Looking),
        }
    }

    fn understood(&mut self, data: &str) -> Result<BuildProgress, Error> {
        let unexpected = |source| Error::Unexpected { url: self.client.config().url().to_owned(), source };
        let Told { state, finished, steps } = serde_json::from_str(data).map_err(unexpected)?;
        self.is_over = finished;
        Ok(BuildProgress { id: self.build, state, parts: steps })
    }

    /// What the API says.
    async fn looked(&mut self) -> Result<BuildProgress, Error> {
        let builds = self.client.builds();
        let build = builds.get(self.build).await?;
        let source = builds.source_chroot(self.build).await?;
        let chroots = self.client.build_chroots().list(self.build, &Paging::default()).await?.items;
        if build.state == State::Unknown {
            return Err(Error::State { build: self.build, state: build.state });
        }
        self.is_over = build.state.is_ended();
        let part = |name: String, state| PartProgress { name, state, doing: String::new() };
        let chroots = chroots.into_iter().map(|chroot| part(chroot.name, chroot.state));
        let parts = std::iter::once(part("source".to_owned(), source.state)).chain(chroots).collect();
        Ok(BuildProgress { id: self.build, state: build.state, parts })
    }
}
