//! The queue, as administrators see it.

use crate::{App, Refusal};
use copr_db::task::Task;

/// Tasks: those that are held first, then the others in their order.
pub async fn list(app: &App, limit: i64) -> Result<Vec<Task>, Refusal> {
    Ok(copr_db::task::list(&mut app.db.read().await?, limit).await?)
}
