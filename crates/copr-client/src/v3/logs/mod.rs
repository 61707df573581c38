//! Logs while they grow.
//!
//! coprd sends what comes as server-sent events. Other services only have the file, which is then looked at every few
//! seconds, from where it ended before.

mod decode;
mod live;
mod poll;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use std::time::Duration;

use super::{BuildChroots, Builds, Client, Error, State};

/// Between two looks at a file.
const INTERVAL: Duration = Duration::from_secs(5);

/// From where a log is followed, and how.
///
/// ```
/// use copr_client::v3::Follow;
///
/// // Everything that comes after the first kilobyte.
/// let follow = Follow::new().from(1000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    offset: u64,
    interval: Duration,
    up_to_now: bool,
}

impl Default for Follow {
    fn default() -> Self {
        Self { offset: 0, interval: INTERVAL, up_to_now: false }
    }
}

impl Follow {
    /// From its beginning; a look every five seconds where the service does not tell by itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many bytes of it are passed over.
    pub fn from(mut self, offset: u64) -> Self {
        self.offset = offset;
        self
    }

    /// Only what there is already: what comes later is not waited for.
    pub fn up_to_now(mut self) -> Self {
        self.up_to_now = true;
        self
    }

    /// Sets the time between two looks, for services that do not tell by themselves.
    pub fn interval(mut self, time: Duration) -> Self {
        self.interval = time;
        self
    }
}

/// What happens to a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogEvent {
    /// More of it.
    Text {
        /// The next piece. What is no UTF-8 is shown as `�`.
        text: String,
        /// How many bytes of the log come before what is next: whoever comes back begins there.
        end: u64,
    },
    /// The build is tried once more: its log begins anew.
    Restarted,
    /// It ended, and nothing more will come.
    Ended {
        /// How; that of the chroot, not of the whole build.
        state: State,
    },
}

/// The part of a build that a log belongs to.
#[derive(Clone, Debug)]
enum Part {
    Source,
    Chroot(String),
}

impl Part {
    /// As it is called in addresses of logs.
    fn name(&self) -> &str {
        match self {
            Self::Source => "source",
            Self::Chroot(name) => name,
        }
    }
}

/// Whose log it is, and up to where it is known.
#[derive(Clone, Debug)]
struct Log {
    client: Client,
    build: u64,
    part: Part,
    offset: u64,
    interval: Duration,
}

impl Builds<'_> {
    /// The log of how a build's source package is made; see [`BuildChroots::follow_log`].
    pub fn follow_source_log(
        &self,
        build: u64,
        follow: &Follow,
    ) -> impl Stream<Item = Result<LogEvent, Error>> + Send + Unpin + 'static {
        followed(self.client, build, Part::Source, follow)
    }
}

impl BuildChroots<'_> {
    /// The log of a build in one chroot, while it grows and up to its end: what there is already, and then what comes,
    /// until [`LogEvent::Ended`]. For a build that has ended it is the whole log.
    ///
    /// Lost connections are made again as often as [`Config::attempts`](crate::Config::attempts) allows without
    /// anything new.
    ///
    /// ```no_run
    /// use copr_client::v3::{Client, Follow, LogEvent};
    /// use futures::TryStreamExt;
    ///
    /// # async fn example(client: Client) -> Result<(), copr_client::v3::Error> {
    /// let mut log = client.build_chroots().follow_log(2545, "fedora-42-x86_64", &Follow::new());
    /// while let Some(event) = log.try_next().await? {
    ///     match event {
    ///         LogEvent::Text { text, .. } => print!("{text}"),
    ///         LogEvent::Ended { state } => println!("--- {state}"),
    ///         _ => println!("--- once more"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn follow_log(
        &self,
        build: u64,
        chroot: &str,
        follow: &Follow,
    ) -> impl Stream<Item = Result<LogEvent, Error>> + Send + Unpin + 'static {
        followed(self.client, build, Part::Chroot(chroot.to_owned()), follow)
    }
}

fn followed(client: &Client, build: u64, part: Part, follow: &Follow) -> BoxStream<'static, Result<LogEvent, Error>> {
    let Follow { offset, interval, up_to_now } = *follow;
    let log = Log { client: client.clone(), build, part, offset, interval };
    if up_to_now {
        return poll::so_far(log).boxed();
    }
    let begun = stream::once(async move {
        match live::connected(&log).await? {
            Some(events) => Ok::<_, Error>(live::events(log, events).boxed()),
            None => Ok(poll::events(log).boxed()),
        }
    });
    begun.flat_map(|outcome| outcome.unwrap_or_else(|error| stream::once(async { Err(error) }).boxed())).boxed()
}
