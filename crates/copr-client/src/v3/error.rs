//! What can go wrong, so that programs can tell it apart and people can read it.

use serde_json::Value;
use std::fmt;
use std::path::PathBuf;

use super::ConfigError;

/// What can go wrong with a call.
///
/// The text is for people; programs match on the variants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such thing (404).
    #[error("{message}")]
    NoResult {
        /// The service's words.
        message: Message,
    },
    /// The service does not know who we are (401), or knows and does not let us (403).
    #[error("{message}")]
    Authentication {
        /// 401 or 403.
        status: u16,
        /// The service's words.
        message: Message,
    },
    /// The service said no for another reason.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: Message,
    },
    /// No answer in time: a gateway gave up (504), or we did, see [`Config::timeout`](super::Config::timeout).
    #[error("`{url}` gave no answer in time: {reason}")]
    Timeout {
        /// What was asked.
        url: String,
        /// Who gave up, and when.
        reason: String,
    },
    /// The answer is not JSON: hardly a Copr service, or something in between.
    #[error("`{url}` answered {status} with something that is not JSON{}", doubt(*status))]
    NotJson {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer.
        text: String,
    },
    /// The answer is JSON, but not what version 3 of the API promises.
    #[error("the answer of `{url}` can't be understood: {source}")]
    Unexpected {
        /// What was asked.
        url: String,
        /// What is missing or of the wrong type.
        source: serde_json::Error,
    },
    /// The service is somewhere else. Calls are not passed on: what writes would become a read on its way.
    #[error("`{url}` has moved to `{target}`\nhint: put the new address into `copr_url`")]
    Moved {
        /// What was asked.
        url: String,
        /// Where it is now.
        target: String,
    },
    /// The service can't be reached, or went away in the middle.
    #[error("can't talk to `{url}`: {}", causes(source.as_ref()))]
    Connection {
        /// What was asked.
        url: String,
        /// What the network said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file can't be uploaded because it can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An argument can't be sent at all.
    #[error("{0}")]
    Argument(String),
    /// A build has a state that never ends: `unknown`.
    #[error("build {build} is in the state `{state}`, of which nobody knows what comes next")]
    State {
        /// The build.
        build: u64,
        /// Its state.
        state: super::State,
    },
    /// Builds have not ended in the time that was given for it; see [`Watch::timeout`](super::Watch::timeout).
    #[error("not ended in time: {}", listed(builds))]
    StillRunning {
        /// Those that have not ended.
        builds: Vec<u64>,
    },
    /// The configuration is no good.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Error {
    /// The HTTP status, of errors that the service told.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::NoResult { .. } => Some(404),
            Self::Authentication { status, .. } | Self::Refused { status, .. } | Self::NotJson { status, .. } => {
                Some(*status)
            }
            _ => None,
        }
    }

    /// The service's own words, of errors that it told.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::NoResult { message } | Self::Authentication { message, .. } | Self::Refused { message, .. } => {
                Some(message)
            }
            _ => None,
        }
    }

    /// What a status and the member `error` of an answer mean.
    pub(crate) fn told(status: u16, url: &str, told: &Value) -> Self {
        let message = Message::of(told);
        match status {
            404 => Self::NoResult { message },
            401 | 403 => Self::Authentication { status, message },
            504 => Self::Timeout { url: url.to_owned(), reason: message.to_string() },
            _ => Self::Refused { status, message },
        }
    }
}

/// The service's words: one line for each thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    text: String,
    lines: Vec<String>,
}

impl Message {
    /// Services before 2022 had an object here in some places: field to messages.
    pub(crate) fn of(told: &Value) -> Self {
        let lines = match told {
            Value::String(text) => {
                text.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
            }
            Value::Object(fields) => fields
                .iter()
                .map(|(field, messages)| format!("{field}: {}", Self::of(messages).lines.join(", ")))
                .collect(),
            Value::Array(items) => items.iter().flat_map(|item| Self::of(item).lines).collect(),
            other => vec![other.to_string()],
        };
        let text = match told {
            Value::String(text) => text.clone(),
            _ => lines.join("\n"),
        };
        Self { text, lines }
    }

    /// The whole text as it came, line ends and all; empty when the service gives no reason.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The lines, without their ends.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lines.as_slice() {
            [] => out.write_str("the service gives no reason"),
            [line] => out.write_str(line),
            [first, others @ ..] => {
                write!(out, "- {first}")?;
                others.iter().try_for_each(|line| write!(out, "\n- {line}"))
            }
        }
    }
}

/// An error with what lies below it; the upper layers of the network say next to nothing.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = chain.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

/// Trouble of a gateway says nothing about who is behind it.
fn doubt(status: u16) -> &'static str {
    if status < 500 { "\nhint: is this the address of a Copr service?" } else { "" }
}

fn listed(builds: &[u64]) -> String {
    let word = if builds.len() == 1 { "build" } else { "builds" };
    let numbers: Vec<String> = builds.iter().map(u64::to_string).collect();
    format!("{word} {}", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn several_lines_are_a_list_for_the_reader() {
        let message = Message::of(&json!("name: This field is required.\nchroots: None given.\n"));
        assert_eq!(message.to_string(), "- name: This field is required.\n- chroots: None given.");
        assert_eq!(message.lines().len(), 2);
    }

    #[test]
    fn objects_of_old_services_are_read_too() {
        let message = Message::of(&json!({"name": ["Required.", "Too short."], "x": "No."}));
        assert_eq!(message.lines(), ["name: Required., Too short.", "x: No."]);
    }

    #[test]
    fn the_status_says_which_error_it_is() {
        let of = |status| Error::told(status, "u", &json!("text"));
        assert!(matches!(of(404), Error::NoResult { .. }));
        assert!(matches!(of(401), Error::Authentication { status: 401, .. }));
        assert!(matches!(of(403), Error::Authentication { status: 403, .. }));
        assert!(matches!(of(504), Error::Timeout { .. }));
        assert!(matches!(of(200), Error::Refused { status: 200, .. }));
        assert_eq!(of(409).message().unwrap().lines(), ["text"]);
    }
}
