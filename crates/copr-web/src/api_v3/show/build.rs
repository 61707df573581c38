//! Builds and their sources.

use crate::Web;
use copr_app::Refusal;
use copr_app::build::Shown;
use copr_db::build;
use copr_types::State;
use copr_wire::v3::{Build, SourceBuildConfig, SourceChroot, SourcePackage};

/// A build.
pub fn build(web: &Web, shown: &Shown) -> Build {
    let build = &shown.build;
    Build {
        id: build.id.0,
        state: shown.state().map_or("unknown", State::on_the_wire).to_owned(),
        ownername: build.owner.to_string(),
        projectname: build.project.to_string(),
        project_dirname: build.dir.to_string(),
        repo_url: format!("{}/{}/{}", web.app.rules.results_url, build.owner, build.project),
        source_package: SourcePackage {
            name: build.package.clone(),
            version: build.version.clone(),
            url: build.source_url.clone(),
        },
        chroots: shown.chroots.iter().map(|chroot| chroot.name.to_string()).collect(),
        submitted_on: build.submitted_on,
        started_on: shown.started_on(),
        ended_on: shown.ended_on(),
        submitter: build.submitter.clone(),
        is_background: build.background,
        resubmitted_from: build.resubmitted_from,
    }
}

/// Where a build's source stands; the address is there once a builder started.
pub fn source_chroot(web: &Web, build: &build::Build) -> SourceChroot {
    let address =
        |dir: &String| format!("{}/{}/{}/srpm-builds/{dir}", web.app.rules.results_url, build.owner, build.dir);
    SourceChroot {
        state: build.source_state.on_the_wire().to_owned(),
        result_url: build.result_dir.as_ref().map(address),
    }
}

/// What a build's source is made of.
pub fn source_build_config(web: &Web, build: &build::Build) -> Result<SourceBuildConfig, Refusal> {
    Ok(SourceBuildConfig {
        source_type: build.source_kind.as_str().to_owned(),
        source_dict: serde_json::from_str(&build.source)?,
        memory_limit: i64::try_from(web.app.rules.memory_mib).unwrap_or(i64::MAX),
        timeout: build.timeout,
        is_background: build.background,
    })
}
