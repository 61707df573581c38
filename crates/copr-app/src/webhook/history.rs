//! Calls that were taken down, for who set the forge up to look at.

use super::{Caller, Door};
use crate::{App, Refusal, access};
use copr_db::account::Account;
use copr_db::project::Project;
use copr_db::webhook::Call;
use copr_db::{Conn, Page};
use copr_types::{BuildId, HookCallId, HookOutcome, ProjectId};

/// Calls that are kept of each project.
const KEPT: i64 = 200;
/// Most characters of a reason.
pub(super) const REASON: usize = 500;

/// A call with the builds that came of it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The call.
    pub call: Call,
    /// The builds that are still there.
    pub builds: Vec<BuildId>,
}

/// A project's calls, newest first, for who may change the project.
pub async fn history(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    page: &Page,
) -> Result<(Project, Vec<Listed>), Refusal> {
    let mut conn = app.db.read().await?;
    let project = access::project(&mut conn, owner, name).await?;
    access::admin(&mut conn, who, &project).await?;
    let limit = page.limit.unwrap_or(KEPT);
    let calls = copr_db::webhook::calls(&mut conn, project.id, limit, page.offset).await?;
    let ids: Vec<HookCallId> = calls.iter().map(|call| call.id).collect();
    let pairs = copr_db::webhook::builds(&mut conn, &ids).await?;
    let of = |id| pairs.iter().filter(|(call, _)| *call == id).map(|(_, build)| *build).collect();
    let listed = calls.into_iter().map(|call| Listed { builds: of(call.id), call }).collect();
    Ok((project, listed))
}

/// Takes down a call that knew the secret and was wrong otherwise.
pub async fn refused(app: &App, door: &Door, caller: &Caller, reason: &str) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::held(&mut tx, door.project.id).await?;
    let id = copr_db::webhook::record(&mut tx, project.id, &caller.call(None, None), app.clock.now()).await?;
    copr_db::webhook::settle(&mut tx, id, HookOutcome::Refused, &cut(reason, REASON)).await?;
    forget(&mut tx, project.id).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn forget(tx: &mut Conn, project: ProjectId) -> Result<(), Refusal> {
    Ok(copr_db::webhook::forget(tx, project, KEPT).await?)
}

/// Says that a call was delivered before.
pub(super) async fn again(tx: &mut Conn, id: HookCallId, builds: &[BuildId]) -> Result<(), Refusal> {
    let names: Vec<String> = builds.iter().map(ToString::to_string).collect();
    let reason = format!("it was delivered before and made build {}", names.join(", "));
    Ok(copr_db::webhook::settle(tx, id, HookOutcome::Again, &cut(&reason, REASON)).await?)
}

/// The beginning of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
