//! Registered builders.

use crate::{App, Refusal, secret};
use copr_db::Conn;
use copr_db::builder::Builder;
use copr_db::queue::Held;
use copr_sched::Offer;

impl App {
    /// The builder behind a token.
    pub async fn authenticate_builder(&self, token: &str) -> Result<Builder, Refusal> {
        copr_db::builder::by_token(&mut self.db.read().await?, &secret::hash(token))
            .await?
            .ok_or_else(|| Refusal::unauthenticated("this builder's token is not known here"))
    }
}

/// Registers a builder; returns its token, shown once.
pub async fn add(app: &App, name: &str) -> Result<String, Refusal> {
    let token = secret::builder_token();
    let mut tx = app.db.begin().await?;
    match copr_db::builder::create(&mut tx, name, &secret::hash(&token), app.clock.now()).await {
        Err(copr_db::Error::Exists(_)) => {
            return Err(Refusal::conflict(format!("there is a builder `{name}` already")));
        }
        other => other?,
    };
    tx.commit().await?;
    Ok(token)
}

/// Registers the builder that lives in this process, with a new token each time.
pub async fn embed(app: &App, name: &str) -> Result<String, Refusal> {
    let token = secret::builder_token();
    let mut tx = app.db.begin().await?;
    copr_db::builder::replace_token(&mut tx, name, &secret::hash(&token), app.clock.now()).await?;
    tx.commit().await?;
    Ok(token)
}

/// All builders by name.
pub async fn list(app: &App) -> Result<Vec<Builder>, Refusal> {
    Ok(copr_db::builder::list(&mut app.db.read().await?).await?)
}

/// A builder that waits for work asks anew at least once a minute; the rest is for slow networks.
pub const SILENCE_SECONDS: i64 = 90;

/// What the builders can do that are there: they asked for work a moment ago, or they hold tasks.
pub(crate) async fn there(conn: &mut Conn, held: &[Held], now: i64) -> Result<Vec<Offer>, Refusal> {
    let mut rows = copr_db::builder::list(conn).await?;
    rows.retain(|builder| {
        builder.last_seen_on.is_some_and(|seen| now - seen <= SILENCE_SECONDS)
            || held.iter().any(|held| held.builder_id == builder.id.0)
    });
    Ok(rows.iter().map(offer).collect())
}

/// What a builder can do, as it last said.
fn offer(builder: &Builder) -> Offer {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Offer {
        builder: builder.id.0,
        name: builder.name.clone(),
        arches: words(&builder.arches),
        tools: words(&builder.tools),
        tags: words(&builder.tags),
        memory_mib: builder.memory_mib,
        held_mib: 0,
    }
}

/// Takes a builder's right to lease. What it holds comes back when its leases run out.
pub async fn remove(app: &App, name: &str) -> Result<(), Refusal> {
    let mut tx = app.db.begin().await?;
    if !copr_db::builder::remove(&mut tx, name).await? {
        return Err(Refusal::not_found(format!("there is no builder `{name}`")));
    }
    Ok(tx.commit().await?)
}
