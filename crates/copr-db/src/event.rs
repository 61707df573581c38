//! The outbox: what happened, for watchers, hooks and buses.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{BuildChrootId, BuildId, ProjectId};
use sqlx::FromRow;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Event {
    /// Its number; later events have larger ones.
    pub id: i64,
    /// What: `project.created`, `build.submitted`, `source.state`, `chroot.state`, `repo.published`, ….
    pub kind: String,
    /// The project it belongs to.
    pub project_id: Option<i64>,
    /// The build.
    pub build_id: Option<i64>,
    /// The build's chroot.
    pub build_chroot_id: Option<i64>,
    /// JSON.
    pub body: String,
    /// When.
    pub created_on: i64,
}

/// What an event is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    /// The project.
    pub project: Option<ProjectId>,
    /// The build.
    pub build: Option<BuildId>,
    /// The build's chroot.
    pub build_chroot: Option<BuildChrootId>,
}

/// Appends an event and wakes watchers at commit.
pub async fn append(conn: &mut Conn, kind: &str, about: Subject, body: &str, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "INSERT INTO event (kind, project_id, build_id, build_chroot_id, body, created_on)
         VALUES ($1, $2, $3, $4, $5, $6)",
        kind,
        about.project.map(|id| id.0),
        about.build.map(|id| id.0),
        about.build_chroot.map(|id| id.0),
        body,
        now
    )?;
    conn.ring(Topic::Change);
    Ok(())
}

/// Appends several events of a kind, each with its JSON, in their order.
pub async fn append_all(conn: &mut Conn, kind: &str, events: &[(Subject, String)], now: i64) -> Result<(), Error> {
    macro_rules! from {
        ($rows:literal) => {
            concat!(
                "INSERT INTO event (kind, project_id, build_id, build_chroot_id, body, created_on)
                 SELECT $2, CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT), value ->> 3, $3 FROM ",
                $rows
            )
        };
    }
    let numbers =
        |about: &Subject| (about.project.map(|id| id.0), about.build.map(|id| id.0), about.build_chroot.map(|id| id.0));
    let rows: Vec<_> =
        events.iter().map(|(about, body)| (numbers(about), body)).map(|((p, b, c), body)| (p, b, c, body)).collect();
    let rows = serde_json::to_string(&rows)?;
    run!(
        conn,
        execute,
        [sqlite: from!("json_each($1)"), postgres: from!("jsonb_array_elements($1::jsonb)")],
        rows,
        kind,
        now
    )?;
    conn.ring(Topic::Change);
    Ok(())
}

/// Events after a number, oldest first.
pub async fn after(conn: &mut Conn, after: i64, limit: i64) -> Result<Vec<Event>, Error> {
    run!(
        conn,
        fetch_all as Event,
        "SELECT id, kind, project_id, build_id, build_chroot_id, body, created_on FROM event
         WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    )
}
