//! Builds: looked at, submitted, ended; and their chroots.

use super::fields::{AGAIN, BUILD, BUILDS, CUSTOM, DISTGIT, PYPI, RPM, RPM_CHROOT, RUBYGEMS, SCM, UPLOAD, URLS, WHERE};
use super::operation::Operation;
use super::query::{BUILD_ID, CHROOTNAME, OWNERNAME, PACKAGENAME, PROJECTNAME, optional, paging, required};
use crate::api_v3::{build, build_chroot};
use copr_wire::v3::{
    Build, BuildChroot, BuildChrootConfig, BuildWaits, BuiltPackages, DeletedBuilds, List, Message, SourceBuildConfig,
    SourceChroot,
};
use std::collections::BTreeMap;

const NO_PROJECT: &str = "There is no such project, or no such group.";
const MAY_NOT_BUILD: &str = "Who asks may not build there.";
const NO_CHROOT: &str = "There is no such build, or it was not submitted to that chroot.";

/// The descriptions of builds that are there.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::read("/build/{id}", "A build").gives::<Build>(),
        Operation::read("/build/list", "The builds of a project, newest first")
            .query([required(OWNERNAME), required(PROJECTNAME), optional(PACKAGENAME)])
            .query([optional(("status", "A state's name."))])
            .query(paging(&build::ORDERS))
            .gives::<List<Build>>()
            .says(404, NO_PROJECT),
        Operation::read("/build/source-chroot/{id}", "Where a build's source stands").gives::<SourceChroot>(),
        Operation::read("/build/source-build-config/{id}", "What a build's source is made of")
            .gives::<SourceBuildConfig>(),
        Operation::read("/build/built-packages/{id}", "What a build produced, by chroot")
            .gives::<BTreeMap<String, BuiltPackages>>(),
        Operation::read("/build/queue/{id}", "What of a build waits for a builder, and why").gives::<BuildWaits>(),
        Operation::update("/build/cancel/{id}", "Cancels a build")
            .gives::<Build>()
            .says(403, MAY_NOT_BUILD)
            .says(409, "It has ended already."),
        Operation::remove("/build/delete/{id}", "Deletes a build with its packages")
            .gives::<Build>()
            .says(403, "Who asks may not.")
            .says(409, "It has not ended yet."),
        Operation::remove("/build/delete/list", "Deletes builds, all of them or none")
            .takes(&[BUILDS])
            .gives::<DeletedBuilds>()
            .says(400, "Some are not there, not ended or not one's own.")
            .says(403, "Who asks may not."),
    ]
}

/// The descriptions of submitting.
pub fn submitting() -> Vec<Operation> {
    let one = |path, summary| Operation::create(path, summary).says(403, MAY_NOT_BUILD).says(404, NO_PROJECT);
    vec![
        one("/build/check-before-build", "Whether a build could be submitted")
            .takes(&[WHERE, BUILD])
            .gives::<Message>(),
        one("/build/create/url", "Builds from addresses, one each").takes(&[WHERE, URLS, BUILD]).gives::<List<Build>>(),
        one("/build/create/upload", "A build from an uploaded file")
            .takes_with_file(UPLOAD, &[WHERE, BUILD])
            .gives::<Build>(),
        one("/build/create/scm", "A build from version control").takes(&[WHERE, SCM, BUILD]).gives::<Build>(),
        one("/build/create/pypi", "A build from PyPI").takes(&[WHERE, PYPI, BUILD]).gives::<Build>(),
        one("/build/create/rubygems", "A build from RubyGems").takes(&[WHERE, RUBYGEMS, BUILD]).gives::<Build>(),
        one("/build/create/custom", "A build from what a script makes").takes(&[WHERE, CUSTOM, BUILD]).gives::<Build>(),
        one("/build/create/distgit", "A build from dist-git").takes(&[WHERE, DISTGIT, BUILD]).gives::<Build>(),
        one("/build/create/rpm-upload", "Publishes a ready package")
            .takes_with_file(RPM, &[WHERE, RPM_CHROOT, BUILD])
            .gives::<Build>(),
        one("/build/resubmit/{id}", "Builds once more what another build was made of; not in Copr")
            .takes(&[AGAIN, BUILD])
            .gives::<Build>()
            .says(400, "It can not be repeated, or nowhere."),
    ]
}

/// The descriptions of builds' chroots.
pub fn chroots() -> Vec<Operation> {
    let which = || [required(BUILD_ID), required(CHROOTNAME)];
    vec![
        Operation::read("/build-chroot", "A chroot of a build")
            .query(which())
            .gives::<BuildChroot>()
            .says(404, NO_CHROOT),
        Operation::read("/build-chroot/list", "The chroots of a build")
            .query([required(BUILD_ID)])
            .query(paging(&build_chroot::ORDERS))
            .gives::<List<BuildChroot>>()
            .says(404, NO_CHROOT),
        Operation::read("/build-chroot/build-config", "What the build there uses")
            .query(which())
            .gives::<BuildChrootConfig>()
            .says(404, NO_CHROOT),
        Operation::read("/build-chroot/built-packages", "What the build there produced")
            .query(which())
            .gives::<BuiltPackages>()
            .says(404, NO_CHROOT),
        Operation::read("/build-chroot/{id}/{chroot}", "A chroot of a build").deprecated().gives::<BuildChroot>(),
        Operation::read("/build-chroot/list/{id}", "The chroots of a build")
            .deprecated()
            .query(paging(&build_chroot::ORDERS))
            .gives::<List<BuildChroot>>(),
        Operation::read("/build-chroot/build-config/{id}/{chroot}", "What the build there uses")
            .deprecated()
            .gives::<BuildChrootConfig>(),
    ]
}
