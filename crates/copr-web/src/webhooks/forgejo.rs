//! What Forgejo and Gitea send: `push`, for branches and tags. It is nearly what GitHub sends.

use super::Seen;
use super::github::Repository;
use super::payload::{Commit, after, changes, files, git_ref};
use super::sent::{Malformed, Sent, caller, short};
use copr_app::webhook::Report;
use copr_types::Forge;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Payload {
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    after: Option<String>,
    commits: Option<Vec<Commit>>,
    total_commits: Option<u64>,
    repository: Option<Repository>,
    sender: Option<Sender>,
}

#[derive(Debug, Deserialize)]
struct Sender {
    html_url: Option<String>,
    login: Option<String>,
}

pub(super) fn read(sent: &Sent<'_>) -> Result<Seen, Malformed> {
    let mut caller = caller(Forge::Forgejo, sent.headers);
    if caller.event.is_empty() {
        return Err(Malformed::new("there is no header X-Forgejo-Event or X-Gitea-Event"));
    }
    let payload: Payload = sent.json()?;
    let repository = payload.repository.as_ref().ok_or_else(|| Malformed::new("there is no repository"))?;
    let sender = payload.sender.as_ref().and_then(|sender| sender.html_url.as_deref().or(sender.login.as_deref()));
    caller.sender = sender.map(short);
    let addresses = repository.addresses()?;
    let (changes, nothing) = match caller.event.as_str() {
        "push" => {
            let git_ref =
                payload.git_ref.as_deref().ok_or_else(|| Malformed::new("there is no ref")).and_then(git_ref)?;
            let files = files(payload.commits.as_deref(), payload.total_commits);
            changes(git_ref, after(payload.after.as_deref())?, files, |name| repository.page("commit", name))
        }
        event => (Vec::new(), format!("the event `{event}` builds nothing; tags come as `push`, too")),
    };
    Ok(Seen::Report(Box::new(Report { caller, addresses, changes, nothing })))
}
