//! One file: asked for, gone on with, checked, and given its name.

use reqwest::header::{self, HeaderMap};
use reqwest::{Method, Response, StatusCode};
use std::path::PathBuf;
use std::time::SystemTime;

use super::download::{Checked, Download, FetchedFile, FileProgress, Step, made};
use super::part::Part;
use super::{Error, ResultFile, accepted, passes};
use crate::fetch;
use crate::flow::Flow;
use crate::transport::Transport;

/// A download of one file.
struct One<'d> {
    transport: &'d Transport,
    file: &'d ResultFile,
    download: &'d Download,
    /// Where it is to be.
    target: PathBuf,
}

/// What a service said about a file that is all here now.
struct Whole {
    total: Option<u64>,
    modified: Option<SystemTime>,
    /// It was sent in its compressed form, under the name of the plain one.
    is_packed: bool,
}

/// Fetches one file, or finds that it is there.
pub(super) async fn fetch(transport: &Transport, file: &ResultFile, download: &Download) -> Result<FetchedFile, Error> {
    let one = One { transport, file, download, target: download.directory.join(&file.path) };
    let outcome = one.fetch().await;
    if outcome.is_err() {
        one.tell(Step::Failed, 0, file.size);
    }
    outcome
}

impl One<'_> {
    async fn fetch(&self) -> Result<FetchedFile, Error> {
        if let Some(directory) = self.target.parent() {
            made(directory).await?;
        }
        if let Some(kept) = self.kept().await? {
            self.tell(Step::Kept, kept.size, Some(kept.size));
            return Ok(kept);
        }
        let mut part = Part::open(&self.target).await?;
        let whole = self.received(&mut part).await?;
        if let Err(error) = self.check(&part).await {
            // Perhaps what was here before was of another file.
            part.begin(&HeaderMap::new()).await?;
            let whole = self.received(&mut part).await?;
            self.check(&part).await.map_err(|_| error)?;
            return self.named(part, whole).await;
        }
        self.named(part, whole).await
    }

    async fn named(&self, part: Part, whole: Whole) -> Result<FetchedFile, Error> {
        let mut target = self.target.clone();
        if whole.is_packed {
            target.as_mut_os_string().push(".gz");
        }
        let size = part.length();
        part.finish(&target, whole.modified).await?;
        self.tell(Step::Done, size, Some(size));
        let checked = match (&self.file.digest, whole.total) {
            (Some(_), _) => Checked::Digest,
            (None, Some(_)) => Checked::Length,
            (None, None) => Checked::Nothing,
        };
        Ok(FetchedFile { file: self.file.clone(), path: target, size, kept: false, checked })
    }

    /// What is there already, if it is as it should be.
    async fn kept(&self) -> Result<Option<FetchedFile>, Error> {
        let Ok(facts) = tokio::fs::metadata(&self.target).await else { return Ok(None) };
        let size = facts.len();
        if !facts.is_file() || self.file.size.is_some_and(|wanted| wanted != size) {
            return Ok(None);
        }
        let checked = match &self.file.digest {
            Some(digest) => digest.is_of(&self.target).await.unwrap_or(false).then_some(Checked::Digest),
            None => {
                let told = fetch::open(self.transport, Method::HEAD, &self.file.url, &[]).await;
                let told = told.ok().filter(|answer| answer.status().is_success());
                let is_same = |answer: &Response| {
                    number(answer.headers(), &header::CONTENT_LENGTH) == Some(size)
                        && modified(answer.headers()).is_some_and(|when| facts.modified().is_ok_and(|it| it == when))
                };
                told.is_some_and(|answer| is_same(&answer)).then_some(Checked::Length)
            }
        };
        let (file, path) = (self.file.clone(), self.target.clone());
        Ok(checked.map(|checked| FetchedFile { file, path, size, kept: true, checked }))
    }

    /// Receives what is missing, in as many attempts as are allowed and bring nothing.
    async fn received(&self, part: &mut Part) -> Result<Whole, Error> {
        let mut attempts = self.transport.attempts();
        let mut most = part.length();
        loop {
            let outcome = self.attempt(part).await;
            part.flush().await?;
            if part.length() > most {
                most = part.length();
                attempts.brought_something();
            }
            if !(outcome.as_ref().is_err_and(passes) && attempts.another().await) {
                return outcome;
            }
            self.tell(Step::Retried, part.length(), self.file.size);
        }
    }

    async fn attempt(&self, part: &mut Part) -> Result<Whole, Error> {
        let mut headers = Vec::new();
        if let Some(validator) = part.validator() {
            headers.push((header::RANGE, format!("bytes={}-", part.length())));
            headers.push((header::IF_RANGE, validator.to_owned()));
        }
        let answer = fetch::open(self.transport, Method::GET, &self.file.url, &headers).await?;
        let is_packed = answer.url().path().ends_with(".gz") && !self.file.url.path().ends_with(".gz");
        let modified = modified(answer.headers());
        if answer.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            let total = length_of_unsatisfiable(answer.headers());
            if total == Some(part.length()) {
                return Ok(Whole { total, modified, is_packed });
            }
            return self.begun_anew(part, "has less of it than it had").await;
        }
        let answer = accepted(answer)?;
        let total = if answer.status() == StatusCode::PARTIAL_CONTENT {
            match range(answer.headers()) {
                Some((start, total)) if start == part.length() && !headers.is_empty() => {
                    self.tell(Step::Resumed, part.length(), total);
                    total
                }
                _ => return self.begun_anew(part, "sent another part than was asked for").await,
            }
        } else {
            let total = number(answer.headers(), &header::CONTENT_LENGTH);
            part.begin(answer.headers()).await?;
            self.tell(Step::Begun, 0, total);
            total
        };
        self.body(part, answer, total).await?;
        if total.is_some_and(|total| total != part.length()) {
            let reason = format!("sent {} bytes instead of {}", part.length(), total.unwrap_or_default());
            return self.begun_anew(part, &reason).await;
        }
        Ok(Whole { total, modified, is_packed })
    }

    async fn body(&self, part: &mut Part, mut answer: Response, total: Option<u64>) -> Result<(), Error> {
        let flow = Flow::default();
        while let Some(piece) = fetch::piece(self.transport, &mut answer, &flow).await? {
            flow.add(piece.len() as u64);
            part.add(&piece).await?;
            if self.file.size.is_some_and(|size| part.length() > size) {
                // It need not end at all.
                return self.check(part).await;
            }
            self.tell(Step::Received, part.length(), total);
        }
        Ok(())
    }

    /// Lets go of what is there, and says so in a way that makes for another attempt.
    async fn begun_anew(&self, part: &mut Part, reason: &str) -> Result<Whole, Error> {
        part.begin(&HeaderMap::new()).await?;
        let source = format!("it {reason}").into();
        Err(Error::Connection { url: self.file.url.to_string(), source })
    }

    /// Whether what was received is what the repository knows.
    async fn check(&self, part: &Part) -> Result<(), Error> {
        let damaged = |problem| Error::Damaged { url: self.file.url.to_string(), problem };
        if let Some(size) = self.file.size.filter(|size| *size != part.length()) {
            return Err(damaged(format!("it has {} bytes, {size} in the repository's metadata", part.length())));
        }
        let Some(digest) = &self.file.digest else { return Ok(()) };
        let unreadable = |source| Error::Write { path: part.path().to_owned(), source };
        match digest.is_of(part.path()).await.map_err(unreadable)? {
            true => Ok(()),
            false => Err(damaged("its digest is not the one in the repository's metadata".to_owned())),
        }
    }

    fn tell(&self, step: Step, received: u64, total: Option<u64>) {
        self.download.tell(&FileProgress { file: self.file, received, total, step });
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn number(headers: &HeaderMap, name: &header::HeaderName) -> Option<u64> {
    text(headers, name)?.parse().ok()
}

fn modified(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, &header::LAST_MODIFIED)?).ok()
}

/// The first byte of a part, and the length of the whole: `bytes 5-9/10`.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let (part, total) = text(headers, &header::CONTENT_RANGE)?.strip_prefix("bytes ")?.split_once('/')?;
    Some((part.split_once('-')?.0.parse().ok()?, total.parse().ok()))
}

/// The length of a file that ends before the part that was asked for: `bytes */10`.
fn length_of_unsatisfiable(headers: &HeaderMap) -> Option<u64> {
    text(headers, &header::CONTENT_RANGE)?.strip_prefix("bytes */")?.parse().ok()
}
