//! What can keep an answer away, whatever was asked.

use std::path::PathBuf;

/// What can keep an answer away, in all generations of the API.
///
/// The errors of version 3 have these as variants of their own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// No answer in time; see [`Config::timeout`](crate::Config::timeout).
    #[error("`{url}` gave no answer in time: {reason}")]
    Timeout {
        /// What was asked.
        url: String,
        /// Who gave up, and when.
        reason: String,
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
    /// An argument can't be sent at all.
    #[error("{0}")]
    Argument(String),
}

impl Trouble {
    /// An error of the network, without the address that it repeats.
    pub(crate) fn connection(url: &str, error: reqwest::Error) -> Self {
        Self::Connection { url: url.to_owned(), source: Box::new(error.without_url()) }
    }
}

/// An error with what lies below it; the upper layers of the network say next to nothing.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = chain.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}
