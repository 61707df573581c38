//! Handing out tasks, many at a time: as many statements for a hundred leases as for one.

use crate::conn::{id_list, run};
use crate::task::{Holder, Task};
use crate::{Conn, Error};
use copr_types::{BuildId, ChrootName, DirName, OwnerName, State, TaskId};
use sqlx::FromRow;

/// A statement with a list of rows as its first value, JSON: `many!("UPDATE … FROM ", [0 => BIGINT as id, 1 => TEXT as word], " j WHERE …")`,
/// for SQLite and for PostgreSQL.
macro_rules! many {
    ($before:expr, [$($at:literal => $kind:ident as $name:ident),*], $after:expr) => {
        [
            concat!($before, "(SELECT ", $("CAST(value ->> ", $at, " AS ", stringify!($kind), ") AS ", stringify!($name), ", ",)*
                    "1 AS one FROM json_each($1))", $after),
            concat!($before, "(SELECT ", $("CAST(value ->> ", $at, " AS ", stringify!($kind), ") AS ", stringify!($name), ", ",)*
                    "1 AS one FROM jsonb_array_elements($1::jsonb))", $after),
        ]
    };
}

macro_rules! columns {
    () => {
        "id, build_id, build_chroot_id, repo_id, owner, sandbox, arch, tools, background, leased, blocked, builder_id,
         builder_name, isolation, fence, attempts, leased_on, deadline, phase, cancel, not_before, spec, created_on,
         tags, memory_mib, lane_number, last_builder_id"
    };
}

macro_rules! lease {
    () => {
        "UPDATE task AS t SET leased = TRUE, builder_id = j.holder, builder_name = j.holder_name, isolation = j.holder_isolation,
             deadline = $2, leased_on = $3, fence = t.fence + 1, attempts = t.attempts + 1, phase = NULL
         FROM "
    };
}

const LEASE: [&str; 2] = many!(
    lease!(),
    [0 => BIGINT as task, 1 => BIGINT as holder, 2 => TEXT as holder_name, 3 => TEXT as holder_isolation],
    concat!(" j WHERE t.id = j.task AND NOT t.leased AND NOT t.blocked AND NOT t.cancel RETURNING ", columns!())
);

/// Rows that somebody else holds are left to him: whoever waits for one with others in his hands could wait for ever.
const LEASE_FREE: [&str; 2] = many!(
    concat!(lease!(), "(SELECT l.* FROM "),
    [0 => BIGINT as task, 1 => BIGINT as holder, 2 => TEXT as holder_name, 3 => TEXT as holder_isolation],
    concat!(
        " l JOIN task f ON f.id = l.task WHERE NOT f.leased AND NOT f.blocked AND NOT f.cancel
            FOR UPDATE OF f SKIP LOCKED) j
         WHERE t.id = j.task AND NOT t.leased AND NOT t.blocked AND NOT t.cancel RETURNING ",
        columns!()
    )
);

/// Takes the leases of tasks that nobody holds; those of the others, where somebody was faster, are left out.
pub async fn lease(
    conn: &mut Conn,
    leases: &[(TaskId, Holder<'_>)],
    now: i64,
    deadline: i64,
) -> Result<Vec<Task>, Error> {
    let list: Vec<_> = leases.iter().map(|(task, to)| (task.0, to.id.0, to.name, to.isolation)).collect();
    let list = serde_json::to_string(&list)?;
    run!(conn, fetch_all as Task, [sqlite: LEASE[0], postgres: LEASE_FREE[1]], list, deadline, now)
}

/// What a task belongs to: a source, or a chroot of a build.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Whose {
    /// The task.
    #[sqlx(try_from = "i64")]
    pub task_id: TaskId,
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// Where that to which it belongs stands.
    #[sqlx(try_from = "String")]
    pub state: State,
    /// Owner of the project.
    #[sqlx(try_from = "String")]
    pub owner: OwnerName,
    /// The build's directory.
    #[sqlx(try_from = "String")]
    pub dir: DirName,
    /// The package, once known.
    pub package: Option<String>,
    chroot: Option<String>,
}

impl Whose {
    /// The chroot's name; none for a source.
    pub fn chroot(&self) -> Option<ChrootName> {
        self.chroot.clone().and_then(|name| ChrootName::try_from(name).ok())
    }
}

/// What these tasks belong to; what was deleted is left out.
pub async fn whose(conn: &mut Conn, tasks: impl IntoIterator<Item = TaskId>) -> Result<Vec<Whose>, Error> {
    macro_rules! of {
        ($which:literal) => {
            concat!(
                "SELECT t.id AS task_id, t.build_id, COALESCE(x.state, b.source_state) AS state, p.owner, d.name AS dir,
                        k.name AS package, c.name AS chroot
                 FROM task t
                 JOIN build b ON b.id = t.build_id
                 JOIN project p ON p.id = b.project_id
                 JOIN project_dir d ON d.id = b.dir_id
                 LEFT JOIN package k ON k.id = b.package_id
                 LEFT JOIN build_chroot x ON x.id = t.build_chroot_id
                 LEFT JOIN chroot c ON c.id = x.chroot_id
                 WHERE p.deleted_on IS NULL AND ",
                $which
            )
        };
    }
    run!(
        conn,
        fetch_all as Whose,
        [
            sqlite: of!("t.id IN (SELECT value FROM json_each($1))"),
            postgres: of!("t.id = ANY (translate($1, '[]', '{}')::bigint[])")
        ],
        id_list(tasks.into_iter().map(|id| id.0))
    )
}

/// Something that begins with its lease.
#[derive(Clone, Debug)]
pub struct Start {
    /// The build, or the build's chroot.
    pub id: i64,
    /// Where it stands.
    pub from: State,
    /// Where it will.
    pub to: State,
    /// Name of its result directory.
    pub result_dir: String,
}

const START_CHROOTS: [&str; 2] = many!(
    "UPDATE build_chroot AS c SET state = j.later, started_on = COALESCE(c.started_on, $2), result_dir = j.place FROM ",
    [0 => BIGINT as number, 1 => TEXT as before, 2 => TEXT as later, 3 => TEXT as place],
    " j WHERE c.id = j.number AND c.state = j.before RETURNING id"
);

const START_SOURCES: [&str; 2] = many!(
    "UPDATE build AS b SET source_state = j.later, source_started_on = COALESCE(b.source_started_on, $2), result_dir = j.place
     FROM ",
    [0 => BIGINT as number, 1 => TEXT as before, 2 => TEXT as later, 3 => TEXT as place],
    " j WHERE b.id = j.number AND b.source_state = j.before RETURNING id"
);

/// Moves chroots of builds on, and notes their first start and result directories. Gives those that stood where they were thought to.
pub async fn start_chroots(conn: &mut Conn, starts: &[Start], now: i64) -> Result<Vec<i64>, Error> {
    let [sqlite, postgres] = START_CHROOTS;
    let rows = run!(conn, fetch_all as (i64,), [sqlite: sqlite, postgres: postgres], list(starts)?, now)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The same for sources of builds.
pub async fn start_sources(conn: &mut Conn, starts: &[Start], now: i64) -> Result<Vec<i64>, Error> {
    let [sqlite, postgres] = START_SOURCES;
    let rows = run!(conn, fetch_all as (i64,), [sqlite: sqlite, postgres: postgres], list(starts)?, now)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

fn list(starts: &[Start]) -> Result<String, Error> {
    let rows = starts.iter().map(|start| (start.id, start.from.as_str(), start.to.as_str(), &start.result_dir));
    Ok(serde_json::to_string(&rows.collect::<Vec<_>>())?)
}

/// Which of these tasks are held, and under which fences.
pub async fn fences(conn: &mut Conn, tasks: impl IntoIterator<Item = TaskId>) -> Result<Vec<(TaskId, i64)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64),
        [
            sqlite: "SELECT t.id, t.fence FROM task t WHERE t.leased AND t.id IN (SELECT value FROM json_each($1))",
            postgres: "SELECT t.id, t.fence FROM task t
                       WHERE t.leased AND t.id = ANY (translate($1, '[]', '{}')::bigint[])"
        ],
        id_list(tasks.into_iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, fence)| (TaskId(id), fence)).collect())
}

const RAISE: [&str; 2] = many!(
    "INSERT INTO owner_share (owner, used) SELECT j.name, j.least FROM ",
    [0 => TEXT as name, 1 => BIGINT as least],
    " j WHERE TRUE ON CONFLICT (owner) DO UPDATE SET used = excluded.used WHERE owner_share.used < excluded.used"
);

/// Takes owners to have been given this much, where it was less. Each is named once.
pub async fn raise(conn: &mut Conn, owners: &[(&str, i64)]) -> Result<(), Error> {
    let list = serde_json::to_string(owners)?;
    run!(conn, execute, [sqlite: RAISE[0], postgres: RAISE[1]], list)?;
    Ok(())
}
