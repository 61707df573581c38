//! The page of a project's web hooks, for who may change the project.

use super::visitor::Visitor;
use super::{lines, page};
use crate::Web;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use copr_app::Refusal;
use copr_app::webhook::{self, Listed};
use copr_db::Page;
use copr_db::account::Account;
use copr_db::project::Project;
use copr_types::{Forge, HookOutcome};
use copr_ui::integrations::{CallLine, Door, Integrations};

/// Calls that the page shows.
const CALLS: i64 = 50;

type Named = Path<(String, String)>;

pub(super) async fn of_user(web: State<Web>, Visitor(me): Visitor, Path((owner, project)): Named) -> Response {
    show(&web, &me, &owner, &project).await
}

pub(super) async fn of_group(web: State<Web>, Visitor(me): Visitor, Path((group, project)): Named) -> Response {
    show(&web, &me, &format!("@{group}"), &project).await
}

pub(super) async fn renew_of_user(web: State<Web>, Visitor(me): Visitor, Path((owner, project)): Named) -> Response {
    renew(&web, &me, &owner, &project).await
}

pub(super) async fn renew_of_group(web: State<Web>, Visitor(me): Visitor, Path((group, project)): Named) -> Response {
    renew(&web, &me, &format!("@{group}"), &project).await
}

async fn show(web: &Web, me: &Account, owner: &str, project: &str) -> Response {
    match load(web, me, owner, project).await {
        Ok(view) => page::private(StatusCode::OK, &view),
        Err(refusal) => page::refused(&refusal),
    }
}

async fn renew(web: &Web, me: &Account, owner: &str, project: &str) -> Response {
    match webhook::renew_secret(&web.app, me, owner, project).await {
        Ok((project, _)) => Redirect::to(&here(&project)).into_response(),
        Err(refusal) => page::refused(&refusal),
    }
}

fn here(project: &Project) -> String {
    format!("{}integrations/", lines::project_href(&project.owner, project.name.as_str()))
}

async fn load(web: &Web, me: &Account, owner: &str, name: &str) -> Result<Integrations, Refusal> {
    let (project, secret) = webhook::shown_secret(&web.app, me, owner, name).await?;
    let (_, calls) = webhook::history(&web.app, me, owner, name, &Page::first(CALLS)).await?;
    let project_href = lines::project_href(&project.owner, project.name.as_str());
    Ok(Integrations {
        project: project.full_name(),
        here: here(&project),
        doors: doors(&web.app.rules.public_url, &project, &secret),
        calls: calls.into_iter().map(|listed| line(&project_href, listed)).collect(),
        project_href,
        secret,
    })
}

fn doors(public_url: &str, project: &Project, secret: &str) -> Vec<Door> {
    let id = project.id;
    let door = |name: &'static str, forge: Forge, advice: &'static str| Door {
        name,
        url: format!("{public_url}/webhooks/{forge}/{id}/{secret}/"),
        advice,
    };
    let (owner, name) = (&project.owner, &project.name);
    vec![
        door(
            "GitHub",
            Forge::Github,
            "Content type: application/json. Events: \"Pushes\", and \"Branch or tag creation\" for tags.",
        ),
        door(
            "GitLab",
            Forge::Gitlab,
            "Triggers: \"Push events\" and \"Tag push events\". Also for scripts of your own git server.",
        ),
        door("Bitbucket", Forge::Bitbucket, "Triggers: \"Repository push\"."),
        door("Forgejo and Gitea", Forge::Forgejo, "Type: Forgejo or Gitea. Trigger on: push events."),
        Door {
            name: "Anything else",
            url: format!("{public_url}/webhooks/custom/{id}/{secret}/PACKAGE/"),
            advice: "Builds this package whatever is sent. A script that makes its sources finds that in the file hook_payload.",
        },
        Door {
            name: "Anything else, into a directory of its own",
            url: format!("{public_url}/webhooks/custom-dir/{owner}/{name}:custom:SUFFIX/{secret}/PACKAGE/"),
            advice: "",
        },
    ]
}

fn line(project_href: &str, Listed { call, builds }: Listed) -> CallLine {
    let outcome = match call.outcome {
        HookOutcome::Built => call.reason,
        HookOutcome::Nothing => format!("nothing: {}", call.reason),
        HookOutcome::Again => call.reason,
        HookOutcome::Refused => format!("refused: {}", call.reason),
    };
    CallLine {
        received_on: call.received_on,
        forge: call.forge.as_str(),
        event: call.event,
        git_ref: call.git_ref,
        commit: call.git_commit,
        sender: call.sender,
        delivery: call.delivery,
        user_agent: call.user_agent,
        outcome,
        builds: builds.into_iter().map(|id| (id.0, format!("{project_href}build/{id}/"))).collect(),
    }
}
