//! What can go wrong with keys and signatures. No secret ever comes into an error.

use std::path::PathBuf;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused.
    #[error("cannot {doing} `{path}`")]
    Io {
        /// A verb.
        doing: &'static str,
        /// A file or directory of the key store; its name is no secret.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key's name that cannot be a file's name.
    #[error("`{}` cannot be the name of a key: {rule}", .name.escape_default())]
    BadKeyName {
        /// As given.
        name: String,
        /// The rule in words.
        rule: &'static str,
    },
    /// A user id that clients would show wrongly.
    #[error("`{}` cannot be a user id: {rule}", .user_id.escape_default())]
    BadUserId {
        /// As given.
        user_id: String,
        /// The rule in words.
        rule: &'static str,
    },
    /// There is a key of that name already.
    #[error("the key `{key}` exists already")]
    Exists {
        /// Its name.
        key: String,
    },
    /// There is no key of that name.
    #[error("there is no key `{key}`")]
    NoSuchKey {
        /// The name.
        key: String,
    },
    /// A file of the store is not what this crate wrote. The cause is left out on purpose: it might
    /// quote the file.
    #[error("the key in `{path}` is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The key could not be made or used.
    #[error("cannot {doing} with the key `{key}`")]
    Key {
        /// A verb: `sign`, …
        doing: &'static str,
        /// The key's name.
        key: String,
    },
    /// A signature that is none.
    #[error("not an armored OpenPGP signature")]
    BadSignature,
    /// The process that has the keys can not be reached, or did not answer in time. This passes.
    #[error("the signer at `{socket}` does not answer")]
    Unreachable {
        /// Its socket.
        socket: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The process that has the keys says no.
    #[error("the signer at `{socket}` refuses: {why}")]
    Refused {
        /// Its socket.
        socket: PathBuf,
        /// In its words.
        why: String,
    },
    /// The process that has the keys answered with something that is no answer, such as a signature of something else.
    #[error("the signer at `{socket}` answers wrongly: {what}")]
    WrongAnswer {
        /// Its socket.
        socket: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// More than a signer takes.
    #[error("{size} bytes can not be signed: at most {limit} can")]
    TooLarge {
        /// How much it is.
        size: usize,
        /// How much it may be.
        limit: usize,
    },
    /// A public key that is none, or damaged.
    #[error("not an armored OpenPGP public key")]
    BadKey,
    /// The package could not be read or written.
    #[error("cannot sign the package")]
    Package(#[from] copr_rpm::Error),
}
