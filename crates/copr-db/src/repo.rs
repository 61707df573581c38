//! Repositories: one per chroot of each directory, and what they hold.

use crate::conn::run;
use crate::{Conn, Error, Topic};
use copr_types::{
    BatchId, BuildChrootId, BuildId, ChrootId, ChrootName, DirId, DirName, OwnerName, ProjectId, ProjectName, RepoId,
};
use sqlx::FromRow;

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Repo {
    /// Its number.
    #[sqlx(try_from = "i64")]
    pub id: RepoId,
    /// The project.
    #[sqlx(try_from = "i64")]
    pub project_id: ProjectId,
    /// The project's owner.
    #[sqlx(try_from = "String")]
    pub owner: OwnerName,
    /// The project's name.
    #[sqlx(try_from = "String")]
    pub project: ProjectName,
    /// The directory's name.
    #[sqlx(try_from = "String")]
    pub dir: DirName,
    /// The chroot.
    #[sqlx(try_from = "i64")]
    pub chroot_id: ChrootId,
    /// The chroot's name.
    #[sqlx(try_from = "String")]
    pub chroot: ChrootName,
    /// The published generation; 0 before the first.
    pub generation: i64,
    /// The generation that is asked for.
    pub wanted: i64,
    /// Rises with each turn of a publisher.
    pub publisher_fence: i64,
    /// Turns that failed in a row.
    pub failures: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.id, d.project_id, p.owner, p.name AS project, d.name AS dir, r.chroot_id, c.name AS chroot,
                    r.generation, r.wanted, r.publisher_fence, r.failures
             FROM repo r
             JOIN project_dir d ON d.id = r.dir_id
             JOIN project p ON p.id = d.project_id
             JOIN chroot c ON c.id = r.chroot_id ",
            $rest
        )
    };
}

/// The repository of a directory's chroot, made (and asked to be published) when it is new.
pub async fn ensure(conn: &mut Conn, dir: DirId, chroot: ChrootId) -> Result<RepoId, Error> {
    let made = run!(
        conn,
        execute,
        "INSERT INTO repo (dir_id, chroot_id) VALUES ($1, $2) ON CONFLICT (dir_id, chroot_id) DO NOTHING",
        dir.0,
        chroot.0
    )?;
    if made > 0 {
        conn.ring(Topic::Publish);
    }
    let (id,) =
        run!(conn, fetch_one as (i64,), "SELECT id FROM repo WHERE dir_id = $1 AND chroot_id = $2", dir.0, chroot.0)?;
    Ok(RepoId(id))
}

/// The repository of a number.
pub async fn by_id(conn: &mut Conn, id: RepoId) -> Result<Option<Repo>, Error> {
    run!(conn, fetch_optional as Repo, select!("WHERE r.id = $1"), id.0)
}

/// All repositories of a project.
pub async fn of_project(conn: &mut Conn, project: ProjectId) -> Result<Vec<Repo>, Error> {
    run!(conn, fetch_all as Repo, select!("WHERE d.project_id = $1 ORDER BY r.id"), project.0)
}

/// Holds the rows of a directory's repositories until the transaction ends: no turn is taken or kept, and nobody else
/// who holds them takes a build or the project away.
pub async fn hold(conn: &mut Conn, dir: DirId) -> Result<(), Error> {
    run!(conn, execute, "UPDATE repo SET wanted = wanted WHERE dir_id = $1", dir.0)?;
    Ok(())
}

/// Asks for a new generation.
pub async fn want(conn: &mut Conn, id: RepoId) -> Result<i64, Error> {
    let (wanted,) = run!(
        conn,
        fetch_one as (i64,),
        "UPDATE repo SET wanted = wanted + 1, retry_on = 0 WHERE id = $1 RETURNING wanted",
        id.0
    )?;
    conn.ring(Topic::Publish);
    Ok(wanted)
}

/// Asks for new generations of the repositories that ready packages of a batch are to get into, when there are any.
pub async fn want_uploaded(conn: &mut Conn, batch: BatchId) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE repo SET wanted = wanted + 1, retry_on = 0
         WHERE id IN (SELECT r.id FROM build b JOIN build_chroot bc ON bc.build_id = b.id
                      JOIN repo r ON r.dir_id = b.dir_id AND r.chroot_id = bc.chroot_id
                      WHERE b.batch_id = $1 AND bc.state = 'pending' AND bc.staged IS NOT NULL)",
        batch.0
    )?;
    conn.ring(Topic::Publish);
    Ok(())
}

/// Takes the turn to publish one repository that wants it (a given one, or the one that waits longest), until a
/// deadline. None when there is none.
pub async fn claim(conn: &mut Conn, only: Option<RepoId>, now: i64, until: i64) -> Result<Option<Repo>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        [
            sqlite: "UPDATE repo SET publisher_until = $2, publisher_fence = publisher_fence + 1
                     WHERE id = (SELECT r.id FROM repo r JOIN project_dir d ON d.id = r.dir_id
                                 JOIN project p ON p.id = d.project_id
                                 WHERE r.wanted > r.generation AND r.publisher_until <= $1 AND r.retry_on <= $1
                                   AND p.deleted_on IS NULL AND r.id = COALESCE($3, r.id)
                                 ORDER BY r.generation > 0, r.id LIMIT 1)
                     RETURNING id",
            postgres: "UPDATE repo SET publisher_until = $2, publisher_fence = publisher_fence + 1
                     WHERE id = (SELECT r.id FROM repo r JOIN project_dir d ON d.id = r.dir_id
                                 JOIN project p ON p.id = d.project_id
                                 WHERE r.wanted > r.generation AND r.publisher_until <= $1 AND r.retry_on <= $1
                                   AND p.deleted_on IS NULL AND r.id = COALESCE($3, r.id)
                                 ORDER BY r.generation > 0, r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)
                     RETURNING id"
        ],
        now,
        until,
        only.map(|id| id.0)
    )?;
    match row {
        Some((id,)) => by_id(conn, RepoId(id)).await,
        None => Ok(None),
    }
}

/// Keeps the turn until a later deadline; false when it is lost.
pub async fn keep(conn: &mut Conn, id: RepoId, fence: i64, until: i64) -> Result<bool, Error> {
    Ok(run!(
        conn,
        execute,
        "UPDATE repo SET publisher_until = $3 WHERE id = $1 AND publisher_fence = $2",
        id.0,
        fence,
        until
    )? > 0)
}

/// Ends a turn that was lost because its project was deleted: whoever removes the project's files waits for that.
pub async fn leave(conn: &mut Conn, id: RepoId, fence: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE repo SET publisher_until = 0
         WHERE id = $1 AND publisher_fence > $2 AND publisher_until > 0
           AND EXISTS (SELECT 1 FROM project_dir d JOIN project p ON p.id = d.project_id
                       WHERE d.id = repo.dir_id AND p.deleted_on IS NOT NULL)",
        id.0,
        fence
    )?;
    conn.ring(Topic::Remove);
    Ok(())
}

/// Ends all turns: whoever held one can not go on.
pub async fn release_all(conn: &mut Conn) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE repo SET publisher_until = 0, publisher_fence = publisher_fence + 1 WHERE publisher_until > 0"
    )?;
    conn.ring(Topic::Publish);
    Ok(())
}

/// Notes the published generation and ends the turn; false when the turn was lost.
pub async fn published(conn: &mut Conn, id: RepoId, fence: i64, generation: i64, now: i64) -> Result<bool, Error> {
    let done = run!(
        conn,
        execute,
        "UPDATE repo SET generation = $3, published_on = $4, publisher_until = 0, retry_on = 0, failures = 0, error = NULL
         WHERE id = $1 AND publisher_fence = $2",
        id.0,
        fence,
        generation,
        now
    )? > 0;
    // The next generation may be wanted already, and builds may have waited for the first one.
    conn.ring(Topic::Publish);
    conn.ring(Topic::Tasks);
    conn.ring(Topic::Remove);
    Ok(done)
}

/// Notes a published generation from which something was left out for the time being: a further one is wanted, not
/// before a time. False when the turn was lost.
pub async fn published_partly(
    conn: &mut Conn,
    id: RepoId,
    fence: i64,
    generation: i64,
    now: i64,
    retry_on: i64,
) -> Result<bool, Error> {
    let done = run!(
        conn,
        execute,
        "UPDATE repo SET generation = $3, published_on = $4, publisher_until = 0, retry_on = $5, failures = failures + 1,
             wanted = wanted + 1, error = 'some results could not be taken in'
         WHERE id = $1 AND publisher_fence = $2",
        id.0,
        fence,
        generation,
        now,
        retry_on
    )? > 0;
    conn.ring(Topic::Tasks);
    conn.ring(Topic::Remove);
    Ok(done)
}

/// Notes that a turn failed and when to try again.
pub async fn failed(conn: &mut Conn, id: RepoId, fence: i64, error: &str, retry_on: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE repo SET publisher_until = 0, retry_on = $3, failures = failures + 1, error = $4
         WHERE id = $1 AND publisher_fence = $2",
        id.0,
        fence,
        retry_on,
        error
    )?;
    Ok(())
}

/// A package in a repository, with its rendered metadata.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RepoPackage {
    /// Path below the repository.
    pub href: String,
    /// SHA-256 of the file, hex.
    pub pkgid: String,
    /// `name-[epoch:]version-release.arch`.
    pub nevra: String,
    /// Its part of primary.
    pub primary_xml: Vec<u8>,
    /// Its part of filelists.
    pub filelists_xml: Vec<u8>,
    /// Its part of other.
    pub other_xml: Vec<u8>,
}

/// Puts packages of a build's chroot into a repository; replaces what that chroot had there.
pub async fn put_packages(
    conn: &mut Conn,
    id: RepoId,
    build_chroot: BuildChrootId,
    packages: &[RepoPackage],
) -> Result<(), Error> {
    run!(conn, execute, "DELETE FROM repo_package WHERE repo_id = $1 AND build_chroot_id = $2", id.0, build_chroot.0)?;
    for package in packages {
        run!(
            conn,
            execute,
            "INSERT INTO repo_package (repo_id, href, build_chroot_id, pkgid, nevra, primary_xml, filelists_xml,
                 other_xml)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            id.0,
            package.href.as_str(),
            build_chroot.0,
            package.pkgid.as_str(),
            package.nevra.as_str(),
            package.primary_xml.as_slice(),
            package.filelists_xml.as_slice(),
            package.other_xml.as_slice()
        )?;
    }
    Ok(())
}

/// Everything a repository holds, by path.
pub async fn packages(conn: &mut Conn, id: RepoId) -> Result<Vec<RepoPackage>, Error> {
    run!(
        conn,
        fetch_all as RepoPackage,
        "SELECT href, pkgid, nevra, primary_xml, filelists_xml, other_xml FROM repo_package
         WHERE repo_id = $1 ORDER BY href",
        id.0
    )
}

/// A package in a repository, and what it was built from.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Built {
    /// The build.
    #[sqlx(try_from = "i64")]
    pub build_id: BuildId,
    /// The source package's name.
    pub package: String,
    /// Its part of primary.
    pub primary_xml: Vec<u8>,
}

/// Everything that a directory's repository of a chroot holds, with the builds it is of, newest first.
pub async fn built(conn: &mut Conn, dir: DirId, chroot: ChrootId) -> Result<Vec<Built>, Error> {
    run!(
        conn,
        fetch_all as Built,
        "SELECT b.id AS build_id, k.name AS package, o.primary_xml FROM repo r
         JOIN repo_package o ON o.repo_id = r.id
         JOIN build_chroot bc ON bc.id = o.build_chroot_id
         JOIN build b ON b.id = bc.build_id
         JOIN package k ON k.id = b.package_id
         WHERE r.dir_id = $1 AND r.chroot_id = $2 ORDER BY b.id DESC, o.href",
        dir.0,
        chroot.0
    )
}

/// The repositories that hold packages of a build.
pub async fn holding(conn: &mut Conn, build: BuildId) -> Result<Vec<(RepoId, BuildChrootId)>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64, i64),
        "SELECT DISTINCT k.repo_id, k.build_chroot_id FROM repo_package k
         JOIN build_chroot bc ON bc.id = k.build_chroot_id WHERE bc.build_id = $1",
        build.0
    )?;
    Ok(rows.into_iter().map(|(repo, chroot)| (RepoId(repo), BuildChrootId(chroot))).collect())
}

/// The published generations of repositories at paths of the result tree: owner, project, directory, chroot. Those that are not there are left
/// out.
pub async fn generations(conn: &mut Conn, paths: &[[String; 4]]) -> Result<Vec<(String, String, String, i64)>, Error> {
    macro_rules! at {
        ($paths:literal) => {
            concat!(
                "SELECT p.owner, d.name, c.name, r.generation
                 FROM (SELECT value ->> 0 AS owner, value ->> 1 AS project, value ->> 2 AS dir, value ->> 3 AS chroot FROM ",
                $paths,
                ") j
                 JOIN project p ON p.owner = j.owner AND p.name = j.project AND p.deleted_on IS NULL
                 JOIN project_dir d ON d.project_id = p.id AND d.name = j.dir
                 JOIN chroot c ON c.name = j.chroot
                 JOIN repo r ON r.dir_id = d.id AND r.chroot_id = c.id"
            )
        };
    }
    let paths = serde_json::to_string(paths)?;
    run!(
        conn,
        fetch_all as (String, String, String, i64),
        [sqlite: at!("json_each($1)"), postgres: at!("jsonb_array_elements($1::jsonb)")],
        paths
    )
}

/// The repository at a path of the result tree, with its published generation.
pub async fn by_path(conn: &mut Conn, owner: &str, dir: &str, chroot: &str) -> Result<Option<(RepoId, i64)>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64, i64),
        "SELECT r.id, r.generation FROM repo r
         JOIN project_dir d ON d.id = r.dir_id
         JOIN project p ON p.id = d.project_id
         JOIN chroot c ON c.id = r.chroot_id
         WHERE p.owner = $1 AND p.deleted_on IS NULL AND d.name = $2 AND c.name = $3",
        owner,
        dir,
        chroot
    )?;
    Ok(row.map(|(id, generation)| (RepoId(id), generation)))
}
