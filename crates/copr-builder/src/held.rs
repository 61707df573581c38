//! A task that is ours for now: the heartbeat that keeps it, and the ways it can be taken away.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use copr_types::Phase;
use copr_wire::builder::{Beat, Lease};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::client::{CallError, Client};
use crate::end::{End, Step, Stop};

/// How often a builder that shuts down repeats a call that nobody answers.
const LAST_TRIES: u32 = 3;

/// A held task. All who work on it share this.
pub(crate) struct Held {
    pub task_id: i64,
    pub fence: i64,
    pub client: Client,
    /// Cancelled when the work shall stop, whoever wants it.
    pub stop: CancellationToken,
    reason: Mutex<Option<Stop>>,
    phase: watch::Sender<Option<Phase>>,
    patience: Duration,
}

impl Held {
    pub fn new(client: Client, lease: &Lease, patience: Duration) -> Arc<Held> {
        Arc::new(Held {
            task_id: lease.task_id,
            fence: lease.fence,
            client,
            stop: CancellationToken::new(),
            reason: Mutex::new(None),
            phase: watch::Sender::new(None),
            patience,
        })
    }

    /// Stops the work; the first reason counts, except that a lost lease overrides all.
    pub fn stop_for(&self, reason: Stop) {
        if let Ok(mut known) = self.reason.lock()
            && (known.is_none() || reason == Stop::Lost)
        {
            *known = Some(reason);
        }
        self.stop.cancel();
    }

    /// Why it stopped, if it did.
    pub fn stopped(&self) -> Option<Stop> {
        self.reason.lock().ok().and_then(|reason| *reason)
    }

    /// Fails when the work shall stop: to be asked between steps.
    pub fn check(&self) -> Step<()> {
        match self.stopped() {
            Some(stop) => Err(End::Stopped(stop)),
            None => Ok(()),
        }
    }

    /// Tells the server at once that the work is in this phase.
    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(Some(phase));
    }

    /// Beats until dropped: every `every`, and at once when the phase changes.
    pub async fn beat(self: Arc<Held>, every: Duration) {
        let mut changes = self.phase.subscribe();
        let mut heard = Instant::now();
        loop {
            let beat = Beat { fence: self.fence, phase: *changes.borrow_and_update() };
            let pause = match self.client.heartbeat(self.task_id, &beat).await {
                Ok(answer) => {
                    heard = Instant::now();
                    if answer.cancel {
                        self.stop_for(Stop::Canceled);
                    }
                    every
                }
                Err(CallError::Stale | CallError::Refused { .. }) => return self.stop_for(Stop::Lost),
                Err(error) => {
                    tracing::warn!(task = self.task_id, %error, "heartbeat");
                    if heard.elapsed() > self.patience {
                        return self.stop_for(Stop::Lost);
                    }
                    every.min(Duration::from_secs(1))
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    }

    /// What it means that the server does not want a call of this lease: asks whether the build was canceled, which has
    /// to be said at the end, or whether somebody else has the task. The work stops either way.
    pub async fn refused(&self) -> Stop {
        let beat = Beat { fence: self.fence, phase: *self.phase.borrow() };
        let canceled = matches!(self.client.heartbeat(self.task_id, &beat).await, Ok(answer) if answer.cancel);
        self.stop_for(if canceled { Stop::Canceled } else { Stop::Lost });
        self.stopped().unwrap_or(Stop::Lost)
    }

    /// Repeats a call until it is answered, the lease is lost, or patience ends. A builder that shuts down has little: a
    /// server that is not there keeps nobody from ending.
    pub async fn patiently<T, F: Future<Output = Result<T, CallError>>>(
        &self,
        mut call: impl FnMut() -> F,
    ) -> Result<T, CallError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(200);
        let mut last_tries = LAST_TRIES;
        loop {
            match call().await {
                Err(CallError::Unreachable(why)) if begun.elapsed() < self.patience => {
                    tracing::warn!(task = self.task_id, why, "the server does not answer; trying again");
                    match self.stopped() {
                        Some(Stop::Lost) => return Err(CallError::Stale),
                        Some(Stop::Returned) if last_tries == 0 => return Err(CallError::Unreachable(why)),
                        Some(Stop::Returned) => last_tries -= 1,
                        Some(Stop::Canceled) | None => {}
                    }
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(5));
                }
                other => return other,
            }
        }
    }
}
