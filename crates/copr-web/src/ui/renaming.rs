//! The forms that give a project another name or owner, and what they send.

use super::said::Said;
use super::visitor::Visitor;
use super::{lines, page};
use crate::Web;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use copr_app::{Refusal, project, renaming};
use copr_db::account::Account;
use copr_ui::renaming::Renaming;

type Named = Path<(String, String)>;

pub(super) async fn of_user(web: State<Web>, Visitor(me): Visitor, Path((owner, name)): Named) -> Response {
    show(&web, &me, &owner, &name).await
}

pub(super) async fn of_group(web: State<Web>, Visitor(me): Visitor, Path((group, name)): Named) -> Response {
    show(&web, &me, &format!("@{group}"), &name).await
}

async fn show(web: &Web, me: &Account, owner: &str, name: &str) -> Response {
    match view(web, me, owner, name).await {
        Ok(view) => page::private(StatusCode::OK, &view),
        Err(refusal) => page::declined(&refusal),
    }
}

async fn view(web: &Web, me: &Account, owner: &str, name: &str) -> Result<Renaming, Refusal> {
    let (project, may) = renaming::allowed(&web.app, me, owner, name).await?;
    let project_href = lines::project_href(&project.owner, project.name.as_str());
    Ok(Renaming {
        project: project.full_name(),
        name: project.name.to_string(),
        here: format!("{project_href}rename/"),
        project_href,
        may_transfer: may.can_delete(),
    })
}

pub(super) async fn rename_user(
    web: State<Web>,
    Visitor(me): Visitor,
    Path((owner, name)): Named,
    request: Request,
) -> Response {
    rename(&web, &me, &owner, &name, request).await
}

pub(super) async fn rename_group(
    web: State<Web>,
    Visitor(me): Visitor,
    Path((group, name)): Named,
    request: Request,
) -> Response {
    rename(&web, &me, &format!("@{group}"), &name, request).await
}

async fn rename(web: &Web, me: &Account, owner: &str, name: &str, request: Request) -> Response {
    let done = async {
        renaming::allowed(&web.app, me, owner, name).await?;
        let to = Said::read(request, web).await?.one("name").unwrap_or_default();
        renaming::rename(&web.app, me, owner, name, &to).await
    };
    answer(done.await)
}

pub(super) async fn transfer_user(
    web: State<Web>,
    Visitor(me): Visitor,
    Path((owner, name)): Named,
    request: Request,
) -> Response {
    transfer(&web, &me, &owner, &name, request).await
}

pub(super) async fn transfer_group(
    web: State<Web>,
    Visitor(me): Visitor,
    Path((group, name)): Named,
    request: Request,
) -> Response {
    transfer(&web, &me, &format!("@{group}"), &name, request).await
}

async fn transfer(web: &Web, me: &Account, owner: &str, name: &str, request: Request) -> Response {
    let done = async {
        renaming::allowed(&web.app, me, owner, name).await?;
        let to = Said::read(request, web).await?.one("owner").unwrap_or_default();
        renaming::transfer(&web.app, me, owner, name, &to).await
    };
    answer(done.await)
}

/// The page of the project under its new name.
fn answer(done: Result<project::Shown, Refusal>) -> Response {
    match done {
        Ok(shown) => {
            let to = lines::project_href(&shown.project.owner, shown.project.name.as_str());
            Redirect::to(&to).into_response()
        }
        Err(refusal) => page::declined(&refusal),
    }
}
