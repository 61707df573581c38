//! Builds: one source each.

use crate::conn::{id_list, run};
use crate::{Conn, Error, Topic};
use copr_types::{
    BuildId, ChrootId, DirId, DirName, Failure, FailureClass, Isolation, OwnerName, PackageId, Phase, ProjectId,
    ProjectName, SourceKind, State,
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

/// Moves the source from one state to another; false when somebody was faster.
pub async fn set_source_state(conn: &mut Conn, id: BuildId, from: State, to: State) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE build SET source_state = $3 WHERE id = $1 AND source_state = $2",
        id.0,
        from.as_str(),
        to.as_str()
    )? > 0)
}

/// Keeps the source as it was given, where others are shown something else.
pub async fn keep_private(conn: &mut Conn, id: BuildId, source: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build SET private_source = $2 WHERE id = $1", id.0, source)?;
    Ok(())
}

/// Notes the version of a ready package.
pub async fn set_version(conn: &mut Conn, id: BuildId, version: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build SET version = $2 WHERE id = $1", id.0, version)?;
    Ok(())
}

/// Notes the first start of the source and its result directory.
pub async fn source_started(conn: &mut Conn, id: BuildId, result_dir: &str, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET source_started_on = COALESCE(source_started_on, $3), result_dir = $2 WHERE id = $1",
        id.0,
        result_dir,
        now
    )?;
    Ok(())
}

/// Notes what a builder delivered for the source.
pub async fn source_staged(conn: &mut Conn, id: BuildId, staged: Option<&str>) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build SET staged = $2 WHERE id = $1", id.0, staged)?;
    Ok(())
}

/// Notes the end of the source and, when it failed, why.
pub async fn source_ended(conn: &mut Conn, id: BuildId, failure: Option<&Failure>, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET source_ended_on = $2, failure_class = $3, failure_phase = $4, failure_message = $5, staged = NULL
         WHERE id = $1",
        id.0,
        now,
        failure.map(|f| f.class.as_str()),
        failure.map(|f| f.phase.as_str()),
        failure.map(|f| f.message.as_str())
    )?;
    conn.ring(Topic::Batches);
    conn.ring(Topic::Retention);
    Ok(())
}

/// Notes what the import found.
pub async fn imported(
    conn: &mut Conn,
    id: BuildId,
    package: PackageId,
    version: &str,
    srpm_name: &str,
    source_url: &str,
) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET package_id = $2, version = $3, srpm_name = $4, source_url = $5 WHERE id = $1",
        id.0,
        package.0,
        version,
        srpm_name,
        source_url
    )?;
    Ok(())
}

/// Builds whose source waits for its import, oldest first.
pub async fn importing(conn: &mut Conn, limit: i64) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT id FROM build WHERE source_state = 'importing' ORDER BY id LIMIT $1",
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// What was delivered, of sources and for chroots, and is being taken in: JSON as the one who stored it wrote it.
pub async fn delivered(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT staged FROM build WHERE source_state = 'importing' AND staged IS NOT NULL
         UNION ALL
         SELECT staged FROM build_chroot WHERE state = 'publishing' AND staged IS NOT NULL"
    )?;
    Ok(rows.into_iter().map(|(staged,)| staged).collect())
}

/// Sources, as JSON, of the builds that still need the file that was uploaded for them.
pub async fn uploads_in_use(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT source FROM build
         WHERE (source_state IN ('pending', 'starting', 'running', 'importing') AND source_kind IN ('upload', 'custom'))
            OR (source_kind = 'rpm_upload'
                AND EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = build.id AND c.staged IS NOT NULL))"
    )?;
    Ok(rows.into_iter().map(|(source,)| source).collect())
}

/// Builds of web hooks of a package into a directory that nobody works on yet and that are of the same branch or tag.
pub async fn waiting_for(
    conn: &mut Conn,
    package: PackageId,
    dir: DirId,
    git_ref: &str,
) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT id FROM build
         WHERE package_id = $1 AND dir_id = $2 AND hook_ref = $3 AND source_state = 'pending' AND NOT canceled ORDER BY id",
        package.0,
        dir.0,
        git_ref
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Ends a build that nobody works on yet, with all its chroots, in favour of another; false when somebody was faster.
pub async fn superseded(conn: &mut Conn, id: BuildId, reason: &str, now: i64) -> Result<bool, Error> {
    let ended = run!(
        conn,
        execute,
        "UPDATE build SET canceled = $2, source_state = 'canceled', source_ended_on = $3
         WHERE id = $1 AND source_state = 'pending' AND NOT canceled",
        id.0,
        true,
        now
    )?;
    if ended == 0 {
        return Ok(false);
    }
    run!(
        conn,
        execute,
        "UPDATE build_chroot SET state = 'canceled', reason = $2, ended_on = $3 WHERE build_id = $1 AND state = 'waiting'",
        id.0,
        reason,
        now
    )?;
    conn.ring(Topic::Batches);
    Ok(true)
}

/// Sets the cancel flag; false when it was set already.
pub async fn set_canceled(conn: &mut Conn, id: BuildId) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(conn, execute, "UPDATE build SET canceled = $2 WHERE id = $1 AND canceled = $3", id.0, true, false)? > 0)
}

/// Removes a build's rows with all that belongs to it.
pub async fn delete(conn: &mut Conn, id: BuildId) -> Result<bool, Error> {
    conn.ring(Topic::Batches);
    Ok(run!(conn, execute, "DELETE FROM build WHERE id = $1", id.0)? > 0)
}

/// Numbers of a project's builds that have not ended, and of canceled ones whose packages are still on their way
/// into a repository.
pub async fn unfinished(conn: &mut Conn, project: ProjectId) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        concat!(
            "SELECT b.id FROM build b WHERE b.project_id = $1
               AND ((",
            not_ended!(),
            ") OR EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id AND c.state = 'publishing'))
             ORDER BY b.id"
        ),
        project.0
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Ended builds that their packages do not keep any more: each package that has a number to keep keeps that many of the
/// newest, in each directory for itself; those that have not ended do not count yet. By number; none of projects whose
/// builds stay for ever.
pub async fn superfluous(conn: &mut Conn, limit: i64) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        concat!(
            "SELECT id FROM (
                 SELECT b.id, k.max_builds,
                        ROW_NUMBER() OVER (PARTITION BY b.package_id, b.dir_id ORDER BY b.id DESC) AS place
                 FROM package k JOIN project p ON p.id = k.project_id JOIN build b ON b.package_id = k.id
                 WHERE k.max_builds > 0 AND NOT p.persistent AND p.deleted_on IS NULL AND NOT (",
            not_ended!(),
            ") AND NOT EXISTS (SELECT 1 FROM build_chroot c WHERE c.build_id = b.id AND c.state = 'publishing')) ranked
             WHERE place > max_builds ORDER BY id LIMIT $1"
        ),
        limit
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// Builds that have not ended and are to be made in a chroot, whosever they are, by number.
pub async fn unfinished_in_chroot(conn: &mut Conn, chroot: ChrootId) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT bc.build_id FROM build_chroot bc
         WHERE bc.chroot_id = $1 AND bc.state IN ('waiting', 'pending', 'starting', 'running')
         ORDER BY bc.build_id",
        chroot.0
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}
