//! Repositories and their generations.

use copr_app::generations::{Difference, Shown};
use copr_db::repo::Listed;
use copr_wire::v3::{Generation, ListedPackage, Repositories, Repository, RepositoryDiff};

/// The repositories of a project's directory.
pub fn repositories(results_url: &str, shown: &Shown) -> Repositories {
    Repositories {
        ownername: shown.project.owner.to_string(),
        projectname: shown.project.name.to_string(),
        project_dirname: shown.dir.clone(),
        repositories: shown
            .repositories
            .iter()
            .map(|one| {
                let baseurl = format!("{results_url}/{}/{}/{}/", shown.project.owner, shown.dir, one.repo.chroot);
                let generation = |of: &copr_db::generation::Generation| Generation {
                    number: of.number,
                    created_on: of.created_on,
                    superseded_on: of.superseded_on,
                    cause: of.cause.clone(),
                    packages: of.packages,
                    pinned: of.pinned.clone(),
                    baseurl: of.metadata.is_some().then(|| format!("{baseurl}gen/{}/", of.number)),
                };
                Repository {
                    chroot: one.repo.chroot.to_string(),
                    generation: one.repo.generation,
                    wanted: one.repo.wanted,
                    devel_packages: one.devel,
                    generations: one.generations.iter().map(generation).collect(),
                    baseurl,
                }
            })
            .collect(),
    }
}

/// What differs between two generations.
pub fn repository_diff(found: Difference) -> RepositoryDiff {
    let listed = |packages: Vec<Listed>| {
        let package = |one: Listed| ListedPackage { nevra: one.nevra, location: one.href, checksum: one.pkgid };
        packages.into_iter().map(package).collect()
    };
    RepositoryDiff {
        chroot: found.chroot.to_string(),
        from: found.from,
        to: found.to,
        added: listed(found.diff.added),
        removed: listed(found.diff.removed),
    }
}
