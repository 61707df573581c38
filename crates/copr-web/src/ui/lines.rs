//! Addresses and lines that several pages show.

use crate::results::encode;
use copr_app::build::Shown;
use copr_app::project;
use copr_db::build::Build;
use copr_types::OwnerName;
use copr_ui::home::{BuildLine, ProjectLine};

/// Address of a project's page, with a trailing slash.
pub(super) fn project_href(owner: &OwnerName, project: &str) -> String {
    match owner {
        OwnerName::User(name) => format!("/coprs/{}/{}/", encode(name.as_str()), encode(project)),
        OwnerName::Group(alias) => format!("/coprs/g/{}/{}/", encode(alias.as_str()), encode(project)),
    }
}

/// Address of a build's page.
pub(super) fn build_href(shown: &Shown) -> String {
    let build = &shown.build;
    format!("{}build/{}/", project_href(&build.owner, build.project.as_str()), build.id)
}

/// Address of the form that repeats a build.
pub(super) fn repeat_href(shown: &Shown) -> String {
    let build = &shown.build;
    format!("{}repeat_build/{}/", project_href(&build.owner, build.project.as_str()), build.id)
}

/// Where that form is sent.
pub(super) fn rebuild_href(shown: &Shown) -> String {
    let build = &shown.build;
    format!("{}new_build_rebuild/{}/", project_href(&build.owner, build.project.as_str()), build.id)
}

/// Name of the file that a build begins with, for builds whose package is not known yet.
pub(super) fn source_file(build: &Build) -> Option<String> {
    let source: serde_json::Value = serde_json::from_str(&build.source).ok()?;
    let named = source.get("pkg").or_else(|| source.get("url"))?.as_str()?;
    let file = named.split(['?', '#']).next()?.rsplit('/').next()?;
    (!file.is_empty()).then(|| file.to_owned())
}

/// A build as a line of a list.
pub(super) fn build_line(shown: &Shown) -> BuildLine {
    let build = &shown.build;
    BuildLine {
        id: build.id.0,
        project: format!("{}/{}", build.owner, build.project),
        project_href: project_href(&build.owner, build.project.as_str()),
        href: build_href(shown),
        package: build.package.clone().or_else(|| source_file(build)),
        version: build.version.clone(),
        state: shown.state(),
        submitted_on: build.submitted_on,
    }
}

/// A project as a line of a list.
pub(super) fn project_line(shown: project::Shown) -> ProjectLine {
    ProjectLine {
        name: shown.project.full_name(),
        href: project_href(&shown.project.owner, shown.project.name.as_str()),
        description: shown.project.settings.description,
        chroots: shown.chroots,
    }
}
