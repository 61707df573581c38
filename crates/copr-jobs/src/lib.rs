//! What must happen by itself: loops that look at what should be and what is.
//!
//! Each loop is woken by a bell and by a timer, takes no input, and is safe to run twice, on two servers at once and
//! after a crash at any line. What it does is a use case of `copr_app`; here is only when. A loop that meets an error says so
//! and goes on at its next turn.
//!
//! ```no_run
//! # async fn example(app: copr_app::App) {
//! let jobs = copr_jobs::Jobs::start(app);
//! // … serve …
//! jobs.stop().await;
//! # }
//! ```

use copr_app::{
    App, Refusal, batch, build, chain, distgit, expiry, fork, import, lease, prune, publish, removal, renaming, session,
};
use copr_db::Topic;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Publishers that work side by side: different repositories at one time.
const PUBLISHERS: usize = 2;
/// Imports that go on side by side: a package of gigabytes keeps no small one waiting.
const IMPORTERS: usize = 2;
/// Spare keys that are made at once, so that making a project need not wait for one.
const SPARE_KEYS: usize = 2;
/// Spare keys that are made in the end, one a minute: somebody may make many projects in a row.
const MOST_SPARE_KEYS: usize = 12;
/// Seconds between looks at all git repositories.
const TIDY_EVERY: u64 = 86_400;
/// Seconds between looks for repositories that may be pruned: each has its turn once a day.
const PRUNE_EVERY: u64 = 300;
/// Seconds between looks at the spare keys.
const SPARE_KEYS_EVERY: i64 = 10;

/// The running loops.
#[derive(Debug)]
pub struct Jobs {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Jobs {
    /// Starts all loops.
    pub fn start(app: App) -> Self {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let spawn = |tasks: &mut JoinSet<()>, every: u64, topic, name, work: fn(App) -> Work| {
            tasks.spawn(reconcile(app.clone(), stop.clone(), topic, Duration::from_secs(every), name, work));
        };
        for _ in 0..IMPORTERS {
            spawn(&mut tasks, 30, Some(Topic::Import), "import", |app| {
                Box::pin(async move { import::all(&app).await.map(drop) })
            });
        }
        for _ in 0..PUBLISHERS {
            spawn(&mut tasks, 5, Some(Topic::Publish), "publish", |app| Box::pin(publish_all(app)));
        }
        spawn(&mut tasks, 5, Some(Topic::Batches), "batches", |app| {
            Box::pin(async move { batch::release(&app).await.map(drop) })
        });
        spawn(&mut tasks, 3600, Some(Topic::Retention), "retention", |app| {
            Box::pin(async move { build::prune(&app).await.map(drop) })
        });
        spawn(&mut tasks, 5, Some(Topic::Batches), "chains", |app| {
            Box::pin(async move { chain::advance(&app).await.map(drop) })
        });
        tasks.spawn(leases(app.clone(), stop.clone()));
        spawn(&mut tasks, 60, Some(Topic::Remove), "removal", |app| Box::pin(remove(app)));
        spawn(&mut tasks, 30, Some(Topic::Fork), "fork", |app| Box::pin(copy_all(app)));
        spawn(&mut tasks, 60, None, "expiry", |app| Box::pin(async move { expiry::all(&app).await }));
        spawn(&mut tasks, PRUNE_EVERY, None, "prune", |app| Box::pin(async move { prune::due(&app).await.map(drop) }));
        spawn(&mut tasks, TIDY_EVERY, None, "dist-git", |app| Box::pin(async move { distgit::sweep(&app).await }));
        spawn(&mut tasks, 3600, None, "sessions", |app| Box::pin(async move { session::prune(&app).await.map(drop) }));
        spawn(&mut tasks, SPARE_KEYS_EVERY.unsigned_abs(), None, "keys", |app| Box::pin(spare_keys(app)));
        tasks.spawn(listen(app, stop.clone()));
        Self { stop, tasks }
    }

    /// Asks all loops to end, and waits until each has finished the turn it is in.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!("a loop ended badly: {error}");
            }
        }
    }
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send>>;

/// Turns, until the end: after each the bell or the timer.
async fn reconcile(
    app: App,
    stop: CancellationToken,
    topic: Option<Topic>,
    every: Duration,
    name: &'static str,
    work: fn(App) -> Work,
) {
    let wake = app.db.wake().clone();
    while !stop.is_cancelled() {
        // Heard from before the turn begins: what is rung meanwhile is not lost.
        let bell = async {
            match topic {
                Some(topic) => wake.heard(topic).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(bell);
        if let Err(refusal) = work(app.clone()).await {
            tracing::warn!(job = name, "a turn failed: {}", refusal.inside());
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = &mut bell => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Gives back what lost builders held. Builders could not keep their leases while the service was down: each gets the
/// time of one lease to come back before the first look.
async fn leases(app: App, stop: CancellationToken) {
    let grace = Duration::from_secs(u64::try_from(app.rules.lease_seconds).unwrap_or_default());
    tokio::select! {
        () = stop.cancelled() => return,
        () = tokio::time::sleep(grace) => {}
    }
    let work = |app: App| -> Work { Box::pin(async move { lease::expire(&app).await.map(drop) }) };
    reconcile(app, stop, None, Duration::from_secs(1), "leases", work).await;
}

/// Publishes until no repository wants it.
async fn publish_all(app: App) -> Result<(), Refusal> {
    while publish::next(&app, None).await? {}
    Ok(())
}

/// Copies until no fork can go on just now.
async fn copy_all(app: App) -> Result<(), Refusal> {
    while fork::next(&app).await? {}
    fork::sweep(&app).await
}

async fn remove(app: App) -> Result<(), Refusal> {
    renaming::finish_all(&app).await?;
    removal::sweep(&app).await?;
    removal::sweep_uploads(&app).await?;
    removal::sweep_staging(&app).await?;
    removal::sweep_projects(&app).await
}

/// Making an RSA key takes seconds; one that lies ready makes a project in milliseconds.
async fn spare_keys(app: App) -> Result<(), Refusal> {
    let (signer, kind) = (app.signer.clone(), app.rules.key_type);
    let once_a_minute = app.clock.now() % 60 < SPARE_KEYS_EVERY;
    let wanted = if once_a_minute { MOST_SPARE_KEYS } else { SPARE_KEYS };
    let made = tokio::task::spawn_blocking(move || {
        let keys = signer.store();
        if keys.spares(kind)? < wanted {
            keys.prepare_spare(kind)?;
        }
        Ok::<_, copr_sign::Error>(())
    });
    match made.await {
        Ok(result) => result.map_err(|error| Refusal::internal("making a spare key", error)),
        Err(error) => Err(Refusal::internal("making a spare key", error)),
    }
}

/// Carries the bells of other servers into this one, as long as there are any.
async fn listen(app: App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            ended = app.db.listen() => match ended {
                Ok(()) => return,
                Err(error) => tracing::warn!("lost the other servers' bells: {error}"),
            },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}
