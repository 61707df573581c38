//! What builders do: take a lease, keep it, deliver, end it.

mod choosing;
mod desk;
mod ending;
mod handing;

pub(crate) use choosing::{running, shares};
pub use desk::Desk;
pub(crate) use ending::{Staged, close_logs};
pub use ending::{expire, finish, release_builder};

use crate::{App, Refusal};
use copr_db::Conn;
use copr_db::builder::{Builder, Says};
use copr_db::event::Subject;
use copr_db::task::Task as Row;
use copr_store::{LogFile, LogMismatch};
use copr_types::{
    BuildChrootId, BuildId, ChrootName, DirName, Event, FileName, OwnerName, PackageName, Phase, Role, TaskId, state,
};
use copr_wire::builder::{Beat, BeatAnswer, HOOK_PAYLOAD, Lease, LeaseRequest, SourceInput, Task};
use std::path::PathBuf;

/// Seconds between two notes that a builder is there, when it says nothing new.
const SEEN_SECONDS: i64 = 15;

/// Waits for a task that this builder can take, and leases it; `None` when nothing came in time. Dropping the future
/// is fine at any moment.
pub async fn take(app: &App, builder: &Builder, request: &LeaseRequest) -> Result<Option<Lease>, Refusal> {
    note_seen(app, builder, request).await?;
    desk::wait(app, builder.id, request).await
}

/// Writes down what a builder says, unless that is known.
async fn note_seen(app: &App, builder: &Builder, request: &LeaseRequest) -> Result<(), Refusal> {
    let now = app.clock.now();
    let (arches, tools, tags) = (request.arches.join(" "), request.tools.join(" "), request.tags.join(" "));
    let says = Says {
        arches: &arches,
        isolation: &request.isolation,
        tools: &tools,
        tags: &tags,
        memory_mib: request.memory_mib.map(|memory| i64::try_from(memory).unwrap_or(i64::MAX)),
    };
    let is_known = builder.last_seen_on.is_some_and(|seen| now - seen < SEEN_SECONDS)
        && says
            == Says {
                arches: &builder.arches,
                isolation: &builder.isolation,
                tools: &builder.tools,
                tags: &builder.tags,
                memory_mib: builder.memory_mib,
            };
    if is_known {
        return Ok(());
    }
    let mut tx = app.db.begin().await?;
    copr_db::builder::seen(&mut tx, builder.id, &says, now).await?;
    Ok(tx.commit().await?)
}

/// A time for people.
pub(crate) fn time(now: i64) -> String {
    jiff::Timestamp::from_second(now).map(|time| time.to_string()).unwrap_or_default()
}

/// Moves what a task belongs to by an event; false when the table does not allow it.
async fn change(tx: &mut Conn, row: &Row, event: Event) -> Result<bool, Refusal> {
    match row.build_chroot_id {
        Some(id) => change_chroot(tx, BuildChrootId(id), event).await,
        None => change_source(tx, row.build_id, event).await,
    }
}

/// Moves a chroot by an event; false when the table does not allow it. Somebody who was faster (a heartbeat beside the
/// delivery) leads to another look, not to a lost event.
pub(crate) async fn change_chroot(tx: &mut Conn, id: BuildChrootId, event: Event) -> Result<bool, Refusal> {
    loop {
        let Some(chroot) = copr_db::build_chroot::by_id(tx, id).await? else { return Ok(false) };
        let Ok(to) = state::next(Role::Chroot, chroot.state, event) else { return Ok(false) };
        if copr_db::build_chroot::set_state(tx, id, chroot.state, to).await? {
            return Ok(true);
        }
    }
}

/// Moves a source by an event, in the same way.
pub(crate) async fn change_source(tx: &mut Conn, id: BuildId, event: Event) -> Result<bool, Refusal> {
    loop {
        let Some(build) = copr_db::build::by_id(tx, id).await? else { return Ok(false) };
        let Ok(to) = state::next(Role::Source, build.source_state, event) else { return Ok(false) };
        if copr_db::build::set_source_state(tx, id, build.source_state, to).await? {
            return Ok(true);
        }
    }
}

/// Writes the change into the outbox.
async fn note(tx: &mut Conn, row: &Row, word: &str, now: i64) -> Result<(), Refusal> {
    let kind = if row.build_chroot_id.is_some() { "chroot.state" } else { "source.state" };
    Ok(copr_db::event::append(tx, kind, about(row), &state_body(row, word), now).await?)
}

fn about(row: &Row) -> Subject {
    Subject { project: None, build: Some(row.build_id), build_chroot: row.build_chroot_id.map(BuildChrootId) }
}

fn state_body(row: &Row, word: &str) -> String {
    serde_json::json!({ "state": word, "builder": row.builder_name }).to_string()
}

/// Where a task's results go.
#[derive(Debug)]
pub(crate) struct Place {
    /// The directory that clients see.
    pub dir: PathBuf,
    /// Its own name.
    pub result_dir: String,
}

impl Place {
    /// What the builder writes.
    pub(crate) fn live_log(&self) -> LogFile {
        LogFile::at(self.dir.join("builder-live.log"))
    }

    /// What we write about it.
    pub(crate) fn server_log(&self) -> LogFile {
        LogFile::at(self.dir.join("backend.log"))
    }

    /// What we write about the import of a source.
    pub(crate) fn import_log(&self) -> LogFile {
        LogFile::at(self.dir.join(crate::distgit::LOG))
    }
}

/// Where the results of a task go.
pub(crate) async fn place(app: &App, conn: &mut Conn, row: &Row) -> Result<Place, Refusal> {
    let build = copr_db::build::by_id(conn, row.build_id).await?.ok_or_else(|| crate::build::missing(row.build_id))?;
    let chroot = match row.build_chroot_id {
        None => None,
        Some(id) => {
            let chroot = copr_db::build_chroot::by_id(conn, BuildChrootId(id)).await?;
            Some(chroot.ok_or_else(|| crate::build::missing(row.build_id))?.name)
        }
    };
    place_of(app, build.id, &build.owner, &build.dir, chroot.as_ref(), build.package.as_deref())
}

/// Where the results of a build's source go, or of one of its chroots.
fn place_of(
    app: &App,
    build: BuildId,
    owner: &OwnerName,
    dir: &DirName,
    chroot: Option<&ChrootName>,
    package: Option<&str>,
) -> Result<Place, Refusal> {
    let Some(chroot) = chroot else {
        return Ok(Place { dir: app.store.srpm_dir(owner, dir, build), result_dir: build.padded() });
    };
    let package: PackageName =
        package.unwrap_or_default().parse().map_err(|error| Refusal::internal("naming a result directory", error))?;
    let result_dir = copr_store::result_dir(build, &package);
    Ok(Place { dir: app.store.build_dir(owner, dir, chroot, &result_dir), result_dir })
}

/// The task, while this builder holds it under this fence.
async fn held(conn: &mut Conn, builder: &Builder, id: i64, fence: i64) -> Result<Row, Refusal> {
    copr_db::task::by_id(conn, TaskId(id))
        .await?
        .filter(|row| row.leased && row.fence == fence && row.builder_id == Some(builder.id.0))
        .ok_or_else(lost)
}

fn lost() -> Refusal {
    Refusal::conflict("this lease is over: the task is gone, or somebody else has it")
}

/// Keeps a lease, and tells whether to stop.
pub async fn beat(app: &App, builder: &Builder, id: i64, beat: &Beat) -> Result<BeatAnswer, Refusal> {
    let deadline = app.clock.now() + app.rules.lease_seconds;
    let mut tx = app.db.begin().await?;
    let row = held(&mut tx, builder, id, beat.fence).await?;
    let phase = beat.phase.map(Phase::as_str);
    if !copr_db::task::beat(&mut tx, row.id, row.fence, deadline, phase).await? {
        return Err(lost());
    }
    // What was canceled has ended, whatever its builder still does.
    if beat.phase.is_some() && !row.cancel {
        if row.phase.is_none() && change(&mut tx, &row, Event::Started).await? {
            note(&mut tx, &row, "running", app.clock.now()).await?;
        } else if row.phase.as_deref() != phase {
            note(&mut tx, &row, phase.unwrap_or_default(), app.clock.now()).await?;
        }
    }
    tx.commit().await?;
    Ok(BeatAnswer { cancel: row.cancel, deadline })
}

/// Appends to a task's live log. Returns the log's file, so that watchers can be woken, and its new size.
pub async fn log(
    app: &App,
    builder: &Builder,
    id: i64,
    fence: i64,
    offset: u64,
    bytes: Vec<u8>,
) -> Result<(PathBuf, Result<u64, LogMismatch>), Refusal> {
    let mut conn = app.db.read().await?;
    let row = held(&mut conn, builder, id, fence).await?;
    let log = place(app, &mut conn, &row).await?.live_log();
    drop(conn);
    // A MiB more than the builder allows itself: it has to say that the limit was reached. 0 means no limit.
    let most = app.rules.log_mib;
    if most > 0 && offset.saturating_add(bytes.len() as u64) > (most + 1) << 20 {
        return Err(Refusal::too_large(format!("the log is longer than {most} MiB")));
    }
    let path = log.path().to_owned();
    let size = crate::blocking(move || Ok(log.append(offset, &bytes)?)).await?;
    Ok((path, size))
}

/// The file that a task begins with: the upload of a source task, or what was sent for its script; the SRPM of an RPM task. Once the build is canceled
/// there need not be one any more.
pub async fn source_file(app: &App, builder: &Builder, id: i64, fence: i64) -> Result<PathBuf, Refusal> {
    let mut conn = app.db.read().await?;
    let row = held(&mut conn, builder, id, fence).await?;
    if row.cancel {
        return Err(Refusal::conflict("the build was canceled"));
    }
    let build = copr_db::build::by_id(&mut conn, row.build_id).await?.ok_or_else(lost)?;
    let name = |text: &str| text.parse::<FileName>().map_err(|error| Refusal::internal("reading a stored name", error));
    match serde_json::from_str(&row.spec)? {
        Task::Source(task) => match (task.input, crate::removal::upload_of(&build.source)?) {
            (SourceInput::Upload { file, .. }, Some(upload)) => {
                Ok(app.store.upload_dir(&upload).join(name(&file)?.as_str()))
            }
            (SourceInput::Custom { payload: Some(_), .. }, Some(upload)) => {
                Ok(app.store.upload_dir(&upload).join(HOOK_PAYLOAD))
            }
            _ => Err(Refusal::not_found("this task begins with an address, not with a file of ours")),
        },
        Task::Rpm(task) => {
            Ok(app.store.srpm_dir(&build.owner, &build.dir, build.id).join(name(&task.srpm.name)?.as_str()))
        }
    }
}

/// Where a file that a builder delivers is to be put: a directory of this lease alone, which exists.
pub async fn upload_target(
    app: &App,
    builder: &Builder,
    id: i64,
    fence: i64,
    file: &FileName,
) -> Result<PathBuf, Refusal> {
    let row = held(&mut app.db.read().await?, builder, id, fence).await?;
    let dir = app.store.staging_dir(row.id.0, row.fence);
    let store = app.store.clone();
    let target = dir.join(file.as_str());
    crate::blocking(move || Ok(store.make_dir(&dir)?)).await?;
    Ok(target)
}
