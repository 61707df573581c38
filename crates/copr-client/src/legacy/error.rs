//! What can go wrong with calls of version 1.

use crate::{ConfigError, Message, Trouble};

/// What can go wrong with a call.
///
/// The text is for people; programs match on the variants.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service does not know who we are (401), or knows and does not let us (403). Old services say so in the way of
    /// all other refusals.
    #[error("{message}")]
    Auth {
        /// 401 or 403.
        status: u16,
        /// The service's words.
        message: Message,
    },
    /// Only somebody can do this, and the configuration has no token. Nothing was sent.
    #[error("this can't be done without a token\nhint: the page `/api` of the service shows yours")]
    NoCredentials,
    /// The project is said to be one's own, but the configuration has no `username`. Nothing was sent.
    #[error("whose project is it?\nhint: put `username` into the configuration, or say `owner/project`")]
    NoUsername,
    /// The service said no for another reason.
    #[error("{message}")]
    Request {
        /// The HTTP status. Old services answer 500 to almost everything that is wrong.
        status: u16,
        /// The service's words.
        message: Message,
    },
    /// The answer is not JSON: hardly version 1 of the API, or something in between.
    #[error(
        "`{url}` answered {status} with something that is not JSON\nhint: does this service speak version 1 of the API?"
    )]
    UnknownResponse {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the answer.
        text: String,
    },
    /// The answer is JSON, but not what version 1 of the API promises.
    #[error("the answer of `{url}` can't be understood: {source}")]
    Unexpected {
        /// What was asked.
        url: String,
        /// What is missing or of the wrong type.
        source: serde_json::Error,
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
            Self::Auth { status, .. } | Self::Request { status, .. } | Self::UnknownResponse { status, .. } => {
                Some(*status)
            }
            _ => None,
        }
    }

    /// The service's own words, of errors that it told.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Auth { message, .. } | Self::Request { message, .. } => Some(message),
            _ => None,
        }
    }
}
