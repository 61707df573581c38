//! Waiting for builds.

use futures::{Stream, TryStreamExt, stream};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Build, Builds, Client, Error, State};

/// How to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    interval: Duration,
    timeout: Option<Duration>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { interval: Duration::from_secs(30), timeout: None }
    }
}

impl Watch {
    /// A look every 30 seconds, for as long as it takes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time between two looks.
    pub fn interval(mut self, time: Duration) -> Self {
        self.interval = time;
        self
    }

    /// Sets after what time to give up.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }
}

/// Builds that are looked at.
struct Looking {
    client: Client,
    watch: Watch,
    begin: Instant,
    /// Those that are to be looked at now, with the state that was last seen.
    round: VecDeque<(u64, Option<State>)>,
    /// Those that had not ended when they were looked at.
    running: VecDeque<(u64, Option<State>)>,
    /// One of them is in a state that never ends.
    lost: Option<Error>,
}

impl Builds<'_> {
    /// Waits until all of some builds have ended; gives them as they are then, in the same order.
    ///
    /// `on_change` is called for each build when it is first seen, and whenever it is in another state than before.
    /// How a build ended makes no difference here: see [`Build::state`].
    ///
    /// # Errors
    /// [`Error::StillRunning`] after the time that was given, [`Error::State`] for a state that never ends, and whatever
    /// a look at a build can come to.
    pub async fn wait(
        &self,
        builds: &[u64],
        watch: &Watch,
        mut on_change: impl FnMut(&Build),
    ) -> Result<Vec<Build>, Error> {
        let mut changes = std::pin::pin!(self.watch(builds, watch));
        let mut last: Vec<Build> = Vec::new();
        while let Some(build) = changes.try_next().await? {
            on_change(&build);
            last.retain(|earlier| earlier.id != build.id);
            last.push(build);
        }
        let ended = |id: &u64| last.iter().find(|build| build.id == *id).cloned();
        Ok(builds.iter().filter_map(ended).collect())
    }

    /// The same as a stream of changes: each build when it is first seen, and whenever it is in another state than
    /// before. It ends when all have ended.
    ///
    /// ```no_run
    /// use copr_client::v3::{Client, Watch};
    /// use futures::TryStreamExt;
    ///
    /// # async fn example(client: Client) -> Result<(), copr_client::v3::Error> {
    /// let mut changes = std::pin::pin!(client.builds().watch(&[2545, 2546], &Watch::new()));
    /// while let Some(build) = changes.try_next().await? {
    ///     println!("build {}: {}", build.id, build.state);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, builds: &[u64], watch: &Watch) -> impl Stream<Item = Result<Build, Error>> + Send + 'static {
        let mut round: VecDeque<(u64, Option<State>)> = VecDeque::new();
        for build in builds {
            if round.iter().all(|(earlier, _)| earlier != build) {
                round.push_back((*build, None));
            }
        }
        let (client, begin) = (self.client.clone(), self.client.clock().now());
        let looking = Looking { client, watch: *watch, begin, round, running: VecDeque::new(), lost: None };
        stream::try_unfold(
            looking,
            |mut looking| async move { Ok(looking.next().await?.map(|build| (build, looking))) },
        )
    }
}

impl Looking {
    async fn next(&mut self) -> Result<Option<Build>, Error> {
        loop {
            if let Some(lost) = self.lost.take() {
                return Err(lost);
            }
            while let Some((id, seen)) = self.round.pop_front() {
                if let Some(change) = self.look(id, seen).await? {
                    return Ok(Some(change));
                }
            }
            if self.running.is_empty() {
                return Ok(None);
            }
            self.pause().await?;
            self.round = std::mem::take(&mut self.running);
        }
    }

    /// The build, if it has changed.
    async fn look(&mut self, id: u64, seen: Option<State>) -> Result<Option<Build>, Error> {
        let now = self.client.builds().get(id).await?;
        let state = now.state.clone();
        if state == State::Unknown {
            self.lost = Some(Error::State { build: id, state: state.clone() });
        } else if !state.is_ended() {
            self.running.push_back((id, Some(state.clone())));
        }
        Ok(Some(now).filter(|_| seen != Some(state)))
    }

    async fn pause(&self) -> Result<(), Error> {
        let (watch, clock) = (&self.watch, self.client.clock());
        let spent = clock.now().duration_since(self.begin);
        if watch.timeout.is_some_and(|timeout| spent >= timeout) {
            return Err(Error::StillRunning { builds: self.running.iter().map(|(id, _)| *id).collect() });
        }
        let left = watch.timeout.map_or(watch.interval, |timeout| timeout.saturating_sub(spent));
        clock.sleep(watch.interval.min(left)).await;
        Ok(())
    }
}
