//! Projects and their chroots.

use super::{links, words};
use crate::api_v2::PREFIX;
use copr_db::project;
use copr_db::project_chroot;
use copr_types::{OwnerName, ProjectId};
use copr_wire::v2::{Project, ProjectChroot, ProjectChrootOne, ProjectOne};

/// Where a project is.
pub fn path(id: ProjectId) -> String {
    format!("{PREFIX}/projects/{id}")
}

/// A project. `flags` is what was asked for beside it, behind a question mark.
pub fn project(project: &project::Project, flags: &str) -> ProjectOne {
    let (id, settings) = (project.id, &project.settings);
    let group = match &project.owner {
        OwnerName::Group(alias) => Some(alias.to_string()),
        OwnerName::User(_) => None,
    };
    let shown = Project {
        id: id.0,
        name: project.name.to_string(),
        owner: project.owner.to_string(),
        group,
        description: settings.description.clone(),
        instructions: settings.instructions.clone(),
        homepage: settings.homepage.clone(),
        contact: settings.contact.clone(),
        disable_createrepo: settings.devel_mode,
        build_enable_net: settings.enable_net,
        repos: words(&settings.additional_repos),
    };
    let links = links([
        ("self", format!("{}{flags}", path(id))),
        ("builds", format!("{PREFIX}/builds?project_id={id}")),
        ("chroots", format!("{}/chroots", path(id))),
        ("build_tasks", format!("{PREFIX}/build_tasks?project_id={id}")),
    ]);
    ProjectOne { project: shown, links, project_builds: None, project_chroots: None }
}

/// A chroot of a project.
pub fn project_chroot(chroot: &project_chroot::ProjectChroot) -> ProjectChrootOne {
    let settings = &chroot.settings;
    let shown = ProjectChroot {
        name: chroot.name.to_string(),
        buildroot_pkgs: words(&settings.additional_packages),
        comps: settings.comps.clone(),
        comps_name: settings.comps_name.clone(),
        comps_len: settings.comps.as_ref().map_or(0, |text| text.len() as u64),
    };
    let project = path(chroot.project_id);
    let itself = format!("{project}/chroots/{}", chroot.name);
    ProjectChrootOne { chroot: shown, links: links([("project", project), ("self", itself)]) }
}
