//! What the pruning of repositories looks at.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::{BuildChrootId, BuildId, ProjectId, RepoId};
use sqlx::FromRow;

/// A repository that is looked at, as it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Look {
    /// The repository.
    #[sqlx(try_from = "i64")]
    pub repo: RepoId,
    /// Its published generation.
    pub generation: i64,
    /// The generation that is asked for.
    pub wanted: i64,
    /// When it was last looked at.
    pub pruned_on: i64,
}

/// Which repositories may be pruned at all: those of projects that want it and whose publication is automatic.
macro_rules! candidates {
    ($rest:literal) => {
        concat!(
            "SELECT r.id AS repo, r.generation, r.wanted, r.pruned_on
             FROM repo r
             JOIN project_dir d ON d.id = r.dir_id
             JOIN project p ON p.id = d.project_id
             JOIN chroot c ON c.id = r.chroot_id
             WHERE p.deleted_on IS NULL AND p.auto_prune AND NOT p.persistent AND NOT p.devel_mode ",
            $rest
        )
    };
}

/// Some repositories, those first that waited longest, which nobody has looked at since `looked` and where something may
/// have become old since: another generation or another build is there than at the last look, or what was young then was there
/// before `before`. Where the chroot is switched off there is one more look.
pub async fn due(conn: &mut Conn, looked: i64, before: i64, limit: i64) -> Result<Vec<Look>, Error> {
    run!(
        conn,
        fetch_all as Look,
        candidates!(
            "AND r.pruned_on <= $1 AND (c.enabled OR NOT r.pruned_finally)
             AND (r.generation <> r.pruned_generation OR r.prune_oldest < $2 OR (NOT c.enabled)
                  OR EXISTS (SELECT 1 FROM build b WHERE b.dir_id = r.dir_id AND b.id > r.pruned_build))
             ORDER BY r.pruned_on, r.id LIMIT $3"
        ),
        looked,
        before,
        limit
    )
}

/// All repositories that may be pruned, of one project or of all; by number.
pub async fn candidates(conn: &mut Conn, project: Option<ProjectId>) -> Result<Vec<Look>, Error> {
    run!(
        conn,
        fetch_all as Look,
        candidates!("AND d.project_id = COALESCE($1, d.project_id) ORDER BY r.id"),
        project.map(|id| id.0)
    )
}

/// Notes that a repository is looked at, and holds its row until the transaction ends. False when anything has happened to
/// it since.
pub async fn begin(conn: &mut Conn, look: Look, now: i64) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE repo SET pruned_on = $5, pruned_generation = generation,
             pruned_build = COALESCE((SELECT MAX(b.id) FROM build b WHERE b.dir_id = repo.dir_id), 0),
             pruned_finally = NOT (SELECT c.enabled FROM chroot c WHERE c.id = repo.chroot_id)
         WHERE id = $1 AND generation = $2 AND wanted = $3 AND pruned_on = $4",
        look.repo.0,
        look.generation,
        look.wanted,
        look.pruned_on,
        now
    )? > 0)
}

/// Notes since when the oldest of what is still young is there; none when nothing can become old.
pub async fn note_oldest(conn: &mut Conn, repo: RepoId, oldest: Option<i64>) -> Result<(), Error> {
    run!(conn, execute, "UPDATE repo SET prune_oldest = $2 WHERE id = $1", repo.0, oldest)?;
    Ok(())
}

/// Names and paths of the packages that a repository's present generation lists and that are not about to leave it.
pub async fn holds(conn: &mut Conn, look: Look) -> Result<Vec<(String, String)>, Error> {
    run!(
        conn,
        fetch_all as (String, String),
        "SELECT nevra, href FROM repo_package
         WHERE repo_id = $1 AND added_in <= $2 AND removed_in IS NULL ORDER BY href",
        look.repo.0,
        look.generation
    )
}

/// What `primary` says of some packages, by path.
pub async fn described(conn: &mut Conn, repo: RepoId, hrefs: &[&str]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    run!(
        conn,
        fetch_all as (String, Vec<u8>),
        [
            sqlite: "SELECT href, primary_xml FROM repo_package
                     WHERE repo_id = $1 AND href IN (SELECT value FROM json_each($2)) AND removed_in IS NULL",
            postgres: "SELECT href, primary_xml FROM repo_package
                     WHERE repo_id = $1 AND href IN (SELECT value FROM json_array_elements_text($2::json))
                       AND removed_in IS NULL"
        ],
        repo.0,
        serde_json::to_string(hrefs)?
    )
}

/// Results of a build in a repository.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Results {
    /// The build's chroot.
    #[sqlx(try_from = "i64")]
    pub build_chroot: BuildChrootId,
    /// Name of their directory.
    pub result_dir: String,
    /// Since when they are there; of what has not ended since the build was submitted.
    pub since: i64,
    /// Whether the chroot has ended and nothing in any generation is of it.
    pub free: bool,
}

/// Results without a package in a repository, or in what it will hold next.
pub async fn results(conn: &mut Conn, repo: RepoId) -> Result<Vec<Results>, Error> {
    run!(
        conn,
        fetch_all as Results,
        "SELECT bc.id AS build_chroot, bc.result_dir, COALESCE(bc.ended_on, b.submitted_on) AS since,
                bc.state IN ('succeeded', 'failed', 'canceled', 'skipped', 'forked') AND bc.ended_on IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM repo_package k WHERE k.build_chroot_id = bc.id)
                    AND NOT EXISTS (SELECT 1 FROM task t WHERE t.build_chroot_id = bc.id) AS free
         FROM repo r
         JOIN build b ON b.dir_id = r.dir_id
         JOIN build_chroot bc ON bc.build_id = b.id AND bc.chroot_id = r.chroot_id
         WHERE r.id = $1 AND bc.result_dir IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM repo_package k WHERE k.build_chroot_id = bc.id AND k.removed_in IS NULL)
         ORDER BY bc.id",
        repo.0
    )
}

/// Forgets where a chroot's results were; false when it has none, or a task.
pub async fn forget_results(conn: &mut Conn, id: BuildChrootId) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE build_chroot SET result_dir = NULL
         WHERE id = $1 AND result_dir IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM task t WHERE t.build_chroot_id = build_chroot.id)",
        id.0
    )? > 0)
}

/// Results of the source of a build.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Source {
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build: BuildId,
    /// Since when they are there; of what has not ended since the build was submitted.
    pub since: i64,
    /// Whether nobody needs them any more: the source and all chroots have ended.
    pub free: bool,
}

/// Results of the sources of the builds in a repository's directory.
pub async fn sources(conn: &mut Conn, repo: RepoId) -> Result<Vec<Source>, Error> {
    run!(
        conn,
        fetch_all as Source,
        "SELECT b.id AS build, COALESCE(b.source_ended_on, b.submitted_on) AS since,
                b.source_state IN ('succeeded', 'failed', 'canceled') AND b.source_ended_on IS NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM task t WHERE t.build_id = b.id)
                    AND NOT EXISTS (SELECT 1 FROM build_chroot bc WHERE bc.build_id = b.id AND bc.state NOT IN
                                    ('succeeded', 'failed', 'canceled', 'skipped', 'forked')) AS free
         FROM repo r JOIN build b ON b.dir_id = r.dir_id
         WHERE r.id = $1 AND b.result_dir IS NOT NULL ORDER BY b.id",
        repo.0
    )
}

/// Forgets where the results of a build's source were, and the address of the source package there, which begins as
/// given; false when it has none, or a task.
pub async fn forget_source(conn: &mut Conn, id: BuildId, address: &str) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE build SET result_dir = NULL,
             source_url = CASE WHEN substr(source_url, 1, length($2)) = $2 THEN NULL ELSE source_url END
         WHERE id = $1 AND result_dir IS NOT NULL AND NOT EXISTS (SELECT 1 FROM task t WHERE t.build_id = build.id)",
        id.0,
        address
    )? > 0)
}
