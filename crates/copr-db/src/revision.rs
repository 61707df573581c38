//! Numbers that change whenever something changes that readers are shown: what was read stays good while they stay.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::ProjectId;

/// What a project looked like at one time. Two that are equal look alike; a later one need not be larger.
///
/// Read it *before* what is to be remembered under it: then the worst that happens is that something newer is
/// remembered for a short while under an older number, which nobody asks for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision {
    /// The project.
    pub project: ProjectId,
    /// The project's number.
    pub number: i64,
    /// The number of what all projects show: the chroots of the service.
    pub of_service: i64,
}

/// Where the project of an owner and a name stands.
pub async fn of_project(conn: &mut Conn, owner: &str, name: &str) -> Result<Option<Revision>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64, i64, i64),
        "SELECT p.id, r.number, s.number FROM project p
         JOIN project_revision r ON r.project_id = p.id
         JOIN project_revision s ON s.project_id = 0
         WHERE p.owner = $1 AND p.name = $2 AND p.deleted_on IS NULL",
        owner,
        name
    )?;
    Ok(row.map(|(id, number, of_service)| Revision { project: ProjectId(id), number, of_service }))
}
