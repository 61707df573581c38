//! What can go wrong with a bucket.

/// A failure of this crate. Its words name keys and buckets, never credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings contradict each other or lack something.
    #[error("the bucket `{bucket}` can not be used")]
    Settings {
        /// Its name.
        bucket: String,
        /// What is wrong.
        source: object_store::Error,
    },
    /// A name that no object can have.
    #[error("`{}` can not be the name of an object: {rule}", key.escape_default())]
    BadKey {
        /// As given.
        key: String,
        /// The rule in words.
        rule: &'static str,
    },
    /// Somebody else changed the object since it was read.
    #[error("`{key}` was changed by somebody else")]
    Changed {
        /// Which.
        key: String,
    },
    /// The object store refused, or could not be reached.
    #[error("could not {doing} `{key}`")]
    Store {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With what.
        key: String,
        /// Why not.
        source: object_store::Error,
    },
    /// A local file could not be read or written.
    #[error("could not {doing} `{path}`")]
    File {
        /// What was tried, as a verb.
        doing: &'static str,
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// What came back is not what was put.
    #[error("`{key}` has {found} bytes in the bucket and should have {expected}")]
    Different {
        /// Which.
        key: String,
        /// Bytes that it should have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
}
