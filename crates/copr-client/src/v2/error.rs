//! What can go wrong with calls of version 2.

use serde_json::Value;

use crate::{ConfigError, Message, Trouble};

/// What can go wrong with a call.
///
/// The text is for people; programs match on the variants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service does not know who we are (401), or knows and does not let us (403).
    #[error("{message}")]
    Auth {
        /// 401 or 403.
        status: u16,
        /// The service's words.
        message: Message,
    },
    /// Only somebody can change something, and the configuration has no token. Nothing was sent.
    #[error("nothing can be changed without a token\nhint: the page `/api` of the service shows yours")]
    NoCredentials,
    /// The service said no for another reason: there is no such thing (404), it is there already (409), something is
    /// wrong with what was sent (400).
    #[error("{message}")]
    Request {
        /// The HTTP status.
        status: u16,
        /// The service's words.
        message: Message,
        /// Details, where there are some.
        data: Option<Value>,
    },
    /// The service has trouble of its own (5xx).
    #[error("{message}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// The service's words, or what the status means.
        message: Message,
    },
    /// The answer is not JSON: hardly version 2 of the API, or something in between.
    #[error(
        "`{url}` answered {status} with something that is not JSON\nhint: does this service speak version 2 of the API?"
    )]
    NotJson {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer.
        text: String,
    },
    /// The answer is JSON, but not what version 2 of the API promises.
    #[error("the answer of `{url}` can't be understood: {source}")]
    Unexpected {
        /// What was asked.
        url: String,
        /// What is missing or of the wrong type.
        source: serde_json::Error,
    },
    /// Something was made, but the service does not say where it is.
    #[error("`{url}` does not say where to find what was made")]
    NoLocation {
        /// What was asked.
        url: String,
    },
    /// There was no answer at all.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The configuration is no good.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Error {
    /// The HTTP status, of errors that the service told.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Auth { status, .. }
            | Self::Request { status, .. }
            | Self::Server { status, .. }
            | Self::NotJson { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The service's own words, of errors that it told.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Auth { message, .. } | Self::Request { message, .. } | Self::Server { message, .. } => Some(message),
            _ => None,
        }
    }

    /// Details, of errors that have some.
    pub fn data(&self) -> Option<&Value> {
        match self {
            Self::Request { data, .. } => data.as_ref(),
            _ => None,
        }
    }
}
