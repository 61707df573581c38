//! Registered builders.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::BuilderId;
use sqlx::FromRow;

/// A builder that may lease tasks.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Builder {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: BuilderId,
    /// Its name.
    pub name: String,
    /// When it was registered.
    pub created_on: i64,
    /// When it last asked for work.
    pub last_seen_on: Option<i64>,
    /// What it builds for, split by blanks, as it last said.
    pub arches: String,
    /// The isolation it has, as it last said.
    pub isolation: String,
    /// Programs that it can make sources with, split by blanks, as it last said.
    pub tools: String,
    /// What it is called besides, split by blanks, as it last said.
    pub tags: String,
    /// Its memory, MiB, as it last said.
    pub memory_mib: Option<i64>,
}

/// What a builder says when it asks for work, lists split by blanks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Says<'a> {
    /// What it builds for.
    pub arches: &'a str,
    /// The isolation it has.
    pub isolation: &'a str,
    /// Programs that it can make sources with.
    pub tools: &'a str,
    /// What it is called besides.
    pub tags: &'a str,
    /// Its memory, MiB.
    pub memory_mib: Option<i64>,
}

/// Registers a builder; `Exists` when the name is taken.
pub async fn create(conn: &mut Conn, name: &str, token_hash: &str, now: i64) -> Result<Builder, Error> {
    run!(
        conn,
        fetch_one as Builder,
        "INSERT INTO builder (name, token_hash, created_on) VALUES ($1, $2, $3)
         RETURNING id, name, created_on, last_seen_on, arches, isolation, tools, tags, memory_mib",
        name,
        token_hash,
        now
    )
}

/// Gives a registered builder a new token, registering it when the name is new.
pub async fn replace_token(conn: &mut Conn, name: &str, token_hash: &str, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO builder (name, token_hash, created_on) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET token_hash = excluded.token_hash",
        name,
        token_hash,
        now
    )?;
    Ok(())
}

/// The builder of a token.
pub async fn by_token(conn: &mut Conn, token_hash: &str) -> Result<Option<Builder>, Error> {
    run!(
        conn,
        fetch_optional as Builder,
        "SELECT id, name, created_on, last_seen_on, arches, isolation, tools, tags, memory_mib FROM builder WHERE token_hash = $1",
        token_hash
    )
}

/// All builders by name.
pub async fn list(conn: &mut Conn) -> Result<Vec<Builder>, Error> {
    run!(
        conn,
        fetch_all as Builder,
        "SELECT id, name, created_on, last_seen_on, arches, isolation, tools, tags, memory_mib FROM builder ORDER BY name"
    )
}

/// Takes a builder's right to lease; whether there was one.
pub async fn remove(conn: &mut Conn, name: &str) -> Result<bool, Error> {
    Ok(run!(conn, execute, "DELETE FROM builder WHERE name = $1", name)? > 0)
}

/// Notes what a builder said when it asked for work.
pub async fn seen(conn: &mut Conn, id: BuilderId, says: &Says<'_>, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE builder SET last_seen_on = $2, arches = $3, isolation = $4, tools = $5, tags = $6, memory_mib = $7
         WHERE id = $1",
        id.0,
        now,
        says.arches,
        says.isolation,
        says.tools,
        says.tags,
        says.memory_mib
    )?;
    Ok(())
}
