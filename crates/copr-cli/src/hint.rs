//! What can be done about a failure: lines beside the error, for people alone.
//!
//! They go by what is true of the service, not by its words: whether the project that was named is there, and whether
//! the chroots are its own. For that it is asked once more, but not for long.

use copr_client::v3::{Error, FullName, Paging};
use std::time::Duration;

use crate::failure::{Cause, Failure};
use crate::session::{Named, Session};

/// Nobody waits longer for good advice.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many names are proposed.
const MOST: usize = 3;
/// A project with more chroots than that does not list them all.
const FEW: usize = 12;

/// What can be done about a failure that the service, or what is known of it, has to do with.
pub(crate) async fn about(session: &Session, failure: &Failure) -> Vec<String> {
    let url = session.url();
    match &failure.cause {
        Cause::Nobody => vec![format!("`copr login {url}` takes the token that {url}/api/ shows")],
        Cause::Unknown => vec![format!(
            "the token is wrong or has expired; {url}/api/ shows the one that is good now, and `copr login` takes it"
        )],
        Cause::Forbidden => request(session).into_iter().collect(),
        Cause::Refused => tokio::time::timeout(PATIENCE, names(session)).await.unwrap_or_default(),
        Cause::Connection(reason) => vec![connection(session, reason)],
        Cause::Stranger => {
            vec![format!("is {url} the address of a Copr service? It is `copr_url` in the configuration")]
        }
        Cause::Config | Cause::Other => without_service(failure),
    }
}

/// The same where the service can't be asked.
pub(crate) fn without_service(failure: &Failure) -> Vec<String> {
    match failure.cause {
        Cause::Config => vec!["`copr login URL` writes a configuration that is right".to_owned()],
        _ => Vec::new(),
    }
}

/// How to be allowed to do what one is not.
fn request(session: &Session) -> Option<String> {
    let named = session.named();
    let project = named.projects.first().filter(|project| session.config().user() != Some(&project.owner))?;
    Some(format!("`copr request-permissions {project} --builder` asks its owner for leave to build in it"))
}

fn connection(session: &Session, reason: &str) -> String {
    let url = session.url();
    let reason = reason.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if has(&["certificate", "unknownissuer", "notvalidforname"]) {
        "SSL_CERT_FILE names a file with certificates of more authorities; a wrong clock looks like this, too"
            .to_owned()
    } else if has(&["corrupt message", "invalidcontenttype", "handshake", "tls"]) {
        format!(
            "does {url} speak TLS? Without it, the address begins with http:// and `encrypted = False` stands below it"
        )
    } else if has(&["dns", "lookup", "name or service", "resolve"]) {
        format!("is the name in {url} right? It is `copr_url` in the configuration; is there a network?")
    } else if has(&["refused"]) {
        format!(
            "nothing listens at {url}: is the address right (`copr_url` in the configuration), does the service run?"
        )
    } else {
        format!("is {url} right (`copr_url` in the configuration), and does a firewall or proxy lie between?")
    }
}

/// Names that may have been meant where others were written.
async fn names(session: &Session) -> Vec<String> {
    let Named { projects, chroots, chroots_of_service } = session.named();
    let Ok(client) = session.client() else { return Vec::new() };
    let mut lines = Vec::new();
    for project in projects {
        match client.projects().get(&project).await {
            Err(Error::NoResult { .. }) => lines.extend(other_projects(session, &project).await),
            Ok(found) if !chroots.is_empty() => {
                let enabled: Vec<String> = found.chroot_repos.into_keys().collect();
                let unknown = chroots.iter().filter(|chroot| !enabled.contains(chroot));
                lines.extend(unknown.map(|chroot| other_chroots(chroot, &project.to_string(), &enabled)));
            }
            _ => {}
        }
    }
    if !chroots_of_service.is_empty()
        && let Ok(all) = client.mock_chroots().list().await
    {
        let all: Vec<String> = all.into_iter().map(|chroot| chroot.name).collect();
        let unknown = chroots_of_service.iter().filter(|chroot| !all.contains(chroot));
        lines.extend(unknown.map(|chroot| {
            let near = nearest(chroot, &all);
            match near.is_empty() {
                true => "`copr list-chroots` prints the chroots that the service builds for".to_owned(),
                false => format!("instead of `{chroot}`, the service has {}", quoted(&near)),
            }
        }));
    }
    lines
}

async fn other_projects(session: &Session, project: &FullName) -> Option<String> {
    let page = session.client().ok()?.projects().list(Some(&project.owner), &Paging::limit(1000)).await.ok()?;
    let all: Vec<String> = page.items.into_iter().map(|project| project.name).collect();
    let near = nearest(&project.name, &all);
    let near: Vec<String> = near.iter().map(|name| format!("`{}/{name}`", project.owner)).collect();
    Some(match (near.is_empty(), all.len()) {
        (false, _) => format!("there is {}", near.join(", ")),
        (true, 0) => format!("`{}` has no projects", project.owner),
        (true, _) => format!("`copr list {}` prints the projects that are there", project.owner),
    })
}

/// The chroots of `place` that are like one that is not there.
pub(crate) fn other_chroots(chroot: &str, place: &str, enabled: &[String]) -> String {
    let near = nearest(chroot, enabled);
    match near.as_slice() {
        [] if enabled.is_empty() => format!("{place} has no chroots"),
        [] if enabled.len() <= FEW => {
            format!("{place} has {}", quoted(&enabled.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        [] => format!("`copr get {place}` prints its chroots"),
        near => format!("instead of `{chroot}`, {place} has {}", quoted(near)),
    }
}

pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The names that somebody may have meant, the most similar first.
pub(crate) fn nearest<'n>(wanted: &str, names: &'n [String]) -> Vec<&'n str> {
    let farthest = (wanted.chars().count() / 3).clamp(1, 4);
    let distance = |name: &str| strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
    let mut near: Vec<(usize, &str)> = names
        .iter()
        .map(|name| (distance(name), name.as_str()))
        .filter(|(distance, _)| *distance <= farthest)
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, name)| name).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_most_similar_names_come_first() {
        let all = names(&["hello", "help", "world", "Hello2"]);
        assert_eq!(nearest("helo", &all), ["hello", "help"]);
        assert_eq!(nearest("hello1", &all), ["Hello2", "hello"]);
        assert_eq!(nearest("something", &all), [""; 0]);
    }

    #[test]
    fn chroots_that_are_there_are_named() {
        let enabled = names(&["fedora-42-x86_64", "fedora-43-x86_64", "epel-9-x86_64"]);
        let text = other_chroots("fedora-44-x86_64", "a/b", &enabled);
        assert_eq!(text, "instead of `fedora-44-x86_64`, a/b has `fedora-42-x86_64`, `fedora-43-x86_64`");
        assert_eq!(other_chroots("opensuse", "a/b", &enabled[..1]), "a/b has `fedora-42-x86_64`");
        assert_eq!(other_chroots("opensuse", "a/b", &[]), "a/b has no chroots");
    }
}
