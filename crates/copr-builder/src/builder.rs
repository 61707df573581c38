//! The loop: lease, work, upload, finish, again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use copr_sandbox::Sandbox;
use copr_types::{Failure, FailureClass, Phase};
use copr_wire::builder::{FileRef, Finish, Lease, LeaseRequest, Outcome, Task};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio_util::sync::CancellationToken;

use crate::client::{CallError, Client};
use crate::config::{Config, Engine};
use crate::end::{End, Step, Stop};
use crate::error::Error;
use crate::held::Held;
use crate::live_log::LiveLog;
use crate::place::{Desk, Place};
use crate::tools::Tools;
use crate::transcript::Transcript;
use crate::work::{Done, Work, file_ref};
use crate::{header, mock, package, source};

/// How long a lease call waits for work.
const WAIT_SECONDS: u64 = 30;
/// How long stopped work may take to notice.
const GRACE: Duration = Duration::from_secs(3);
/// How long the last words of a builder that shuts down may take: the log, and then that the task is given back.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A builder, ready to run.
pub struct Builder {
    place: Arc<Place>,
    client: Client,
    request: LeaseRequest,
}

impl Builder {
    /// Looks at the machine, and clears away what killed builders left in the data directory.
    ///
    /// # Errors
    /// When the machine can not isolate builds, or the data directory can not be used.
    pub async fn new(config: Config) -> Result<Builder, Error> {
        let mut sandbox_config = config.sandbox.clone();
        if sandbox_config.stage == Path::new("/proc/self/exe") {
            sandbox_config.stage.clone_from(&config.program);
        }
        let probed = tokio::task::spawn_blocking(move || Sandbox::new(sandbox_config)).await;
        let sandbox = probed.map_err(|error| Error::Start { reason: error.to_string() })??;
        let client =
            Client::new(&config.server, &config.token).map_err(|error| Error::Start { reason: error.to_string() })?;
        let request = LeaseRequest {
            builder: config.name.clone(),
            arches: config.arches.clone(),
            isolation: match config.engine {
                Engine::Native => header::isolation(sandbox.capabilities()),
                Engine::Mock => mock::isolation(sandbox.capabilities()),
            },
            tools: Tools::new(config.tools_dir.clone()).words(),
            wait_seconds: WAIT_SECONDS,
            tags: config.tags.clone(),
            memory_mib: Some(config.memory_mib),
        };
        let path = config.data_dir.clone();
        let place = Place::open(config, sandbox).await.map_err(|source| Error::DataDir { path, source })?;
        Ok(Builder { place: Arc::new(place), client, request })
    }

    /// The isolation that builds get, in words.
    pub fn isolation(&self) -> &str {
        &self.request.isolation
    }

    /// Works until `shutdown`; then gives running tasks back, and returns.
    pub async fn run(&self, shutdown: CancellationToken) {
        let workers = (0..self.place.config.workers.max(1)).map(|_| self.worker(shutdown.clone()));
        futures::future::join_all(workers).await;
        self.place.stopping.cancel();
        self.place.managers.end().await;
        self.place.clearing.close();
        self.place.clearing.wait().await;
        self.place.clearing.reopen();
    }

    async fn worker(&self, shutdown: CancellationToken) {
        let mut pause = Duration::from_millis(200);
        while !shutdown.is_cancelled() {
            let leased = tokio::select! {
                () = shutdown.cancelled() => return,
                leased = self.client.lease(&self.request) => leased,
            };
            match leased {
                Ok(Some(lease)) => {
                    pause = Duration::from_millis(200);
                    // In a task of its own: a defect that panics costs one build, not the builder.
                    let work = work_on(Arc::clone(&self.place), self.client.clone(), lease, shutdown.clone());
                    if let Err(error) = tokio::spawn(work).await {
                        tracing::error!(%error, "a task ended in a panic");
                    }
                    continue;
                }
                Ok(None) => {
                    pause = Duration::from_millis(200);
                    continue;
                }
                Err(CallError::Refused { status, text }) => {
                    tracing::error!(status, text, "the server refuses this builder; is its token right?");
                    pause = Duration::from_secs(30);
                }
                Err(error) => tracing::warn!(%error, "asking for work"),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }
}

/// One task from lease to finish.
async fn work_on(place: Arc<Place>, client: Client, lease: Lease, shutdown: CancellationToken) {
    tracing::info!(task = lease.task_id, fence = lease.fence, "leased");
    let held = Held::new(client, &lease, place.config.patience);
    let beat = tokio::spawn(Arc::clone(&held).beat(Duration::from_secs(lease.heartbeat_seconds.max(1))));
    let prepared = prepare(&place, &held);
    let (work, live) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            tracing::error!(%error, "no place to work");
            let failure = Failure::new(
                FailureClass::Infrastructure,
                Phase::Buildroot,
                format!("the builder has no place to work: {error}"),
            );
            finish(&held, Outcome::Failed { failure }, Vec::new(), BTreeMap::new()).await;
            beat.abort();
            return;
        }
    };
    let carrier = {
        let (live, held) = (live.clone(), Arc::clone(&held));
        tokio::spawn(async move { live.carry(&held).await })
    };
    let result = do_task(&work, &lease.task, &shutdown).await;
    deliver(&work, result, &live, carrier).await;
    beat.abort();
    let clear = Arc::clone(&place);
    place.clearing.spawn(async move { clear.clear(work.desk).await });
}

fn prepare(place: &Arc<Place>, held: &Arc<Held>) -> io::Result<(Work, LiveLog)> {
    let desk: Desk = place.desk()?;
    let logs = desk.directory("logs")?;
    let live = LiveLog::create(&logs.join("builder-live.log"))?;
    let transcript = Transcript::create(&logs, live.clone(), place.config.clock.clone())?;
    Ok((Work { place: Arc::clone(place), held: Arc::clone(held), transcript, desk }, live))
}

/// Does the work, and stops it when somebody wants that.
async fn do_task(work: &Work, task: &Task, shutdown: &CancellationToken) -> Step<Done> {
    header::write(work, task);
    let doing = async {
        match task {
            Task::Source(task) => source::make(work, task).await,
            Task::Rpm(task) => match work.place.config.engine {
                Engine::Native => package::build(work, task).await,
                Engine::Mock => mock::build(work, task).await,
            },
        }
    };
    tokio::pin!(doing);
    tokio::select! {
        result = &mut doing => return result,
        () = shutdown.cancelled() => work.held.stop_for(Stop::Returned),
        () = work.held.stop.cancelled() => {}
    }
    // Sandboxes hear the same token; what does not come back by itself is dropped, which ends it too.
    match tokio::time::timeout(GRACE, doing).await {
        Ok(Err(End::Failed(failure))) if work.held.stopped().is_none() => Err(End::Failed(failure)),
        _ => Err(End::Stopped(work.held.stopped().unwrap_or(Stop::Returned))),
    }
}

/// Uploads what there is and says how it ended.
async fn deliver(
    work: &Work,
    result: Step<Done>,
    live: &LiveLog,
    carrier: tokio::task::JoinHandle<Result<(), CallError>>,
) {
    let held = &work.held;
    work.transcript.finish_all();
    let (outcome, files) = match result {
        Ok(done) => (Outcome::Succeeded { srpm: done.srpm }, done.files),
        Err(End::Failed(failure)) => {
            work.transcript
                .say(format!("\nFailed in phase {} ({}):\n{}", failure.phase, failure.class, failure.message));
            (Outcome::Failed { failure }, Vec::new())
        }
        Err(End::Unable(failure)) => {
            work.transcript.say(format!("\n{}", failure.message));
            (Outcome::Unable { failure }, Vec::new())
        }
        Err(End::Stopped(Stop::Lost)) => {
            tracing::info!(task = held.task_id, "the lease is lost; dropping the work");
            carrier.abort();
            return;
        }
        Err(End::Stopped(Stop::Canceled)) => {
            work.transcript.say("\nCanceled");
            (Outcome::Canceled, Vec::new())
        }
        Err(End::Stopped(Stop::Returned)) => {
            work.transcript.say("\nThis builder is shutting down; the build goes on elsewhere");
            (Outcome::Returned, Vec::new())
        }
    };
    let going = matches!(outcome, Outcome::Returned);
    let last = async {
        let (outcome, refs) = upload(work, outcome, files).await?;
        work.transcript.finish_all();
        live.close();
        match carrier.await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(error)) => tracing::warn!(task = held.task_id, %error, "the live log is not whole"),
        }
        Some((outcome, refs))
    };
    let uploaded = if going { tokio::time::timeout(LAST_WORDS, last).await.ok().flatten() } else { last.await };
    match uploaded {
        Some((outcome, refs)) => {
            let finish = finish(held, outcome, refs, work.transcript.timings());
            if going {
                let _ = tokio::time::timeout(LAST_WORDS, finish).await;
            } else {
                finish.await;
            }
        }
        // The log could not be brought there in time; the task itself has to be.
        None if going => {
            let finish = finish(held, Outcome::Returned, Vec::new(), BTreeMap::new());
            let _ = tokio::time::timeout(LAST_WORDS, finish).await;
        }
        None => {}
    }
}

/// Uploads results and logs. `None` when the lease is lost.
async fn upload(work: &Work, outcome: Outcome, mut files: Vec<PathBuf>) -> Option<(Outcome, Vec<FileRef>)> {
    if matches!(outcome, Outcome::Succeeded { .. }) {
        work.held.enter(Phase::Upload);
        work.transcript.start("upload");
    }
    let logs = if matches!(outcome, Outcome::Returned) { Ok(Vec::new()) } else { compress_logs(work).await };
    match logs {
        Ok(logs) => files.extend(logs),
        Err(error) => tracing::warn!(%error, "logs could not be compressed"),
    }
    let mut refs = Vec::new();
    for path in files {
        // Results of a canceled build are of no use; its logs go up all the same.
        let sent = match outcome {
            Outcome::Succeeded { .. } => tokio::select! {
                sent = put(&work.held, path) => sent,
                () = work.held.stop.cancelled() => break,
            },
            _ => put(&work.held, path).await,
        };
        match sent {
            Ok(file) => refs.push(file),
            Err(CallError::Stale) if work.held.refused().await == Stop::Canceled => break,
            Err(CallError::Stale) => return None,
            Err(error) => {
                let message = format!("the results could not be uploaded: {error}");
                let failure = Failure::new(FailureClass::Infrastructure, Phase::Upload, message);
                return Some((Outcome::Failed { failure }, refs));
            }
        }
    }
    match work.held.stopped() {
        Some(Stop::Canceled) => Some((Outcome::Canceled, refs)),
        Some(Stop::Lost) => None,
        _ => Some((outcome, refs)),
    }
}

async fn put(held: &Held, path: PathBuf) -> Result<FileRef, CallError> {
    let measured = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || file_ref(&path)).await
    };
    let local = |source| CallError::Local { path: path.display().to_string(), source };
    let file = measured.map_err(|error| local(io::Error::other(error)))?.map_err(local)?;
    held.patiently(|| held.client.put_file(held.task_id, held.fence, &path, &file)).await?;
    Ok(file)
}

/// Compresses the logs of the result under Copr's names.
async fn compress_logs(work: &Work) -> io::Result<Vec<PathBuf>> {
    let logs = work.transcript.directory().to_owned();
    // mock writes one of its own.
    if !logs.join("hw_info.log").exists() {
        fs::write(logs.join("hw_info.log"), header::hardware(&work.place.config.data_dir))?;
    }
    let compress = move || {
        let mut compressed = Vec::new();
        for name in ["build.log", "root.log", "state.log", "hw_info.log", "installed_pkgs.log"] {
            let path = logs.join(name);
            if path.exists() {
                let target = logs.join(format!("{name}.gz"));
                let mut encoder = GzEncoder::new(File::create(&target)?, Compression::default());
                io::copy(&mut File::open(&path)?, &mut encoder)?;
                encoder.finish()?;
                compressed.push(target);
            }
        }
        Ok(compressed)
    };
    tokio::task::spawn_blocking(compress).await.map_err(io::Error::other)?
}

async fn finish(held: &Held, outcome: Outcome, files: Vec<FileRef>, timings: BTreeMap<String, f64>) {
    let finish = Finish { fence: held.fence, outcome, files, timings };
    match held.patiently(|| held.client.finish(held.task_id, &finish)).await {
        Ok(()) => tracing::info!(task = held.task_id, "finished"),
        Err(CallError::Stale) => tracing::info!(task = held.task_id, "the server does not want the result any more"),
        Err(error) => tracing::error!(task = held.task_id, %error, "could not say how the task ended"),
    }
}
