//! What people choose of mock's ways: a build stands above its chroot, and that above the project.

use copr_db::build::Build;
use copr_db::project::Project;
use copr_db::project_chroot::ProjectChroot;
use copr_types::{ChrootBootstrap, Isolation};
use copr_wire::builder::MockOptions;

/// What holds for a chroot of a project, or for a build in it.
pub fn options(project: &Project, chroot: &ProjectChroot, build: Option<&Build>) -> MockOptions {
    let levels = [
        build.map_or(Isolation::Unchanged, |build| build.isolation),
        chroot.settings.isolation,
        project.settings.isolation,
    ];
    let isolation = levels.into_iter().find(|isolation| *isolation != Isolation::Unchanged);
    let of_build = build.and_then(|build| ChrootBootstrap::from_word(build.bootstrap.as_deref()?));
    let of_project = ChrootBootstrap::from_word(project.settings.bootstrap.as_str());
    let levels = [of_build, Some(chroot.settings.bootstrap), of_project];
    let bootstrap = levels.into_iter().flatten().find(|bootstrap| *bootstrap != ChrootBootstrap::Unchanged);
    let image = chroot.settings.bootstrap_image.clone();
    MockOptions {
        isolation: isolation.filter(|isolation| *isolation != Isolation::Default),
        bootstrap: bootstrap.filter(|bootstrap| *bootstrap != ChrootBootstrap::Default),
        bootstrap_image: image.filter(|_| bootstrap == Some(ChrootBootstrap::CustomImage)),
    }
}
