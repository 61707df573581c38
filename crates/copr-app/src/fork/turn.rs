//! Turns of copiers: one takes some packages, or copies some builds, and lets the next fork go on.

use super::{copy, take};
use crate::{App, Kind, Refusal};
use copr_db::Conn;
use copr_db::fork::{Fork, Rest};
use copr_types::BuildId;

/// Seconds that a copier may be silent before somebody else takes its turn over. It is kept while it is worked on.
pub(super) const SECONDS: i64 = 15;
/// Builds that are copied in one turn.
const BUILDS: i64 = 16;
/// Seconds until a turn for which the signer was away is tried again. It is no round.
const SIGNER_PAUSE: i64 = 5;
/// Rounds, of which each waits longer than the one before, until what can not be copied is given up: an hour.
const TRIES: i64 = 12;

/// Takes one turn, for the fork that waits longest. False when there is nothing to do.
pub async fn next(app: &App) -> Result<bool, Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let fork = copr_db::fork::claim(&mut tx, now, now + SECONDS).await?;
    tx.commit().await?;
    let Some(fork) = fork else { return Ok(false) };
    work(app, &fork).await?;
    Ok(true)
}

/// Ends the turns of copiers that are no more, when whoever calls knows that nobody copies now.
pub async fn release_all(app: &App) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    copr_db::fork::release_all(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Removes what waits for forks that are done or whose project is gone.
pub async fn sweep(app: &App) -> Result<(), Refusal> {
    let store = app.store.clone();
    // Looked at before the rows: no place is made before its row is in.
    let places = crate::blocking(move || Ok(store.forks()?)).await?;
    if places.is_empty() {
        return Ok(());
    }
    let alive = copr_db::fork::ids(&mut app.db.read().await?).await?;
    for fork in places.into_iter().filter(|fork| !alive.contains(fork)) {
        remove_place(app, fork).await?;
    }
    Ok(())
}

async fn remove_place(app: &App, fork: i64) -> Result<(), Refusal> {
    let store = app.store.clone();
    crate::blocking(move || Ok(store.remove(&store.relative(&store.fork_dir(fork)))?)).await
}

/// One turn and its end. What goes wrong is tried again.
pub(super) async fn work(app: &App, fork: &Fork) -> Result<(), Refusal> {
    let done = tokio::select! {
        done = turn(app, fork) => done,
        never = crate::keep_on("a copier's", fork.id, || keep_now(app, fork)) => match never {},
    };
    let Err(refusal) = done else { return Ok(()) };
    tracing::warn!(fork = fork.id, "a turn failed: {}", refusal.inside());
    if refusal.is_about_keys() {
        let (why, retry_on) = (refusal.inside(), app.clock.now() + SIGNER_PAUSE);
        let rest = Rest { last_build: fork.last_build, failures: fork.failures, retry_on, error: Some(&why) };
        return release(app, fork, rest).await;
    }
    try_later(app, fork, fork.last_build, &refusal.inside()).await
}

async fn turn(app: &App, fork: &Fork) -> Result<(), Refusal> {
    if !fork.listed {
        take::packages(app, fork).await?;
        return release(
            app,
            fork,
            Rest { last_build: BuildId(0), failures: 0, retry_on: app.clock.now(), error: None },
        )
        .await;
    }
    let waiting = copr_db::fork::waiting(&mut app.db.read().await?, fork.id, fork.last_build, BUILDS).await?;
    let Some((end, _)) = waiting.last().copied() else { return end_round(app, fork).await };
    for (build, original) in waiting {
        match copy::build(app, fork, build, original, fork.failures + 1 >= TRIES).await {
            // Somebody else has the turn, or all that is left has to wait for the signer.
            Err(refusal) if refusal.kind == Kind::Conflict || refusal.is_about_keys() => return Err(refusal),
            Err(refusal) => tracing::warn!(build = build.0, "could not copy a build yet: {}", refusal.inside()),
            Ok(()) => {}
        }
    }
    let mut tx = app.db.begin().await?;
    copr_db::fork::want(&mut tx, fork.project_id).await?;
    tx.commit().await?;
    let rest = Rest { last_build: end, failures: fork.failures, retry_on: app.clock.now(), error: None };
    release(app, fork, rest).await
}

/// All builds had their chance: what is left over gets another, later.
async fn end_round(app: &App, fork: &Fork) -> Result<(), Refusal> {
    let left = copr_db::fork::waiting(&mut app.db.read().await?, fork.id, BuildId(0), 1).await?;
    if !left.is_empty() {
        return try_later(app, fork, BuildId(0), "some builds could not be copied").await;
    }
    let mut tx = app.db.begin().await?;
    // A turn that was broken off may have left packages in place and asked for no generation.
    copr_db::fork::want(&mut tx, fork.project_id).await?;
    let mine = copr_db::fork::done(&mut tx, fork.id, fork.copier_fence).await?;
    tx.commit().await?;
    if mine { remove_place(app, fork.id).await } else { Err(lost()) }
}

/// Ends a turn that met trouble: the next waits 1, 2, 4, … seconds, to some half an hour.
async fn try_later(app: &App, fork: &Fork, last_build: BuildId, error: &str) -> Result<(), Refusal> {
    let retry_on = app.clock.now() + (1_i64 << fork.failures.clamp(0, 11));
    release(app, fork, Rest { last_build, failures: fork.failures + 1, retry_on, error: Some(error) }).await
}

/// Ends a turn that leaves something over.
async fn release(app: &App, fork: &Fork, rest: Rest<'_>) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    copr_db::fork::release(&mut tx, fork.id, fork.copier_fence, rest).await?;
    Ok(tx.commit().await?)
}

/// Keeps the turn for as long as one may take; a refusal when somebody else has it by now.
pub(super) async fn keep(app: &App, tx: &mut Conn, fork: &Fork) -> Result<(), Refusal> {
    let until = app.clock.now() + SECONDS;
    if copr_db::fork::keep(tx, fork.id, fork.copier_fence, until).await? { Ok(()) } else { Err(lost()) }
}

async fn keep_now(app: &App, fork: &Fork) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    keep(app, &mut tx, fork).await?;
    Ok(tx.commit().await?)
}

pub(super) fn lost() -> Refusal {
    Refusal::conflict("the turn took too long and somebody else has it, or the project is gone")
}
