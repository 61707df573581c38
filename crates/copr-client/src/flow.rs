//! Whether anything moves.

use futures::future::{Either, select};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Trouble;

/// What has become of a call on its way.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    moved: AtomicU64,
    problem: Mutex<Option<Trouble>>,
}

impl Flow {
    /// Adds bytes of what was sent or received.
    pub fn add(&self, bytes: u64) {
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Grows as long as something moves.
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Why the file could not be read on.
    pub fn problem(&self) -> Option<Trouble> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn failed(&self, problem: Trouble) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }
}

/// What comes of an exchange; nothing when nothing of its bodies moved during one nap.
pub(crate) async fn while_it_moves<T, N: Future<Output = ()>>(
    flow: &Flow,
    nap: impl Fn() -> N,
    exchange: impl Future<Output = T>,
) -> Option<T> {
    let mut exchange = pin!(exchange);
    loop {
        let before = flow.moved();
        match select(exchange.as_mut(), pin!(nap())).await {
            Either::Left((outcome, _)) => return Some(outcome),
            Either::Right(_) if flow.moved() > before => {}
            Either::Right(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Poll;

    #[tokio::test]
    async fn what_moves_is_not_given_up() {
        let flow = Flow::default();
        let ended = std::future::poll_fn(|_| if flow.moved() < 5 { Poll::Pending } else { Poll::Ready("ended") });
        let nap = || async {
            flow.add(1);
        };
        assert_eq!(while_it_moves(&flow, nap, ended).await, Some("ended"));
        assert_eq!(while_it_moves(&flow, || async {}, std::future::pending::<()>()).await, None);
    }
}
