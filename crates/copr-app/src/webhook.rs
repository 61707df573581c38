//! What lets forges report pushes to a project.

use crate::{App, Refusal, access, secret};
use copr_db::account::Account;
use copr_db::project::Project;

/// Gives a project a new secret, in place of the old one, and returns it.
pub async fn renew_secret(app: &App, who: &Account, owner: &str, name: &str) -> Result<(Project, String), Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    access::admin(&mut tx, who, &project).await?;
    let secret = secret::webhook();
    copr_db::webhook::set_secret(&mut tx, project.id, &secret).await?;
    tx.commit().await?;
    Ok((project, secret))
}
