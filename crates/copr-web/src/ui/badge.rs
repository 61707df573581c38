//! Pictures that tell how builds stand, for pages elsewhere.

use super::page;
use crate::Web;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use copr_app::build::Shown;
use copr_app::package::{self, With};
use copr_app::{Kind, Refusal, build, project};
use copr_types::BuildId;
use copr_ui::badge::Badge;

/// How long a picture may be kept that nothing stands behind yet.
const SHORT: &str = "public, max-age=60";

/// `/coprs/build/{id}/status_image.png`
pub(super) async fn of_build(State(web): State<Web>, Path(id): Path<i64>) -> Response {
    match build::find(&web.app, BuildId(id)).await {
        Ok(shown) => {
            let badge = Badge::of(shown.state());
            picture(badge, (badge == Badge::InProgress).then_some("no-cache"))
        }
        Err(refusal) => page::refused(&refusal),
    }
}

pub(super) async fn of_user(
    web: State<Web>,
    Path((owner, project, package)): Path<(String, String, String)>,
) -> Response {
    of_package(&web, &owner, &project, &package).await
}

pub(super) async fn of_group(
    web: State<Web>,
    Path((group, project, package)): Path<(String, String, String)>,
) -> Response {
    of_package(&web, &format!("@{group}"), &project, &package).await
}

async fn of_package(web: &Web, owner: &str, project: &str, package: &str) -> Response {
    match last_build(web, owner, project, package).await {
        Ok(Some(shown)) => picture(Badge::of(shown.state()), Some("no-cache")),
        Ok(None) => picture(Badge::Unknown, Some(SHORT)),
        Err(refusal) if refusal.kind == Kind::NotFound => match project::find(&web.app, owner, project).await {
            Ok(_) => picture(Badge::BadUrl, Some(SHORT)),
            Err(refusal) => page::refused(&refusal),
        },
        Err(refusal) => page::refused(&refusal),
    }
}

/// The last build of a package into the main directory.
async fn last_build(web: &Web, owner: &str, project: &str, package: &str) -> Result<Option<Shown>, Refusal> {
    let with = With { latest: true, ..With::default() };
    let (project, found) = package::find(&web.app, owner, project, package, with).await?;
    Ok(found.latest.filter(|shown| shown.build.dir.as_str() == project.name.as_str()))
}

fn picture(badge: Badge, kept: Option<&'static str>) -> Response {
    let mut response = ([(header::CONTENT_TYPE, "image/png")], badge.png()).into_response();
    if let Some(kept) = kept {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    }
    response
}
