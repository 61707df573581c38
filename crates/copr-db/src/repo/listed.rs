//! What generations of repositories list: packages with and without their metadata, whole or by chunk, and what differs.

use super::RepoPackage;
use crate::conn::run;
use crate::{Conn, Error};
use copr_types::{BuildChrootId, BuildId, ChrootId, DirId, RepoId};
use sqlx::FromRow;
use std::collections::BTreeSet;

/// A package without its metadata.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, FromRow)]
pub struct Listed {
    /// `name-[epoch:]version-release.arch`.
    pub nevra: String,
    /// Path below the repository.
    pub href: String,
    /// SHA-256 of the file, hex.
    pub pkgid: String,
}

/// How many packages only the devel repository lists at a generation.
pub async fn devel_count(conn: &mut Conn, id: RepoId, generation: i64) -> Result<i64, Error> {
    let (count,) = run!(
        conn,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM repo_package
         WHERE repo_id = $1 AND devel = $3 AND added_in <= $2 AND (removed_in IS NULL OR removed_in > $2)",
        id.0,
        generation,
        true
    )?;
    Ok(count)
}

/// Everything that a generation of the devel repository lists: what the public one does, and more. By chunk and path.
pub async fn devel_at(conn: &mut Conn, id: RepoId, generation: i64) -> Result<Vec<RepoPackage>, Error> {
    run!(
        conn,
        fetch_all as RepoPackage,
        "SELECT href, pkgid, nevra, primary_xml, filelists_xml, other_xml FROM repo_package
         WHERE repo_id = $1 AND +added_in <= $2 AND (removed_in IS NULL OR removed_in > $2) ORDER BY chunk, href",
        id.0,
        generation
    )
}

/// Everything that a generation lists, by chunk and path.
pub async fn packages_at(conn: &mut Conn, id: RepoId, generation: i64) -> Result<Vec<RepoPackage>, Error> {
    run!(
        conn,
        fetch_all as RepoPackage,
        "SELECT href, pkgid, nevra, primary_xml, filelists_xml, other_xml FROM repo_package
         WHERE repo_id = $1 AND devel = $3 AND +added_in <= $2 AND (removed_in IS NULL OR removed_in > $2)
         ORDER BY chunk, href",
        id.0,
        generation,
        false
    )
}

/// What a generation lists of one chunk, by path.
pub async fn chunk_at(conn: &mut Conn, id: RepoId, number: i64, generation: i64) -> Result<Vec<RepoPackage>, Error> {
    run!(
        conn,
        fetch_all as RepoPackage,
        "SELECT href, pkgid, nevra, primary_xml, filelists_xml, other_xml FROM repo_package
         WHERE repo_id = $1 AND chunk = $2 AND devel = $4 AND +added_in <= $3
           AND (removed_in IS NULL OR removed_in > $3)
         ORDER BY href",
        id.0,
        number,
        generation,
        false
    )
}

/// Some hundred packages of a repository.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Chunk {
    /// Its number, from 1 on. Numbers may be missing.
    pub number: i64,
    /// Packages that were put into it, with those that left it again.
    pub packages: i64,
    /// The highest generation that was noted for one of its packages: since that one all list the same of it.
    pub changed_in: i64,
    /// Rises whenever anything is noted.
    pub edition: i64,
}

/// The chunks of a repository, by number.
pub async fn chunks(conn: &mut Conn, id: RepoId) -> Result<Vec<Chunk>, Error> {
    run!(
        conn,
        fetch_all as Chunk,
        "SELECT number, packages, changed_in, edition FROM repo_chunk WHERE repo_id = $1 ORDER BY number",
        id.0
    )
}

/// Everything that a generation lists, without its metadata; by name.
pub async fn listed_at(conn: &mut Conn, id: RepoId, generation: i64) -> Result<Vec<Listed>, Error> {
    run!(
        conn,
        fetch_all as Listed,
        "SELECT nevra, href, pkgid FROM repo_package
         WHERE repo_id = $1 AND devel = $3 AND added_in <= $2 AND (removed_in IS NULL OR removed_in > $2)
         ORDER BY nevra, href",
        id.0,
        generation,
        false
    )
}

/// Where everything lies that any generation of a repository lists of which it is remembered, in order.
pub async fn hrefs(conn: &mut Conn, id: RepoId) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT DISTINCT href FROM repo_package WHERE repo_id = $1 ORDER BY href",
        id.0
    )?;
    Ok(rows.into_iter().map(|(href,)| href).collect())
}

/// What a repository lists of a build's chroot, by path, and will list until somebody takes it out.
pub async fn packages_of(conn: &mut Conn, id: RepoId, build_chroot: BuildChrootId) -> Result<Vec<RepoPackage>, Error> {
    run!(
        conn,
        fetch_all as RepoPackage,
        "SELECT href, pkgid, nevra, primary_xml, filelists_xml, other_xml FROM repo_package
         WHERE build_chroot_id = $2 AND repo_id = $1 AND removed_in IS NULL ORDER BY href",
        id.0,
        build_chroot.0
    )
}

/// Paths of packages of a build's chroot that a repository listed and does not any more, as far as that is remembered.
pub async fn withdrawn(conn: &mut Conn, id: RepoId, build_chroot: BuildChrootId) -> Result<Vec<String>, Error> {
    let rows = run!(
        conn,
        fetch_all as (String,),
        "SELECT href FROM repo_package WHERE build_chroot_id = $2 AND repo_id = $1
         GROUP BY href HAVING COUNT(*) = COUNT(removed_in) ORDER BY href",
        id.0,
        build_chroot.0
    )?;
    Ok(rows.into_iter().map(|(href,)| href).collect())
}

/// The newest build that has a package of this name, version and architecture in a repository; one chroot of a build does
/// not count.
pub async fn same_nevra(
    conn: &mut Conn,
    id: RepoId,
    nevra: &str,
    but: Option<BuildChrootId>,
) -> Result<Option<BuildId>, Error> {
    let row = run!(
        conn,
        fetch_optional as (i64,),
        "SELECT bc.build_id FROM repo_package k JOIN build_chroot bc ON bc.id = k.build_chroot_id
         WHERE k.repo_id = $1 AND k.nevra = $2 AND k.removed_in IS NULL AND bc.id <> $3
         ORDER BY bc.build_id DESC LIMIT 1",
        id.0,
        nevra,
        but.map_or(0, |id| id.0)
    )?;
    Ok(row.map(|(id,)| BuildId(id)))
}

/// What differs between two generations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// What only the second lists, by name.
    pub added: Vec<Listed>,
    /// What only the first lists, by name.
    pub removed: Vec<Listed>,
}

/// What differs between two generations of a repository, in either direction.
pub async fn diff(conn: &mut Conn, id: RepoId, from: i64, to: i64) -> Result<Diff, Error> {
    let (low, high) = (from.min(to), from.max(to));
    let came: BTreeSet<Listed> = run!(
        conn,
        fetch_all as Listed,
        "SELECT nevra, href, pkgid FROM repo_package
         WHERE repo_id = $1 AND devel = $4 AND added_in > $2 AND added_in <= $3
           AND (removed_in IS NULL OR removed_in > $3)",
        id.0,
        low,
        high,
        false
    )?
    .into_iter()
    .collect();
    let went: BTreeSet<Listed> = run!(
        conn,
        fetch_all as Listed,
        "SELECT nevra, href, pkgid FROM repo_package
         WHERE repo_id = $1 AND devel = $4 AND removed_in > $2 AND removed_in <= $3 AND added_in <= $2",
        id.0,
        low,
        high,
        false
    )?
    .into_iter()
    .collect();
    // What went and came back in between is in both.
    let came_new = came.difference(&went).cloned().collect();
    let went_old = went.difference(&came).cloned().collect();
    Ok(if from <= to {
        Diff { added: came_new, removed: went_old }
    } else {
        Diff { added: went_old, removed: came_new }
    })
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

/// Everything that a directory's repository of a chroot holds and that is not about to leave it, with the builds it is of, newest
/// first.
pub async fn built(conn: &mut Conn, dir: DirId, chroot: ChrootId) -> Result<Vec<Built>, Error> {
    run!(
        conn,
        fetch_all as Built,
        "SELECT b.id AS build_id, k.name AS package, o.primary_xml FROM repo r
         JOIN repo_package o ON o.repo_id = r.id AND o.removed_in IS NULL
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
         JOIN build_chroot bc ON bc.id = k.build_chroot_id WHERE bc.build_id = $1 AND k.removed_in IS NULL",
        build.0
    )?;
    Ok(rows.into_iter().map(|(repo, chroot)| (RepoId(repo), BuildChrootId(chroot))).collect())
}
