//! Waiting for builds.

use std::time::Duration;

use super::{Build, Builds, Error, State};

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
        let clock = self.client.clock();
        let begin = clock.now();
        let mut seen: Vec<Option<Build>> = builds.iter().map(|_| None).collect();
        loop {
            for (build, seen) in builds.iter().zip(&mut seen) {
                if seen.as_ref().is_some_and(|seen| seen.state.is_ended()) {
                    continue;
                }
                let now = self.get(*build).await?;
                if seen.as_ref().is_none_or(|seen| seen.state != now.state) {
                    on_change(&now);
                }
                if now.state == State::Unknown {
                    return Err(Error::State { build: *build, state: now.state });
                }
                *seen = Some(now);
            }
            let running: Vec<u64> =
                seen.iter().flatten().filter(|build| !build.state.is_ended()).map(|build| build.id).collect();
            if running.is_empty() {
                return Ok(seen.into_iter().flatten().collect());
            }
            let spent = clock.now().duration_since(begin);
            if watch.timeout.is_some_and(|timeout| spent >= timeout) {
                return Err(Error::StillRunning { builds: running });
            }
            let left = watch.timeout.map_or(watch.interval, |timeout| timeout.saturating_sub(spent));
            clock.sleep(watch.interval.min(left)).await;
        }
    }
}
