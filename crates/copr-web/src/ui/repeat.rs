//! Repeating a build: the form, and what it sends.

use super::said::Said;
use super::visitor::Visitor;
use super::{lines, page};
use crate::Web;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use copr_app::Refusal;
use copr_app::build::{self, Options, Repeat, Shown};
use copr_db::account::Account;
use copr_types::{BuildId, SourceKind};
use copr_ui::repeat::{Chroot, Repeat as Page};
use serde::Deserialize;

/// `?chroot=NAME` chooses that one alone.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chosen {
    chroot: Option<String>,
}

type Query = axum::extract::Query<Chosen>;

pub(super) async fn of_user(
    State(web): State<Web>,
    Path((owner, project, id)): Path<(String, String, i64)>,
    Visitor(me): Visitor,
    query: Query,
) -> Response {
    show(&web, &me, &owner, &project, BuildId(id), query.0.chroot.as_deref()).await
}

pub(super) async fn of_group(
    State(web): State<Web>,
    Path((group, project, id)): Path<(String, String, i64)>,
    Visitor(me): Visitor,
    query: Query,
) -> Response {
    show(&web, &me, &format!("@{group}"), &project, BuildId(id), query.0.chroot.as_deref()).await
}

async fn show(web: &Web, me: &Account, owner: &str, project: &str, id: BuildId, only: Option<&str>) -> Response {
    match view(web, me, owner, project, id, only).await {
        Ok(view) => page::private(axum::http::StatusCode::OK, &view),
        Err(refusal) => page::declined(&refusal),
    }
}

async fn view(
    web: &Web,
    me: &Account,
    owner: &str,
    project: &str,
    id: BuildId,
    only: Option<&str>,
) -> Result<Page, Refusal> {
    in_project(&build::find(&web.app, id).await?, owner, project)?;
    let (shown, chroots) = build::again(&web.app, me, id).await?;
    let chosen = |one: &build::Chosen| only.map_or_else(|| one.is_likely(), |only| only == one.name);
    let chroots = chroots.into_iter().map(|one| Chroot { chosen: chosen(&one), name: one.name, state: one.state });
    let build = &shown.build;
    Ok(Page {
        id: build.id.0,
        build_href: lines::build_href(&shown),
        project: format!("{}/{}", build.owner, build.project),
        project_href: lines::project_href(&build.owner, build.project.as_str()),
        title: build
            .package
            .clone()
            .or_else(|| lines::source_file(build))
            .unwrap_or_else(|| format!("build {}", build.id)),
        source_kind: build.source_kind.as_str().to_owned(),
        same_package: build.source_kind == SourceKind::Upload,
        action: lines::rebuild_href(&shown),
        chroots: chroots.collect(),
        timeout: build.timeout,
        enable_net: build.enable_net,
        background: build.background,
    })
}

/// A build of another project is not here.
fn in_project(shown: &Shown, owner: &str, project: &str) -> Result<(), Refusal> {
    let build = &shown.build;
    if build.owner.to_string() == owner && build.project.as_str() == project {
        return Ok(());
    }
    Err(Refusal::not_found(format!("There is no build {} in {owner}/{project}.", build.id)))
}

pub(super) async fn submit_of_user(
    State(web): State<Web>,
    Path((owner, project, id)): Path<(String, String, i64)>,
    Visitor(me): Visitor,
    request: Request,
) -> Response {
    submit(&web, &me, &owner, &project, BuildId(id), request).await
}

pub(super) async fn submit_of_group(
    State(web): State<Web>,
    Path((group, project, id)): Path<(String, String, i64)>,
    Visitor(me): Visitor,
    request: Request,
) -> Response {
    submit(&web, &me, &format!("@{group}"), &project, BuildId(id), request).await
}

async fn submit(web: &Web, me: &Account, owner: &str, project: &str, id: BuildId, request: Request) -> Response {
    let made = async {
        in_project(&build::find(&web.app, id).await?, owner, project)?;
        // Who may not is told so, whatever the form says.
        build::again(&web.app, me, id).await?;
        let options = options(request, web).await?;
        build::repeat(&web.app, me, id, Repeat::All, &options).await
    };
    match made.await {
        Ok(made) => Redirect::to(&lines::build_href(&made)).into_response(),
        Err(refusal) => page::declined(&refusal),
    }
}

/// What the form says. Its switches are off when they are not sent.
async fn options(request: Request, web: &Web) -> Result<Options, Refusal> {
    let said = Said::read(request, web).await?;
    Ok(Options {
        chroots: Some(said.chroots()?),
        enable_net: Some(said.one("enable_net").is_some()),
        bootstrap: said.one("bootstrap"),
        isolation: said.one("isolation"),
        ..said.options()
    })
}
