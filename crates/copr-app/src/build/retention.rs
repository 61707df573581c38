//! How many builds packages keep.

use super::{can_go, load, remove};
use crate::{App, Kind, Refusal};

/// Builds that are removed in one transaction, and so with one generation of their repositories.
const AT_ONCE: i64 = 50;

/// Removes the builds that their packages do not keep any more: the newest by number stay, whatever came of them, as many
/// as the package says, in each directory; what has not ended stays too. Returns how many went.
pub async fn prune(app: &App) -> Result<usize, Refusal> {
    let mut count = 0;
    loop {
        let old = copr_db::build::superfluous(&mut app.db.read().await?, AT_ONCE).await?;
        let before = count;
        let mut tx = app.db.begin().await?;
        for id in old {
            match load(&mut tx, id).await {
                Ok(shown) if can_go(&shown) => {
                    remove(app, &mut tx, &shown).await?;
                    count += 1;
                }
                Ok(_) => {}
                // Somebody was faster.
                Err(refusal) if refusal.kind == Kind::NotFound => {}
                Err(refusal) => return Err(refusal),
            }
        }
        tx.commit().await?;
        if count == before {
            return Ok(count);
        }
    }
}
