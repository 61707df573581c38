//! What GitLab sends, `push` and `tag_push`, and what scripts of people's own git servers send in its form: those may leave out all but
//! the repository's address and the branch.

use super::Seen;
use super::payload::{Commit, after, changes, files, git_ref};
use super::sent::{Malformed, Sent, caller, short};
use copr_app::webhook::Report;
use copr_types::Forge;
use serde::Deserialize;
use url::Url;

#[derive(Debug, Deserialize)]
struct Payload {
    object_kind: Option<String>,
    #[serde(rename = "ref")]
    git_ref: Option<String>,
    after: Option<String>,
    user_username: Option<String>,
    project: Option<Project>,
    /// Where GitLab before 8.5 has the project.
    repository: Option<Project>,
    commits: Option<Vec<Commit>>,
    total_commits_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Project {
    git_http_url: Option<String>,
    git_ssh_url: Option<String>,
    web_url: Option<String>,
}

pub(super) fn read(sent: &Sent<'_>) -> Result<Seen, Malformed> {
    let mut caller = caller(Forge::Gitlab, sent.headers);
    let payload: Payload = sent.json()?;
    let project = payload.project.as_ref().or(payload.repository.as_ref());
    let project = project.ok_or_else(|| Malformed::new("there is no project"))?;
    let address = project.git_http_url.clone().ok_or_else(|| Malformed::new("the project has no git_http_url"))?;
    caller.sender = payload.user_username.as_ref().map(|user| short(&format!("{}:{user}", host(&address))));
    if caller.event.is_empty() {
        caller.event = payload.object_kind.as_deref().map(short).unwrap_or_else(|| "push".to_owned());
    }
    let (changes, nothing) = match payload.object_kind.as_deref() {
        None | Some("push" | "tag_push") => {
            let git_ref =
                payload.git_ref.as_deref().ok_or_else(|| Malformed::new("there is no ref")).and_then(git_ref)?;
            let files = files(payload.commits.as_deref(), payload.total_commits_count);
            let page = |name: &str| {
                project.web_url.as_ref().map(|page| format!("{}/-/commit/{name}", page.trim_end_matches('/')))
            };
            changes(git_ref, after(payload.after.as_deref())?, files, page)
        }
        Some(kind) => (Vec::new(), format!("GitLab's event `{}` builds nothing", short(kind))),
    };
    let addresses =
        std::iter::once(address).chain(project.git_ssh_url.clone()).chain(project.web_url.clone()).collect();
    Ok(Seen::Report(Box::new(Report { caller, addresses, changes, nothing })))
}

/// The host of an address: Copr calls people of GitLab's own `gitlab.com:name`.
fn host(address: &str) -> String {
    Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "gitlab".to_owned())
}
