//! The page of a package.

use super::{lines, page};
use crate::Web;
use crate::results::encode;
use axum::extract::{Path, State};
use axum::response::Response;
use copr_app::package::{self, With};
use copr_app::{Refusal, build};
use copr_db::Page;
use copr_ui::package::Package;

const BUILDS: i64 = 50;

pub(super) async fn of_user(
    web: State<Web>,
    Path((owner, project, package)): Path<(String, String, String)>,
) -> Response {
    show(&web, &owner, &project, &package).await
}

pub(super) async fn of_group(
    web: State<Web>,
    Path((group, project, package)): Path<(String, String, String)>,
) -> Response {
    show(&web, &format!("@{group}"), &project, &package).await
}

async fn show(web: &Web, owner: &str, project: &str, package: &str) -> Response {
    match load(web, owner, project, package).await {
        Ok(view) => page::show(&view),
        Err(refusal) => page::refused(&refusal),
    }
}

async fn load(web: &Web, owner: &str, name: &str, package: &str) -> Result<Package, Refusal> {
    let (project, found) = package::find(&web.app, owner, name, package, With::default()).await?;
    let newest = Page { descending: true, ..Page::first(BUILDS) };
    let builds = build::list(&web.app, owner, name, Some(package), None, &newest).await?;
    let project_href = lines::project_href(&project.owner, project.name.as_str());
    let url = format!("{}{project_href}package/{}/", web.app.rules.public_url, encode(package));
    Ok(Package {
        name: found.package.name.to_string(),
        project: project.full_name(),
        source: found.package.source_kind.as_str().to_owned(),
        automatic: found.package.auto_rebuild,
        builds: builds.iter().map(lines::build_line).collect(),
        badge_url: format!("{url}status_image/last_build.png"),
        project_href,
        url,
    })
}
