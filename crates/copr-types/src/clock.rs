//! The one source of time. Times are integer seconds since the epoch, UTC, as the API shows them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that is passed in, so that tests can set it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's own clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn system() -> Self {
        Self(Arc::new(|| {
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        }))
    }

    /// A clock that stands still until its hand is moved.
    pub fn manual(start: i64) -> (Self, ClockHand) {
        let now = Arc::new(AtomicI64::new(start));
        let read = Arc::clone(&now);
        (Self(Arc::new(move || read.load(Ordering::SeqCst))), ClockHand(now))
    }

    /// Seconds since the epoch.
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Moves a manual clock.
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<AtomicI64>);

impl ClockHand {
    /// Moves the clock on by some seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}
