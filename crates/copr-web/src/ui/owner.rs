//! The page of a user or a group: where somebody lands who logged in.

use super::{lines, page};
use crate::Web;
use axum::extract::{Path, State};
use axum::response::Response;
use copr_app::{Refusal, account, project};
use copr_db::Page;
use copr_ui::owner::Owner;

/// Projects that the page shows.
const PROJECTS: usize = 200;

pub(super) async fn of_user(web: State<Web>, Path(owner): Path<String>) -> Response {
    show(&web, &owner).await
}

pub(super) async fn of_group(web: State<Web>, Path(group): Path<String>) -> Response {
    show(&web, &format!("@{group}")).await
}

async fn show(web: &Web, owner: &str) -> Response {
    match view(web, owner).await {
        Ok(Some(view)) => page::show(&view),
        Ok(None) => page::not_found_about(format!("There is no user and no group {owner}.")),
        Err(refusal) => page::refused(&refusal),
    }
}

async fn view(web: &Web, owner: &str) -> Result<Option<Owner>, Refusal> {
    if !account::is_owner(&web.app, owner).await? {
        return Ok(None);
    }
    let newest = Page { descending: true, ..Page::first(PROJECTS as i64 + 1) };
    let mut found = project::list(&web.app, Some(owner), "id", &newest).await?;
    let more = found.len() > PROJECTS;
    found.truncate(PROJECTS);
    let listed = found.into_iter().filter(|shown| !shown.project.settings.unlisted_on_hp);
    Ok(Some(Owner { owner: owner.to_owned(), projects: listed.map(lines::project_line).collect(), more }))
}
