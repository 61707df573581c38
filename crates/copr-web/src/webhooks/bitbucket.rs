//! What Bitbucket Cloud sends: `repo:push`, which may be about several branches and tags and never names files.

use super::Seen;
use super::payload::{After, after, checked_name};
use super::sent::{Malformed, Sent, caller, short};
use copr_app::webhook::{Change, Push, Report, Tag};
use copr_types::Forge;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Payload {
    push: Option<Pushed>,
    repository: Option<Linked>,
    actor: Option<Linked>,
}

#[derive(Debug, Deserialize)]
struct Pushed {
    changes: Vec<Changed>,
}

#[derive(Debug, Deserialize)]
struct Changed {
    /// None for what was deleted.
    new: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    target: Option<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    hash: Option<String>,
    links: Option<Links>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    links: Option<Links>,
}

#[derive(Debug, Deserialize)]
struct Links {
    html: Option<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    href: String,
}

fn page(links: Option<&Links>) -> Option<&str> {
    links.and_then(|links| links.html.as_ref()).map(|link| link.href.as_str())
}

pub(super) fn read(sent: &Sent<'_>) -> Result<Seen, Malformed> {
    let mut caller = caller(Forge::Bitbucket, sent.headers);
    if caller.event == "diagnostics:ping" {
        return Ok(Seen::Ping);
    }
    let payload: Payload = sent.json()?;
    let repository = payload.repository.as_ref().and_then(|repository| page(repository.links.as_ref()));
    let address = repository.ok_or_else(|| Malformed::new("the repository has no link to its page"))?.to_owned();
    caller.sender = payload.actor.as_ref().and_then(|actor| page(actor.links.as_ref())).map(short);
    let (mut changes, mut nothing) = (Vec::new(), "a branch or tag was deleted".to_owned());
    match &payload.push {
        Some(push) => {
            for changed in &push.changes {
                changes.extend(change(changed)?);
            }
        }
        None if matches!(caller.event.as_str(), "" | "repo:push") => return Err(Malformed::new("there is no push")),
        None => nothing = format!("Bitbucket's event `{}` builds nothing", caller.event),
    }
    Ok(Seen::Report(Box::new(Report { caller, addresses: vec![address], changes, nothing })))
}

/// A change; none when something was deleted.
fn change(changed: &Changed) -> Result<Option<Change>, Malformed> {
    let Some(new) = &changed.new else { return Ok(None) };
    let name = checked_name(&new.name)?.to_owned();
    let page = new.target.as_ref().and_then(|target| page(target.links.as_ref())).map(short);
    let commit = match after(new.target.as_ref().and_then(|target| target.hash.as_deref()))? {
        After::Commit(commit) => Some(commit),
        After::Gone | After::Untold => None,
    };
    Ok(Some(match new.kind.as_str() {
        "tag" => Change::Tag(Tag { name, commit, page }),
        _ => Change::Push(Push { branch: name, commit, changed: None, page }),
    }))
}
