//! Logs, as far as there are any, or to their end.

use copr_client::v3::{Build, BuildChroot, Follow, LogEvent, Paging, State};
use futures::{Stream, StreamExt};
use std::io::{self, Write};

use super::build::written;
use crate::cli::build::Logs;
use crate::failure::Failure;
use crate::session::Session;
use crate::show::Log;
use crate::watch::interval;

/// The part that makes the source package, by its names.
const SOURCE: [&str; 2] = ["source", "srpm-builds"];

/// A part of a build that has a log.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    state: State,
}

pub(super) async fn run(session: &Session, logs: Logs) -> Result<(), Failure> {
    let client = session.client()?;
    let build = client.builds().get(written(&logs.build_id)?).await?;
    let name = match &logs.chroot {
        Some(name) if SOURCE.contains(&name.as_str()) => SOURCE[0].to_owned(),
        Some(name) => {
            if logs.follow {
                made(session, &build, name).await?;
            }
            let parts = parts(session, &build).await?;
            parts.iter().find(|part| part.name == *name).ok_or_else(|| unknown(&build, name, &parts))?.name.clone()
        }
        None => {
            let parts = parts(session, &build).await?;
            suitable(&parts).ok_or_else(|| undecided(&build, &parts))?.name.clone()
        }
    };
    let follow = if logs.follow { Follow::new() } else { Follow::new().up_to_now() };
    if name == SOURCE[0] {
        let events = client.builds().follow_source_log(build.id, &follow);
        return printed(session, &logs, &build, &name, events).await;
    }
    let events = client.build_chroots().follow_log(build.id, &name, &follow);
    printed(session, &logs, &build, &name, events).await
}

/// The source first, then the chroots.
async fn parts(session: &Session, build: &Build) -> Result<Vec<Part>, Failure> {
    let client = session.client()?;
    let source = client.builds().source_chroot(build.id).await?;
    let chroots = client.build_chroots().list(build.id, &Paging::default()).await?.items;
    let chroots = chroots.into_iter().map(|BuildChroot { name, state, .. }| Part { name, state });
    Ok(std::iter::once(Part { name: SOURCE[0].to_owned(), state: source.state }).chain(chroots).collect())
}

/// Waits until a chroot is a part of the build: none is before its source package is there.
async fn made(session: &Session, build: &Build, chroot: &str) -> Result<(), Failure> {
    let mut changes = session.client()?.builds().progress(build.id, interval());
    while let Some(now) = changes.next().await {
        let now = now?;
        let source = now.parts.iter().find(|part| part.name == SOURCE[0]);
        if now.parts.iter().any(|part| part.name == chroot) || source.is_none_or(|source| source.state.is_ended()) {
            break;
        }
    }
    Ok(())
}

/// The part whose log somebody wants to see who names none: the only one that has failed, or else that runs, or else the
/// only chroot, or the source while there are no chroots.
fn suitable(parts: &[Part]) -> Option<&Part> {
    let only = |wanted: &[State]| {
        let mut found = parts.iter().filter(|part| wanted.contains(&part.state));
        found.next().filter(|_| found.next().is_none())
    };
    let is_among = |wanted: &[State]| parts.iter().any(|part| wanted.contains(&part.state));
    for wanted in [&[State::Failed][..], &[State::Running, State::Starting]] {
        if is_among(wanted) {
            return only(wanted);
        }
    }
    match parts {
        [part] | [_, part] => Some(part),
        _ => None,
    }
}

fn undecided(build: &Build, parts: &[Part]) -> Failure {
    Failure::here(&format!("Build {} has several logs; say which one:\n{}", build.id, listed(parts)))
}

fn unknown(build: &Build, name: &str, parts: &[Part]) -> Failure {
    Failure::here(&format!("Build {} has no log of `{name}`, but of these:\n{}", build.id, listed(parts)))
}

fn listed(parts: &[Part]) -> String {
    let lines: Vec<String> = parts.iter().map(|part| format!("  {} ({})", part.name, part.state)).collect();
    lines.join("\n")
}

async fn printed(
    session: &Session,
    logs: &Logs,
    build: &Build,
    part: &str,
    mut events: impl Stream<Item = Result<LogEvent, copr_client::v3::Error>> + Unpin,
) -> Result<(), Failure> {
    let (mut whole, mut is_empty, mut ended) = (String::new(), true, None);
    while let Some(event) = events.next().await {
        match event? {
            LogEvent::Text { text, .. } => {
                is_empty = false;
                match session.screen.is_json() {
                    true => whole += &text,
                    // Logs hold whatever programs print; a terminal is not to do what they say.
                    false if session.screen.terminal.out => session.screen.tell(&harmless(&text))?,
                    false => session.screen.tell(&text)?,
                }
            }
            LogEvent::Restarted => {
                whole.clear();
                session.screen.warn("The build is tried once more; its log begins anew.")?;
            }
            LogEvent::Ended { state } => ended = Some(state),
            _ => {}
        }
    }
    if session.screen.is_json() {
        let state = ended.map(|state| state.to_string());
        session.screen.show(&Log { build: build.id, part: part.to_owned(), state, log: whole })?;
    } else if is_empty {
        let reason = if logs.follow { "left no log" } else { "has no log yet, or none any more" };
        session.screen.warn(&format!("Build {} {reason} of {part}.", build.id))?;
    }
    io::stdout().flush()?;
    Ok(())
}

/// Without the control characters that do more than colours and line ends.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\t' | '\r')) {
        shown += &rest[..place];
        rest = &rest[place..];
        let length = colour(rest).unwrap_or_default();
        shown += &rest[..length];
        let skipped = rest[length..].chars().next().filter(|_| length == 0).map_or(0, char::len_utf8);
        rest = &rest[length + skipped..];
    }
    shown + rest
}

/// The length of a sequence at the beginning that sets colours: `ESC [ 1 ; 31 m`.
fn colour(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    body[end..].starts_with('m').then_some(end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(states: &[(&str, State)]) -> Vec<Part> {
        states.iter().map(|(name, state)| Part { name: (*name).to_owned(), state: state.clone() }).collect()
    }

    fn chosen(states: &[(&str, State)]) -> Option<String> {
        suitable(&build(states)).map(|part| part.name.clone())
    }

    #[test]
    fn who_names_no_chroot_gets_what_failed_or_else_what_runs() {
        let source = ("source", State::Succeeded);
        assert_eq!(chosen(&[source.clone(), ("a", State::Failed), ("b", State::Running)]).as_deref(), Some("a"));
        assert_eq!(chosen(&[source.clone(), ("a", State::Pending), ("b", State::Running)]).as_deref(), Some("b"));
        assert_eq!(chosen(&[("source", State::Failed), ("a", State::Canceled)]).as_deref(), Some("source"));
        assert_eq!(chosen(&[source.clone(), ("a", State::Succeeded)]).as_deref(), Some("a"));
        assert_eq!(chosen(&[source.clone(), ("a", State::Failed), ("b", State::Failed)]), None);
        assert_eq!(chosen(&[source, ("a", State::Succeeded), ("b", State::Succeeded)]), None);
        assert_eq!(chosen(&[("source", State::Pending)]).as_deref(), Some("source"));
    }

    #[test]
    fn a_log_can_paint_the_terminal_and_nothing_more() {
        assert_eq!(harmless("a\u{1b}[1;31mb\u{1b}[0m\tc\r\n"), "a\u{1b}[1;31mb\u{1b}[0m\tc\r\n");
        assert_eq!(harmless("\u{1b}[2J\u{1b}]0;title\u{7}ü\u{1b}"), "[2J]0;titleü");
    }
}
