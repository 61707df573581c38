//! Where builders wait for tasks: one look at the queue serves all who wait at this server.

use super::choosing;
use super::handing::{Answer, tell};
use crate::{App, Refusal};
use copr_db::Topic;
use copr_sched::Waiting;
use copr_types::BuilderId;
use copr_wire::builder::{Lease, LeaseRequest};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Looks in a row while others are faster each time.
const LOOKS: usize = 16;
/// Between two looks that nothing calls for: tasks become due by time alone, and bells of others may get lost.
const EVERY: Duration = Duration::from_secs(1);
/// Before a bell is followed there is a rest as long as the last look took, but at most this: bells that ring all the time cost no
/// more than half of a processor.
const REST: Duration = Duration::from_millis(100);

/// Builders that are told together.
const TOLD: usize = 16;

/// A builder that waits.
#[derive(Debug)]
pub(super) struct Asking {
    pub builder: BuilderId,
    pub request: LeaseRequest,
    /// When it hears that there is nothing.
    pub until: Instant,
    pub answer: Answer,
}

/// The builders that wait at this server.
#[derive(Clone, Debug, Default)]
pub struct Desk(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    came: Notify,
    /// What the tasks of lanes have in common, which never changes.
    lanes: Mutex<HashMap<i64, Waiting>>,
}

#[derive(Debug, Default)]
struct State {
    came: Vec<Asking>,
    /// Somebody serves them: as long as anybody waits.
    served: bool,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of lanes.
    pub(super) fn lanes(&self) -> MutexGuard<'_, HashMap<i64, Waiting>> {
        self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves those that came into the line. When nobody is left the service ends, and the next one who comes begins it anew.
    fn receive(&self, line: &mut Vec<Asking>) -> bool {
        let mut state = self.state();
        line.append(&mut state.came);
        state.served = !line.is_empty();
        state.served
    }
}

/// Waits until there is a task for a builder, or its time is over.
pub(super) async fn wait(app: &App, builder: BuilderId, request: &LeaseRequest) -> Result<Option<Lease>, Refusal> {
    let (answer, answered) = oneshot::channel();
    let until = Instant::now() + Duration::from_secs(request.wait_seconds.min(60));
    let asking = Asking { builder, request: request.clone(), until, answer };
    if request.wait_seconds == 0 {
        return at_once(app, asking, answered).await;
    }
    let begin = {
        let mut state = app.desk.state();
        state.came.push(asking);
        !std::mem::replace(&mut state.served, true)
    };
    if begin {
        // It ends by itself when nobody waits any more. It is a task of its own because whoever waits may go at any moment.
        tokio::spawn(serve(app.clone()));
    } else {
        app.desk.0.came.notify_one();
    }
    answered.await.map_err(|gone| Refusal::internal("handing out tasks", gone))?
}

/// Who does not want to wait looks for itself, past the line.
async fn at_once(
    app: &App,
    asking: Asking,
    mut answered: oneshot::Receiver<Result<Option<Lease>, Refusal>>,
) -> Result<Option<Lease>, Refusal> {
    let mut line = vec![asking];
    for _ in 0..LOOKS {
        let looked = choosing::look(app, &mut line).await?;
        tell(app.clone(), looked.handed).await;
        if line.is_empty() || !looked.again {
            break;
        }
    }
    drop(line);
    answered.try_recv().unwrap_or(Ok(None))
}

/// Whoever serves leaves nobody behind who waits for nothing, however it ends.
struct Seat {
    desk: Desk,
    left: bool,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.left {
            let mut state = self.desk.state();
            state.came.clear();
            state.served = false;
        }
    }
}

/// Gives out tasks as long as anybody waits.
async fn serve(app: App) {
    let mut seat = Seat { desk: app.desk.clone(), left: false };
    let mut line = Vec::new();
    let mut telling = JoinSet::new();
    let mut looks = 0;
    loop {
        // Heard from before the look on: no bell is missed.
        let heard = app.db.wake().heard(Topic::Tasks);
        tokio::pin!(heard);
        heard.as_mut().enable();
        line.retain(|asking: &Asking| !asking.answer.is_closed());
        if !app.desk.receive(&mut line) {
            seat.left = true;
            telling.join_all().await;
            return;
        }
        let began = Instant::now();
        let again = match choosing::look(&app, &mut line).await {
            Ok(looked) => {
                let mut handed = looked.handed.into_iter().peekable();
                while handed.peek().is_some() {
                    telling.spawn(tell(app.clone(), handed.by_ref().take(TOLD).collect()));
                }
                looked.again
            }
            Err(refusal) => {
                tracing::error!("could not look for tasks: {}", refusal.inside());
                for asking in line.drain(..) {
                    let _ = asking.answer.send(Err(refusal.again()));
                }
                false
            }
        };
        while telling.try_join_next().is_some() {}
        let took = began.elapsed();
        looks += 1;
        if again && looks < LOOKS {
            continue;
        }
        looks = 0;
        send_away(&mut line);
        let next = line.iter().map(|asking| asking.until).min();
        let Some(next) = next else { continue };
        let next = next.min(Instant::now() + EVERY);
        tokio::select! {
            () = heard => tokio::time::sleep(took.min(REST)).await,
            () = app.desk.0.came.notified() => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
}

/// Tells those whose time is over that there is nothing.
fn send_away(line: &mut Vec<Asking>) {
    let now = Instant::now();
    for asking in line.extract_if(.., |asking| asking.until <= now) {
        let _ = asking.answer.send(Ok(None));
    }
}
