//! Projects.

use super::body::Body;
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::query::Query;
use super::refused::Answer;
use super::show;
use crate::Web;
use axum::Json;
use axum::extract::State;
use copr_app::build::Running;
use copr_app::directory;
use copr_app::fork::{self, Wish};
use copr_app::project::{self, Input};
use copr_app::renaming;
use copr_wire::v3::{List, Message, Project};

/// Attributes that can order lists of projects.
const ORDERS: [&str; 3] = copr_db::project::ORDERS;

/// `GET /project`
pub async fn find(State(web): State<Web>, query: Query) -> Answer<Project> {
    let found = project::find(&web.app, query.need("ownername")?, query.need("projectname")?).await?;
    Ok(Json(show::project(&web, &found)))
}

/// `GET /project/list`
pub async fn list(State(web): State<Web>, query: Query) -> Answer<List<Project>> {
    let paging = query.paging("copr", &ORDERS)?;
    let found = project::list(&web.app, query.get("ownername"), &paging.order, &paging.page()).await?;
    Ok(Json(paging.list(found.iter().map(|one| show::project(&web, one)).collect())))
}

/// `GET /project/search`
pub async fn search(State(web): State<Web>, query: Query) -> Answer<List<Project>> {
    let paging = query.paging("copr", &ORDERS)?;
    let found = project::search(&web.app, query.need("query")?, &paging.page()).await?;
    Ok(Json(paging.list(found.iter().map(|one| show::project(&web, one)).collect())))
}

/// `POST /project/add/{owner}`
pub async fn add(
    State(web): State<Web>,
    Login(me): Login,
    At(owner): At<String>,
    query: Query,
    Body(fields): Body,
) -> Answer<Project> {
    let exist_ok = query.get("exist_ok") == Some("True");
    let made = project::create(&web.app, &me, &owner, &new(&fields), exist_ok).await?;
    Ok(Json(show::project(&web, &made)))
}

/// `PUT /project/edit/{owner}/{project}`
pub async fn edit(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Project> {
    let changed = project::edit_with(&web.app, &me, &owner, &name, &input(&fields), running(&fields)).await?;
    Ok(Json(show::project(&web, &changed)))
}

/// `POST /project/fork/{owner}/{project}`. Copying goes on when this has answered.
pub async fn fork(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Project> {
    let wish = Wish {
        owner: fields.line("ownername"),
        name: fields.line("name"),
        confirm: fields.flag(&["confirm"]).unwrap_or(false),
    };
    let made = fork::create(&web.app, &me, &owner, &name, &wish).await?;
    Ok(Json(show::project(&web, &made)))
}

/// `PUT /project/rename/{owner}/{project}`: ours. Copr's keep their names.
pub async fn rename(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Project> {
    let to = fields.line("name").unwrap_or_default();
    let renamed = renaming::rename(&web.app, &me, &owner, &name, &to).await?;
    Ok(Json(show::project(&web, &renamed)))
}

/// `PUT /project/transfer/{owner}/{project}`: ours, too.
pub async fn transfer(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Project> {
    let to = fields.line("ownername").unwrap_or_default();
    let given = renaming::transfer(&web.app, &me, &owner, &name, &to).await?;
    Ok(Json(show::project(&web, &given)))
}

/// `DELETE /project/delete/{owner}/{project}`. The body says `verify`, which Copr never looked at.
pub async fn delete(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Project> {
    let deleted = project::delete_with(&web.app, &me, &owner, &name, running(&fields)).await?;
    Ok(Json(show::project(&web, &deleted)))
}

/// `DELETE /project/directory/delete/{owner}/{dir}`: ours. Copr's go with their project, or by themselves.
pub async fn delete_directory(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, dir)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Message> {
    let project = dir.split(':').next().unwrap_or_default();
    let gone = directory::delete(&web.app, &me, &owner, project, &dir, running(&fields)).await?;
    Ok(Json(Message { message: format!("Directory {owner}/{} has been deleted.", gone.name) }))
}

/// What is to become of builds that run in what goes away: as Copr has it, unless the request says more.
pub(super) fn running(fields: &Fields) -> Running {
    if fields.flag(&["cancel_builds"]).unwrap_or(false) { Running::Cancel } else { Running::Refuse }
}

/// `PUT /project/regenerate-repos/{owner}/{project}`
pub async fn regenerate_repos(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
) -> Answer<Project> {
    let found = project::regenerate(&web.app, &me, &owner, &name).await?;
    Ok(Json(show::project(&web, &found)))
}

/// What can be said about a project at any time.
fn input(fields: &Fields) -> Input {
    Input {
        chroots: fields.list("chroots"),
        description: fields.text(&["description"]),
        instructions: fields.text(&["instructions"]),
        homepage: fields.line("homepage"),
        contact: fields.line("contact"),
        // python-copr says `additional_repos` when it makes a project and `repos` when it edits one.
        additional_repos: fields.text(&["additional_repos", "repos"]),
        runtime_dependencies: fields.text(&["runtime_dependencies"]),
        packit_forge_projects_allowed: fields.text(&["packit_forge_projects_allowed"]),
        unlisted_on_hp: fields.flag(&["unlisted_on_hp"]),
        enable_net: fields.flag(&["enable_net"]),
        devel_mode: fields.flag(&["devel_mode", "disable_createrepo"]),
        auto_prune: fields.flag(&["auto_prune"]),
        follow_fedora_branching: fields.flag(&["follow_fedora_branching"]),
        multilib: fields.flag(&["multilib"]),
        module_hotfixes: fields.flag(&["module_hotfixes"]),
        fedora_review: fields.flag(&["fedora_review"]),
        appstream: fields.flag(&["appstream"]),
        bootstrap: fields.line("bootstrap"),
        isolation: fields.line("isolation"),
        repo_priority: fields.line("repo_priority"),
        delete_after_days: fields.line("delete_after_days"),
        ..Input::default()
    }
}

/// What can be said about a new project: its name, and what can not change later.
fn new(fields: &Fields) -> Input {
    // python-copr before 1.106 knows no other choice than this one.
    let container = fields.flag(&["use_bootstrap_container"]).map(|on| if on { "on" } else { "off" }.to_owned());
    let rest = input(fields);
    let said = rest.bootstrap.clone().filter(|word| !matches!(word.as_str(), "" | "None"));
    Input {
        name: fields.line("name"),
        persistent: fields.flag(&["persistent"]),
        storage: fields.line("storage").filter(|word| !word.is_empty()),
        bootstrap: said.or(container),
        ..rest
    }
}
