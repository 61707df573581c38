//! How leases end: delivered, failed, canceled, given back, lost.

use super::{Place, change, held, note, place, time};
use crate::{App, Refusal, chain, removal};
use copr_db::Conn;
use copr_db::builder::Builder;
use copr_db::task::Task as Row;
use copr_store::Store;
use copr_types::{BuildChrootId, Event, Failure, FailureClass, FileName, Phase, RepoId, TaskId};
use copr_wire::builder::{FileRef, Finish, Outcome};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Seconds before a task that failed through no fault of its own is handed out again for the first time.
const RETRY_SECONDS: i64 = 5;
/// The longest that it waits.
const MOST_RETRY_SECONDS: i64 = 1800;

/// How long a task waits after so many attempts: four times as long each time, as what is broken outside may take minutes; and up to a
/// quarter more, so that not all come back at once that failed together.
fn pause(task: TaskId, attempts: i64) -> i64 {
    let times = u32::try_from(attempts - 1).unwrap_or(0);
    let pause = 4_i64.saturating_pow(times).saturating_mul(RETRY_SECONDS).min(MOST_RETRY_SECONDS);
    pause + task.0.wrapping_mul(7919).rem_euclid(pause / 4 + 1)
}

/// What a builder, or a client, delivered and where it waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Staged {
    /// The upload of a client, for a package that came ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<FileName>,
    /// The lease's task: half of the staging directory's name.
    pub task: i64,
    /// The lease's fence: the other half.
    pub fence: i64,
    /// Name of the SRPM.
    pub srpm: String,
    /// All files.
    pub files: Vec<FileRef>,
    /// The builder, or the client's user, for the log.
    pub builder: String,
    /// Its isolation, for the record beside the results.
    pub isolation: String,
}

impl Staged {
    /// Where the files wait.
    pub(crate) fn dir(&self, store: &Store) -> PathBuf {
        match &self.upload {
            Some(upload) => store.upload_dir(upload),
            None => store.staging_dir(self.task, self.fence),
        }
    }

    /// Where they came from, in words.
    pub(crate) fn origin(&self) -> String {
        match &self.upload {
            Some(_) => format!("uploaded by {}", self.builder),
            None => format!("delivered by builder {} ({})", self.builder, self.isolation),
        }
    }
}

/// Ends a lease as its holder says.
pub async fn finish(app: &App, builder: &Builder, id: i64, finish: &Finish) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let row = held(&mut conn, builder, id, finish.fence).await?;
    let place = place(app, &mut conn, &row).await?;
    drop(conn);
    check_names(&finish.files)?;
    match &finish.outcome {
        Outcome::Succeeded { srpm } => deliver(app, &row, &place, srpm, finish).await,
        Outcome::Failed { failure }
            if failure.class == FailureClass::Infrastructure && row.attempts < app.rules.max_attempts =>
        {
            let wait = pause(row.id, row.attempts);
            say(&place, app, format!("attempt {} failed: {failure}; trying again in {wait} s", row.attempts)).await?;
            give_back(app, &row, &place, wait, Attempt::Used).await
        }
        Outcome::Failed { failure } if hold(app, &row, failure).await? => {
            let text = "held: another build of its chain may provide what is missing";
            say(&place, app, format!("failed: {failure}; {text}")).await
        }
        Outcome::Failed { failure } | Outcome::Unable { failure } => {
            keep_logs(app, &row, &place, &finish.files).await?;
            say(&place, app, format!("failed: {failure}")).await?;
            // Before the end is told: whoever hears of it finds the logs under their final names.
            close_logs(&place).await?;
            fail(app, &row, failure).await
        }
        Outcome::Canceled => {
            keep_logs(app, &row, &place, &finish.files).await?;
            say(&place, app, "canceled".to_owned()).await?;
            close_logs(&place).await?;
            canceled(app, &row).await
        }
        Outcome::Returned => {
            say(&place, app, "the builder gave the task back".to_owned()).await?;
            give_back(app, &row, &place, 0, Attempt::Unused).await
        }
    }
}

/// Whether a lease that came back counts among the attempts that a task has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// The builder failed or was lost: the task may have done it.
    Used,
    /// The builder was told to end: a long build outlives any number of restarts.
    Unused,
}

/// Names from builders become names of files.
fn check_names(files: &[FileRef]) -> Result<(), Refusal> {
    for file in files {
        file.name.parse::<FileName>().map_err(|error| Refusal::invalid(error.to_string()))?;
    }
    Ok(())
}

/// Results are there: the import or the publisher takes over from what this transaction writes.
async fn deliver(app: &App, row: &Row, place: &Place, srpm: &str, finish: &Finish) -> Result<(), Refusal> {
    if !finish.files.iter().any(|file| file.name == srpm) {
        return Err(Refusal::invalid(format!("`{srpm}` is not among the files of the result")));
    }
    let dir = app.store.staging_dir(row.id.0, row.fence);
    let files = finish.files.clone();
    crate::blocking(move || {
        for file in files {
            let size = std::fs::metadata(dir.join(&file.name)).map(|meta| meta.len()).ok();
            if size != Some(file.size) {
                return Err(Refusal::invalid(format!("`{}` has not arrived whole", file.name)));
            }
        }
        Ok(())
    })
    .await?;
    let staged = serde_json::to_string(&Staged {
        upload: None,
        task: row.id.0,
        fence: row.fence,
        srpm: srpm.to_owned(),
        files: finish.files.clone(),
        builder: row.builder_name.clone().unwrap_or_default(),
        isolation: row.isolation.clone().unwrap_or_default(),
    })?;
    let mut tx = app.db.begin().await?;
    if !copr_db::task::remove(&mut tx, row.id, row.fence).await? {
        return Err(super::lost());
    }
    if row.phase.is_none() {
        change(&mut tx, row, Event::Started).await?;
    }
    if !change(&mut tx, row, Event::Delivered).await? {
        // Canceled in the meantime: what was delivered is of no use.
        doom_staging(app, &mut tx, row).await?;
        charge(app, &mut tx, row).await?;
        tx.commit().await?;
        return close_logs(place).await;
    }
    match (row.build_chroot_id, row.repo_id) {
        (Some(chroot), Some(repo)) => {
            copr_db::build_chroot::staged(&mut tx, BuildChrootId(chroot), Some(&staged)).await?;
            copr_db::repo::want(&mut tx, RepoId(repo)).await?;
        }
        _ => {
            copr_db::build::source_staged(&mut tx, row.build_id, Some(&staged)).await?;
            tx.ring(copr_db::Topic::Import);
        }
    }
    note(&mut tx, row, if row.build_chroot_id.is_some() { "publishing" } else { "importing" }, app.clock.now()).await?;
    charge(app, &mut tx, row).await?;
    Ok(tx.commit().await?)
}

async fn fail(app: &App, row: &Row, failure: &Failure) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    if !copr_db::task::remove(&mut tx, row.id, row.fence).await? {
        return Err(super::lost());
    }
    fail_in(app, &mut tx, row, failure).await?;
    doom_staging(app, &mut tx, row).await?;
    charge(app, &mut tx, row).await?;
    Ok(tx.commit().await?)
}

async fn fail_in(app: &App, tx: &mut Conn, row: &Row, failure: &Failure) -> Result<(), Refusal> {
    match row.build_chroot_id {
        Some(id) => {
            if change(tx, row, Event::Failed).await? {
                let now = app.clock.now();
                copr_db::build_chroot::ended(tx, BuildChrootId(id), None, Some(failure), now).await?;
                note(tx, row, "failed", now).await?;
            }
            Ok(())
        }
        None => crate::import::fail_source(app, tx, row.build_id, failure).await,
    }
}

async fn canceled(app: &App, row: &Row) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    if !copr_db::task::remove(&mut tx, row.id, row.fence).await? {
        return Err(super::lost());
    }
    change(&mut tx, row, Event::Canceled).await?;
    if let Some(build) = copr_db::build::by_id(&mut tx, row.build_id).await? {
        removal::doom_upload(app, &mut tx, &build, app.clock.now()).await?;
    }
    note(&mut tx, row, "canceled", app.clock.now()).await?;
    doom_staging(app, &mut tx, row).await?;
    charge(app, &mut tx, row).await?;
    Ok(tx.commit().await?)
}

async fn give_back(app: &App, row: &Row, place: &Place, wait: i64, attempt: Attempt) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The task first: everything that ends a lease takes the rows in this order.
    if !copr_db::task::release(&mut tx, row.id, row.fence, now + wait).await? {
        return Err(super::lost());
    }
    if attempt == Attempt::Unused {
        copr_db::task::forget_attempt(&mut tx, row.id).await?;
    }
    let again = change(&mut tx, row, Event::LeaseLost).await?;
    if again {
        note(&mut tx, row, "pending", now).await?;
    } else {
        copr_db::task::withdraw(&mut tx, row.id).await?;
    }
    doom_staging(app, &mut tx, row).await?;
    charge(app, &mut tx, row).await?;
    tx.commit().await?;
    // Canceled in the meantime: nobody writes into them any more.
    if again { Ok(()) } else { close_logs(place).await }
}

/// Takes back a lease that its builder has not heard of.
pub(super) async fn take_back(app: &App, row: &Row) -> Result<(), Refusal> {
    let place = super::place(app, &mut app.db.read().await?, row).await?;
    give_back(app, row, &place, 0, Attempt::Unused).await
}

/// Gives back a task of a chain's member that failed for want of something that others may provide; it is blocked until
/// then. False when it is none.
async fn hold(app: &App, row: &Row, failure: &Failure) -> Result<bool, Refusal> {
    let Some(chroot) = row.build_chroot_id.map(BuildChrootId) else { return Ok(false) };
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    // The task first: everything that ends a lease takes the rows in this order.
    if !copr_db::task::release(&mut tx, row.id, row.fence, now).await? {
        return Err(super::lost());
    }
    copr_db::task::forget_attempt(&mut tx, row.id).await?;
    copr_db::task::block_chroot(&mut tx, chroot, true).await?;
    if row.cancel || !chain::hold(&mut tx, chroot, failure).await? || !change(&mut tx, row, Event::LeaseLost).await? {
        return Ok(false);
    }
    note(&mut tx, row, "pending", now).await?;
    doom_staging(app, &mut tx, row).await?;
    charge(app, &mut tx, row).await?;
    tx.commit().await?;
    Ok(true)
}

/// Writes down what its owner was given with a lease that ends; the last thing in a transaction, because an owner has one
/// row for all tasks.
async fn charge(app: &App, tx: &mut Conn, row: &Row) -> Result<(), Refusal> {
    let now = app.clock.now();
    let seconds = now - row.leased_on.unwrap_or(now);
    Ok(copr_db::queue::charge(tx, &row.owner, seconds.max(0)).await?)
}

/// Gives back what builders hold that did not keep their leases. A task that was lost too often fails, as ours.
pub async fn expire(app: &App) -> Result<usize, Refusal> {
    let lost = copr_db::task::lost(&mut app.db.read().await?, app.clock.now()).await?;
    give_back_all(app, lost, "the builder was lost").await
}

/// Gives back what a builder held in an earlier life.
pub async fn release_builder(app: &App, token: &str) -> Result<usize, Refusal> {
    let builder = app.authenticate_builder(token).await?;
    let held = copr_db::task::held_by(&mut app.db.read().await?, builder.id).await?;
    give_back_all(app, held, "the service was restarted").await
}

async fn give_back_all(app: &App, rows: Vec<Row>, why: &str) -> Result<usize, Refusal> {
    let count = rows.len();
    for row in rows {
        let done = async {
            let place = place(app, &mut app.db.read().await?, &row).await?;
            say(&place, app, format!("attempt {} ended: {why}", row.attempts)).await?;
            if row.attempts < app.rules.max_attempts {
                return give_back(app, &row, &place, 0, Attempt::Used).await;
            }
            let message = format!("{why}, for the {}. time; this is no fault of the package", row.attempts);
            let phase = row.phase.as_deref().and_then(Phase::from_word).unwrap_or(Phase::Build);
            close_logs(&place).await?;
            fail(app, &row, &Failure::new(FailureClass::Infrastructure, phase, message)).await
        };
        if let Err(refusal) = done.await {
            tracing::warn!(task = row.id.0, "could not give back a task: {}", refusal.inside());
        }
    }
    Ok(count)
}

/// A line in the log that we keep beside the builder's.
async fn say(place: &Place, app: &App, text: String) -> Result<(), Refusal> {
    let log = place.server_log();
    let line = format!("[{}] {text}", time(app.clock.now()));
    crate::blocking(move || Ok(log.line(&line)?)).await
}

/// Logs under their final, compressed names.
pub(crate) async fn close_logs(place: &Place) -> Result<(), Refusal> {
    let (live, server, import) = (place.live_log(), place.server_log(), place.import_log());
    crate::blocking(move || {
        live.finish()?;
        import.finish()?;
        Ok(server.finish()?)
    })
    .await
}

/// Takes over what was delivered beside a failure: logs and the like, never packages.
async fn keep_logs(app: &App, row: &Row, place: &Place, files: &[FileRef]) -> Result<(), Refusal> {
    let staging = app.store.staging_dir(row.id.0, row.fence);
    let (store, dir) = (app.store.clone(), place.dir.clone());
    let names: Vec<String> =
        files.iter().map(|file| file.name.clone()).filter(|name| !name.ends_with(".rpm")).collect();
    crate::blocking(move || {
        for name in names {
            let from = staging.join(&name);
            if from.exists() {
                store.adopt(&from, &dir.join(&name))?;
            }
        }
        Ok(store.remove(&store.relative(&staging))?)
    })
    .await
}

/// Dooms what was delivered under a lease that ends without results.
async fn doom_staging(app: &App, tx: &mut Conn, row: &Row) -> Result<(), Refusal> {
    removal::doom_lease(app, tx, row.id, row.fence, app.clock.now()).await
}
