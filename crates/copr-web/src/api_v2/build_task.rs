//! Tasks: builds in one chroot each. They are looked at only.

use super::path::{At, Number, chroot_name};
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use crate::json::Json;
use axum::extract::State;
use copr_app::build;
use copr_db::listing::Of;
use copr_types::{BuildId, ProjectId};
use copr_wire::v2::{BuildTaskOne, BuildTasks};

/// `GET /build_tasks`: of several things that are said to choose by, the strongest counts.
pub async fn list(State(web): State<Web>, query: Query) -> Answer<BuildTasks> {
    let page = query.page()?;
    let (owner, group) = query.owners();
    let of = match (query.number("build_id")?, query.number("project_id")?, owner.as_ref().or(group.as_ref())) {
        (Some(id), ..) => Of::Build(BuildId(id)),
        (None, Some(id), _) => Of::Project(ProjectId(id)),
        (None, None, Some(owner)) => Of::Owner(owner),
        (None, None, None) => Of::Everybody,
    };
    let states = query.text("state").map(show::task_states).transpose()?;
    let found = build::tasks(&web.app, of, states.as_deref(), &page).await?;
    let build_tasks = found.iter().map(|(build, chroot)| show::task(&web, build, chroot)).collect();
    Ok(Json(BuildTasks { build_tasks, links: query.itself_with_limit(&show::tasks_path(), &page) }))
}

/// `GET /build_tasks/{build_id}/{chroot}`
pub async fn one(State(web): State<Web>, At((Number(id), chroot)): At<(Number, String)>) -> Answer<BuildTaskOne> {
    let chroot = chroot_name(&chroot)?;
    let (shown, found) = build::chroot(&web.app, BuildId(id), chroot.as_str()).await?;
    Ok(Json(show::task(&web, &shown.build, &found)))
}
