//! Chroots of projects, their repositories, and what a build in one would use.

use super::words;
use crate::Web;
use copr_app::expiry;
use copr_app::repos::Repo;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_wire::v3;

/// A chroot of a project.
pub fn project_chroot(web: &Web, project: &Project, chroot: &ProjectChroot) -> v3::ProjectChroot {
    let settings = &chroot.settings;
    v3::ProjectChroot {
        mock_chroot: chroot.name.to_string(),
        ownername: project.owner.to_string(),
        projectname: project.name.to_string(),
        additional_packages: words(&settings.additional_packages),
        additional_repos: words(&settings.additional_repos),
        additional_modules: words(&settings.additional_modules),
        comps_name: settings.comps_name.clone(),
        delete_after_days: chroot.delete_on.map(|end| expiry::days_left(&web.app, end)),
        with_opts: words(&settings.with_opts),
        without_opts: words(&settings.without_opts),
        isolation: settings.isolation.as_str().to_owned(),
    }
}

/// What a build in a chroot of a project would use.
pub fn project_chroot_config(project: &Project, chroot: &ProjectChroot, repos: Vec<Repo>) -> v3::ProjectChrootConfig {
    let settings = &chroot.settings;
    let mock = copr_app::mock::options(project, chroot, None);
    v3::ProjectChrootConfig {
        chroot: chroot.name.to_string(),
        repos: repos.into_iter().map(repo).collect(),
        additional_repos: additional_repos(project, chroot),
        additional_packages: words(&settings.additional_packages),
        additional_modules: words(&settings.additional_modules),
        with_opts: words(&settings.with_opts),
        without_opts: words(&settings.without_opts),
        enable_net: project.settings.enable_net,
        isolation: settings.isolation.as_str().to_owned(),
        bootstrap: mock.bootstrap.map(|word| word.to_string()),
        bootstrap_image: mock.bootstrap_image,
    }
}

/// A repository of a configuration.
pub fn repo(repo: Repo) -> v3::Repo {
    v3::Repo {
        id: repo.id,
        name: repo.name,
        baseurl: repo.baseurl,
        priority: repo.priority,
        module_hotfixes: repo.module_hotfixes,
        repo_gpgcheck: repo.repo_gpgcheck,
    }
}

/// The project's own repository, the chroot's, the project's, and in devel mode the devel one.
pub fn additional_repos(project: &Project, chroot: &ProjectChroot) -> Vec<String> {
    let own = format!("copr://{}", project.full_name());
    let devel = project.settings.devel_mode.then(|| format!("{own}/devel"));
    let mut all = vec![own];
    all.extend(words(&chroot.settings.additional_repos));
    all.extend(words(&project.settings.additional_repos));
    all.extend(devel);
    all
}
