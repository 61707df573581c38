//! Submitting builds into the project of a number.

use super::by_urls::{of_urls, read_urls};
use super::submit::of_upload;
use super::{Options, Shown, Upload};
use crate::{App, FieldErrors, Refusal, access};
use copr_db::account::Account;
use copr_types::ProjectId;

/// Submits a build of what is at an address.
pub async fn by_url_in(
    app: &App,
    who: &Account,
    project: ProjectId,
    url: &str,
    options: &Options,
) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::numbered(&mut tx, project).await?;
    let mut errors = FieldErrors::default();
    let urls = [url.to_owned()];
    let files = read_urls(&urls, "pkgs", &mut errors);
    let mut made = of_urls(app, &mut tx, who, project, &files, options, errors).await?;
    tx.commit().await?;
    Ok(made.remove(0))
}

/// Submits a build of an uploaded file. When this refuses, the caller removes the upload.
pub async fn by_upload_in(
    app: &App,
    who: &Account,
    project: ProjectId,
    upload: Option<&Upload>,
    options: &Options,
) -> Result<Shown, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::numbered(&mut tx, project).await?;
    of_upload(app, tx, who, project, upload, options).await
}
