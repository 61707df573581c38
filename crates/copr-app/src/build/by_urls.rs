//! Builds of source packages and spec files at addresses.

use super::submit::{Wanted, allowed, checked, make};
use super::{Options, Shown};
use crate::source::{SourceFile, file_of_url, kind_of};
use crate::{App, FieldErrors, Refusal, access};
use copr_db::Conn;
use copr_db::account::Account;
use copr_db::project::Project;
use copr_types::source::without_passwords;
use copr_types::{FileName, Source};
use copr_wire::builder::SourceInput;

/// Submits one build per address, all with the same options: all or none.
pub async fn by_urls(
    app: &App,
    who: &Account,
    owner: &str,
    name: &str,
    urls: &[String],
    options: &Options,
) -> Result<Vec<Shown>, Refusal> {
    let mut tx = app.db.begin().await?;
    let project = access::project(&mut tx, owner, name).await?;
    let mut errors = FieldErrors::default();
    if urls.is_empty() {
        errors.add("pkgs", "URLs to packages are required");
    }
    let files = read_urls(urls, "pkgs", &mut errors);
    let builds = of_urls(app, &mut tx, who, project, &files, options, errors).await?;
    tx.commit().await?;
    Ok(builds)
}

/// Most addresses of one request. All its builds are made in one transaction, for which everybody else waits.
const MOST_URLS: usize = 1000;

/// The addresses of a field that name source files, with the names of the files; complains about the others.
pub(crate) fn read_urls<'a>(
    urls: &'a [String],
    field: &'static str,
    errors: &mut FieldErrors,
) -> Vec<(&'a str, FileName)> {
    let mut read = Vec::new();
    if urls.len() > MOST_URLS {
        errors.add(field, format!("One request can have {MOST_URLS} URLs; send the others in further ones."));
        return read;
    }
    for url in urls {
        match file_of_url(url) {
            Ok(file) => read.push((url.as_str(), file)),
            Err(bad) => errors.add(field, bad.to_string()),
        }
    }
    read
}

/// One build per address, in the caller's transaction, unless there is an error.
pub(crate) async fn of_urls(
    app: &App,
    tx: &mut Conn,
    who: &Account,
    project: Project,
    files: &[(&str, FileName)],
    options: &Options,
    mut errors: FieldErrors,
) -> Result<Vec<Shown>, Refusal> {
    let checked = checked(app, tx, who, project, options, &mut errors).await?;
    errors.check()?;
    allowed(tx, who, &checked, options).await?;
    let mut builds = Vec::new();
    for (url, file) in files {
        // Everybody may look at a build's source: only the builder is told the password.
        let source_url = (kind_of(file.as_str()) == Some(SourceFile::Srpm)).then(|| without_passwords(url));
        let wanted = Wanted { source_url, ..Wanted::of(&Source::Link { url: (*url).to_owned() })? };
        let input = SourceInput::Url { url: (*url).to_owned(), file: file.to_string() };
        builds.push(make(app, tx, who, &checked, &wanted, input).await?);
    }
    Ok(builds)
}
