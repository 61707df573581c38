//! Forks: what is to be copied from one project into another, and how far that has come.

use crate::conn::{id_list, run};
use crate::{Conn, Error, Topic};
use copr_types::{BuildChrootId, BuildId, ChrootId, ChrootName, DirId, PackageId, PackageName, ProjectId, RepoId};
use sqlx::FromRow;

/// The work on one fork. Gone once all is in place.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Fork {
    /// Its number.
    pub id: i64,
    /// The project that is copied into.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// The project that is copied; it may be gone.
    #[sqlx(try_from = "i64")]
    pub source_id: ProjectId,
    /// The source's package that was taken last.
    #[sqlx(try_from = "i64")]
    pub last_package: PackageId,
    /// All of the source's packages were taken.
    pub listed: bool,
    /// The build that was tried last in this round.
    #[sqlx(try_from = "i64")]
    pub last_build: BuildId,
    /// Rises with each turn of a copier.
    pub copier_fence: i64,
    /// Rounds in a row that left something over.
    pub failures: i64,
}

macro_rules! columns {
    () => {
        "id, project_id, source_id, last_package, listed, last_build, copier_fence, failures"
    };
}

/// Notes that a project is to be copied into another. Whoever asks has the first turn, until a deadline.
pub async fn create(
    conn: &mut Conn,
    project: ProjectId,
    source: ProjectId,
    now: i64,
    until: i64,
) -> Result<Fork, Error> {
    run!(
        conn,
        fetch_one as Fork,
        concat!(
            "INSERT INTO fork (project_id, source_id, listed, copier_until, copier_fence, created_on)
             VALUES ($1, $2, $3, $4, 1, $5) RETURNING ",
            columns!()
        ),
        project.0,
        source.0,
        false,
        until,
        now
    )
}

/// Takes the turn to copy, until a deadline: for the fork that waits longest. None when there is none.
pub async fn claim(conn: &mut Conn, now: i64, until: i64) -> Result<Option<Fork>, Error> {
    run!(
        conn,
        fetch_optional as Fork,
        [
            sqlite: concat!(
                "UPDATE fork SET copier_until = $2, copier_fence = copier_fence + 1
                 WHERE id = (SELECT f.id FROM fork f JOIN project p ON p.id = f.project_id
                             WHERE f.copier_until <= $1 AND f.retry_on <= $1 AND p.deleted_on IS NULL
                             ORDER BY f.retry_on, f.id LIMIT 1)
                 RETURNING ",
                columns!()
            ),
            postgres: concat!(
                "UPDATE fork SET copier_until = $2, copier_fence = copier_fence + 1
                 WHERE id = (SELECT f.id FROM fork f JOIN project p ON p.id = f.project_id
                             WHERE f.copier_until <= $1 AND f.retry_on <= $1 AND p.deleted_on IS NULL
                             ORDER BY f.retry_on, f.id LIMIT 1 FOR UPDATE OF f SKIP LOCKED)
                 RETURNING ",
                columns!()
            )
        ],
        now,
        until
    )
}

/// Keeps the turn until a later deadline; false when it is lost.
pub async fn keep(conn: &mut Conn, id: i64, fence: i64, until: i64) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE fork SET copier_until = $3 WHERE id = $1 AND copier_fence = $2", id, fence, until)?
        > 0)
}

/// Ends all turns: whoever held one can not go on.
pub async fn release_all(conn: &mut Conn) -> Result<(), Error> {
    run!(conn, execute, "UPDATE fork SET copier_until = 0, copier_fence = copier_fence + 1 WHERE copier_until > 0")?;
    conn.ring(Topic::Fork);
    Ok(())
}

/// How a turn ends that leaves something over.
#[derive(Clone, Copy, Debug)]
pub struct Rest<'a> {
    /// The build from which the next turn goes on; 0 begins a new round.
    pub last_build: BuildId,
    /// Rounds in a row that left something over.
    pub failures: i64,
    /// Not before.
    pub retry_on: i64,
    /// What hindered it.
    pub error: Option<&'a str>,
}

/// Ends a turn; nothing happens when it was lost.
pub async fn release(conn: &mut Conn, id: i64, fence: i64, rest: Rest<'_>) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE fork SET copier_until = 0, last_build = $3, failures = $4, retry_on = $5, error = $6
         WHERE id = $1 AND copier_fence = $2",
        id,
        fence,
        rest.last_build.0,
        rest.failures,
        rest.retry_on,
        rest.error
    )?;
    conn.ring(Topic::Fork);
    Ok(())
}

/// Forgets the work once all is done; false when the turn was lost.
pub async fn done(conn: &mut Conn, id: i64, fence: i64) -> Result<bool, Error> {
    Ok(run!(conn, execute, "DELETE FROM fork WHERE id = $1 AND copier_fence = $2", id, fence)? > 0)
}

/// Numbers of all forks that are worked on.
pub async fn ids(conn: &mut Conn) -> Result<Vec<i64>, Error> {
    let rows = run!(conn, fetch_all as (i64,), "SELECT id FROM fork ORDER BY id")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The source's next packages: number and name, by number.
pub async fn packages(
    conn: &mut Conn,
    source: ProjectId,
    after: PackageId,
    limit: i64,
) -> Result<Vec<(PackageId, String)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, String),
        "SELECT id, name FROM package WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        source.0,
        after.0,
        limit
    )?;
    Ok(rows.into_iter().map(|(id, name)| (PackageId(id), name)).collect())
}

/// Notes how far the list of packages is taken; false when the turn was lost.
pub async fn took(conn: &mut Conn, id: i64, fence: i64, last: PackageId, listed: bool) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE fork SET last_package = $3, listed = $4 WHERE id = $1 AND copier_fence = $2",
        id,
        fence,
        last.0,
        listed
    )? > 0)
}

/// A chroot of a build that is worth copying: the last that succeeded for its package and chroot.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Candidate {
    /// The package.
    #[sqlx(try_from = "i64")]
    pub package_id: PackageId,
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// Name of the source's result directory.
    pub source_dir: Option<String>,
    /// The build's chroot.
    #[sqlx(try_from = "i64")]
    pub build_chroot_id: BuildChrootId,
    /// The chroot.
    #[sqlx(try_from = "i64")]
    pub chroot_id: ChrootId,
    /// The chroot's name.
    #[sqlx(try_from = "String")]
    pub chroot: ChrootName,
    /// Name of its result directory.
    pub result_dir: String,
}

/// What of some packages in a directory can be copied into a project: for each chroot that the project has, the last
/// build that succeeded or was copied itself, unless the project has a copy of that.
pub async fn candidates(
    conn: &mut Conn,
    packages: &[PackageId],
    dir: DirId,
    project: ProjectId,
) -> Result<Vec<Candidate>, Error> {
    const SQL: &str =
        "SELECT n.package_id, n.build_id, b.result_dir AS source_dir, bc.id AS build_chroot_id, n.chroot_id,
                c.name AS chroot, bc.result_dir
         FROM (SELECT b.package_id, bc.chroot_id, MAX(b.id) AS build_id
               FROM build b JOIN build_chroot bc ON bc.build_id = b.id
               WHERE b.package_id IN ($PACKAGES) AND b.dir_id = $2 AND bc.state IN ('succeeded', 'forked')
                 AND bc.result_dir IS NOT NULL
               GROUP BY b.package_id, bc.chroot_id) n
         JOIN build b ON b.id = n.build_id
         JOIN build_chroot bc ON bc.build_id = n.build_id AND bc.chroot_id = n.chroot_id
         JOIN chroot c ON c.id = n.chroot_id AND c.enabled
         JOIN project_chroot pc ON pc.project_id = $3 AND pc.chroot_id = n.chroot_id AND pc.enabled
         WHERE NOT EXISTS (SELECT 1 FROM build f JOIN build_chroot fc ON fc.build_id = f.id
                           WHERE f.forked_from = n.build_id AND f.project_id = $3 AND fc.chroot_id = n.chroot_id
                             AND fc.state IN ('forking', 'forked'))
         ORDER BY n.package_id, n.build_id, n.chroot_id";
    let sql = |list: &str| sqlx::AssertSqlSafe(SQL.replace("$PACKAGES", list));
    run!(
        conn,
        fetch_all as Candidate,
        [
            sqlite: sql("SELECT value FROM json_each($1)"),
            postgres: sql("SELECT value::bigint FROM json_array_elements_text($1::json)")
        ],
        id_list(packages.iter().map(|id| id.0)),
        dir.0,
        project.0
    )
}

/// Paths and digests of the packages that chroots of builds have in their repositories.
pub async fn digests(
    conn: &mut Conn,
    chroots: &[BuildChrootId],
) -> Result<Vec<(BuildChrootId, String, String)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, String, String),
        [
            sqlite: "SELECT build_chroot_id, href, pkgid FROM repo_package
                     WHERE build_chroot_id IN (SELECT value FROM json_each($1)) AND removed_in IS NULL",
            postgres: "SELECT build_chroot_id, href, pkgid FROM repo_package
                     WHERE build_chroot_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
                       AND removed_in IS NULL"
        ],
        id_list(chroots.iter().map(|id| id.0))
    )?;
    Ok(rows.into_iter().map(|(id, href, pkgid)| (BuildChrootId(id), href, pkgid)).collect())
}

/// A copy of a package for a project, or the package of that name that the project has. Nothing rebuilds a copy by
/// itself. None when the original is gone.
pub async fn package(
    conn: &mut Conn,
    original: PackageId,
    name: &str,
    project: ProjectId,
    now: i64,
) -> Result<Option<(PackageId, PackageName)>, Error> {
    run!(
        conn,
        execute,
        "INSERT INTO package (project_id, name, source_kind, source, auto_rebuild, max_builds, timeout, chroot_denylist,
             created_on)
         SELECT $2, k.name, k.source_kind, k.source, $3, k.max_builds, k.timeout, k.chroot_denylist, $4
         FROM package k WHERE k.id = $1
         ON CONFLICT (project_id, name) DO NOTHING",
        original.0,
        project.0,
        false,
        now
    )?;
    Ok(crate::package::by_name(conn, project, name).await?.map(|found| (found.id, found.name)))
}

/// Where a copy of a build belongs.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The project.
    pub project: ProjectId,
    /// The directory.
    pub dir: DirId,
    /// The package.
    pub package: PackageId,
    /// The work that brings its files.
    pub fork: i64,
}

/// A copy of a build without its chroots and results. None when the original is gone.
pub async fn build(conn: &mut Conn, original: BuildId, to: Target) -> Result<Option<BuildId>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "INSERT INTO build (project_id, dir_id, package_id, account_id, submitted_by, source_kind, source, source_state,
             canceled, selection, version, srpm_name, source_url, background, enable_net, timeout, bootstrap,
             isolation, submitted_on, source_started_on, source_ended_on, forked_from, fork_id)
         SELECT $2, $3, $4, b.account_id, b.submitted_by, b.source_kind, b.source, 'succeeded', $6, 'named', b.version,
             b.srpm_name, b.source_url, b.background, b.enable_net, b.timeout, b.bootstrap, b.isolation,
             b.submitted_on, b.source_started_on, b.source_ended_on, b.id, $5
         FROM build b WHERE b.id = $1
         RETURNING id",
        original.0,
        to.project.0,
        to.dir.0,
        to.package.0,
        to.fork,
        false
    )?;
    Ok(row.map(|(id,)| BuildId(id)))
}

/// Notes where the results of a copy's source will be: the directory's name, and its address with a slash at the end.
pub async fn source_results(conn: &mut Conn, id: BuildId, result_dir: &str, address: &str) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build SET result_dir = $2,
             source_url = CASE WHEN srpm_name IS NULL THEN source_url ELSE $3 || srpm_name END
         WHERE id = $1",
        id.0,
        result_dir,
        address
    )?;
    Ok(())
}

/// A copy of one chroot of a build, with the names of what it produced. `staged` is JSON: the files that wait for it.
/// None when the original is gone.
pub async fn chroot(
    conn: &mut Conn,
    original: BuildChrootId,
    build: BuildId,
    result_dir: &str,
    staged: &str,
) -> Result<Option<BuildChrootId>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "INSERT INTO build_chroot (build_id, chroot_id, state, started_on, ended_on, result_dir, staged, git_hash)
         SELECT $2, bc.chroot_id, 'forking', bc.started_on, bc.ended_on, $3, $4, bc.git_hash
         FROM build_chroot bc WHERE bc.id = $1
         RETURNING id",
        original.0,
        build.0,
        result_dir,
        staged
    )?;
    let Some((id,)) = row else { return Ok(None) };
    run!(
        conn,
        execute,
        "INSERT INTO built_package (build_chroot_id, position, name, epoch, version, release, arch)
         SELECT $2, k.position, k.name, k.epoch, k.version, k.release, k.arch
         FROM built_package k WHERE k.build_chroot_id = $1",
        original.0,
        id
    )?;
    Ok(Some(BuildChrootId(id)))
}

/// Builds with larger numbers than `after` whose files are still to come, with the builds that they are copies of.
pub async fn waiting(conn: &mut Conn, fork: i64, after: BuildId, limit: i64) -> Result<Vec<(BuildId, BuildId)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64),
        "SELECT id, forked_from FROM build
         WHERE fork_id = $1 AND id > $2 AND forked_from IS NOT NULL ORDER BY id LIMIT $3",
        fork,
        after.0,
        limit
    )?;
    Ok(rows.into_iter().map(|(id, original)| (BuildId(id), BuildId(original))).collect())
}

/// Notes that a build's files are in place; false when they were already, or the build is gone.
pub async fn arrived(conn: &mut Conn, id: BuildId, fork: i64) -> Result<bool, Error> {
    Ok(run!(conn, execute, "UPDATE build SET fork_id = NULL WHERE id = $1 AND fork_id = $2", id.0, fork)? > 0)
}

/// Notes the generation that will hold a chroot's packages, the next that is asked for.
pub async fn awaits(conn: &mut Conn, id: BuildChrootId, repo: RepoId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE build_chroot SET staged = NULL, generation = (SELECT r.wanted + 1 FROM repo r WHERE r.id = $2)
         WHERE id = $1 AND state = 'forking'",
        id.0,
        repo.0
    )?;
    Ok(())
}

/// Asks for new generations of a project's repositories whose packages wait for one.
pub async fn want(conn: &mut Conn, project: ProjectId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE repo SET wanted = wanted + 1, retry_on = 0
         WHERE dir_id IN (SELECT id FROM project_dir WHERE project_id = $1)
           AND EXISTS (SELECT 1 FROM build b JOIN build_chroot bc ON bc.build_id = b.id
                       WHERE b.project_id = $1 AND b.dir_id = repo.dir_id AND bc.chroot_id = repo.chroot_id
                         AND bc.state = 'forking' AND bc.generation > repo.wanted)",
        project.0
    )?;
    conn.ring(Topic::Publish);
    Ok(())
}

/// Copies that wait for a generation of a repository that is published now.
pub async fn published(conn: &mut Conn, repo: RepoId, generation: i64) -> Result<Vec<(BuildChrootId, BuildId)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64),
        "SELECT bc.id, bc.build_id FROM build_chroot bc
         JOIN build b ON b.id = bc.build_id
         JOIN repo r ON r.dir_id = b.dir_id AND r.chroot_id = bc.chroot_id
         WHERE bc.state = 'forking' AND bc.generation <= $2 AND r.id = $1
         ORDER BY bc.id",
        repo.0,
        generation
    )?;
    Ok(rows.into_iter().map(|(id, build)| (BuildChrootId(id), BuildId(build))).collect())
}
