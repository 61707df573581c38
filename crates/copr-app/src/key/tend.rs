//! What becomes of keys by itself: older versions retire, those that nobody needs are withdrawn, those that end are extended.

use super::{discard, extend_version, name, note, want_all};
use crate::{App, Refusal};
use copr_db::project_key::ProjectKey;
use copr_db::repo::Repo;

/// Seconds that a retired key's public half is served at least: a copy that a fork had signed before may be put in place after.
const GRACE: i64 = 86_400;

/// Looks after all keys whose time has come. One that can not be looked after stops no other.
pub async fn tend(app: &App) -> Result<(), Refusal> {
    let now = app.clock.now();
    // Long before the end: machines keep the copy that they have until they meet another.
    let ending = match app.rules.key_seconds {
        0 => i64::MAX,
        life => now + life / 2,
    };
    let due = copr_db::project_key::due(&mut app.db.read().await?, now, ending).await?;
    for key in due {
        if let Err(refusal) = one(app, &key, ending).await {
            let project = key.project_id.0;
            tracing::warn!(project, version = key.version, "could not look after a key: {}", refusal.inside());
        }
    }
    Ok(())
}

async fn one(app: &App, key: &ProjectKey, ending: i64) -> Result<(), Refusal> {
    let now = app.clock.now();
    if key.retired_on.is_some() || key.retire_on.is_some_and(|end| end <= now) {
        return retire(app, key).await;
    }
    if key.expires_on.is_some_and(|end| end < ending) {
        let until = (app.rules.key_seconds > 0).then(|| now + app.rules.key_seconds);
        return extend_version(app, key, until).await;
    }
    Ok(())
}

/// Takes a version's private half away, and stops serving the public one when no package is signed by it.
async fn retire(app: &App, key: &ProjectKey) -> Result<(), Refusal> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    if copr_db::project_key::retired(&mut tx, key.project_id, key.version, now).await? {
        note(&mut tx, "key.retired", key.project_id, key.version, &key.fingerprint, now).await?;
        want_all(&mut tx, key.project_id).await?;
    }
    tx.commit().await?;
    // After it was noted: nobody begins to sign with it any more. Done again until it is withdrawn, should this be broken off.
    discard(app, name(key.project_id, key.version)?).await?;
    if key.retired_on.is_none_or(|retired| retired > now - GRACE) {
        return Ok(());
    }
    let repos = copr_db::repo::of_project(&mut app.db.read().await?, key.project_id).await?;
    for repo in &repos {
        // What was signed last by it is on its way until the generation after it retired is there.
        if repo.wanted > repo.generation || is_signed_with(app, repo, &key.key_id).await? {
            return Ok(());
        }
    }
    let mut tx = app.db.begin().await?;
    if copr_db::project_key::withdrawn(&mut tx, key.project_id, key.version, now).await? {
        note(&mut tx, "key.withdrawn", key.project_id, key.version, &key.fingerprint, now).await?;
        want_all(&mut tx, key.project_id).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether any package of a repository is signed with a key. Oldest builds come first, and are those.
async fn is_signed_with(app: &App, repo: &Repo, key_id: &str) -> Result<bool, Refusal> {
    let hrefs = copr_db::repo::hrefs(&mut app.db.read().await?, repo.id).await?;
    let dir = app.store.chroot_dir(&repo.owner, &repo.dir, &repo.chroot);
    let key_id = key_id.to_owned();
    crate::blocking(move || {
        Ok(hrefs.iter().any(|href| match copr_rpm::header::read_package(&dir.join(href)) {
            Ok(facts) => facts.signatures.iter().any(|signature| signature.key_id.as_deref() == Some(key_id.as_str())),
            // Who can not be asked may say yes.
            Err(_) => true,
        }))
    })
    .await
}
