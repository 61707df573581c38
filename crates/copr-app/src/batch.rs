//! Batches: builds that start together, and after another batch where their submitters said so.
//!
//! A build of a blocked batch is pending: nothing of it is handed out, and a package that came ready is not published.
//! A batch is over when all its builds have ended, whatever came of them, and no batch blocks it any more: canceling or
//! deleting the middle of a chain makes its end wait for its beginning. [`release`] is the one place that lets a batch
//! go; it looks at what is there, so a build may end in any way.

use crate::build::Options;
use crate::project::input::NOT_AN_INTEGER;
use crate::refusal::listed;
use crate::{App, FieldErrors, Refusal, access};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::build::Build;
use copr_types::{BatchId, BuildId};

/// Where a new build stands among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the batch of that build.
    With(BuildId),
    /// In a new batch, which waits for that of that build.
    After(BuildId),
}

impl Place {
    fn build(self) -> BuildId {
        match self {
            Self::With(id) | Self::After(id) => id,
        }
    }

    fn field(self) -> &'static str {
        match self {
            Self::With(_) => "with_build_id",
            Self::After(_) => "after_build_id",
        }
    }
}

/// The place that the options name, when this person may have it.
pub(crate) async fn choose(
    conn: &mut Conn,
    who: &Account,
    options: &Options,
    errors: &mut FieldErrors,
) -> Result<Option<Place>, Refusal> {
    let said =
        |value: &Option<String>| value.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (with, after) = (said(&options.with_build_id), said(&options.after_build_id));
    if with.is_some() && after.is_some() {
        for field in ["with_build_id", "after_build_id"] {
            errors.add(field, "Only one batch option can be specified");
        }
        return Ok(None);
    }
    let place = match (&with, &after) {
        (Some(text), _) => text.parse().map(|id| Place::With(BuildId(id))).map_err(|_| "with_build_id"),
        (_, Some(text)) => text.parse().map(|id| Place::After(BuildId(id))).map_err(|_| "after_build_id"),
        (None, None) => return Ok(None),
    };
    let place = match place {
        Ok(place) => place,
        Err(field) => {
            errors.add(field, NOT_AN_INTEGER);
            return Ok(None);
        }
    };
    let batch = copr_db::batch::of_build(conn, place.build()).await?;
    if let Some(objection) = objection(conn, who, place, batch).await? {
        errors.add(place.field(), objection);
    }
    Ok(Some(place))
}

/// Why this person may not have this place, `batch` being that of the build that it names (contract, "Builds: create").
async fn objection(
    conn: &mut Conn,
    who: &Account,
    place: Place,
    batch: Option<BatchId>,
) -> Result<Option<String>, Refusal> {
    let id = place.build();
    let Some(build) = copr_db::build::by_id(conn, id).await? else {
        return Ok(Some(format!("Build {id} not found")));
    };
    match (batch, place) {
        (None, _) => alone(conn, who, &build).await,
        // Anybody may wait for what is there.
        (Some(_), Place::After(_)) => Ok(None),
        (Some(batch), Place::With(_)) => closed(conn, who, batch).await,
    }
}

/// Why this person may not begin a batch with a build that is in none.
async fn alone(conn: &mut Conn, who: &Account, build: &Build) -> Result<Option<String>, Refusal> {
    let why = if !can_build(conn, who, build.project_id).await? {
        format!(
            "user '{}' doesn't have the build permissions in project '{}/{}' to create a new one",
            who.name, build.owner, build.project
        )
    } else if crate::build::load(conn, build.id).await?.is_finished() {
        "new batch can not be created because the build has already finished".to_owned()
    } else {
        return Ok(None);
    };
    Ok(Some(format!("Build {} is not yet in any batch, and {why}", build.id)))
}

/// Why this person may not add to a batch.
async fn closed(conn: &mut Conn, who: &Account, batch: BatchId) -> Result<Option<String>, Refusal> {
    if copr_db::batch::is_finished(conn, batch).await? {
        return Ok(Some(format!("Batch {batch} is already finished")));
    }
    let mut names = Vec::new();
    for id in copr_db::batch::projects(conn, batch).await? {
        if can_build(conn, who, id).await? {
            return Ok(None);
        }
        names.extend(copr_db::project::by_id(conn, id).await?.map(|project| project.full_name()));
    }
    let noun = if names.len() == 1 { "project" } else { "projects" };
    Ok(Some(format!(
        "The batch {batch} belongs to {noun} {}.  You are not allowed to build there, so you neither can edit the batch.",
        listed(&names)
    )))
}

async fn can_build(conn: &mut Conn, who: &Account, project: copr_types::ProjectId) -> Result<bool, Refusal> {
    let Some(project) = copr_db::project::by_id(conn, project).await? else { return Ok(false) };
    Ok(access::standing(conn, who, &project).await?.can_build())
}

/// The batch for a new build of this place, made where there is none. It is not released before this transaction ends.
pub(crate) async fn enter(tx: &mut Conn, who: &Account, place: Place, now: i64) -> Result<BatchId, Refusal> {
    let id = place.build();
    let mut found = copr_db::batch::of_build(tx, id).await?;
    if found.is_none() {
        // Of several who begin a batch with this build one is first; the others find that one's.
        found = copr_db::batch::hold_build(tx, id).await?;
    }
    if let Some(batch) = found {
        copr_db::batch::hold(tx, batch).await?;
    }
    // Once more: all of it may have ended or gone since the options were checked.
    if let Some(objection) = objection(tx, who, place, found).await? {
        return Err(Refusal::field(place.field(), objection));
    }
    let batch = match found {
        Some(batch) => batch,
        None => {
            let batch = copr_db::batch::create(tx, None, now).await?;
            copr_db::batch::add(tx, batch, id).await?;
            batch
        }
    };
    match place {
        Place::With(_) => Ok(batch),
        Place::After(_) => Ok(copr_db::batch::create(tx, Some(batch), now).await?),
    }
}

/// Lets every batch go whose turn has come, and wakes the builders and publishers that wait. Returns how many.
pub async fn release(app: &App) -> Result<usize, Refusal> {
    let mut count = 0;
    loop {
        let before = count;
        for id in copr_db::batch::due(&mut app.db.read().await?).await? {
            let mut tx = app.db.begin().await?;
            if copr_db::batch::release(&mut tx, id).await? {
                copr_db::task::unblock(&mut tx, id).await?;
                copr_db::repo::want_uploaded(&mut tx, id).await?;
                count += 1;
            }
            tx.commit().await?;
        }
        // What was let go may be empty, and the next in the chain due.
        if count == before {
            return Ok(count);
        }
    }
}
