//! Packages.

use super::fields::{
    BUILD, CUSTOM, DISTGIT, Field, IN_BACKGROUND, PACKAGE, PYPI, RUBYGEMS, RUNNING, SCM, SCRIPT, WHERE, WHICH_PACKAGE,
};
use super::operation::Operation;
use super::query::{OWNERNAME, PACKAGENAME, PROJECTNAME, paging, required, switch};
use copr_wire::v3::{Build, List, Package};

const NO_PACKAGE: &str = "There is no such project, or no such package in it.";
const MAY_NOT_EDIT: &str = "Only owners and administrators of the project may.";

/// The path says which kind of source counts.
const SOURCES: &[&[Field]] = &[SCM, PYPI, RUBYGEMS, DISTGIT, CUSTOM, SCRIPT];

/// The descriptions.
pub fn operations() -> Vec<Operation> {
    let builds = || {
        [
            switch("with_latest_build", "With the newest build."),
            switch("with_latest_succeeded_build", "With the newest build that succeeded."),
        ]
    };
    let change = |operation: Operation| operation.gives::<Package>().says(403, MAY_NOT_EDIT);
    vec![
        Operation::read("/package", "A package")
            .query([required(OWNERNAME), required(PROJECTNAME), required(PACKAGENAME)])
            .query(builds())
            .gives::<Package>()
            .says(404, NO_PACKAGE),
        Operation::read("/package/list", "The packages of a project")
            .query([required(OWNERNAME), required(PROJECTNAME)])
            .query(builds())
            .query(paging(&copr_db::package::ORDERS))
            .gives::<List<Package>>()
            .says(404, "There is no such project, or no such group.")
            .says(413, "There are more than 10000, and no `limit` was given."),
        change(Operation::create("/package/add/{owner}/{project}/{package}/{source_type}", "Adds a package"))
            .takes_with_any(&[PACKAGE], SOURCES)
            .says(409, "It is there already."),
        change(Operation::create("/package/edit/{owner}/{project}/{package}", "Changes a package"))
            .takes_with_any(&[PACKAGE], SOURCES),
        change(Operation::create(
            "/package/edit/{owner}/{project}/{package}/{source_type}",
            "Changes a package and perhaps its kind of source",
        ))
        .takes_with_any(&[PACKAGE], SOURCES),
        change(Operation::update("/package/reset", "Forgets the source of a package"))
            .takes(&[WHERE, WHICH_PACKAGE])
            .says(404, NO_PACKAGE),
        change(Operation::remove("/package/delete", "Deletes a package with its builds"))
            .takes(&[WHERE, WHICH_PACKAGE, RUNNING])
            .says(400, "Builds of it run.")
            .says(404, NO_PACKAGE),
        Operation::create("/package/build", "Builds a package from its own source")
            .takes(&[WHERE, WHICH_PACKAGE, IN_BACKGROUND, BUILD])
            .gives::<Build>()
            .says(403, "Who asks may not build there.")
            .says(404, NO_PACKAGE),
    ]
}
