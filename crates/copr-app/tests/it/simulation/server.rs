//! A server that can be ended, disturbed or held up at any step of a use case.

use copr_app::App;
use copr_types::Faults;
use copr_types::faults::{Fault, Step};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use tokio::sync::oneshot;

/// A use case on its way.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// The server is killed before the step, and with it everything that it was about.
    Killed,
    /// The step is not done, or (a commit) done and not heard of; the server goes on.
    Fails,
    /// Whoever asked goes away: the use case is dropped before the step, the server goes on.
    Abandoned,
    /// The use case is held up before the step, and goes on later.
    HeldUp,
}

/// How far a use case came.
pub enum End<T> {
    Done(T),
    Died,
    Abandoned,
    /// It goes on when this is called and it is run again.
    HeldUp(Release),
}

pub type Release = Box<dyn FnOnce() + Send>;

enum Stop {
    Abandoned,
    HeldUp(Release),
}

#[derive(Default)]
struct Watch {
    /// What is to happen, after how many steps.
    plan: Option<(u64, Mishap)>,
    /// What happened in this run.
    struck: Option<Mishap>,
    dead: bool,
    stop: Option<Stop>,
    /// Who runs the use case; steps of files are taken on other threads.
    runner: Option<Waker>,
    /// A transaction is open: whoever is held up in it would hold up everybody.
    writing: bool,
    steps: u64,
}

fn killed() -> Fault {
    Fault::Fails(io::Error::other("the server was killed"))
}

/// Before a step: what happens.
fn ask(watch: &Arc<Mutex<Watch>>, step: Step) -> Option<Fault> {
    let mut now = watch.lock().unwrap();
    if now.dead {
        return Some(killed());
    }
    now.steps += 1;
    let writing = now.writing;
    match step {
        Step::Begin => now.writing = true,
        Step::Committed => now.writing = false,
        _ => {}
    }
    let (left, mishap) = now.plan?;
    now.plan = Some((left.saturating_sub(1), mishap));
    let files = step == Step::File;
    let fits = match mishap {
        Mishap::Killed | Mishap::Fails => true,
        Mishap::Abandoned => !files,
        Mishap::HeldUp => files && !writing || step == Step::Begin || step == Step::Read && !writing,
    };
    if left > 0 || !fits {
        return None;
    }
    now.plan = None;
    now.struck = Some(mishap);
    match mishap {
        Mishap::Killed => {
            now.dead = true;
            Some(killed())
        }
        Mishap::Fails => Some(Fault::Fails(io::Error::other("it did not work, this once"))),
        Mishap::Abandoned => {
            now.stop = Some(Stop::Abandoned);
            Some(Fault::Waits(Box::pin(std::future::pending())))
        }
        Mishap::HeldUp if files => {
            let (release, released) = std::sync::mpsc::channel::<()>();
            now.stop = Some(Stop::HeldUp(Box::new(move || drop(release))));
            if let Some(runner) = &now.runner {
                runner.wake_by_ref();
            }
            drop(now);
            let _ = released.recv();
            watch.lock().unwrap().dead.then(killed)
        }
        Mishap::HeldUp => {
            let (release, released) = oneshot::channel::<()>();
            now.stop = Some(Stop::HeldUp(Box::new(move || drop(release))));
            let watch = watch.clone();
            Some(Fault::Waits(Box::pin(async move {
                let _ = released.await;
                watch.lock().unwrap().writing = step == Step::Begin;
            })))
        }
    }
}

/// One life of a server.
#[derive(Clone)]
pub struct Server {
    pub app: App,
    /// When it was started.
    pub since: i64,
    watch: Arc<Mutex<Watch>>,
}

impl Server {
    /// The server that this would be, if nothing ever went wrong.
    pub fn new(app: App) -> Self {
        let watch = Arc::new(Mutex::new(Watch::default()));
        let asked = watch.clone();
        let faults = Faults::new(move |step| ask(&asked, step));
        let since = app.clock.now();
        let (db, store) = (app.db.with_faults(faults.clone()), app.store.with_faults(faults));
        Self { app: App { db, store, ..app }, since, watch }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap()
    }

    /// Steps that were taken in this life.
    pub fn steps(&self) -> u64 {
        self.watch().steps
    }

    /// Ends this life between two use cases.
    pub fn kill(&self) {
        self.watch().dead = true;
    }

    /// Runs a use case alone until it ends or is stopped; says what struck it.
    pub async fn run<T>(&self, work: &mut Work<T>, mishap: Option<(u64, Mishap)>) -> (End<T>, Option<Mishap>) {
        {
            let mut watch = self.watch();
            (watch.plan, watch.struck, watch.writing) = (mishap, None, false);
        }
        let end = poll_fn(|context| {
            self.watch().runner = Some(context.waker().clone());
            let polled = work.as_mut().poll(context);
            let mut watch = self.watch();
            match (polled, watch.stop.take()) {
                // Also of a dead server: every step that it still tries fails, so it is over soon.
                (Poll::Ready(_), _) if watch.dead => Poll::Ready(End::Died),
                (Poll::Ready(done), _) => Poll::Ready(End::Done(done)),
                (Poll::Pending, Some(Stop::Abandoned)) => Poll::Ready(End::Abandoned),
                (Poll::Pending, Some(Stop::HeldUp(release))) => Poll::Ready(End::HeldUp(release)),
                (Poll::Pending, None) => Poll::Pending,
            }
        })
        .await;
        let mut watch = self.watch();
        watch.plan = None;
        (end, watch.struck)
    }
}
