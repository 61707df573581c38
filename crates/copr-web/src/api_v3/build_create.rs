//! Builds: submit. Wrong fields are told as a dictionary here.

use super::body::{Body, FilePart, Form};
use super::fields::Fields;
use super::login::Login;
use super::refused::BuildAnswer;
use super::show;
use super::upload::Incoming;
use crate::Web;
use axum::Json;
use axum::extract::{Request, State};
use copr_app::Refusal;
use copr_app::build::{self, Options};
use copr_wire::v3::{Build, List, Message, Meta};

/// `POST /build/check-before-build`
pub async fn check(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> BuildAnswer<Message> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    build::check(&web.app, &me, &owner, &name, &options(&fields)).await?;
    Ok(Json(Message { message: "It should be safe to submit a build like this".to_owned() }))
}

/// `POST /build/create/url`: always answers with a list, of one build per address.
pub async fn by_url(State(web): State<Web>, Login(me): Login, Body(fields): Body) -> BuildAnswer<List<Build>> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let urls = fields.words("pkgs");
    let made = build::by_urls(&web.app, &me, &owner, &name, &urls, &options(&fields)).await?;
    let items = made.iter().map(|one| show::build(&web, one)).collect();
    Ok(Json(List { items, meta: Meta::default() }))
}

/// `POST /build/create/upload`
pub async fn by_upload(State(web): State<Web>, Login(me): Login, request: Request) -> BuildAnswer<Build> {
    let source = FilePart { name: "pkgs", limit: web.app.rules.upload_mib << 20 };
    let Form { fields, file } = Form::read(request, &web, Some(source)).await?;
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let (app, options) = (web.app.clone(), options(&fields));
    // In a task of its own, which goes on when the client goes away: between the commit and the word that the file
    // stays, a build would lose its source.
    let submitting = tokio::spawn(async move {
        let made = build::by_upload(&app, &me, &owner, &name, file.as_ref().map(Incoming::upload), &options).await?;
        if let Some(file) = file {
            file.keep();
        }
        Ok::<_, Refusal>(made)
    });
    let made = submitting.await.map_err(|error| Refusal::internal("submitting a build", error))??;
    Ok(Json(show::build(&web, &made)))
}

/// The keys that all ways of submitting share.
fn options(fields: &Fields) -> Options {
    Options {
        project_dirname: fields.line("project_dirname"),
        chroots: fields.list("chroots"),
        exclude_chroots: fields.list("exclude_chroots"),
        timeout: fields.line("timeout"),
        background: fields.flag(&["background"]).unwrap_or(false),
        enable_net: fields.flag(&["enable_net"]),
        bootstrap: fields.line("bootstrap"),
        isolation: fields.line("isolation"),
        after_build_id: fields.line("after_build_id"),
        with_build_id: fields.line("with_build_id"),
        packit_forge_project: fields.line("packit_forge_project"),
    }
}
