//! The page of a chain.

use super::{lines, page};
use crate::Web;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use copr_app::chain::{self, Needed, Provider, Shown};
use copr_types::{ChainId, OwnerName};
use copr_ui::chain::{Chain, Chroot, Member, Step};

/// Address of a chain's page, which leads to the one below its project.
pub(super) fn href(id: ChainId) -> String {
    format!("/coprs/chain/{id}")
}

/// The short address that programs print.
pub(super) async fn find(State(web): State<Web>, Path(id): Path<i64>) -> Response {
    match chain::find(&web.app, ChainId(id)).await {
        Ok(shown) => {
            let to = format!("{}chain/{id}/", project_href(&shown));
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
        Err(refusal) if refusal.kind == copr_app::Kind::NotFound => {
            page::not_found_about(format!("There is no chain {id}."))
        }
        Err(refusal) => page::refused(&refusal),
    }
}

pub(super) async fn of_user(web: State<Web>, Path((owner, project, id)): Path<(String, String, i64)>) -> Response {
    show(&web, &owner, &project, id).await
}

pub(super) async fn of_group(web: State<Web>, Path((group, project, id)): Path<(String, String, i64)>) -> Response {
    show(&web, &format!("@{group}"), &project, id).await
}

async fn show(web: &Web, owner: &str, project: &str, id: i64) -> Response {
    match chain::find(&web.app, ChainId(id)).await {
        Ok(shown) if shown.chain.owner == owner && shown.chain.project == project => page::show(&view(shown)),
        Err(refusal) if refusal.kind != copr_app::Kind::NotFound => page::refused(&refusal),
        _ => page::not_found_about(format!("There is no chain {id} in {owner}/{project}.")),
    }
}

fn project_href(shown: &Shown) -> String {
    let chain = &shown.chain;
    match chain.owner.parse::<OwnerName>() {
        Ok(owner) => lines::project_href(&owner, &chain.project),
        Err(_) => "/coprs/".to_owned(),
    }
}

fn view(shown: Shown) -> Chain {
    let project_href = project_href(&shown);
    let build_href = |id| format!("{project_href}build/{id}/");
    let standing = shown.standing().word();
    let chain = shown.chain;
    let member = |member: chain::Member| Member {
        id: member.build.build.id.0,
        href: build_href(member.build.build.id),
        state: member.build.state(),
        package: member.build.build.package,
        added_for: member.added_for,
    };
    let step = |step: chain::Step| Step {
        wave: step.wave,
        build: step.build.0,
        href: build_href(step.build),
        package: step.package,
        state: step.state,
        reason: step.reason,
        needs: step.needs.iter().flat_map(|need| need.by.iter().map(move |by| line(need, by))).collect(),
        circle: step.circle,
    };
    let chroots = shown
        .chroots
        .into_iter()
        .map(|one| Chroot { name: one.name.to_string(), steps: one.steps.into_iter().map(step).collect() });
    let chroots = chroots.collect();
    let builds = shown.members.into_iter().map(member).collect();
    Chain {
        id: chain.id.0,
        project: format!("{}/{}", chain.owner, chain.project),
        dir: (chain.dir != chain.project).then(|| chain.dir.clone()),
        submitter: chain.submitter,
        submitted_on: chain.created_on,
        standing,
        keep_going: chain.keep_going,
        with_dependents: chain.with_dependents,
        builds,
        chroots,
        project_href,
    }
}

/// What is waited for, or why it is not.
fn line(need: &Needed, by: &Provider) -> String {
    match by.given_up.as_str() {
        "" => format!("{} for {}: {}", by.package, need.what, by.known),
        why => format!("not for {} of {}: {why}", need.what, by.package),
    }
}
