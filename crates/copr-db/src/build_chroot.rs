//! The chroots of builds.

use crate::build::failure;
use crate::conn::{id_list, run};
use crate::{Conn, Error, Topic};
use copr_types::{BuildChrootId, BuildId, ChrootId, ChrootName, DirId, Failure, PackageId, ProjectId, RepoId, State};
use sqlx::FromRow;

/// One chroot of a build.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct BuildChroot {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: BuildChrootId,
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// The chroot.
    #[sqlx(try_from = "i64")]
    pub chroot_id: ChrootId,
    /// The chroot's name.
    #[sqlx(try_from = "String")]
    pub name: ChrootName,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: State,
    /// Why it was skipped.
    pub reason: String,
    /// When it was first leased.
    pub started_on: Option<i64>,
    /// When it ended.
    pub ended_on: Option<i64>,
    /// Name of its result directory, once there.
    pub result_dir: Option<String>,
    /// The repository's generation that proves that it succeeded.
    pub generation: Option<i64>,
    /// Class of its failure.
    pub failure_class: Option<String>,
    /// Phase of its failure.
    pub failure_phase: Option<String>,
    /// Its failure in words.
    pub failure_message: Option<String>,
    /// JSON of what the builder delivered.
    pub staged: Option<String>,
    /// The commit of its sources, once they are imported.
    pub git_hash: Option<String>,
}

impl BuildChroot {
    /// Why it failed.
    pub fn failure(&self) -> Option<Failure> {
        failure(&self.failure_class, &self.failure_phase, &self.failure_message)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT bc.id, bc.build_id, bc.chroot_id, c.name, bc.state, bc.reason, bc.started_on, bc.ended_on,
                    bc.result_dir, bc.generation, bc.failure_class, bc.failure_phase, bc.failure_message, bc.staged,
                    bc.git_hash
             FROM build_chroot bc JOIN chroot c ON c.id = bc.chroot_id ",
            $rest
        )
    };
}

/// Adds a chroot to a build.
pub async fn create(conn: &mut Conn, build: BuildId, chroot: ChrootId, state: State) -> Result<BuildChrootId, Error> {
    let (id,) = run!(
        conn,
        fetch_one as (i64,),
        "INSERT INTO build_chroot (build_id, chroot_id, state) VALUES ($1, $2, $3) RETURNING id",
        build.0,
        chroot.0,
        state.as_str()
    )?;
    Ok(BuildChrootId(id))
}

/// The chroot of a number.
pub async fn by_id(conn: &mut Conn, id: BuildChrootId) -> Result<Option<BuildChroot>, Error> {
    run!(conn, fetch_optional as BuildChroot, select!("WHERE bc.id = $1"), id.0)
}

/// The chroots of several builds, by build and number.
pub async fn of_builds(conn: &mut Conn, builds: &[BuildId]) -> Result<Vec<BuildChroot>, Error> {
    run!(
        conn,
        fetch_all as BuildChroot,
        [
            sqlite: select!("WHERE bc.build_id IN (SELECT value FROM json_each($1)) ORDER BY bc.build_id, bc.id"),
            postgres: select!(
                "WHERE bc.build_id = ANY (translate($1, '[]', '{}')::bigint[])
                 ORDER BY bc.build_id, bc.id"
            )
        ],
        id_list(builds.iter().map(|id| id.0))
    )
}

/// Moves a chroot from one state to another; false when somebody was faster.
pub async fn set_state(conn: &mut Conn, id: BuildChrootId, from: State, to: State) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE build_chroot SET state = $3 WHERE id = $1 AND state = $2",
        id.0,
        from.as_str(),
        to.as_str()
    )? > 0)
}

/// Notes why a chroot was skipped.
pub async fn set_reason(conn: &mut Conn, id: BuildChrootId, reason: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build_chroot SET reason = $2 WHERE id = $1", id.0, reason)?;
    Ok(())
}

/// Notes the commit of its sources.
pub async fn set_git_hash(conn: &mut Conn, id: BuildChrootId, hash: &str) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build_chroot SET git_hash = $2 WHERE id = $1", id.0, hash)?;
    Ok(())
}

/// Notes for a build's chroots the commits that another build had in the same ones.
pub async fn same_git_hashes(conn: &mut Conn, from: BuildId, to: BuildId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build_chroot SET git_hash = (SELECT o.git_hash FROM build_chroot o
                                             WHERE o.build_id = $1 AND o.chroot_id = build_chroot.chroot_id)
         WHERE build_id = $2",
        from.0,
        to.0
    )?;
    Ok(())
}

/// The commits that a package's builds in a directory were built from, each once.
pub async fn git_hashes(conn: &mut Conn, dir: DirId, package: PackageId) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT DISTINCT bc.git_hash FROM build_chroot bc JOIN build b ON b.id = bc.build_id
         WHERE b.dir_id = $1 AND b.package_id = $2 AND bc.git_hash IS NOT NULL ORDER BY bc.git_hash",
        dir.0,
        package.0
    )?;
    Ok(rows.into_iter().map(|(hash,)| hash).collect())
}

/// Notes the first start and the result directory.
pub async fn started(conn: &mut Conn, id: BuildChrootId, result_dir: &str, now: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build_chroot SET started_on = COALESCE(started_on, $3), result_dir = $2 WHERE id = $1",
        id.0,
        result_dir,
        now
    )?;
    Ok(())
}

/// Notes what a builder delivered.
pub async fn staged(conn: &mut Conn, id: BuildChrootId, staged: Option<&str>) -> Result<(), Error> {
    run!(conn, execute, "UPDATE build_chroot SET staged = $2 WHERE id = $1", id.0, staged)?;
    Ok(())
}

/// Notes the end: the generation that holds the packages, or why there is none.
pub async fn ended(
    conn: &mut Conn,
    id: BuildChrootId,
    generation: Option<i64>,
    failure: Option<&Failure>,
    now: i64,
) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build_chroot SET ended_on = $2, generation = $3, failure_class = $4, failure_phase = $5,
             failure_message = $6, staged = NULL
         WHERE id = $1",
        id.0,
        now,
        generation,
        failure.map(|f| f.class.as_str()),
        failure.map(|f| f.phase.as_str()),
        failure.map(|f| f.message.as_str())
    )?;
    conn.ring(Topic::Batches);
    conn.ring(Topic::Retention);
    Ok(())
}

/// Chroots that wait for the publication of a repository, oldest first.
pub async fn publishing(conn: &mut Conn, repo: RepoId) -> Result<Vec<BuildChroot>, Error> {
    run!(
        conn,
        fetch_all as BuildChroot,
        select!(
            "JOIN build b ON b.id = bc.build_id
             JOIN repo r ON r.dir_id = b.dir_id AND r.chroot_id = bc.chroot_id
             WHERE r.id = $1 AND bc.state = 'publishing' ORDER BY bc.id"
        ),
        repo.0
    )
}

/// Chroots of a repository for which a client uploaded a ready package that no publisher has begun with, oldest first.
/// Those whose batch waits for another are not among them.
pub async fn uploaded(conn: &mut Conn, repo: RepoId) -> Result<Vec<BuildChroot>, Error> {
    run!(
        conn,
        fetch_all as BuildChroot,
        select!(
            "JOIN build b ON b.id = bc.build_id
             JOIN repo r ON r.dir_id = b.dir_id AND r.chroot_id = bc.chroot_id
             WHERE r.id = $1 AND bc.state = 'pending' AND bc.staged IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM batch g WHERE g.id = b.batch_id AND g.blocked_by IS NOT NULL)
             ORDER BY bc.id"
        ),
        repo.0
    )
}

/// Chroots of builds that have a result directory in a repository, whatever became of them, by number.
pub async fn placed(conn: &mut Conn, repo: RepoId) -> Result<Vec<BuildChroot>, Error> {
    run!(
        conn,
        fetch_all as BuildChroot,
        select!(
            "JOIN build b ON b.id = bc.build_id
             JOIN repo r ON r.dir_id = b.dir_id AND r.chroot_id = bc.chroot_id
             WHERE r.id = $1 AND bc.result_dir IS NOT NULL ORDER BY bc.id"
        ),
        repo.0
    )
}

/// Builds of a project that still work in one of the chroots, by number.
pub async fn unfinished_in(conn: &mut Conn, project: ProjectId, chroot: ChrootId) -> Result<Vec<BuildId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT b.id FROM build b JOIN build_chroot bc ON bc.build_id = b.id
         WHERE b.project_id = $1 AND bc.chroot_id = $2 AND (b.canceled = $3 OR bc.state = 'publishing')
           AND bc.state NOT IN ('succeeded', 'failed', 'canceled', 'skipped', 'forking', 'forked')
         ORDER BY b.id",
        project.0,
        chroot.0,
        false
    )?;
    Ok(rows.into_iter().map(|(id,)| BuildId(id)).collect())
}

/// When the newest build ended of those that succeeded, or had nothing to do, in a chroot of a project.
pub async fn last_good(conn: &mut Conn, project: ProjectId) -> Result<Option<i64>, Error> {
    let (end,) = run!(
        conn,
        fetch_one as (Option<i64>,),
        "SELECT MAX(bc.ended_on) FROM build_chroot bc
         WHERE bc.state IN ('succeeded', 'skipped') AND bc.build_id = (
             SELECT b.id FROM build b WHERE b.project_id = $1 AND EXISTS (
                 SELECT 1 FROM build_chroot one WHERE one.build_id = b.id AND one.state IN ('succeeded', 'skipped'))
             ORDER BY b.id DESC LIMIT 1)",
        project.0
    )?;
    Ok(end)
}

/// A row of the monitor: the newest build of a package in a chroot.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Monitored {
    /// Name of the package.
    pub package: String,
    /// Name of the chroot.
    #[sqlx(try_from = "String")]
    pub chroot: ChrootName,
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// The build's version.
    pub version: Option<String>,
    /// Where the chroot stands.
    #[sqlx(try_from = "String")]
    pub state: State,
    /// Name of its result directory.
    pub result_dir: Option<String>,
}

/// The newest build of each package in each enabled and active chroot, for one directory; by package and chroot.
pub async fn monitor(conn: &mut Conn, project: ProjectId, dir: DirId) -> Result<Vec<Monitored>, Error> {
    run!(
        conn,
        fetch_all as Monitored,
        [
            sqlite: "SELECT k.name AS package, c.name AS chroot, b.id AS build_id, b.version, bc.state, bc.result_dir
                     FROM package k
                     JOIN project_chroot pc ON pc.project_id = k.project_id AND pc.enabled
                     JOIN chroot c ON c.id = pc.chroot_id AND c.enabled
                     JOIN build b ON b.id = (SELECT newest.id FROM build newest
                         JOIN build_chroot one ON one.build_id = newest.id AND one.chroot_id = pc.chroot_id
                         WHERE newest.dir_id = $2 AND newest.package_id = k.id
                         ORDER BY newest.id DESC LIMIT 1)
                     JOIN build_chroot bc ON bc.build_id = b.id AND bc.chroot_id = pc.chroot_id
                     WHERE k.project_id = $1
                     ORDER BY k.name, c.name",
            // The same, in the form that keeps the planner from reading all builds that there are.
            postgres: "SELECT k.name AS package, c.name AS chroot, n.build_id, n.version, n.state, n.result_dir
                     FROM package k
                     JOIN project_chroot pc ON pc.project_id = k.project_id AND pc.enabled
                     JOIN chroot c ON c.id = pc.chroot_id AND c.enabled
                     JOIN LATERAL (SELECT b.id AS build_id, b.version, bc.state, bc.result_dir FROM build b
                         JOIN build_chroot bc ON bc.build_id = b.id AND bc.chroot_id = pc.chroot_id
                         WHERE b.dir_id = $2 AND b.package_id = k.id
                         ORDER BY b.id DESC LIMIT 1) n ON TRUE
                     WHERE k.project_id = $1
                     ORDER BY k.name, c.name"
        ],
        project.0,
        dir.0
    )
}

/// A package that a build produced.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct BuiltPackage {
    /// The build's chroot.
    #[sqlx(try_from = "i64")]
    pub build_chroot_id: BuildChrootId,
    /// rpm's name.
    pub name: String,
    /// rpm's epoch.
    pub epoch: Option<i64>,
    /// rpm's version.
    pub version: String,
    /// rpm's release.
    pub release: String,
    /// rpm's architecture; `src` for the source package.
    pub arch: String,
}

/// Notes the packages that a chroot produced, in order; replaces what was noted before.
pub async fn set_built(conn: &mut Conn, id: BuildChrootId, packages: &[BuiltPackage]) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM built_package WHERE build_chroot_id = $1", id.0)?;
    for (position, package) in (0_i64..).zip(packages) {
        run!(
            conn,
            execute,
            "INSERT INTO built_package (build_chroot_id, position, name, epoch, version, release, arch)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            id.0,
            position,
            package.name.as_str(),
            package.epoch,
            package.version.as_str(),
            package.release.as_str(),
            package.arch.as_str()
        )?;
    }
    Ok(())
}

/// The packages that a build's chroots produced, in order.
pub async fn built(conn: &mut Conn, build: BuildId) -> Result<Vec<BuiltPackage>, Error> {
    run!(
        conn,
        fetch_all as BuiltPackage,
        "SELECT k.build_chroot_id, k.name, k.epoch, k.version, k.release, k.arch
         FROM built_package k JOIN build_chroot bc ON bc.id = k.build_chroot_id
         WHERE bc.build_id = $1 ORDER BY k.build_chroot_id, k.position",
        build.0
    )
}

/// The packages that builds produced for a repository, by chroot of a build, in order.
pub async fn built_in(conn: &mut Conn, repo: RepoId) -> Result<Vec<BuiltPackage>, Error> {
    run!(
        conn,
        fetch_all as BuiltPackage,
        "SELECT k.build_chroot_id, k.name, k.epoch, k.version, k.release, k.arch
         FROM repo r JOIN build b ON b.dir_id = r.dir_id
         JOIN build_chroot bc ON bc.build_id = b.id AND bc.chroot_id = r.chroot_id
         JOIN built_package k ON k.build_chroot_id = bc.id
         WHERE r.id = $1 ORDER BY k.build_chroot_id, k.position",
        repo.0
    )
}

/// A package for users that a build produced, whatever it is for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Produced {
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// rpm's name.
    pub name: String,
    /// rpm's version.
    pub version: String,
}

/// What several builds produced, each package once, by build and name; source packages are left out.
pub async fn produced(conn: &mut Conn, builds: &[BuildId]) -> Result<Vec<Produced>, Error> {
    run!(
        conn,
        fetch_all as Produced,
        [
            sqlite: "SELECT DISTINCT bc.build_id, k.name, k.version
                     FROM built_package k JOIN build_chroot bc ON bc.id = k.build_chroot_id
                     WHERE bc.build_id IN (SELECT value FROM json_each($1)) AND k.arch NOT IN ('src', 'nosrc')
                     ORDER BY bc.build_id, k.name, k.version",
            postgres: "SELECT DISTINCT bc.build_id, k.name, k.version
                     FROM built_package k JOIN build_chroot bc ON bc.id = k.build_chroot_id
                     WHERE bc.build_id = ANY (translate($1, '[]', '{}')::bigint[]) AND k.arch NOT IN ('src', 'nosrc')
                     ORDER BY bc.build_id, k.name, k.version"
        ],
        id_list(builds.iter().map(|id| id.0))
    )
}
