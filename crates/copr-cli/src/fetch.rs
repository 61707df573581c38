//! Files of builds, one after the other.

use reqwest::{Client, Url};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::failure::Failure;
use crate::session::Session;

/// What of a directory is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Everything,
    /// Files whose names end so.
    Ending(Vec<&'static str>),
}

impl Wanted {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Ending(ends) => ends.iter().any(|end| name.ends_with(end)),
        }
    }
}

/// Fetches what is wanted of a directory of results and the directories in it, side by side into one of this machine.
///
/// `names` are files that are there though no list says so.
pub async fn results(
    session: &Session,
    url: &str,
    names: &[String],
    wanted: &Wanted,
    into: &Path,
) -> Result<(), Failure> {
    // The client brings the provider of cryptography along.
    session.client()?;
    let http = Client::builder().build().map_err(|error| broken(url, &error))?;
    let base = Url::parse(url).map_err(|error| Failure::here(&format!("`{url}` is no address: {error}")))?;
    let mut files = Vec::new();
    let mut directories = vec![base.clone()];
    while let Some(directory) = directories.pop() {
        for found in listed(&http, &directory).await? {
            match found.path().ends_with('/') {
                true => directories.push(found),
                false => files.push(found),
            }
        }
    }
    let named = names.iter().filter_map(|name| base.join(name).ok());
    files.extend(named.filter(|file| !files.contains(file)).collect::<Vec<_>>());
    fs::create_dir_all(into)?;
    for file in &files {
        let name = name_of(file);
        if wanted.has(&name) || names.contains(&name) {
            fetched(&http, file, &into.join(name)).await?;
        }
    }
    Ok(())
}

/// What a directory's page links to that is in it.
async fn listed(http: &Client, directory: &Url) -> Result<Vec<Url>, Failure> {
    let answer = http.get(directory.clone()).send().await.and_then(reqwest::Response::error_for_status);
    let page = match answer {
        Ok(answer) => answer.text().await.map_err(|error| broken(directory.as_str(), &error))?,
        Err(error) => return Err(broken(directory.as_str(), &error)),
    };
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let inside = |url: &Url| {
        let below = url.path().strip_prefix(directory.path());
        url.origin() == directory.origin() && url.query().is_none() && below.is_some_and(|below| !below.is_empty())
    };
    Ok(links.filter_map(|link| directory.join(link).ok()).filter(inside).collect())
}

async fn fetched(http: &Client, url: &Url, path: &Path) -> Result<(), Failure> {
    let part = path.with_extension(format!("part-{}", std::process::id()));
    let done = written(http, url, &part).await.and_then(|()| Ok(fs::rename(&part, path)?));
    done.inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

async fn written(http: &Client, url: &Url, path: &Path) -> Result<(), Failure> {
    let broken = |error: reqwest::Error| broken(url.as_str(), &error);
    let mut answer = http.get(url.clone()).send().await.map_err(broken)?.error_for_status().map_err(broken)?;
    let mut file = File::create(path)?;
    while let Some(piece) = answer.chunk().await.map_err(broken)? {
        file.write_all(&piece)?;
    }
    Ok(())
}

fn name_of(url: &Url) -> String {
    let name = url.path().rsplit('/').next().unwrap_or_default();
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().replace('/', "_")
}

fn broken(url: &str, error: &reqwest::Error) -> Failure {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let cause = causes.last().map(ToString::to_string).unwrap_or_default();
    Failure::refused(&format!("Failed to download: {url}: {cause}"))
}
