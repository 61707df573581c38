//! What is known of members and repositories, read from where it is: source packages, spec files, published metadata.

use super::plan::Member;
use super::repository::{Published, Repository};
use crate::build::Shown;
use crate::{App, Refusal};
use copr_db::Conn;
use copr_rpm::Dependency;
use copr_rpm::foreseen::{self, Foreseen};
use copr_rpm::repodata::Described;
use copr_rpm::srpm::Limits;
use copr_types::{ChrootId, DirId, DirName, State};
use std::path::PathBuf;

/// Largest spec file that is read for what it promises; others are known by what was built of them before.
const LARGEST_SPEC: u64 = 4 << 20;

/// What a member's source package says: the same in all chroots.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    needs: Vec<Dependency>,
    foreseen: Vec<Foreseen>,
    evr: String,
}

/// Reads the source packages of builds, in their order. One that is not there, or can not be read, says nothing.
pub(super) async fn sources(app: &App, builds: &[Shown]) -> Result<Vec<Source>, Refusal> {
    let places: Vec<Option<(PathBuf, PathBuf, Option<String>)>> =
        builds.iter().map(|shown| place(app, shown)).collect();
    crate::blocking(move || Ok(places.into_iter().map(|place| place.map(read).unwrap_or_default()).collect())).await
}

/// Where a source package is, its spec file beside it, and the package's name.
fn place(app: &App, shown: &Shown) -> Option<(PathBuf, PathBuf, Option<String>)> {
    let build = &shown.build;
    let srpm = build.srpm_name.as_ref().filter(|_| build.source_state == State::Succeeded)?;
    let dir = app.store.srpm_dir(&build.owner, &build.dir, build.id);
    let spec = dir.join(format!("{}.spec", build.package.as_deref().unwrap_or_default()));
    Some((dir.join(srpm), spec, build.package.clone()))
}

fn read((srpm, spec, name): (PathBuf, PathBuf, Option<String>)) -> Source {
    let facts = match copr_rpm::header::read_package(&srpm) {
        Ok(facts) => facts,
        Err(error) => {
            tracing::warn!(path = %srpm.display(), "a member's source package can not be read: {error}");
            return Source::default();
        }
    };
    let small = |path: &PathBuf| path.metadata().is_ok_and(|meta| meta.len() <= LARGEST_SPEC);
    // Builders put it beside the source package; reading it out of there takes unpacking.
    let bytes = match std::fs::read(&spec).ok().filter(|_| small(&spec)) {
        Some(bytes) => Ok(bytes),
        None => {
            let limits = Limits { spec: LARGEST_SPEC, ..Limits::default() };
            copr_rpm::srpm::read_spec(&srpm, &limits).map(|spec| spec.bytes)
        }
    };
    let evr = facts.nevra.evr();
    let foreseen = match bytes {
        Ok(bytes) => {
            let name = name.unwrap_or_else(|| facts.nevra.name.clone());
            foreseen::of_spec(&String::from_utf8_lossy(&bytes), &name, &evr)
        }
        Err(error) => {
            tracing::warn!(path = %srpm.display(), "a member's spec file can not be read: {error}");
            Vec::new()
        }
    };
    let needs = facts.requires.into_iter().filter(|need| !need.name.starts_with("rpmlib(")).collect();
    Source { needs, foreseen, evr }
}

/// The members that are built for a chroot, with their places among all.
pub(super) fn members(builds: &[Shown], sources: &[Source], chroot: ChrootId) -> Vec<(usize, Member)> {
    let of_chroot = builds.iter().zip(sources).enumerate().filter(|(_, (shown, _))| {
        // One whose source failed has no chroots yet, if nobody chose any: what it was to provide is needed all the same.
        shown.chroots.is_empty() || shown.chroots.iter().any(|one| one.chroot_id == chroot)
    });
    of_chroot.map(|(at, (shown, source))| (at, member(shown, source))).collect()
}

fn member(shown: &Shown, source: &Source) -> Member {
    let Source { needs, foreseen, evr } = source.clone();
    Member { build: shown.build.id, name: name_of(shown), needs, foreseen, evr }
}

/// The package's name, or else the build's number.
pub(super) fn name_of(shown: &Shown) -> String {
    shown.build.package.clone().unwrap_or_else(|| format!("build {}", shown.build.id))
}

/// What builds of a directory find in the project's repositories: those of the directory and of the main one.
pub(super) async fn repository(
    conn: &mut Conn,
    project: copr_types::ProjectId,
    dir: &str,
    chroot: ChrootId,
) -> Result<Repository, Refusal> {
    let mut rows = Vec::new();
    for dir in directories(conn, project, dir).await? {
        rows.extend(copr_db::repo::built(conn, dir, chroot).await?);
    }
    crate::blocking(move || {
        let mut packages = Vec::new();
        for row in rows {
            let described = Described::read(&row.primary_xml)
                .map_err(|error| Refusal::internal("reading a published package's metadata", error))?;
            packages.push(Published { build: row.build_id, package: row.package, described });
        }
        Ok(Repository::new(packages))
    })
    .await
}

/// The directory of a name, where it is there, and the main one.
async fn directories(conn: &mut Conn, project: copr_types::ProjectId, dir: &str) -> Result<Vec<DirId>, Refusal> {
    let Some(project) = copr_db::project::by_id(conn, project).await? else { return Ok(Vec::new()) };
    let main = DirName::main(&project.name);
    let mut found = Vec::new();
    for name in [dir, main.as_str()] {
        if let Some(dir) = copr_db::dir::by_name(conn, project.id, name).await?
            && !found.contains(&dir.id)
        {
            found.push(dir.id);
        }
    }
    Ok(found)
}
