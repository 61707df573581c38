//! Builds: submit.

use super::body::{Body, Fields, Said};
use super::login::Login;
use super::refused::{Done, renamed};
use super::{located, show};
use crate::Web;
use crate::form::{Incoming, WORDS_LIMIT, broken, keeping, text};
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use copr_app::Refusal;
use copr_app::build::{self, Options};
use copr_db::account::Account;
use copr_types::ProjectId;

/// `POST /builds`: an address in JSON, or a file in a form with the JSON beside it.
pub async fn create(web: State<Web>, me: Login, request: Request) -> Done {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    if kind.contains("application/json") {
        return by_url(&web, me, Body::from_request(request, &web).await?).await;
    }
    if kind.contains("multipart/form-data") {
        return by_upload(&web, me, request).await;
    }
    Err(Refusal::invalid("The body has to be `application/json` or `multipart/form-data`.").into())
}

async fn by_url(web: &Web, Login(me): Login, Body(mut fields): Body) -> Done {
    let url = fields.text("srpm_url").this().filter(|url| !url.is_empty());
    if url.is_none() {
        fields.wrong("srpm_url", REQUIRED);
    }
    let (project, options) = metadata(fields)?;
    let made = build::by_url_in(&web.app, &me, project, &url.unwrap_or_default(), &options).await;
    let made = made.map_err(|refusal| renamed(refusal, "pkgs", "srpm_url"))?;
    Ok(located(web, StatusCode::CREATED, &show::build_path(made.build.id)))
}

const REQUIRED: &str = "This field is required.";

async fn by_upload(web: &Web, Login(me): Login, request: Request) -> Done {
    let form = Form::read(request, web, &me).await?;
    let fields = form.metadata.ok_or_else(|| Refusal::field("metadata", "This part is missing."))?;
    let (project, options) = metadata(Fields::read(&fields)?)?;
    let app = web.app.clone();
    let made = keeping(form.srpm, move |upload| async move {
        build::by_upload_in(&app, &me, project, upload.as_ref(), &options).await
    });
    let made = made.await.map_err(|refusal| renamed(refusal, "pkgs", "srpm"))?;
    Ok(located(web, StatusCode::CREATED, &show::build_path(made.build.id)))
}

/// What is said about a build whose source is known.
fn metadata(mut fields: Fields) -> Result<(ProjectId, Options), Refusal> {
    let project = fields.number("project_id");
    if matches!(project, Said::Null) || !fields.has("project_id") {
        fields.wrong("project_id", REQUIRED);
    }
    let options = Options {
        chroots: fields.list("chroots").this(),
        enable_net: fields.flag("enable_net").this(),
        ..Options::default()
    };
    fields.check()?;
    Ok((ProjectId(project.this().unwrap_or_default()), options))
}

/// The parts of an upload, in any order. What they say that they are is not looked at: clients say it wrongly.
#[derive(Debug, Default)]
struct Form {
    /// As it came: the first of several, for one document sends its content type as a second one.
    metadata: Option<Vec<u8>>,
    /// The file.
    srpm: Option<Incoming>,
}

impl Form {
    async fn read(request: Request, web: &Web, me: &Account) -> Result<Self, Refusal> {
        let incomplete = |_| Refusal::invalid("The form in the request can not be read.");
        let mut parts = Multipart::from_request(request, web).await.map_err(incomplete)?;
        let (mut form, mut room) = (Self::default(), WORDS_LIMIT);
        while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
            let is_file = part.file_name().is_some_and(|name| !name.is_empty());
            match part.name() {
                Some("metadata") if form.metadata.is_none() => form.metadata = Some(text(part, &mut room).await?),
                Some("srpm") if form.srpm.is_none() && is_file => {
                    // Where it is for may be known already; what is wrong with that is told when all has come.
                    if let Some((project, _)) =
                        form.metadata.as_deref().and_then(|said| Fields::read(said).and_then(metadata).ok())
                    {
                        build::may_build_in(&web.app, me, project).await?;
                    }
                    form.srpm = Some(Incoming::receive(part, web, web.app.rules.upload_mib << 20).await?);
                }
                // The next turn of the loop skips what nobody wants.
                _ => {}
            }
        }
        Ok(form)
    }
}
