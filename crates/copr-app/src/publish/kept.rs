//! For how long generations are kept, and what goes when they are not.
//!
//! Kept are the present generation, those that somebody pinned, and those that were superseded a short while ago: whoever
//! reads one finds its packages. What none of them lists leaves the database and dooms its file in one transaction. A
//! generation is remembered for longer, as long as nothing that it lists went this way.

use super::generation::KEPT;
use crate::{App, Refusal};
use copr_types::RepoId;
use std::collections::BTreeSet;

/// Forgets what no generation that is kept needs. One repository in trouble stops no other.
pub(crate) async fn forget(app: &App) -> Result<(), Refusal> {
    let moment = app.clock.now() - app.rules.generation_seconds;
    let mut conn = app.db.read().await?;
    let mut due: BTreeSet<RepoId> = copr_db::repo::due(&mut conn, moment).await?.into_iter().collect();
    due.extend(copr_db::generation::due(&mut conn, moment, newest()).await?);
    drop(conn);
    for repo in due {
        if let Err(refusal) = forget_in(app, repo, moment).await {
            tracing::warn!(repository = repo.0, "could not forget old generations: {}", refusal.inside());
        }
    }
    Ok(())
}

fn newest() -> i64 {
    i64::try_from(KEPT).unwrap_or(i64::MAX)
}

/// Name of the link to the directory of a generation's metadata.
fn link_of(name: &str) -> Option<String> {
    let number: i64 = name.split('-').next()?.parse().ok()?;
    Some(number.to_string())
}

async fn forget_in(app: &App, id: RepoId, moment: i64) -> Result<(), Refusal> {
    loop {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        // Whoever pins a generation, or brings one back, holds it too.
        if !copr_db::repo::hold_one(&mut tx, id).await? {
            return Ok(());
        }
        let Some(repo) = copr_db::repo::by_id(&mut tx, id).await? else { return Ok(()) };
        let dir = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
        let oldest = copr_db::generation::oldest_kept(&mut tx, id, moment).await?;
        let names = copr_db::generation::forget_metadata(&mut tx, id, moment, newest()).await?;
        let (hrefs, more) = copr_db::repo::purge(&mut tx, id, oldest).await?;
        copr_db::generation::forget_old(&mut tx, id, app.rules.generations).await?;
        let metadata = names.iter().map(|name| dir.join(".repodata").join(name));
        // Of a number that was published under another turn's name too, there is one link.
        let links = names.iter().filter_map(|name| link_of(name)).map(|number| dir.join("gen").join(number));
        for path in links.chain(metadata).chain(hrefs.iter().map(|href| dir.join(href))) {
            copr_db::doomed::add(&mut tx, &app.store.relative(&path), None, now).await?;
        }
        tx.commit().await?;
        if !more {
            return Ok(());
        }
    }
}
