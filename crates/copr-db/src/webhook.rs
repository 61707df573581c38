//! What lets forges report pushes.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::ProjectId;

/// Gives a project a new secret; the old one is void.
pub async fn set_secret(conn: &mut Conn, project: ProjectId, secret: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE project SET webhook_secret = $2 WHERE id = $1", project.0, secret)?;
    Ok(())
}

/// A project's secret; none when nobody asked for one yet.
pub async fn secret(conn: &mut Conn, project: ProjectId) -> Result<Option<String>, Error> {
    let row = run!(
        conn,
        fetch_optional as (Option<String>,),
        "SELECT webhook_secret FROM project WHERE id = $1 AND deleted_on IS NULL",
        project.0
    )?;
    Ok(row.and_then(|(secret,)| secret))
}
