//! The chroots that this service knows.

use crate::conn::{JsonText, run};
use crate::{Conn, Error};
use copr_types::{ChrootDefinition, ChrootId, ChrootName};
use sqlx::FromRow;

/// A chroot.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Chroot {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: ChrootId,
    /// Its name.
    #[sqlx(try_from = "String")]
    pub name: ChrootName,
    /// Whether projects may build in it.
    pub enabled: bool,
    /// What makes its buildroot.
    #[sqlx(try_from = "String")]
    pub definition: JsonText<ChrootDefinition>,
    /// A remark for the list.
    pub comment: String,
}

/// Makes a chroot or replaces its definition; an existing one keeps its number and whether it is enabled.
pub async fn put(
    conn: &mut Conn,
    name: &ChrootName,
    definition: &ChrootDefinition,
    enabled: bool,
    now: i64,
) -> Result<(), Error> {
    let text = serde_json::to_string(definition)?;
    run!(
        conn,
        execute,
        "INSERT INTO chroot (name, enabled, definition, comment, created_on) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, comment = excluded.comment",
        name.as_str(),
        enabled,
        text.as_str(),
        definition.comment.as_str(),
        now
    )?;
    Ok(())
}

/// Switches a chroot on or off; whether there is one.
pub async fn set_enabled(conn: &mut Conn, name: &str, enabled: bool) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE chroot SET enabled = $2 WHERE name = $1", name, enabled)? > 0)
}

/// All chroots by name.
pub async fn list(conn: &mut Conn) -> Result<Vec<Chroot>, Error> {
    run!(conn, fetch_all as Chroot, "SELECT id, name, enabled, definition, comment FROM chroot ORDER BY name")
}

/// The chroot of a name.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Chroot>, Error> {
    run!(
        conn,
        fetch_optional as Chroot,
        "SELECT id, name, enabled, definition, comment FROM chroot WHERE name = $1",
        name
    )
}

/// The chroot of a number.
pub async fn by_id(conn: &mut Conn, id: ChrootId) -> Result<Option<Chroot>, Error> {
    run!(
        conn,
        fetch_optional as Chroot,
        "SELECT id, name, enabled, definition, comment FROM chroot WHERE id = $1",
        id.0
    )
}

/// Whether the name of any chroot, in small letters, is like a pattern (`\` takes the next character literally).
pub async fn any_like(conn: &mut Conn, pattern: &str) -> Result<bool, Error> {
    let found = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT id FROM chroot WHERE lower(name) LIKE $1 ESCAPE '\\' LIMIT 1",
        pattern
    )?;
    Ok(found.is_some())
}
