//! The queue: as administrators see it, and as everybody does.

use crate::{App, Refusal};
use copr_db::task::{Counts, Task};

/// Tasks: those that are held first, then the others in their order.
pub async fn list(app: &App, limit: i64) -> Result<Vec<Task>, Refusal> {
    Ok(copr_db::task::list(&mut app.db.read().await?, limit).await?)
}

/// How much there is to do.
pub async fn counts(app: &App) -> Result<Counts, Refusal> {
    Ok(copr_db::task::counts(&mut app.db.read().await?).await?)
}
