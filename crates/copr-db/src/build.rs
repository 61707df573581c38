//! Builds: one source each.

mod ending;
mod source;

pub use ending::{delete, set_canceled, superfluous, superseded, unfinished, unfinished_in_chroot, waiting_for};
pub use source::{
    delivered, imported, importing, keep_private, set_source_state, set_version, source_ended, source_staged,
    source_started, uploads_in_use,
};

use crate::conn::{id_list, run};
use crate::{Conn, Error};
use copr_types::{
    BuildId, DirId, DirName, Failure, FailureClass, Isolation, OwnerName, PackageId, Phase, ProjectId, ProjectName,
    SourceKind, State,
};
use sqlx::FromRow;

/// A build with the names that everyone who shows it needs.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Build {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: BuildId,
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// The project's owner.
    #[sqlx(try_from = "String")]
    pub owner: OwnerName,
    /// The project's name.
    #[sqlx(try_from = "String")]
    pub project: ProjectName,
    /// The directory.
    #[sqlx(try_from = "i64")]
    pub dir_id: DirId,
    /// The directory's name.
    #[sqlx(try_from = "String")]
    pub dir: DirName,
    /// The package, once known.
    pub package_id: Option<i64>,
    /// The package's name, once known.
    pub package: Option<String>,
    /// Who submitted it, when a person.
    pub submitter: Option<String>,
    /// Who or what submitted it, when no person: a forge's words for who pushed.
    pub submitted_by: Option<String>,
    /// What of a repository it is of, for builds of web hooks: `commit` or `tag`.
    pub scm_object_type: Option<String>,
    /// The commit's hash, or the tag's name.
    pub scm_object_id: Option<String>,
    /// Its page at the forge.
    pub scm_object_url: Option<String>,
    /// Kind of source.
    #[sqlx(try_from = "String")]
    pub source_kind: SourceKind,
    /// JSON of the source, as everybody may see it.
    pub source: String,
    /// JSON of the source as it was given, where that is something else.
    pub private_source: Option<String>,
    /// Where the source stands.
    #[sqlx(try_from = "String")]
    pub source_state: State,
    /// Canceled by someone.
    pub canceled: bool,
    /// `all` or `named`: whether the submitter chose the chroots.
    pub selection: String,
    /// `[epoch:]version-release`, once known.
    pub version: Option<String>,
    /// File name of the SRPM, once there.
    pub srpm_name: Option<String>,
    /// Address of the source package that clients are shown.
    pub source_url: Option<String>,
    /// After everybody who waits.
    pub background: bool,
    /// Network during rpmbuild.
    pub enable_net: bool,
    /// Seconds.
    pub timeout: i64,
    /// Mock's bootstrap, when the build says so.
    pub bootstrap: Option<String>,
    /// Mock's isolation.
    #[sqlx(try_from = "String")]
    pub isolation: Isolation,
    /// When it was submitted.
    pub submitted_on: i64,
    /// When the source task was first leased.
    pub source_started_on: Option<i64>,
    /// When the source was done.
    pub source_ended_on: Option<i64>,
    /// Class of the source's failure.
    pub failure_class: Option<String>,
    /// Phase of the source's failure.
    pub failure_phase: Option<String>,
    /// The source's failure in words.
    pub failure_message: Option<String>,
    /// Name of the source's result directory under `srpm-builds/`, once there.
    pub result_dir: Option<String>,
    /// JSON of what the builder delivered.
    pub staged: Option<String>,
    /// Repositories that the project adds to its builds, split by blanks.
    pub repos: String,
    /// The build that this one repeats, whether that is still there or not.
    pub resubmitted_from: Option<i64>,
}

impl Build {
    /// Why the source failed.
    pub fn failure(&self) -> Option<Failure> {
        failure(&self.failure_class, &self.failure_phase, &self.failure_message)
    }
}

/// A failure from its three columns.
pub(crate) fn failure(class: &Option<String>, phase: &Option<String>, message: &Option<String>) -> Option<Failure> {
    Some(Failure {
        class: FailureClass::from_word(class.as_deref()?)?,
        phase: Phase::from_word(phase.as_deref()?)?,
        message: message.clone().unwrap_or_default(),
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.project_id, p.owner, p.name AS project, b.dir_id, d.name AS dir, b.package_id,
                    k.name AS package, a.name AS submitter, b.submitted_by, b.scm_object_type, b.scm_object_id,
                    b.scm_object_url, b.source_kind, b.source, b.private_source, b.source_state,
                    b.canceled, b.selection, b.version, b.srpm_name, b.source_url, b.background, b.enable_net, b.timeout,
                    b.bootstrap, b.isolation, b.submitted_on, b.source_started_on, b.source_ended_on, b.failure_class,
                    b.failure_phase, b.failure_message, b.result_dir, b.staged, p.additional_repos AS repos,
                    b.resubmitted_from
             FROM build b
             JOIN project p ON p.id = b.project_id
             JOIN project_dir d ON d.id = b.dir_id
             LEFT JOIN package k ON k.id = b.package_id
             LEFT JOIN account a ON a.id = b.account_id ",
            $rest
        )
    };
}

/// The condition that a build `b` has not ended: the same rule as `copr_types::state::is_finished`.
macro_rules! not_ended {
    () => {
        "NOT b.canceled AND b.source_state NOT IN ('failed', 'canceled')
         AND (b.source_state <> 'succeeded'
              OR EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id
                         AND c.state NOT IN ('succeeded', 'failed', 'canceled', 'skipped', 'forking', 'forked')))"
    };
}
pub(crate) use not_ended;

/// What is known of a build when it is submitted.
#[derive(Clone, Debug)]
pub struct NewBuild<'a> {
    /// The project.
    pub project: ProjectId,
    /// The directory.
    pub dir: DirId,
    /// The package, when known.
    pub package: Option<PackageId>,
    /// The person, when there is one.
    pub account: Option<i64>,
    /// Who or what submitted it, for builds without a person.
    pub submitted_by: Option<&'a str>,
    /// Kind of source.
    pub source_kind: SourceKind,
    /// JSON of the source.
    pub source: &'a str,
    /// Address of the source package that clients are shown.
    pub source_url: Option<&'a str>,
    /// Whether the submitter chose the chroots.
    pub named: bool,
    /// After everybody who waits.
    pub background: bool,
    /// Network during rpmbuild.
    pub enable_net: bool,
    /// Seconds.
    pub timeout: i64,
    /// Mock's bootstrap, when the build says so.
    pub bootstrap: Option<&'a str>,
    /// Mock's isolation.
    pub isolation: Isolation,
    /// The build that this one repeats.
    pub resubmitted_from: Option<BuildId>,
}

/// Makes a build whose source is pending.
pub async fn create(conn: &mut Conn, new: &NewBuild<'_>, now: i64) -> Result<BuildId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO build (project_id, dir_id, package_id, account_id, submitted_by, source_kind, source,
             source_state, canceled, selection, source_url, background, enable_net, timeout, bootstrap, isolation,
             submitted_on, resubmitted_from)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         RETURNING id",
        new.project.0,
        new.dir.0,
        new.package.map(|id| id.0),
        new.account,
        new.submitted_by,
        new.source_kind.as_str(),
        new.source,
        false,
        if new.named { "named" } else { "all" },
        new.source_url,
        new.background,
        new.enable_net,
        new.timeout,
        new.bootstrap,
        new.isolation.as_str(),
        now,
        new.resubmitted_from.map(|id| id.0)
    )?;
    Ok(BuildId(id))
}

/// The build of a number.
pub async fn by_id(conn: &mut Conn, id: BuildId) -> Result<Option<Build>, Error> {
    run!(conn, fetch_optional as Build, select!("WHERE b.id = $1 AND p.deleted_on IS NULL"), id.0)
}

/// Which of a project's builds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Those of a package.
    pub package: Option<PackageId>,
    /// Those whose state as a whole, as clients see it, is this word; nobody's when it is no state's.
    pub state: Option<&'a str>,
}

/// The state of a build as a whole, as clients see it: what `copr_types::state::of_build` says, for the database to
/// look for. A test holds the two against each other.
macro_rules! state_of_build {
    () => {
        "CASE WHEN b.canceled THEN 'canceled'
              WHEN b.source_state IN ('pending', 'starting', 'running', 'importing', 'failed') THEN b.source_state
              ELSE COALESCE((
                  SELECT CASE MIN(CASE bc.state WHEN 'running' THEN 1 WHEN 'publishing' THEN 1 WHEN 'starting' THEN 2
                                                WHEN 'pending' THEN 3 WHEN 'failed' THEN 4 WHEN 'succeeded' THEN 5
                                                WHEN 'skipped' THEN 6 WHEN 'forking' THEN 7 WHEN 'forked' THEN 7
                                                WHEN 'waiting' THEN 8
                                                ELSE 9 END)
                      WHEN 1 THEN 'running' WHEN 2 THEN 'starting' WHEN 3 THEN 'pending' WHEN 4 THEN 'failed'
                      WHEN 5 THEN 'succeeded' WHEN 6 THEN 'skipped' WHEN 7 THEN 'forked' WHEN 8 THEN 'pending'
                      WHEN 9 THEN 'unknown' END
                  FROM build_chroot bc WHERE bc.build_id = b.id), 'waiting') END"
    };
}

/// A project's builds, newest first, from a build on (that one included; [`start`] finds it).
pub async fn list(
    conn: &mut Conn,
    project: ProjectId,
    filter: Filter<'_>,
    from: BuildId,
    limit: Option<i64>,
) -> Result<Vec<Build>, Error> {
    let limit = limit.unwrap_or(i64::MAX);
    match (filter.package, filter.state) {
        (None, None) => run!(
            conn,
            fetch_all as Build,
            // Numbers first, from an index: else PostgreSQL may go down the builds of all projects until it has enough.
            select!(
                "WHERE b.id IN (SELECT id FROM build WHERE project_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3)
                 ORDER BY b.id DESC"
            ),
            project.0,
            from.0,
            limit
        ),
        (Some(package), None) => run!(
            conn,
            fetch_all as Build,
            select!(
                "WHERE b.id IN (SELECT id FROM build WHERE project_id = $1 AND package_id = $4 AND id <= $2
                                ORDER BY id DESC LIMIT $3)
                 ORDER BY b.id DESC"
            ),
            project.0,
            from.0,
            limit,
            package.0
        ),
        (None, Some(state)) => run!(
            conn,
            fetch_all as Build,
            concat!(
                select!("WHERE b.project_id = $1 AND b.id <= $2 AND $4 = "),
                state_of_build!(),
                " ORDER BY b.id DESC LIMIT $3"
            ),
            project.0,
            from.0,
            limit,
            state
        ),
        (Some(package), Some(state)) => run!(
            conn,
            fetch_all as Build,
            concat!(
                select!("WHERE b.project_id = $1 AND b.package_id = $4 AND b.id <= $2 AND $5 = "),
                state_of_build!(),
                " ORDER BY b.id DESC LIMIT $3"
            ),
            project.0,
            from.0,
            limit,
            package.0,
            state
        ),
    }
}

/// The build at which a list of a project's builds begins when so many are left out. Reads an index alone.
pub async fn start(
    conn: &mut Conn,
    project: ProjectId,
    package: Option<PackageId>,
    offset: i64,
) -> Result<Option<BuildId>, Error> {
    let row = match package {
        None => run!(
            conn,
            fetch_optional as (i64,),
            "SELECT id FROM build WHERE project_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2",
            project.0,
            offset
        )?,
        Some(package) => run!(
            conn,
            fetch_optional as (i64,),
            "SELECT id FROM build WHERE package_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2",
            package.0,
            offset
        )?,
    };
    Ok(row.map(|(id,)| BuildId(id)))
}

/// The newest builds of all projects.
pub async fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Build>, Error> {
    run!(conn, fetch_all as Build, select!("WHERE p.deleted_on IS NULL ORDER BY b.id DESC LIMIT $1"), limit)
}

/// Builds by number, for lists that found the numbers elsewhere.
pub async fn by_ids(conn: &mut Conn, ids: &[BuildId]) -> Result<Vec<Build>, Error> {
    run!(
        conn,
        fetch_all as Build,
        [
            sqlite: select!("WHERE b.id IN (SELECT value FROM json_each($1))"),
            postgres: select!("WHERE b.id = ANY (translate($1, '[]', '{}')::bigint[])")
        ],
        id_list(ids.iter().map(|id| id.0))
    )
}

/// All builds of several packages, newest first.
pub async fn of_packages(conn: &mut Conn, packages: &[PackageId]) -> Result<Vec<Build>, Error> {
    run!(
        conn,
        fetch_all as Build,
        [
            sqlite: select!("WHERE b.package_id IN (SELECT value FROM json_each($1)) ORDER BY b.id DESC"),
            postgres: select!("WHERE b.package_id = ANY (translate($1, '[]', '{}')::bigint[]) ORDER BY b.id DESC")
        ],
        id_list(packages.iter().map(|id| id.0))
    )
}

/// All builds of a directory, by number.
pub async fn of_dir(conn: &mut Conn, dir: DirId) -> Result<Vec<Build>, Error> {
    run!(conn, fetch_all as Build, select!("WHERE b.dir_id = $1 ORDER BY b.id"), dir.0)
}

/// A package `k` and its newest build: one of the main directory where there is any.
macro_rules! latest_build {
    () => {
        "SELECT k.id, COALESCE(
             (SELECT MAX(b.id) FROM build b WHERE b.dir_id = d.id AND b.package_id = k.id),
             (SELECT MAX(b.id) FROM build b WHERE b.package_id = k.id))
         FROM package k JOIN project_dir d ON d.project_id = k.project_id AND d.main"
    };
}

/// Newest build of each package: `(package, build)`, one of the main directory where there is any. With `succeeded` the
/// newest of any directory of which at least one chroot succeeded and none failed.
pub async fn latest_of(
    conn: &mut Conn,
    packages: &[PackageId],
    succeeded: bool,
) -> Result<Vec<(PackageId, BuildId)>, Error> {
    let ids = id_list(packages.iter().map(|id| id.0));
    let rows = if succeeded {
        run!(
            conn,
            fetch_all as (i64, i64),
            [
                sqlite: "SELECT k.value, (SELECT b.id FROM build b WHERE b.package_id = k.value AND NOT b.canceled
                             AND EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id AND c.state = 'succeeded')
                             AND NOT EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id
                                             AND c.state NOT IN ('succeeded', 'skipped', 'forking', 'forked'))
                             ORDER BY b.id DESC LIMIT 1) AS latest
                         FROM json_each($1) k WHERE latest IS NOT NULL",
                postgres: "SELECT k.value, l.id
                         FROM unnest(translate($1, '[]', '{}')::bigint[]) k (value)
                         JOIN LATERAL (SELECT b.id FROM build b WHERE b.package_id = k.value AND NOT b.canceled
                             AND EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id AND c.state = 'succeeded')
                             AND NOT EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id
                                             AND c.state NOT IN ('succeeded', 'skipped', 'forking', 'forked'))
                             ORDER BY b.id DESC LIMIT 1) l ON TRUE"
            ],
            ids
        )?
    } else {
        let rows = run!(
            conn,
            fetch_all as (i64, Option<i64>),
            [
                sqlite: concat!(latest_build!(), " WHERE k.id IN (SELECT value FROM json_each($1))"),
                postgres: concat!(latest_build!(), " WHERE k.id = ANY (translate($1, '[]', '{}')::bigint[])")
            ],
            ids
        )?;
        rows.into_iter().filter_map(|(package, build)| Some((package, build?))).collect()
    };
    Ok(rows.into_iter().map(|(package, build)| (PackageId(package), BuildId(build))).collect())
}
