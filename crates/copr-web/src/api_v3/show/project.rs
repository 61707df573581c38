//! Projects.

use super::words;
use crate::Web;
use copr_app::project::Shown;
use copr_wire::v3::Project;

/// A project.
pub fn project(web: &Web, shown: &Shown) -> Project {
    let (project, settings) = (&shown.project, &shown.project.settings);
    let full_name = project.full_name();
    let repo = |chroot: &String| (chroot.clone(), format!("{}/{full_name}/{chroot}/", web.app.rules.results_url));
    Project {
        id: project.id.0,
        name: project.name.to_string(),
        ownername: project.owner.to_string(),
        homepage: settings.homepage.clone(),
        contact: settings.contact.clone(),
        description: settings.description.clone(),
        instructions: settings.instructions.clone(),
        devel_mode: settings.devel_mode,
        persistent: settings.persistent,
        unlisted_on_hp: settings.unlisted_on_hp,
        auto_prune: settings.auto_prune,
        chroot_repos: shown.chroots.iter().map(repo).collect(),
        additional_repos: words(&settings.additional_repos),
        enable_net: settings.enable_net,
        bootstrap: settings.bootstrap.as_str().to_owned(),
        isolation: settings.isolation.as_str().to_owned(),
        module_hotfixes: settings.module_hotfixes,
        appstream: settings.appstream,
        packit_forge_projects_allowed: words(&settings.packit_forge_projects_allowed),
        follow_fedora_branching: settings.follow_fedora_branching,
        repo_priority: settings.repo_priority,
        storage: project.storage.clone(),
        full_name,
    }
}
