//! Time as the client sees it.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// What the client waits by: between attempts, and between two looks at a build.
///
/// [`SystemClock`] unless [`Client::with_clock`](crate::v3::Client::with_clock) says something else; tests can have one that
/// does not make them wait.
pub trait Clock: Debug + Send + Sync {
    /// Now; never goes back.
    fn now(&self) -> Instant;

    /// What the calendar says now, for what is kept longer than a program runs.
    #[expect(clippy::disallowed_methods, reason = "this is the clock itself")]
    fn calendar(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Ends when this much time is over.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The time of the machine. Needs tokio's runtime with its timers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}
