//! Builds: submit.

use super::answer::{Answer, Done};
use super::body::{self, Body};
use super::fields::Fields;
use super::login::Login;
use super::path::At;
use super::show;
use super::sources::Source;
use crate::Web;
use crate::form::{FilePart, keeping};
use axum::extract::{Request, State};
use copr_app::Refusal;
use copr_app::build::{self, Options};
use copr_types::SourceKind;
use copr_wire::v1::Builds;

/// Owner and project.
type Place = At<(String, String)>;

/// `POST /coprs/{owner}/{project}/new_build/`: one build per address.
pub async fn by_urls(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): Place,
    Body(fields): Body,
) -> Answer<Builds> {
    let urls = fields.words("pkgs").unwrap_or_default();
    let made = build::by_urls(&web.app, &me, &owner, &name, &urls, &options(&fields)).await?;
    Ok(Done(show::builds(&web, &name, &made)))
}

/// `POST /coprs/{owner}/{project}/new_build_upload/`
pub async fn by_upload(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): Place,
    request: Request,
) -> Answer<Builds> {
    // Before the file is taken in.
    build::may_build(&web.app, &me, &owner, &name).await?;
    let source = FilePart { name: "pkgs", limit: web.app.rules.upload_mib << 20 };
    let (fields, file) = body::read(request, &web, Some(source)).await?;
    let (app, options, project) = (web.app.clone(), options(&fields), name.clone());
    let made =
        keeping(
            file,
            |upload| async move { build::by_upload(&app, &me, &owner, &name, upload.as_ref(), &options).await },
        );
    Ok(Done(show::builds(&web, &project, &[made.await?])))
}

/// `POST /coprs/{owner}/{project}/new_build_pypi/`
pub async fn by_pypi(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    let source = Source::read(&fields, SourceKind::Pypi.as_str());
    by_source(web, me, at, &fields, source.for_both_pythons()).await
}

/// `POST /coprs/{owner}/{project}/new_build_tito/`
pub async fn by_tito(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    by_source(web, me, at, &fields, Source::read(&fields, "git_and_tito")).await
}

/// `POST /coprs/{owner}/{project}/new_build_mock/`
pub async fn by_mock(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    by_source(web, me, at, &fields, Source::read(&fields, "mock_scm")).await
}

/// `POST /coprs/{owner}/{project}/new_build_rubygems/`
pub async fn by_rubygems(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    by_source(web, me, at, &fields, Source::read(&fields, SourceKind::Rubygems.as_str())).await
}

/// `POST /coprs/{owner}/{project}/new_build_distgit/`
pub async fn by_distgit(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    by_source(web, me, at, &fields, Source::distgit(&fields)).await
}

/// `POST /coprs/{owner}/{project}/new_build_scm/`
pub async fn by_scm(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    by_source(web, me, at, &fields, Source::read(&fields, SourceKind::Scm.as_str())).await
}

/// `POST /coprs/{owner}/{project}/new_build_custom/`
pub async fn by_custom(web: State<Web>, me: Login, at: Place, Body(fields): Body) -> Answer<Builds> {
    by_source(web, me, at, &fields, Source::read(&fields, SourceKind::Custom.as_str())).await
}

async fn by_source(
    State(web): State<Web>,
    Login(me): Login,
    At((owner, name)): Place,
    fields: &Fields,
    source: Source,
) -> Answer<Builds> {
    let kind = SourceKind::from_word(&source.kind);
    let input = kind.and_then(|kind| source.said.clone().about(kind));
    let input = input.ok_or_else(|| Refusal::invalid(format!("Unsupported source type {}", source.kind)))?;
    let made = build::by_source(&web.app, &me, &owner, &name, &input, None, &options(fields)).await;
    Ok(Done(show::builds(&web, &name, &[made.map_err(|refusal| source.renamed(refusal))?])))
}

/// The keys that all ways of submitting share. `memory_reqs` is read by nobody: all builds have the same memory.
pub fn options(fields: &Fields) -> Options {
    Options {
        project_dirname: fields.line(&["project_dirname"]),
        chroots: fields.chroots(),
        exclude_chroots: fields.words("exclude_chroots"),
        timeout: fields.line(&["timeout"]),
        background: fields.flag(&["background"]).unwrap_or(false),
        enable_net: fields.flag(&["enable_net"]),
        bootstrap: fields.line(&["bootstrap"]),
        isolation: fields.line(&["isolation"]),
        after_build_id: fields.line(&["after_build_id"]),
        with_build_id: fields.line(&["with_build_id"]),
        chain_id: None,
        packit_forge_project: None,
    }
}
