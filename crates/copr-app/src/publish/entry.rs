//! A package that lies in the tree, as metadata and the database have it.

use crate::import::digest;
use copr_db::build_chroot::BuiltPackage;
use copr_db::repo::RepoPackage;
use copr_rpm::Nevra;
use copr_rpm::repodata::{Fragments, Location};
use copr_types::BuildChrootId;
use std::path::Path;

/// What a repository lists of the package at `path`, which is called so in the result directory. The outer error is the
/// disk's and may pass; the inner one is the package's.
pub(crate) fn listed(
    path: &Path,
    result_dir: &str,
    name: &str,
    nevra: &Nevra,
) -> std::io::Result<Result<RepoPackage, copr_rpm::Error>> {
    let pkgid = digest(path)?;
    let meta = path.metadata()?;
    let modified = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    let href = format!("{result_dir}/{name}");
    let location = Location { href: &href, base: None, sha256: &pkgid, size: meta.len(), modified };
    Ok(Fragments::of(path, &location).map(|fragments| RepoPackage {
        nevra: nevra.to_string(),
        primary_xml: fragments.primary,
        filelists_xml: fragments.filelists,
        other_xml: fragments.other,
        href,
        pkgid,
    }))
}

/// A package as it is noted among what a build's chroot produced.
pub(crate) fn built(build_chroot_id: BuildChrootId, nevra: Nevra) -> BuiltPackage {
    BuiltPackage {
        build_chroot_id,
        name: nevra.name,
        epoch: nevra.epoch.map(i64::from),
        version: nevra.version,
        release: nevra.release,
        arch: nevra.arch,
    }
}
