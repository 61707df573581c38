//! Rebuilding packages of a project: the form, and what it sends.

use super::said::Said;
use super::visitor::Visitor;
use super::{lines, page};
use crate::Web;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use copr_app::build::{self, Denied, Options};
use copr_app::{Refusal, package, project};
use copr_db::Page;
use copr_db::account::Account;
use copr_ui::rebuild::Rebuild;

pub(super) async fn of_user(
    State(web): State<Web>,
    Path((owner, name)): Path<(String, String)>,
    Visitor(me): Visitor,
) -> Response {
    show(&web, &me, &owner, &name).await
}

pub(super) async fn of_group(
    State(web): State<Web>,
    Path((group, name)): Path<(String, String)>,
    Visitor(me): Visitor,
) -> Response {
    show(&web, &me, &format!("@{group}"), &name).await
}

async fn show(web: &Web, me: &Account, owner: &str, name: &str) -> Response {
    match view(web, me, owner, name).await {
        Ok(view) => page::private(StatusCode::OK, &view),
        Err(refusal) => page::declined(&refusal),
    }
}

async fn view(web: &Web, me: &Account, owner: &str, name: &str) -> Result<Rebuild, Refusal> {
    build::may_build(&web.app, me, owner, name).await?;
    let shown = project::find(&web.app, owner, name).await?;
    let (project, listed) =
        package::list(&web.app, owner, name, package::With::default(), "name", &Page::default()).await?;
    let packages = listed.into_iter().map(|one| one.package).filter(build::is_rebuildable);
    let project_href = lines::project_href(&project.owner, project.name.as_str());
    Ok(Rebuild {
        project: project.full_name(),
        action: format!("{project_href}packages/rebuild-all/"),
        project_href,
        packages: packages.map(|package| package.name.to_string()).collect(),
        chroots: shown.chroots,
    })
}

pub(super) async fn submit_of_user(
    State(web): State<Web>,
    Path((owner, name)): Path<(String, String)>,
    Visitor(me): Visitor,
    request: Request,
) -> Response {
    submit(&web, &me, &owner, &name, request).await
}

pub(super) async fn submit_of_group(
    State(web): State<Web>,
    Path((group, name)): Path<(String, String)>,
    Visitor(me): Visitor,
    request: Request,
) -> Response {
    submit(&web, &me, &format!("@{group}"), &name, request).await
}

async fn submit(web: &Web, me: &Account, owner: &str, name: &str, request: Request) -> Response {
    let made = async {
        build::may_build(&web.app, me, owner, name).await?;
        let said = Said::read(request, web).await?;
        let packages = said.all("packages");
        if packages.is_empty() {
            return Err(Refusal::field("packages", "At least one package must be selected"));
        }
        let denied = if said.one("only_package_chroots").is_some() { Denied::Always } else { Denied::Never };
        let options = Options { chroots: Some(said.chroots()?), ..said.options() };
        build::of_packages(&web.app, me, owner, name, Some(&packages), denied, &options).await?;
        project::find(&web.app, owner, name).await
    };
    match made.await {
        Ok(shown) => {
            let project = &shown.project;
            Redirect::to(&lines::project_href(&project.owner, project.name.as_str())).into_response()
        }
        Err(refusal) => page::declined(&refusal),
    }
}
