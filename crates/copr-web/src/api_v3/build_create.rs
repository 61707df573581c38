//! Builds: submit. Wrong fields are told as a dictionary here.

use super::body::{Body, Form};
use super::fields::Fields;
use super::login::Login;
use super::path::{At, BuildNumber};
use super::refused::{self, BuildAnswer};
use super::show;
use super::source_fields::source;
use crate::Web;
use crate::form::{FilePart, Sender, keeping};
use axum::Json;
use axum::extract::{Request, State};
use copr_app::Refusal;
use copr_app::build::{self, Options, Repeat};
use copr_db::account::Account;
use copr_types::SourceKind;
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
    let Form { fields, file, .. } = upload(request, &web, &me).await?;
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let (app, options) = (web.app.clone(), options(&fields));
    let made =
        keeping(
            file,
            |upload| async move { build::by_upload(&app, &me, &owner, &name, upload.as_ref(), &options).await },
        );
    Ok(Json(show::build(&web, &made.await?)))
}

/// `POST /build/create/scm`
pub async fn by_scm(web: State<Web>, me: Login, body: Body) -> BuildAnswer<Build> {
    by_source(web, me, body, SourceKind::Scm).await
}

/// `POST /build/create/pypi`
pub async fn by_pypi(web: State<Web>, me: Login, body: Body) -> BuildAnswer<Build> {
    by_source(web, me, body, SourceKind::Pypi).await
}

/// `POST /build/create/rubygems`
pub async fn by_rubygems(web: State<Web>, me: Login, body: Body) -> BuildAnswer<Build> {
    by_source(web, me, body, SourceKind::Rubygems).await
}

/// `POST /build/create/custom`
pub async fn by_custom(web: State<Web>, me: Login, body: Body) -> BuildAnswer<Build> {
    by_source(web, me, body, SourceKind::Custom).await
}

/// `POST /build/create/distgit`
pub async fn by_distgit(web: State<Web>, me: Login, body: Body) -> BuildAnswer<Build> {
    by_source(web, me, body, SourceKind::Distgit).await
}

async fn by_source(
    State(web): State<Web>,
    Login(me): Login,
    Body(fields): Body,
    kind: SourceKind,
) -> BuildAnswer<Build> {
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    let input = source(&fields).about(kind).ok_or_else(no_endpoint)?;
    let package = fields.line("package_name");
    let made = build::by_source(&web.app, &me, &owner, &name, &input, package.as_deref(), &options(&fields)).await?;
    Ok(Json(show::build(&web, &made)))
}

/// `POST /build/create/rpm-upload`: a package that is ready, to be published.
pub async fn by_rpm(State(web): State<Web>, Login(me): Login, request: Request) -> BuildAnswer<Build> {
    if !web.app.rules.rpm_uploads {
        return Err(no_endpoint().into());
    }
    let Form { fields, file, more } = upload(request, &web, &me).await?;
    let (owner, name) = (fields.need("ownername")?, fields.need("projectname")?);
    if more {
        let text = "Only one RPM can be uploaded per call for now (multi-RPM upload may be added later).";
        return Err(Refusal::invalid(text).into());
    }
    let (app, chroot, options) = (web.app.clone(), fields.line("chroot"), options(&fields));
    let made = keeping(file, |upload| async move {
        build::by_rpm(&app, &me, &owner, &name, upload.as_ref(), chroot.as_deref(), &options).await
    });
    Ok(Json(show::build(&web, &made.await?)))
}

/// A form with a package in it.
async fn upload(request: Request, web: &Web, me: &Account) -> Result<Form, Refusal> {
    let sender = Sender::new(me, request.uri().query(), web).await?;
    let limit = web.app.rules.upload_mib << 20;
    Form::read_from(request, web, Some(FilePart { name: "pkgs", limit }), Some(sender)).await
}

/// `POST /build/resubmit/{id}`: what Copr has a form for on its pages.
pub async fn again(
    State(web): State<Web>,
    At(BuildNumber(id)): At<BuildNumber>,
    Login(me): Login,
    Body(fields): Body,
) -> BuildAnswer<Build> {
    let what = if fields.flag(&["failed"]).unwrap_or(false) { Repeat::Failed } else { Repeat::All };
    Ok(Json(show::build(&web, &build::repeat(&web.app, &me, id, what, &options(&fields)).await?)))
}

/// The answer where there is nothing at an address.
fn no_endpoint() -> Refusal {
    Refusal::not_found(refused::NO_ROUTE)
}

/// The keys that all ways of submitting share.
pub fn options(fields: &Fields) -> Options {
    Options {
        project_dirname: fields.line("project_dirname"),
        chroots: fields.list("chroots"),
        exclude_chroots: fields.list("exclude_chroots"),
        timeout: fields.line("timeout"),
        background: fields.flag(&["background", "is_background"]).unwrap_or(false),
        enable_net: fields.flag(&["enable_net"]),
        bootstrap: fields.line("bootstrap"),
        isolation: fields.line("isolation"),
        after_build_id: fields.line("after_build_id"),
        with_build_id: fields.line("with_build_id"),
        chain_id: fields.line("chain_id"),
        packit_forge_project: fields.line("packit_forge_project"),
    }
}
