//! What GitHub sends: `push`, and `create` for tags.

use super::payload::{Commit, after, changes, checked_name, files, git_ref};
use super::sent::{Malformed, Sent, caller, short};
use super::{Seen, payload};
use copr_app::webhook::{Change, Report, Tag};
use copr_types::Forge;
use serde::Deserialize;

/// Commits that a payload holds at most, now and in older versions of the Enterprise server: there may have been more.
const MOST_COMMITS: [usize; 2] = [20, 2048];

#[derive(Debug, Deserialize)]
struct Payload {
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    ref_type: Option<String>,
    after: Option<String>,
    forced: Option<bool>,
    commits: Option<Vec<Commit>>,
    repository: Option<Repository>,
    sender: Option<Sender>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Repository {
    pub clone_url: Option<String>,
    pub git_url: Option<String>,
    pub ssh_url: Option<String>,
    pub html_url: Option<String>,
}

impl Repository {
    /// All addresses, or the contract's refusal when the first is missing.
    pub fn addresses(&self) -> Result<Vec<String>, Malformed> {
        let Some(clone_url) = self.clone_url.clone() else {
            let (answer, why) = ("Missing clone_url in webhook", "the repository has no clone_url".to_owned());
            return Err(Malformed { answer, why });
        };
        let others = [&self.git_url, &self.ssh_url, &self.html_url].into_iter().flatten().cloned();
        Ok(std::iter::once(clone_url).chain(others).collect())
    }

    /// The page of something below the repository's.
    pub fn page(&self, below: &str, name: &str) -> Option<String> {
        self.html_url.as_ref().map(|page| format!("{}/{below}/{name}", page.trim_end_matches('/')))
    }
}

#[derive(Debug, Deserialize)]
struct Sender {
    url: Option<String>,
}

pub(super) fn read(sent: &Sent<'_>) -> Result<Seen, Malformed> {
    let mut caller = caller(Forge::Github, sent.headers);
    match caller.event.as_str() {
        "" => return Err(Malformed::new("there is no header X-GitHub-Event")),
        "ping" => return Ok(Seen::Ping),
        _ => {}
    }
    let payload: Payload = sent.json()?;
    let repository = payload.repository.as_ref().ok_or_else(|| Malformed::new("there is no repository"))?;
    caller.sender = payload.sender.as_ref().and_then(|sender| sender.url.as_deref()).map(short);
    let addresses = repository.addresses()?;
    let (changes, nothing) = match caller.event.as_str() {
        "push" => pushed(&payload, repository)?,
        "create" => created(&payload, repository)?,
        event => (Vec::new(), format!("GitHub's event `{event}` builds nothing")),
    };
    Ok(Seen::Report(Box::new(Report { caller, addresses, changes, nothing })))
}

fn named(payload: &Payload) -> Result<&str, Malformed> {
    payload.git_ref.as_deref().ok_or_else(|| Malformed::new("there is no ref"))
}

fn pushed(payload: &Payload, repository: &Repository) -> Result<(Vec<Change>, String), Malformed> {
    let git_ref = git_ref(named(payload)?)?;
    if let payload::Ref::Tag(_) = git_ref {
        // GitHub reports a tag in two ways, and Copr has always listened to the other one.
        let why = "a tag is built by the event `create`: let GitHub send \"Branch or tag creation\"";
        return Ok((Vec::new(), why.to_owned()));
    }
    let commits = payload.commits.as_deref();
    let whole = commits.is_some_and(|list| !MOST_COMMITS.contains(&list.len())) && payload.forced != Some(true);
    let files = if whole { files(commits, None) } else { None };
    Ok(changes(git_ref, after(payload.after.as_deref())?, files, |name| repository.page("commit", name)))
}

fn created(payload: &Payload, repository: &Repository) -> Result<(Vec<Change>, String), Malformed> {
    let name = checked_name(named(payload)?)?;
    if payload.ref_type.as_deref() != Some("tag") {
        return Ok((Vec::new(), "a new branch has nothing new in it".to_owned()));
    }
    let page = repository.page("tree", name);
    Ok((vec![Change::Tag(Tag { name: name.to_owned(), commit: None, page })], String::new()))
}
