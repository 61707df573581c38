//! Stopping what runs: because somebody cancels it, because its chroot is no more, or because what it belongs to goes.

use super::{Shown, load};
use crate::lease::{change_chroot, change_source};
use crate::{App, Refusal, removal};
use copr_db::build_chroot::BuildChroot;
use copr_db::event::Subject;
use copr_db::{Conn, Topic};
use copr_types::{BuildId, Event, Role, State, state};
use std::time::Duration;

/// What becomes of builds that still run in something that is to go away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Running {
    /// It stays, and who asked is told which builds run: as with Copr.
    #[default]
    Refuse,
    /// They are canceled.
    Cancel,
}

/// How long whoever removes something waits for packages that are on their way into a repository.
const PATIENCE: Duration = Duration::from_secs(60);

/// Repeats a step until it brings something: what it waits for is over then.
pub(crate) async fn until_over<T, F>(app: &App, step: impl Fn() -> F) -> Result<T, Refusal>
where
    F: Future<Output = Result<Option<T>, Refusal>>,
{
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let heard = app.db.wake().heard(Topic::Change);
        tokio::pin!(heard);
        heard.as_mut().enable();
        if let Some(done) = step().await? {
            return Ok(done);
        }
        let left = end.saturating_duration_since(tokio::time::Instant::now());
        if left.is_zero() {
            let text = "Packages are on their way into the repository, which takes its time; try again in a moment";
            return Err(Refusal::conflict(text));
        }
        // Besides the bell a look each second: bells of other servers may get lost.
        let _ = tokio::time::timeout(left.min(Duration::from_secs(1)), heard).await;
    }
}

/// Cancels a build: queued tasks vanish, running ones are told to stop, each unfinished chroot is canceled. False, and to be
/// rolled back, when there is nothing that could be stopped any more.
pub(crate) async fn stop(app: &App, tx: &mut Conn, id: BuildId) -> Result<bool, Refusal> {
    let now = app.clock.now();
    // Tasks first, as builders' calls take the rows. The flag then waits for an import that is just making tasks, so
    // they are looked for once more.
    let shown = load(tx, id).await?;
    let in_time = |role, from| state::next(role, from, Event::Canceled).is_ok();
    let stoppable = in_time(Role::Source, shown.build.source_state)
        || shown.chroots.iter().any(|chroot| in_time(Role::Chroot, chroot.state));
    if shown.is_finished() || !stoppable {
        return Ok(false);
    }
    copr_db::task::cancel_build(tx, id).await?;
    if !copr_db::build::set_canceled(tx, id).await? {
        return Ok(false);
    }
    copr_db::task::cancel_build(tx, id).await?;
    let shown = load(tx, id).await?;
    let mut stopped = false;
    if change_source(tx, id, Event::Canceled).await? {
        removal::doom_staging(app, tx, shown.build.staged.as_deref(), now).await?;
        copr_db::build::source_ended(tx, id, None, now).await?;
        stopped = true;
    }
    for chroot in &shown.chroots {
        if change_chroot(tx, chroot.id, Event::Canceled).await? {
            copr_db::build_chroot::ended(tx, chroot.id, None, None, now).await?;
            stopped = true;
        }
    }
    if stopped {
        removal::doom_upload(app, tx, &shown.build, now).await?;
        let about = Subject { project: Some(shown.build.project_id), build: Some(id), build_chroot: None };
        copr_db::event::append(tx, "build.canceled", about, "{}", now).await?;
    }
    Ok(stopped)
}

/// Cancels one chroot of a build, for a reason that is shown with it; the whole build when nothing is left of it. False
/// when it has ended, or is on its way into a repository.
pub(crate) async fn stop_chroot(app: &App, tx: &mut Conn, one: &BuildChroot, reason: &str) -> Result<bool, Refusal> {
    let now = app.clock.now();
    copr_db::task::cancel_chroot(tx, one.id).await?;
    if !change_chroot(tx, one.id, Event::Canceled).await? {
        return Ok(false);
    }
    copr_db::build_chroot::set_reason(tx, one.id, reason).await?;
    copr_db::build_chroot::ended(tx, one.id, None, None, now).await?;
    let shown = load(tx, one.build_id).await?;
    let about =
        Subject { project: Some(shown.build.project_id), build: Some(one.build_id), build_chroot: Some(one.id) };
    let body = serde_json::json!({ "state": "canceled", "reason": reason }).to_string();
    copr_db::event::append(tx, "chroot.state", about, &body, now).await?;
    if shown.chroots.iter().all(|chroot| chroot.state == State::Canceled)
        && copr_db::build::set_canceled(tx, one.build_id).await?
    {
        // To clients a build of which each chroot was canceled would be of no known state.
        copr_db::task::cancel_build(tx, one.build_id).await?;
        if change_source(tx, one.build_id, Event::Canceled).await? {
            removal::doom_staging(app, tx, shown.build.staged.as_deref(), now).await?;
            copr_db::build::source_ended(tx, one.build_id, None, now).await?;
        }
        removal::doom_upload(app, tx, &shown.build, now).await?;
    }
    Ok(true)
}

/// Stops builds that are about to be removed. False when packages of any are on their way into a repository: these get
/// there first.
pub(crate) async fn stop_all(app: &App, tx: &mut Conn, builds: &[Shown]) -> Result<bool, Refusal> {
    let mut over = true;
    for one in builds {
        if !super::can_go(one) {
            stop(app, tx, one.build.id).await?;
            over &= super::can_go(&load(tx, one.build.id).await?);
        }
    }
    Ok(over)
}
