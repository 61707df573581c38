//! Chroots of builds.

use super::project_chroot::{additional_repos, repo};
use super::words;
use crate::Web;
use copr_app::build::Config;
use copr_db::build::Build;
use copr_db::build_chroot::{BuildChroot, BuiltPackage};
use copr_wire::v3;

/// One chroot of a build.
pub fn build_chroot(web: &Web, build: &Build, chroot: &BuildChroot) -> v3::BuildChroot {
    let address =
        |dir: &String| format!("{}/{}/{}/{}/{dir}/", web.app.rules.results_url, build.owner, build.dir, chroot.name);
    v3::BuildChroot {
        name: chroot.name.to_string(),
        state: chroot.state.on_the_wire().to_owned(),
        started_on: chroot.started_on,
        ended_on: chroot.ended_on,
        result_url: chroot.result_dir.as_ref().map(address),
        git_hash: chroot.git_hash.clone(),
    }
}

/// What the build in a chroot uses.
pub fn build_chroot_config(config: Config) -> v3::BuildChrootConfig {
    let (project, chroot, build) = (&config.project, &config.chroot, &config.build);
    let mock = copr_app::mock::options(project, chroot, Some(build));
    v3::BuildChrootConfig {
        additional_repos: additional_repos(project, chroot),
        additional_packages: words(&chroot.settings.additional_packages),
        with_opts: words(&chroot.settings.with_opts),
        without_opts: words(&chroot.settings.without_opts),
        memory_limit: i64::try_from(config.memory_mib).unwrap_or(i64::MAX),
        timeout: build.timeout,
        enable_net: build.enable_net,
        is_background: build.background,
        bootstrap: mock.bootstrap.map(|word| word.to_string()),
        bootstrap_image: mock.bootstrap_image,
        repos: config.repos.into_iter().map(repo).collect(),
    }
}

/// What one chroot of a build produced: nothing before it has ended.
pub fn built_packages(chroot: &BuildChroot, of_build: &[BuiltPackage]) -> v3::BuiltPackages {
    let of_chroot = of_build.iter().filter(|one| one.build_chroot_id == chroot.id && chroot.state.has_ended());
    let shown = |one: &BuiltPackage| v3::BuiltPackage {
        name: one.name.clone(),
        epoch: one.epoch,
        version: one.version.clone(),
        release: one.release.clone(),
        arch: one.arch.clone(),
    };
    v3::BuiltPackages { packages: of_chroot.map(shown).collect() }
}
