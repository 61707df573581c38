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
    // Indexes know builds, but no names of chroots. So more is read in the order of builds alone: where the page begins
    // and ends, whole builds are among that, none having more chroots than there are. Then it is ordered by names too.
    let (most,) = run!(conn, fetch_one as (i64,), "SELECT COUNT(*) FROM chroot")?;
    let (limit, skip) = (page.limit().min(PLENTY), page.offset.min(most));
    let (read, before) = (limit + skip + most, (page.offset - skip).min(PLENTY));
    macro_rules! found {
        ($sqlite:expr, $postgres:expr $(, $which:expr)?) => {
            run!(
                conn,
                fetch_all as (i64, i64),
                [sqlite: by_name(&$sqlite), postgres: by_name(&$postgres)],
                limit, skip, read, before $(, $which)?
            )
        };
    }
    let few = !states.is_empty() && states.iter().all(|state| !state.has_ended());
    let some = |whose: &str, order: &str, each: &str| of_some(whose, order, if few { THE_FEW } else { each }, states);
    let of_owner = |each| some(&BY_OWNER.replace("$3", "$5"), "b.id + 0", each);
    let of_project = |each| some("b.project_id = $5", "b.id", each);
    let of_build = |each| some("b.id = $5", "b.id", each);
    let rows = match of {
        Of::Everybody => found!(of_everybody(states, ALL), of_everybody(states, ENOUGH)),
        Of::Owner(owner) => found!(of_owner(IN_SQLITE), of_owner(IN_POSTGRES), owner),
        Of::Project(id) => found!(of_project(IN_SQLITE), of_project(IN_POSTGRES), id.0),
        Of::Build(id) => found!(of_build(IN_SQLITE), of_build(IN_POSTGRES), id.0),
    };
    Ok(rows?.into_iter().map(|(build, chroot)| (BuildId(build), BuildChrootId(chroot))).collect())
}

/// Puts chroots that are in the order of their builds into that of their names too, and takes the page.
fn by_name(found: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "SELECT t.build_id, t.id FROM ({found} LIMIT $3 OFFSET $4) t JOIN chroot c ON c.id = t.chroot_id
         ORDER BY t.build_id DESC, c.name LIMIT $1 OFFSET $2"
    ))
}

/// More than there ever is of anything.
const PLENTY: i64 = i64::MAX / 8;
/// Chroots that have not ended, which are few, with their builds.
const THE_FEW: &str = "build_chroot bc CROSS JOIN build b";
/// The chroots of each build, one build after the other.
const IN_SQLITE: &str = "build b CROSS JOIN build_chroot bc";
/// The same, in the form that keeps the planner from going down the chroots of all builds that there are.
const IN_POSTGRES: &str = "build b CROSS JOIN LATERAL
    (SELECT x.build_id, x.id, x.chroot_id, x.state FROM build_chroot x WHERE x.build_id = b.id OFFSET 0) bc";

/// Goes down the builds of an owner, a project, or one.
fn of_some(whose: &str, order: &str, each: &str, states: &[State]) -> String {
    let words: Vec<String> = states.iter().map(|state| format!("'{}'", state.as_str())).collect();
    let state = if words.is_empty() { String::new() } else { format!(" AND bc.state IN ({})", words.join(", ")) };
    format!(
        "SELECT bc.build_id, bc.id, bc.chroot_id FROM {each}
         WHERE bc.build_id = b.id AND {whose}{state} ORDER BY {order} DESC"
    )
}

/// All of a state: SQLite goes down the states side by side.
const ALL: &str = "";
/// As many of a state as can be needed: PostgreSQL would read them all.
const ENOUGH: &str = " ORDER BY build_id DESC LIMIT $3::bigint + $4::bigint";

/// Goes down all chroots of builds, or those of each state: each in the order of an index.
fn of_everybody(states: &[State], most: &str) -> String {
    let some = |state: &str| {
        format!("SELECT build_id, id, chroot_id FROM build_chroot WHERE build_id NOT IN {DELETED}{state}")
    };
    let one = |state: &State| some(&format!(" AND state = '{}'", state.as_str()));
    let all = match states {
        [] => some(""),
        [state] => one(state),
        several if most.is_empty() => several.iter().map(one).collect::<Vec<_>>().join(" UNION ALL "),
        several => {
            several.iter().map(|state| format!("({}{most})", one(state))).collect::<Vec<_>>().join(" UNION ALL ")
        }
    };
    format!("{all} ORDER BY build_id DESC")
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
