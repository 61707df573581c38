//! Projects.

use super::answer::{Answer, Done, Refused};
use super::body::{Body, Query};
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::show;
use crate::Web;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use copr_app::fork::{self, Wish};
use copr_app::project::{self, Input};
use copr_app::{Refusal, webhook};
use copr_db::Page;
use copr_wire::v1::{FoundProject, ListedProject, Message, ModifiedProject, OneProject, Repos};

/// `GET /coprs/?username=`, and `?search=`, which the oldest documentation promises.
pub async fn list(State(web): State<Web>, Query(query): Query) -> Result<Response, Refused> {
    if let Some(owner) = said(&query, "username") {
        return Ok(of_owner(&web, &owner).await.into_response());
    }
    match said(&query, "search") {
        Some(text) => Ok(found(&web, &text).await.into_response()),
        None => Err(Refusal::invalid("Missing argument username").into()),
    }
}

/// `GET /coprs/{owner}/`: an argument beats the path.
pub async fn list_of(
    State(web): State<Web>,
    At(owner): At<String>,
    Query(query): Query,
) -> Answer<Repos<ListedProject>> {
    of_owner(&web, &said(&query, "username").unwrap_or(owner)).await
}

async fn of_owner(web: &Web, owner: &str) -> Answer<Repos<ListedProject>> {
    let found = project::list(&web.app, Some(owner), "id", &Page::default()).await?;
    Ok(Done(Repos { repos: found.iter().map(|one| show::listed_project(web, one)).collect() }))
}

/// An argument that says something; the oldest documentation prints quotes around its value.
fn said(query: &Fields, name: &str) -> Option<String> {
    let text = query.line(&[name])?;
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `GET /coprs/search/?project=`
pub async fn search(State(web): State<Web>, Query(query): Query) -> Answer<Repos<FoundProject>> {
    let text = said(&query, "project").ok_or_else(|| Refusal::invalid("Missing argument project"))?;
    found(&web, &text).await
}

/// `GET /coprs/search/{text}/`: an argument beats the path.
pub async fn search_for(
    State(web): State<Web>,
    At(text): At<String>,
    Query(query): Query,
) -> Answer<Repos<FoundProject>> {
    found(&web, &said(&query, "project").unwrap_or(text)).await
}

/// `GET /coprs/search/{text}/{name}/`: python-copr writes a full name into the path as it is.
pub async fn search_for_name(
    State(web): State<Web>,
    At((owner, name)): At<(String, String)>,
) -> Answer<Repos<FoundProject>> {
    found(&web, &format!("{owner}/{name}")).await
}

async fn found(web: &Web, text: &str) -> Answer<Repos<FoundProject>> {
    let found = project::search(&web.app, text, &Page::default()).await?;
    Ok(Done(Repos { repos: found.iter().map(show::found_project).collect() }))
}

/// `GET /playground/list/`: this service has no playground.
pub async fn playground() -> Answer<Repos<FoundProject>> {
    Ok(Done(Repos { repos: Vec::new() }))
}

/// `POST /coprs/{owner}/new/`: whatever user the path names, the project becomes one of who asks; only groups count.
pub async fn create(
    State(web): State<Web>,
    Login(me): Login,
    At(owner): At<String>,
    Body(fields): Body,
) -> Answer<Message> {
    let owner = if owner.starts_with('@') { owner } else { me.name.to_string() };
    let urls = fields.words("initial_pkgs").unwrap_or_default();
    let (_, builds) = project::create_with_builds(&web.app, &me, &owner, &new(&fields), &urls).await?;
    let mut message = "New project was successfully created.".to_owned();
    if !builds.is_empty() {
        message += &format!("\nInitial packages were submitted for building:{}", show::pages(&web, &builds));
    }
    Ok(Done(Message { message }))
}

/// `GET /coprs/{owner}/{project}/detail/`
pub async fn detail(State(web): State<Web>, At((owner, name)): At<(String, String)>) -> Answer<OneProject> {
    let (found, end) = project::find_with_end(&web.app, &owner, &name).await?;
    let detail = show::detail(&web, &found, end);
    Ok(Done(OneProject { repos: vec![detail.clone()], detail }))
}

/// `POST /coprs/{owner}/{project}/modify/`
pub async fn modify(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<ModifiedProject> {
    project::edit(&web.app, &me, &owner, &name, &input(&fields)).await?;
    let (found, end) = project::find_with_end(&web.app, &owner, &name).await?;
    Ok(Done(show::modified_project(&found, end)))
}

/// `POST /coprs/{owner}/{project}/delete/`
pub async fn delete(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Message> {
    if fields.line(&["verify"]).as_deref() != Some("yes") {
        return Err(Refusal::field("verify", "Type \"yes\" to delete the project").into());
    }
    let deleted = project::delete(&web.app, &me, &owner, &name).await?;
    Ok(Done(Message { message: format!("Project {} has been deleted.", deleted.project.full_name()) }))
}

/// `POST /coprs/{owner}/{project}/fork/`. Copying goes on when this has answered.
pub async fn fork(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
    Body(fields): Body,
) -> Answer<Message> {
    let word = |name| fields.line(&[name]).filter(|text| !text.is_empty());
    let confirm = fields.flag(&["confirm"]).unwrap_or(false);
    let wish = Wish { owner: word("owner"), name: word("name"), confirm };
    let made = fork::create(&web.app, &me, &owner, &name, &wish).await?;
    let (to, public_url) = (made.project.full_name(), &web.app.rules.public_url);
    let message = format!("Project {owner}/{name} is being forked into {to}: {public_url}/coprs/{to}/");
    Ok(Done(Message { message }))
}

/// `POST /coprs/{owner}/{project}/new_webhook_secret/`
pub async fn new_webhook_secret(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): At<(String, String)>,
) -> Answer<Message> {
    let (_, secret) = webhook::renew_secret(&web.app, &me, &owner, &name).await?;
    Ok(Done(Message { message: format!("Generated new token: {secret}") }))
}

/// What can be said about a project at any time. A text that is sent empty is gone.
fn input(fields: &Fields) -> Input {
    let (homepage, contact) = (fields.line(&["homepage"]), fields.line(&["contact"]));
    Input {
        chroots: fields.chroots(),
        description: fields.text(&["description"]),
        instructions: fields.text(&["instructions"]),
        no_homepage: homepage.as_deref() == Some(""),
        no_contact: contact.as_deref() == Some(""),
        homepage,
        contact,
        additional_repos: fields.list("repos"),
        runtime_dependencies: fields.list("runtime_dependencies"),
        unlisted_on_hp: fields.flag(&["unlisted_on_hp"]),
        enable_net: fields.flag(&["build_enable_net", "enable_net"]),
        devel_mode: fields.flag(&["disable_createrepo"]),
        auto_prune: fields.flag(&["auto_prune"]),
        follow_fedora_branching: fields.flag(&["follow_fedora_branching"]),
        multilib: fields.flag(&["multilib"]),
        module_hotfixes: fields.flag(&["module_hotfixes"]),
        fedora_review: fields.flag(&["fedora_review"]),
        appstream: fields.flag(&["appstream"]),
        bootstrap: bootstrap(fields),
        isolation: fields.line(&["isolation"]),
        delete_after_days: fields.line(&["delete_after_days"]),
        ..Input::default()
    }
}

/// What can be said about a new project. Its builds have the network unless somebody says no: that is what the manual of
/// the clients promises that can not say anything.
fn new(fields: &Fields) -> Input {
    let rest = input(fields);
    Input {
        name: fields.line(&["name"]),
        persistent: fields.flag(&["persistent"]),
        enable_net: rest.enable_net.or(Some(true)),
        ..rest
    }
}

/// The newer field, or what the older one, a switch, means.
fn bootstrap(fields: &Fields) -> Option<String> {
    let word = fields.line(&["bootstrap"]).filter(|word| !word.is_empty());
    let container = || fields.flag(&["use_bootstrap_container"]).map(|on| if on { "on" } else { "off" }.to_owned());
    word.or_else(container)
}
