//! Roles of people in projects.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::permission::Grant;
use copr_types::{ProjectId, UserId, UserName};
use sqlx::FromRow;

/// Somebody's roles in a project.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Permission {
    /// The person.
    #[sqlx(try_from = "String")]
    pub user: UserName,
    /// The `admin` role.
    #[sqlx(try_from = "String")]
    pub admin: Grant,
    /// The `builder` role.
    #[sqlx(try_from = "String")]
    pub builder: Grant,
}

/// All roles in a project by user name, those that were taken back included.
pub async fn list(conn: &mut Conn, project: ProjectId) -> Result<Vec<Permission>, Error> {
    run!(
        conn,
        fetch_all as Permission,
        "SELECT a.name AS \"user\", p.admin, p.builder
         FROM project_permission p JOIN account a ON a.id = p.account_id WHERE p.project_id = $1 ORDER BY a.name",
        project.0
    )
}

/// A user's roles in a project, `(admin, builder)`, which nobody else changes until this transaction ends. Who had
/// none has the role `nothing` from now on.
pub async fn hold(conn: &mut Conn, project: ProjectId, account: UserId) -> Result<(Grant, Grant), Error> {
    let row = run!(
        conn,
        fetch_one as (String, String),
        "INSERT INTO project_permission (project_id, account_id, admin, builder) VALUES ($1, $2, 'nothing', 'nothing')
         ON CONFLICT (project_id, account_id) DO UPDATE SET admin = project_permission.admin
         RETURNING admin, builder",
        project.0,
        account.0
    )?;
    Ok(roles(row))
}

/// `(admin, builder)` from their two columns.
pub(crate) fn roles((admin, builder): (String, String)) -> (Grant, Grant) {
    let read = |word: String| Grant::from_word(&word).unwrap_or_default();
    (read(admin), read(builder))
}
