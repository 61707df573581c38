//! Packages.

use super::build;
use crate::Web;
use copr_app::Refusal;
use copr_app::package::Listed;
use copr_db::project::Project;
use copr_wire::v3::{Package, PackageBuilds};
use serde_json::{Map, Value};

/// A package with the builds that were asked for.
pub fn package(web: &Web, project: &Project, listed: &Listed) -> Result<Package, Refusal> {
    let package = &listed.package;
    Ok(Package {
        id: package.id.0,
        name: package.name.to_string(),
        ownername: project.owner.to_string(),
        projectname: project.name.to_string(),
        source_type: package.source_kind.as_str().to_owned(),
        source_dict: source_dict(&package.source)?,
        auto_rebuild: package.auto_rebuild,
        builds: PackageBuilds {
            latest: listed.latest.as_ref().map(|one| build(web, one)),
            latest_succeeded: listed.latest_succeeded.as_ref().map(|one| build(web, one)),
        },
    })
}

/// The source's keys; that of the way to build from a checkout has a name of its own here, unlike in builds.
fn source_dict(stored: &str) -> Result<Value, Refusal> {
    let stored: Map<String, Value> = serde_json::from_str(stored)?;
    let name = |key: String| if key == "srpm_build_method" { "source_build_method".to_owned() } else { key };
    Ok(Value::Object(stored.into_iter().map(|(key, value)| (name(key), value)).collect()))
}
