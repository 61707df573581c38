//! Taking packages of the source: their files get a second name first, so that the rows promise nothing that can vanish.

use super::{Waiting, turn};
use crate::{App, Refusal};
use copr_db::Conn;
use copr_db::dir::Dir;
use copr_db::event::Subject;
use copr_db::fork::{Candidate, Fork, Target};
use copr_db::project::Project;
use copr_types::{BuildChrootId, BuildId, PackageId, PackageName};
use copr_wire::builder::FileRef;
use std::collections::HashMap;
use std::path::PathBuf;

/// Packages that are taken in one turn: a transaction of some hundred rows.
const PACKAGES: i64 = 50;

/// A build of the source and what of it is copied.
struct Original {
    package: PackageId,
    build: BuildId,
    /// Where its source's results are.
    source: Option<PathBuf>,
    chroots: Vec<Chroot>,
}

/// A chroot of a build of the source.
struct Chroot {
    candidate: Candidate,
    dir: PathBuf,
    /// Digests of its packages, by file name.
    digests: HashMap<String, String>,
    /// The files that wait for the copy.
    files: Vec<FileRef>,
}

/// Takes the next packages.
pub(super) async fn packages(app: &App, fork: &Fork) -> Result<(), Refusal> {
    let mut conn = app.db.read().await?;
    let packages = copr_db::fork::packages(&mut conn, fork.source_id, fork.last_package, PACKAGES).await?;
    let Some((project, dir)) = main_dir(&mut conn, fork.project_id).await? else { return Err(turn::lost()) };
    let originals = match main_dir(&mut conn, fork.source_id).await? {
        Some(from) => originals(app, &mut conn, &packages, &from, &dir).await?,
        None => Vec::new(),
    };
    drop(conn);
    let originals = link(app, fork, originals).await?;
    let mut tx = app.db.begin().await?;
    let mut copies = HashMap::new();
    for (id, name) in &packages {
        if let Some(copy) = copr_db::fork::package(&mut tx, *id, name, project.id, app.clock.now()).await? {
            copies.insert(*id, copy);
        }
    }
    for original in &originals {
        if let Some(package) = copies.get(&original.package) {
            copy_rows(app, &mut tx, fork, (&project, &dir), package, original).await?;
        }
    }
    let last = packages.last().map_or(fork.last_package, |(id, _)| *id);
    if !copr_db::fork::took(&mut tx, fork.id, fork.copier_fence, last, packages.is_empty()).await? {
        return Err(turn::lost());
    }
    Ok(tx.commit().await?)
}

async fn main_dir(conn: &mut Conn, id: copr_types::ProjectId) -> Result<Option<(Project, Dir)>, Refusal> {
    let Some(project) = copr_db::project::by_id(conn, id).await? else { return Ok(None) };
    let dir = copr_db::dir::by_name(conn, id, project.name.as_str()).await?;
    Ok(dir.map(|dir| (project, dir)))
}

/// The builds that are worth copying, each once with all its chroots.
async fn originals(
    app: &App,
    conn: &mut Conn,
    packages: &[(PackageId, String)],
    (source, from): &(Project, Dir),
    to: &Dir,
) -> Result<Vec<Original>, Refusal> {
    let ids: Vec<PackageId> = packages.iter().map(|(id, _)| *id).collect();
    let candidates = copr_db::fork::candidates(conn, &ids, from.id, to.project_id).await?;
    let chroots: Vec<BuildChrootId> = candidates.iter().map(|one| one.build_chroot_id).collect();
    let mut digests = HashMap::<BuildChrootId, HashMap<String, String>>::new();
    for (id, href, digest) in copr_db::fork::digests(conn, &chroots).await? {
        let name = href.rsplit('/').next().unwrap_or(&href).to_owned();
        digests.entry(id).or_default().insert(name, digest);
    }
    let mut found: Vec<Original> = Vec::new();
    for candidate in candidates {
        let chroot = Chroot {
            dir: app.store.build_dir(&source.owner, &from.name, &candidate.chroot, &candidate.result_dir),
            digests: digests.remove(&candidate.build_chroot_id).unwrap_or_default(),
            files: Vec::new(),
            candidate,
        };
        let build = chroot.candidate.build_id;
        match found.last_mut().filter(|last| last.build == build) {
            Some(last) => last.chroots.push(chroot),
            None => found.push(Original {
                package: chroot.candidate.package_id,
                build,
                source: chroot
                    .candidate
                    .source_dir
                    .as_ref()
                    .map(|_| app.store.srpm_dir(&source.owner, &from.name, build)),
                chroots: vec![chroot],
            }),
        }
    }
    Ok(found)
}

/// Gives all their files a second name. Chroots whose packages vanished meanwhile are left out.
async fn link(app: &App, fork: &Fork, mut originals: Vec<Original>) -> Result<Vec<Original>, Refusal> {
    let (store, places) = (app.store.clone(), app.clone());
    let fork = fork.id;
    crate::blocking(move || {
        for original in &mut originals {
            let waiting = Waiting::of(&places, fork, original.build);
            for chroot in &mut original.chroots {
                let files = store.link_files(&chroot.dir, &waiting.originals(&chroot.candidate.chroot))?;
                chroot.files = wanted(files, &chroot.digests);
            }
            original.chroots.retain(|chroot| !chroot.files.is_empty());
            if let Some(source) = &original.source
                && store.link_files(source, &waiting.source())?.is_empty()
            {
                original.source = None;
            }
        }
        originals.retain(|original| !original.chroots.is_empty());
        Ok(originals)
    })
    .await
}

/// What a copy gets: the packages that the repository holds, and what lies beside them. Nothing when one is missing.
fn wanted(files: Vec<(String, u64)>, digests: &HashMap<String, String>) -> Vec<FileRef> {
    let packages = files.iter().filter(|(name, _)| digests.contains_key(name)).count();
    if packages < digests.len() || digests.is_empty() {
        return Vec::new();
    }
    files
        .into_iter()
        .filter_map(|(name, size)| match digests.get(&name) {
            Some(digest) => Some(FileRef { sha256: digest.clone(), name, size }),
            // Written anew for the copy; and a package that is in no repository stays in none.
            None if name == "build.info" || name == "success" || name.ends_with(".rpm") => None,
            None => Some(FileRef { name, size, sha256: String::new() }),
        })
        .collect()
}

/// The rows of a copy. What was deleted since it was looked at is left out.
async fn copy_rows(
    app: &App,
    tx: &mut Conn,
    fork: &Fork,
    (project, dir): (&Project, &Dir),
    (package, name): &(PackageId, PackageName),
    original: &Original,
) -> Result<(), Refusal> {
    let to = Target { project: project.id, dir: dir.id, package: *package, fork: fork.id };
    let Some(id) = copr_db::fork::build(tx, original.build, to).await? else { return Ok(()) };
    if original.source.is_some() {
        let base = format!("{}/{}/{}/srpm-builds/{}/", app.rules.results_url, project.owner, dir.name, id.padded());
        copr_db::fork::source_results(tx, id, &id.padded(), &base).await?;
    }
    let result_dir = copr_store::result_dir(id, name);
    for chroot in &original.chroots {
        let files = serde_json::to_string(&chroot.files)?;
        copr_db::fork::chroot(tx, chroot.candidate.build_chroot_id, id, &result_dir, &files).await?;
    }
    let about = Subject { project: Some(project.id), build: Some(id), build_chroot: None };
    let body = serde_json::json!({ "from": original.build.0 }).to_string();
    Ok(copr_db::event::append(tx, "build.forked", about, &body, app.clock.now()).await?)
}
