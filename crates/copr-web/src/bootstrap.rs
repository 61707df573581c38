//! Mock's bootstrap as the dialects of the API show it.

use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_types::ChrootBootstrap;

/// Mock's bootstrap for the chroot, or else for the project, and its image; nothing where mock decides.
pub fn of_chroot(project: &Project, chroot: &ProjectChroot) -> (Option<String>, Option<String>) {
    let of_chroot = chroot.settings.bootstrap;
    let word =
        if of_chroot == ChrootBootstrap::Unchanged { project.settings.bootstrap.as_str() } else { of_chroot.as_str() };
    let image = (of_chroot == ChrootBootstrap::CustomImage).then(|| chroot.settings.bootstrap_image.clone());
    ((word != "default").then(|| word.to_owned()), image.flatten())
}
