//! What can go wrong, so that programs can tell it apart and people can read it.

use serde_json::Value;
use std::path::PathBuf;

use crate::trouble::causes;
use crate::{ConfigError, Message, Trouble};

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
    /// No answer in time: a gateway gave up (504), or we did, see [`Config::timeout`](crate::Config::timeout).
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
    /// There is no token, and the login by Kerberos failed; see [`Config::gssapi`](crate::Config::gssapi).
    #[error("can't log in by Kerberos: {0}")]
    Kerberos(String),
    /// A file of the results can't be had.
    #[error("`{url}` answered {status}")]
    Fetch {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// There is nothing that tells which files there are.
    #[error("`{url}` shows no list of its files")]
    NoListing {
        /// The directory.
        url: String,
    },
    /// A file was fetched, but is not what it should be.
    #[error("what `{url}` sent is damaged: {problem}")]
    Damaged {
        /// Where it came from.
        url: String,
        /// How it differs.
        problem: String,
    },
    /// A file can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Write {
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
            Self::Authentication { status, .. }
            | Self::Refused { status, .. }
            | Self::NotJson { status, .. }
            | Self::Fetch { status, .. } => Some(*status),
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

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Timeout { url, reason } => Self::Timeout { url, reason },
            Trouble::Moved { url, target } => Self::Moved { url, target },
            Trouble::Connection { url, source } => Self::Connection { url, source },
            Trouble::File { path, source } => Self::File { path, source },
            Trouble::Kerberos(problem) => Self::Kerberos(problem),
            Trouble::Argument(problem) => Self::Argument(problem),
        }
    }
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
