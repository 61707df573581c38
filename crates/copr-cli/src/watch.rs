//! Waiting for builds, and saying how they are doing.

use copr_client::v3::{Build, Error, State, Watch};
use std::time::Duration;

use crate::failure::Failure;
use crate::live;
use crate::session::Session;
use crate::show::{Builds, Show, Stated, Watched};

/// Between two looks at a build.
const INTERVAL: Duration = Duration::from_secs(30);
/// The variable of the environment that says another number of seconds.
const INTERVAL_VARIABLE: &str = "COPR_WATCH_INTERVAL";
/// Nobody looks more often than that, nor less.
const POSSIBLE: std::ops::RangeInclusive<f64> = 0.05..=3600.0;

/// Where the news of builds go.
pub trait Watcher {
    /// A build is in another state than before, or seen for the first time.
    fn changed(&mut self, build: &Build) -> std::io::Result<()>;
}

/// A line for each change.
#[derive(Debug)]
pub struct Lines<'s> {
    session: &'s Session,
}

impl Watcher for Lines<'_> {
    fn changed(&mut self, build: &Build) -> std::io::Result<()> {
        let news = Watched { time: time_of_day(), build: build.id, state: build.state.to_string() };
        let mut line = Vec::new();
        match self.session.screen.terminal.colours_out {
            true => news.coloured(&mut line)?,
            false => news.text(&mut line)?,
        }
        let screen = &self.session.screen;
        screen.tell(&String::from_utf8_lossy(&line))
    }
}

/// Waits for builds as copr-cli does. An interruption ends the waiting, not the builds, and is no failure.
///
/// Who looks on sees more than lines, and programs nothing before the end.
pub async fn watch(session: &Session, builds: &[u64]) -> Result<(), Failure> {
    if session.screen.is_json() {
        let (builds, verdict) = silently(session, builds, Vec::new()).await;
        let stated = |build: &Build| Stated { id: build.id, state: build.state.to_string(), url: None };
        session.screen.show(&Builds { builds: builds.iter().map(stated).collect() })?;
        return verdict;
    }
    session.screen.tell("Watching build(s): (this may be safely interrupted)\n")?;
    if session.screen.is_live() {
        return live::watch(session, &without_repetitions(builds)).await;
    }
    let mut lines = Lines { session };
    tokio::select! {
        ended = ended(session, builds, &mut lines) => verdict(&ended?),
        Ok(()) = tokio::signal::ctrl_c() => Ok(()),
    }
}

/// What was last seen of each build.
#[derive(Debug)]
struct Last(Vec<Build>);

impl Watcher for Last {
    fn changed(&mut self, build: &Build) -> std::io::Result<()> {
        match self.0.iter_mut().find(|known| known.id == build.id) {
            Some(known) => known.clone_from(build),
            None => self.0.push(build.clone()),
        }
        Ok(())
    }
}

/// Waits for builds; gives what was last seen of them, be it in `known`, and what has become of it.
pub async fn silently(session: &Session, builds: &[u64], known: Vec<Build>) -> (Vec<Build>, Result<(), Failure>) {
    let mut last = Last(known);
    let outcome = tokio::select! {
        ended = ended(session, builds, &mut last) => ended.and_then(|ended| verdict(&ended)),
        Ok(()) = tokio::signal::ctrl_c() => Ok(()),
    };
    (last.0, outcome)
}

/// Waits for builds; gives them as they ended.
async fn ended(session: &Session, builds: &[u64], watcher: &mut dyn Watcher) -> Result<Vec<Build>, Failure> {
    let builds = without_repetitions(builds);
    let mut broken = None;
    let on_change = |build: &Build| {
        if let Err(error) = watcher.changed(build) {
            broken.get_or_insert(error);
        }
    };
    let ended = session.client()?.builds().wait(&builds, &Watch::new().interval(interval()), on_change).await;
    match (ended, broken) {
        (_, Some(error)) => Err(error.into()),
        (Err(Error::State { .. }), None) => Err(Failure::build("Unknown status.")),
        (ended, None) => Ok(ended?),
    }
}

fn without_repetitions(builds: &[u64]) -> Vec<u64> {
    let first = |(place, build): &(usize, &u64)| !builds[..*place].contains(build);
    builds.iter().enumerate().filter(first).map(|(_, build)| *build).collect()
}

/// A failure when builds have not ended well.
pub(crate) fn verdict(builds: &[Build]) -> Result<(), Failure> {
    let told = |state: State, word: &str| {
        let numbers: Vec<String> =
            builds.iter().filter(|build| build.state == state).map(|build| build.id.to_string()).collect();
        (!numbers.is_empty()).then(|| format!("Build(s) {} {word}.", numbers.join(", ")))
    };
    let parts: Vec<String> =
        [told(State::Failed, "failed"), told(State::Canceled, "canceled")].into_iter().flatten().collect();
    match parts.is_empty() {
        true => Ok(()),
        false => Err(Failure::build(&parts.join(" "))),
    }
}

pub(crate) fn interval() -> Duration {
    let told = std::env::var(INTERVAL_VARIABLE).ok().and_then(|text| text.parse::<f64>().ok());
    told.filter(|seconds| POSSIBLE.contains(seconds)).map_or(INTERVAL, Duration::from_secs_f64)
}

#[expect(clippy::disallowed_methods, reason = "a clock on the wall: what a person who waits compares with")]
fn time_of_day() -> String {
    jiff::Zoned::now().strftime("%H:%M:%S").to_string()
}
