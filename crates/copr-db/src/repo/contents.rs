//! What repositories hold, and in which of their generations.
//!
//! A package is listed from the generation `added_in` on until, and without, `removed_in`. Whoever changes something holds the
//! repository's row (`want`, `keep`, `hold` and `hold_one` do) and notes it under a number that no publisher has yet, or
//! that is its own.
//!
//! A `+` before a column keeps SQLite, which knows nothing of how many rows there are, from looking for the others by it.

use crate::conn::run;
use crate::{Conn, Error};
use copr_types::{BuildChrootId, BuildId, RepoId};
use sqlx::FromRow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Packages of a chunk at most.
pub const CHUNK: i64 = 256;
/// Packages that are purged in one transaction.
const PURGED: i64 = 1000;

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

impl RepoPackage {
    /// The directory that it is in, below the repository.
    fn place(&self) -> &str {
        place_of(&self.href)
    }
}

/// The directory that a package is in.
fn place_of(href: &str) -> &str {
    href.split('/').next().unwrap_or_default()
}

/// Makes what a repository lists of a build's chroot from a generation on exactly this. What is listed already stays as it is.
/// In projects whose repositories are made by hand, new packages are listed in the devel ones alone.
pub async fn put_packages(
    conn: &mut Conn,
    id: RepoId,
    build_chroot: BuildChrootId,
    generation: i64,
    packages: &[RepoPackage],
) -> Result<(), Error> {
    let listed: HashMap<String, String> = run!(
        conn,
        fetch_all as (String, String),
        "SELECT href, pkgid FROM repo_package WHERE build_chroot_id = $2 AND +repo_id = $1 AND removed_in IS NULL",
        id.0,
        build_chroot.0
    )?
    .into_iter()
    .collect();
    let is_listed = |package: &RepoPackage| listed.get(&package.href) == Some(&package.pkgid);
    let (same, new): (Vec<&RepoPackage>, Vec<&RepoPackage>) = packages.iter().partition(|one| is_listed(one));
    let same: HashSet<&str> = same.into_iter().map(|package| package.href.as_str()).collect();
    let gone = listed.keys().map(String::as_str).filter(|href| !same.contains(href));
    // A path stands for one file: whatever else is listed under it gives way.
    let gone: BTreeSet<&str> = gone.chain(new.iter().map(|package| package.href.as_str())).collect();
    withdraw(conn, id, Which::Hrefs(&gone.into_iter().collect::<Vec<_>>()), generation).await?;
    insert(conn, id, build_chroot, generation, &new).await
}

/// Puts packages into the last chunk while that has room, and into new ones.
async fn insert(
    conn: &mut Conn,
    id: RepoId,
    build_chroot: BuildChrootId,
    generation: i64,
    packages: &[&RepoPackage],
) -> Result<(), Error> {
    let last = run!(
        conn,
        fetch_optional as (i64, i64),
        "SELECT number, packages FROM repo_chunk WHERE repo_id = $1 ORDER BY number DESC LIMIT 1",
        id.0
    )?;
    let (mut number, mut held) = last.unwrap_or((1, 0));
    let mut rest = packages;
    while !rest.is_empty() {
        if held >= CHUNK {
            (number, held) = (number + 1, 0);
        }
        let room = usize::try_from(CHUNK - held).unwrap_or_default().min(rest.len());
        let (now, later) = rest.split_at(room);
        for package in now {
            run!(
                conn,
                execute,
                "INSERT INTO repo_package (repo_id, href, added_in, place, chunk, build_chroot_id, pkgid, nevra,
                     primary_xml, filelists_xml, other_xml, devel)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, p.devel_mode
                 FROM repo r JOIN project_dir d ON d.id = r.dir_id JOIN project p ON p.id = d.project_id
                 WHERE r.id = $1",
                id.0,
                package.href.as_str(),
                generation,
                package.place(),
                number,
                build_chroot.0,
                package.pkgid.as_str(),
                package.nevra.as_str(),
                package.primary_xml.as_slice(),
                package.filelists_xml.as_slice(),
                package.other_xml.as_slice()
            )?;
        }
        held += i64::try_from(now.len()).unwrap_or_default();
        run!(
            conn,
            execute,
            "INSERT INTO repo_chunk (repo_id, number, packages, changed_in, edition) VALUES ($1, $2, $3, $4, 1)
             ON CONFLICT (repo_id, number) DO UPDATE SET packages = excluded.packages,
                 edition = repo_chunk.edition + 1,
                 changed_in = CASE WHEN repo_chunk.changed_in < excluded.changed_in THEN excluded.changed_in
                                   ELSE repo_chunk.changed_in END",
            id.0,
            number,
            held,
            generation
        )?;
        rest = later;
    }
    Ok(())
}

/// Packages that are to leave a repository.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Those of a build's chroot.
    Chroot(BuildChrootId),
    /// Those of all of a build's chroots.
    Build(BuildId),
    /// Those at these paths.
    Hrefs(&'a [&'a str]),
}

/// Takes packages out of a repository, from a generation on. Their files go by themselves when no generation that is kept lists
/// them. Returns how many there were.
pub async fn withdraw(conn: &mut Conn, id: RepoId, which: Which<'_>, generation: i64) -> Result<u64, Error> {
    let count = match which {
        Which::Chroot(chroot) => run!(
            conn,
            execute,
            "UPDATE repo_package SET removed_in = $2
             WHERE build_chroot_id = $3 AND +repo_id = $1 AND removed_in IS NULL",
            id.0,
            generation,
            chroot.0
        )?,
        Which::Build(build) => run!(
            conn,
            execute,
            "UPDATE repo_package SET removed_in = $2
             WHERE build_chroot_id IN (SELECT bc.id FROM build_chroot bc WHERE bc.build_id = $3) AND +repo_id = $1
               AND removed_in IS NULL",
            id.0,
            generation,
            build.0
        )?,
        Which::Hrefs([]) => 0,
        Which::Hrefs(hrefs) => run!(
            conn,
            execute,
            [
                sqlite: "UPDATE repo_package SET removed_in = $2
                         WHERE repo_id = $1 AND href IN (SELECT value FROM json_each($3)) AND removed_in IS NULL",
                postgres: "UPDATE repo_package SET removed_in = $2
                         WHERE repo_id = $1 AND href IN (SELECT value FROM json_array_elements_text($3::json))
                           AND removed_in IS NULL"
            ],
            id.0,
            generation,
            serde_json::to_string(hrefs)?
        )?,
    };
    if count > 0 {
        note(conn, id, generation).await?;
    }
    Ok(count)
}

/// Forgets that packages at these paths, which were taken out before, were ever listed: their files stay. Earlier generations
/// that list them are whole no more.
pub async fn erase(conn: &mut Conn, id: RepoId, hrefs: &[&str]) -> Result<(), Error> {
    run!(
        conn,
        execute,
        [
            sqlite: "DELETE FROM repo_package
                     WHERE repo_id = $1 AND href IN (SELECT value FROM json_each($2)) AND removed_in IS NOT NULL",
            postgres: "DELETE FROM repo_package
                     WHERE repo_id = $1 AND href IN (SELECT value FROM json_array_elements_text($2::json))
                       AND removed_in IS NOT NULL"
        ],
        id.0,
        serde_json::to_string(hrefs)?
    )?;
    Ok(())
}

/// Notes which chunks a generation changed, and forgets what left before it was ever listed.
async fn note(conn: &mut Conn, id: RepoId, generation: i64) -> Result<(), Error> {
    run!(
        conn,
        execute,
        "UPDATE repo_chunk SET edition = edition + 1,
             changed_in = CASE WHEN changed_in < $2 THEN $2 ELSE changed_in END
         WHERE repo_id = $1 AND number IN (SELECT k.chunk FROM repo_package k
                                           WHERE k.repo_id = $1 AND k.removed_in = $2
                                           UNION SELECT k.chunk FROM repo_package k
                                           WHERE k.repo_id = $1 AND k.added_in = $2)",
        id.0,
        generation
    )?;
    // What no generation has listed yet leaves no trace.
    run!(
        conn,
        execute,
        "DELETE FROM repo_package WHERE repo_id = $1 AND removed_in = $2 AND added_in >= removed_in",
        id.0,
        generation
    )?;
    Ok(())
}

/// Makes what a repository lists from a generation on what an earlier one lists, as far as the builds are there still. What came
/// since is put aside: it stays for as long as its build, and can be brought back. Returns how many packages came and went.
pub async fn restore(conn: &mut Conn, id: RepoId, earlier: i64, generation: i64) -> Result<u64, Error> {
    let went = run!(
        conn,
        execute,
        "UPDATE repo_package SET removed_in = $3, shelved = $4
         WHERE repo_id = $1 AND removed_in IS NULL AND added_in > $2 AND devel <> $4
           AND NOT EXISTS (SELECT 1 FROM repo_package old
                           WHERE old.repo_id = $1 AND old.href = repo_package.href AND old.pkgid = repo_package.pkgid
                             AND old.devel <> $4 AND old.added_in <= $2 AND old.removed_in > $2)",
        id.0,
        earlier,
        generation,
        true
    )?;
    let came = run!(
        conn,
        execute,
        "INSERT INTO repo_package (repo_id, href, added_in, place, chunk, build_chroot_id, pkgid, nevra, primary_xml,
             filelists_xml, other_xml)
         SELECT old.repo_id, old.href, $3, old.place, old.chunk, old.build_chroot_id, old.pkgid, old.nevra,
                old.primary_xml, old.filelists_xml, old.other_xml
         FROM repo_package old
         WHERE old.repo_id = $1 AND old.added_in <= $2 AND old.removed_in > $2 AND old.build_chroot_id IS NOT NULL
           AND old.devel <> $4
           AND NOT EXISTS (SELECT 1 FROM repo_package now
                           WHERE now.repo_id = $1 AND now.href = old.href AND now.devel <> $4
                             AND now.removed_in IS NULL)",
        id.0,
        earlier,
        generation,
        true
    )?;
    note(conn, id, generation).await?;
    Ok(went + came)
}

/// Lists what only the devel repository does from a generation on in the public one too. Returns how many packages that are.
pub async fn promote(conn: &mut Conn, id: RepoId, generation: i64) -> Result<u64, Error> {
    let came = run!(
        conn,
        execute,
        "INSERT INTO repo_package (repo_id, href, added_in, place, chunk, build_chroot_id, pkgid, nevra, primary_xml,
             filelists_xml, other_xml)
         SELECT old.repo_id, old.href, $2, old.place, old.chunk, old.build_chroot_id, old.pkgid, old.nevra,
                old.primary_xml, old.filelists_xml, old.other_xml
         FROM repo_package old
         WHERE old.repo_id = $1 AND old.devel = $3 AND old.removed_in IS NULL AND old.added_in < $2",
        id.0,
        generation,
        true
    )?;
    run!(
        conn,
        execute,
        "UPDATE repo_package SET removed_in = $2
         WHERE repo_id = $1 AND devel = $3 AND removed_in IS NULL AND added_in < $2",
        id.0,
        generation,
        true
    )?;
    let new = run!(
        conn,
        execute,
        "UPDATE repo_package SET devel = $4 WHERE repo_id = $1 AND devel = $3 AND removed_in IS NULL AND added_in >= $2",
        id.0,
        generation,
        true,
        false
    )?;
    note(conn, id, generation).await?;
    Ok(came + new)
}

/// Repositories with something to purge: packages that no generation lists which was superseded after a moment, or is pinned.
pub async fn due(conn: &mut Conn, moment: i64) -> Result<Vec<RepoId>, Error> {
    let rows = run!(
        conn,
        fetch_all as (i64,),
        "SELECT r.id FROM repo r
         WHERE EXISTS (SELECT 1 FROM repo_package k
                       WHERE k.repo_id = r.id AND k.removed_in <= r.generation
                         AND (k.shelved = $1 OR k.build_chroot_id IS NULL)
                         AND NOT EXISTS (SELECT 1 FROM generation g
                                         WHERE g.repo_id = r.id AND g.number < k.removed_in
                                           AND (g.superseded_on > $2
                                                OR g.pinned IS NOT NULL AND g.number >= k.added_in)))
         ORDER BY r.id",
        false,
        moment
    )?;
    Ok(rows.into_iter().map(|(id,)| RepoId(id)).collect())
}

/// Forgets some packages that neither a generation from a number on lists nor one that is pinned, and generations that are
/// whole no more without them. What was put aside stays for as long as its build. The caller holds the repository's row.
/// Returns the paths under which the repository has nothing any more, and whether there may be more to purge.
pub async fn purge(conn: &mut Conn, id: RepoId, oldest: i64) -> Result<(Vec<String>, bool), Error> {
    let rows = run!(
        conn,
        fetch_all as (String, i64, i64, bool),
        "SELECT k.href, k.added_in, k.removed_in, k.devel FROM repo_package k
         WHERE k.repo_id = $1 AND k.removed_in <= $2 AND (k.shelved = $3 OR k.build_chroot_id IS NULL)
           AND NOT EXISTS (SELECT 1 FROM generation g
                           WHERE g.repo_id = $1 AND g.pinned IS NOT NULL
                             AND g.number >= k.added_in AND g.number < k.removed_in)
         LIMIT $4",
        id.0,
        oldest,
        false,
        PURGED
    )?;
    let more = i64::try_from(rows.len()).is_ok_and(|count| count == PURGED);
    // What only the devel repository lists is no part of a generation.
    let public = rows.iter().filter(|(_, _, _, devel)| !devel);
    let times: BTreeSet<(i64, i64)> = public.map(|(_, added, removed, _)| (*added, *removed)).collect();
    for (added, removed) in times {
        run!(
            conn,
            execute,
            "DELETE FROM generation WHERE repo_id = $1 AND number >= $2 AND number < $3 AND pinned IS NULL",
            id.0,
            added,
            removed
        )?;
    }
    let mut gone = Vec::new();
    for (href, added, _, _) in rows {
        run!(
            conn,
            execute,
            "DELETE FROM repo_package WHERE repo_id = $1 AND href = $2 AND added_in = $3",
            id.0,
            href.as_str(),
            added
        )?;
        let (left,) = run!(
            conn,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM repo_package WHERE repo_id = $1 AND href = $2",
            id.0,
            href.as_str()
        )?;
        if left == 0 {
            gone.push(href);
        }
    }
    run!(
        conn,
        execute,
        "DELETE FROM repo_chunk
         WHERE repo_id = $1 AND number < (SELECT MAX(c.number) FROM repo_chunk c WHERE c.repo_id = $1)
           AND NOT EXISTS (SELECT 1 FROM repo_package k WHERE k.repo_id = $1 AND k.chunk = repo_chunk.number)",
        id.0
    )?;
    Ok((gone, more))
}
