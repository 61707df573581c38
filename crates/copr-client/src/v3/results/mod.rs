//! Results of builds: packages and logs, as files on this machine.
//!
//! What a service says about its files is not believed where that could do harm: names that would lead out of the
//! directory are left out, lengths and (for packages) digests are checked before a file gets its name.

mod digest;
mod download;
mod listing;
mod name;
mod one;
mod part;
mod repodata;

pub use download::{Checked, Download, Failed, Fetched, FetchedFile, FileProgress, Step};

use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;
use std::collections::VecDeque;
use url::Url;

use super::{BuiltPackages, Client, Error, Message};
use crate::fetch;
use crate::transport::Transport;
use digest::Digest;

/// A listing longer than this is none.
const LONGEST_PAGE: usize = 16 << 20;
/// Directories of results lie in no deeper ones.
const DEEPEST: usize = 4;
/// No build makes so many files.
const MOST_FILES: usize = 50_000;

/// See [`Client::results`].
#[derive(Clone, Copy, Debug)]
pub struct Results<'c> {
    pub(super) client: &'c Client,
}

/// A file that a service has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    path: String,
    url: Url,
    digest: Option<Digest>,
    size: Option<u64>,
}

impl ResultFile {
    /// A file by its address, and where it is to be below the directory for downloads: `/` between names, all of which
    /// have to be plain.
    pub fn new(url: &str, path: impl Into<String>) -> Result<Self, Error> {
        let (path, address) = (path.into(), Url::parse(url));
        let url = address.map_err(|error| Error::Argument(format!("`{url}` is no address: {error}")))?;
        if !name::is_plain_path(&path) {
            return Err(Error::Argument(format!("`{path}` is no path for a file below a directory")));
        }
        Ok(Self { path, url, digest: None, size: None })
    }

    /// The same file in a directory of that name, below the one for downloads.
    pub fn below(self, directory: &str) -> Result<Self, Error> {
        let path = format!("{directory}/{}", self.path);
        Ok(Self { path: Self::new(self.url.as_str(), path)?.path, ..self })
    }

    /// Where it will be below the directory for downloads.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its last name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Where the service has it.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Whether it is a package, by its name.
    pub fn is_package(&self) -> bool {
        self.path.ends_with(".rpm")
    }

    /// Whether it is a log, by its name.
    pub fn is_log(&self) -> bool {
        self.path.ends_with(".log") || self.path.ends_with(".log.gz")
    }
}

impl Results<'_> {
    /// The files of a result directory and of directories in it, such as the
    /// [`result_url`](super::BuildChroot::result_url) of a build's chroot.
    ///
    /// They are read off the pages on which the service lists them, as coprd, Apache, nginx and lighttpd do. Where there
    /// are none, they are what `results.json` tells: the packages, and itself.
    pub async fn list(&self, url: &str) -> Result<Vec<ResultFile>, Error> {
        let url = Url::parse(url).map_err(|error| Error::Argument(format!("`{url}` is no address: {error}")))?;
        let base = as_directory(url);
        match self.listed(&base).await {
            Err(error @ (Error::Fetch { .. } | Error::NoResult { .. } | Error::NoListing { .. })) => {
                self.told(&base).await.map_err(|_| error)
            }
            outcome => outcome,
        }
    }

    async fn listed(&self, base: &Url) -> Result<Vec<ResultFile>, Error> {
        let mut files = Vec::new();
        let mut directories = VecDeque::from([(base.clone(), String::new(), 1)]);
        while let Some((url, path, depth)) = directories.pop_front() {
            let (url, html) = self.page(&url).await?;
            for entry in listing::entries(&url, &html) {
                let below = format!("{path}{}", entry.name);
                if !entry.is_directory {
                    files.push(ResultFile { path: below, url: entry.url, digest: None, size: None });
                } else if depth < DEEPEST {
                    directories.push_back((entry.url, format!("{below}/"), depth + 1));
                }
            }
            if files.len() + directories.len() > MOST_FILES {
                return Err(Error::NoListing { url: base.to_string() });
            }
        }
        Ok(files)
    }

    async fn page(&self, url: &Url) -> Result<(Url, Vec<u8>), Error> {
        let (answer, html) = text(&self.client.transport, url).await?;
        let is_html = answer.kind.starts_with("text/html") || answer.kind.starts_with("application/xhtml");
        if !is_html || !answer.url.path().ends_with('/') {
            return Err(Error::NoListing { url: url.to_string() });
        }
        Ok((answer.url, html))
    }

    /// What `results.json` says.
    async fn told(&self, base: &Url) -> Result<Vec<ResultFile>, Error> {
        let name = "results.json";
        let url = joined(base, name)?;
        let (_, json) = text(&self.client.transport, &url).await?;
        let packages: BuiltPackages =
            serde_json::from_slice(&json).map_err(|source| Error::Unexpected { url: url.to_string(), source })?;
        let packages = packages.packages.iter().map(|package| {
            let super::BuiltPackage { name, version, release, arch, .. } = package;
            format!("{name}-{version}-{release}.{arch}.rpm")
        });
        let names = packages.chain([name.to_owned()]).filter(|name| name::is_plain(name));
        names.map(|name| ResultFile::new(joined(base, &name)?.as_str(), name)).collect()
    }

    /// Fetches files, several at once, and says what has become of each.
    ///
    /// A file that is there already as it should be stays; what was fetched of one before is gone on with, when the
    /// service says that it is still the same. Whoever drops the future loses nothing of that: half a file never has the
    /// name of a whole one.
    ///
    /// # Errors
    /// When nothing can be begun with. What goes wrong with single files is in the report.
    pub async fn fetch(&self, files: Vec<ResultFile>, download: &Download) -> Result<Fetched, Error> {
        download::run(&self.client.transport, files, download).await
    }
}

/// With a slash at its end.
fn as_directory(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// The address of a file in a directory, whatever the name holds.
fn joined(base: &Url, name: &str) -> Result<Url, Error> {
    crate::call::address(base, &[name]).map_err(Error::Argument)
}

/// Where an answer came from and of which type it is.
struct Head {
    url: Url,
    kind: String,
}

/// A whole text, tried for as often as is allowed.
async fn text(transport: &Transport, url: &Url) -> Result<(Head, Vec<u8>), Error> {
    let mut attempts = transport.attempts();
    loop {
        let outcome = text_once(transport, url).await;
        if !(outcome.as_ref().is_err_and(passes) && attempts.another().await) {
            return outcome;
        }
    }
}

async fn text_once(transport: &Transport, url: &Url) -> Result<(Head, Vec<u8>), Error> {
    let answer = fetch::open(transport, Method::GET, url, &[]).await?;
    let answer = accepted(answer)?;
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let head = Head { url: answer.url().clone(), kind: kind.to_lowercase() };
    Ok((head, fetch::whole(transport, answer, LONGEST_PAGE).await?))
}

/// An answer unless it is an error.
pub(super) fn accepted(answer: Response) -> Result<Response, Error> {
    let url = answer.url().to_string();
    match answer.status() {
        status if status.is_success() => Ok(answer),
        StatusCode::NOT_FOUND => {
            let message = Message::of(&Value::String(format!("there is nothing at `{url}`")));
            Err(Error::NoResult { message })
        }
        status => Err(Error::Fetch { url, status: status.as_u16() }),
    }
}

/// Whether another attempt may do better.
pub(super) fn passes(error: &Error) -> bool {
    match error {
        Error::Connection { .. } | Error::Timeout { .. } => true,
        Error::Fetch { status, .. } => StatusCode::from_u16(*status).is_ok_and(fetch::status_passes),
        _ => false,
    }
}
