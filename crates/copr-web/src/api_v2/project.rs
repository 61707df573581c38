//! Projects.

use super::body::{Body, Fields};
use super::login::Login;
use super::path::{At, Number};
use super::query::Query;
use super::refused::{Answer, Done};
use super::{PREFIX, located, show};
use crate::Web;
use crate::json::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use copr_app::project::{Input, numbered};
use copr_app::{build, project_chroot};
use copr_db::Page;
use copr_db::listing::Of;
use copr_db::search::Exactly;
use copr_types::ProjectId;
use copr_wire::v2::{ProjectOne, Projects};

/// Builds that stand with a project where they are asked for: a page of them, for there may be any number.
const BUILDS: i64 = 100;

/// `GET /projects`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<Projects> {
    let page = query.page()?;
    let links = query.itself(&format!("{PREFIX}/projects"), Some(&page));
    let (owner, group) = query.owners();
    // Nothing is both a person's and a group's.
    let none = owner.is_some() && group.is_some() && owner != group;
    let which = Exactly { owner: owner.as_deref().or(group.as_deref()), name: query.text("name") };
    let found =
        if none { Vec::new() } else { numbered::list(&web.app, query.text("search_query"), &which, &page).await? };
    let projects = found.iter().map(|shown| show::project(&shown.project, "")).collect();
    Ok(Json(Projects { projects, links }))
}

/// `POST /projects`: the caller's, or a group's.
pub async fn create(State(web): State<Web>, Login(me): Login, Body(mut fields): Body) -> Done {
    let group = fields.text("group").this().filter(|group| !group.is_empty());
    let input = new(&mut fields);
    fields.check()?;
    let owner = group.map_or_else(|| me.name.to_string(), |group| format!("@{}", group.trim_start_matches('@')));
    let made = numbered::create(&web.app, &me, &owner, &input).await?;
    Ok(located(&web, StatusCode::CREATED, &show::project_path(made.project.id)))
}

/// `GET /projects/{project_id}`, with its newest builds and its chroots where that is asked for.
pub async fn one(State(web): State<Web>, At(Number(id)): At<Number>, query: Query) -> Answer<ProjectOne> {
    let id = ProjectId(id);
    let (builds, chroots) = (query.flag("show_builds")?, query.flag("show_chroots")?);
    let (builds, chroots) = (builds.unwrap_or(false), chroots.unwrap_or(false));
    let flags = match (builds, chroots) {
        (false, false) => "",
        (true, false) => "?show_builds=True",
        (false, true) => "?show_chroots=True",
        (true, true) => "?show_builds=True&show_chroots=True",
    };
    let mut one = show::project(&numbered::find(&web.app, id).await?.project, flags);
    if builds {
        let newest = build::across(&web.app, Of::Project(id), None, &Page::first(BUILDS)).await?;
        one.project_builds = Some(newest.iter().map(show::build).collect());
    }
    if chroots {
        let chroots = project_chroot::list(&web.app, id).await?;
        one.project_chroots = Some(chroots.iter().map(show::project_chroot).collect());
    }
    Ok(Json(one))
}

/// `PUT /projects/{project_id}`: changes what is said. Clients send what can not change along.
pub async fn update(
    State(web): State<Web>,
    Login(me): Login,
    At(Number(id)): At<Number>,
    Body(mut fields): Body,
) -> Done {
    let input = changed(&mut fields);
    fields.check()?;
    numbered::edit(&web.app, &me, ProjectId(id), &input).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /projects/{project_id}`
pub async fn delete(State(web): State<Web>, Login(me): Login, At(Number(id)): At<Number>) -> Done {
    numbered::delete(&web.app, &me, ProjectId(id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What is said about a new project: without a word, builds have network.
fn new(fields: &mut Fields) -> Input {
    let (name, chroots) = (fields.text("name").this(), fields.list("chroots").this());
    let rest = changed(fields);
    Input { name, chroots, enable_net: rest.enable_net.or(Some(true)), ..rest }
}

/// What is said about a project at any time. Null is an empty text, list or address; a switch stays.
fn changed(fields: &mut Fields) -> Input {
    let (homepage, contact) = (fields.text("homepage"), fields.text("contact"));
    let (homepage, contact) = (homepage.or_null(String::new()), contact.or_null(String::new()));
    Input {
        description: fields.text("description").or_null(String::new()),
        instructions: fields.text("instructions").or_null(String::new()),
        no_homepage: homepage.as_deref() == Some(""),
        no_contact: contact.as_deref() == Some(""),
        homepage,
        contact,
        devel_mode: fields.flag("disable_createrepo").this(),
        enable_net: fields.flag("build_enable_net").this(),
        additional_repos: fields.list("repos").or_null(Vec::new()).map(|repos| repos.join(" ")),
        ..Input::default()
    }
}
