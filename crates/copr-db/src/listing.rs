//! Builds and their chroots in lists that go beyond one project: those of everybody, or of an owner; newest first.
//!
//! Only numbers are looked for here, in indexes where that is possible: what they stand for is read afterwards, for the
//! one page that is wanted.

use crate::conn::{id_list, run};
use crate::{Conn, Error, Page};
use copr_types::{BuildChrootId, BuildId, ProjectId, State};
use sqlx::AssertSqlSafe;

/// Whose builds.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// All that there are.
    Everybody,
    /// Those in the projects of a user or of a `@group`.
    Owner(&'a str),
    /// Those of a project.
    Project(ProjectId),
    /// One.
    Build(BuildId),
}

/// Builds of deleted projects, which are there for a while: there are few of these, mostly none.
const DELETED: &str =
    "(SELECT x.id FROM build x WHERE x.project_id IN (SELECT id FROM project WHERE deleted_on IS NOT NULL))";
const BY_OWNER: &str = "b.project_id IN (SELECT id FROM project WHERE owner = $3 AND deleted_on IS NULL)";
/// Builds that have not ended, found among the few whose source or chroots have not: the same rule as
/// `copr_types::state::is_finished`.
const UNFINISHED: &str = "(SELECT id FROM build
     WHERE source_state IN ('waiting', 'pending', 'starting', 'running', 'importing') AND NOT canceled
     UNION
     SELECT u.id FROM build_chroot uc CROSS JOIN build u
     WHERE uc.state IN ('waiting', 'pending', 'starting', 'running', 'importing', 'publishing') AND u.id = uc.build_id
       AND NOT u.canceled AND u.source_state NOT IN ('failed', 'canceled'))";

/// Numbers of builds, of those that have ended or have not where that is said.
pub async fn builds(conn: &mut Conn, of: Of<'_>, finished: Option<bool>, page: &Page) -> Result<Vec<BuildId>, Error> {
    let ended = match finished {
        None => String::new(),
        Some(true) => format!(" AND b.id NOT IN {UNFINISHED}"),
        Some(false) => format!(" AND b.id IN {UNFINISHED}"),
    };
    let sql = |whose: &str, order: &str| {
        AssertSqlSafe(format!("SELECT b.id FROM build b WHERE {whose}{ended} ORDER BY {order} DESC LIMIT $1 OFFSET $2"))
    };
    let (limit, offset) = (page.limit(), page.offset);
    let rows = match of {
        Of::Everybody => {
            let whose = format!("b.id NOT IN {DELETED}");
            run!(conn, fetch_all as (i64,), sql(&whose, "b.id"), limit, offset)
        }
        // The sum keeps engines from going down everybody's builds until they have enough of this owner's.
        Of::Owner(owner) => run!(conn, fetch_all as (i64,), sql(BY_OWNER, "b.id + 0"), limit, offset, owner),
        Of::Project(id) => run!(conn, fetch_all as (i64,), sql("b.project_id = $3", "b.id"), limit, offset, id.0),
        Of::Build(id) => run!(conn, fetch_all as (i64,), sql("b.id = $3", "b.id"), limit, offset, id.0),
    };
    Ok(rows?.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Numbers of builds' chroots that are in one of the states, or in any when none is said; those of a build by name.
pub async fn chroots(
    conn: &mut Conn,
    of: Of<'_>,
    states: &[State],
    page: &Page,
) -> Result<Vec<(BuildId, BuildChrootId)>, Error> {
    let (limit, offset) = (page.limit(), page.offset);
    let sql = |whose: &str, order: &str| AssertSqlSafe(of_some(whose, order, states));
    let rows = match of {
        Of::Everybody => {
            run!(conn, fetch_all as (i64, i64, String), AssertSqlSafe(of_everybody(states)), limit, offset)
        }
        Of::Owner(owner) => {
            run!(conn, fetch_all as (i64, i64, String), sql(BY_OWNER, "b.id + 0"), limit, offset, owner)
        }
        Of::Project(id) => {
            run!(conn, fetch_all as (i64, i64, String), sql("b.project_id = $3", "b.id"), limit, offset, id.0)
        }
        Of::Build(id) => run!(conn, fetch_all as (i64, i64, String), sql("b.id = $3", "b.id"), limit, offset, id.0),
    };
    Ok(rows?.into_iter().map(|(build, chroot, _)| (BuildId(build), BuildChrootId(chroot))).collect())
}

/// Goes down the builds of an owner, a project, or one.
fn of_some(whose: &str, order: &str, states: &[State]) -> String {
    let words: Vec<String> = states.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let state = if words.is_empty() { String::new() } else { format!(" AND bc.state IN ({})", words.join(", ")) };
    format!(
        "SELECT b.id, bc.id, c.name FROM build b CROSS JOIN build_chroot bc CROSS JOIN chroot c
         WHERE {whose} AND bc.build_id = b.id AND c.id = bc.chroot_id{state}
         ORDER BY {order} DESC, c.name LIMIT $1 OFFSET $2"
    )
}

/// Goes down all chroots of builds, or those of each state side by side: each in the order of an index.
fn of_everybody(states: &[State]) -> String {
    let one = |state: &str| {
        format!(
            "SELECT bc.build_id, bc.id, c.name FROM build_chroot bc CROSS JOIN chroot c
             WHERE c.id = bc.chroot_id{state} AND bc.build_id NOT IN {DELETED}"
        )
    };
    let parts: Vec<String> = states.iter().map(|state| one(&format!(" AND bc.state = '{}'", state.as_str()))).collect();
    let all = if parts.is_empty() { one("") } else { parts.join(" UNION ALL ") };
    format!("{all} ORDER BY build_id DESC, name LIMIT $1 OFFSET $2")
}

/// Names and versions of the packages that builds produced in chroots that have ended, each once, without source packages.
pub async fn built(conn: &mut Conn, builds: &[BuildId]) -> Result<Vec<(BuildId, String, String)>, Error> {
    macro_rules! of {
        ($builds:literal) => {
            concat!(
                "SELECT DISTINCT bc.build_id, k.name, k.version
                 FROM build_chroot bc JOIN built_package k ON k.build_chroot_id = bc.id
                 WHERE bc.build_id ",
                $builds,
                " AND k.arch <> 'src'
                   AND bc.state IN ('succeeded', 'failed', 'canceled', 'skipped', 'forking', 'forked')
                 ORDER BY bc.build_id, k.name, k.version"
            )
        };
    }
    let rows = run!(
        conn,
        fetch_all as (i64, String, String),
        [
            sqlite: of!("IN (SELECT value FROM json_each($1))"),
            postgres: of!("= ANY (translate($1, '[]', '{}')::bigint[])")
        ],
        id_list(builds.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(build, name, version)| (BuildId(build), name, version)).collect())
}
