//! An S3-compatible object store, as far as published repositories need one.
//!
//! - [`Bucket`]: files and small texts in and out, lists, removal, addresses for readers
//! - [`Bucket::switch`]: compare and swap, the one small write that makes a generation the present one
//! - [`Key`]: a name below the bucket's prefix, byte for byte: `~` and `^` of versions stay what they are
//!
//! Not here: what lies under which key, and when it may go. Objects appear whole or not at all, which is S3's promise;
//! what was put is read back by whoever has to be sure.
//!
//! ```no_run
//! use copr_bucket::{Bucket, Key, Settings};
//!
//! # async fn shown() -> Result<(), copr_bucket::Error> {
//! let bucket = Bucket::open(&Settings {
//!     bucket: "copr".to_owned(),
//!     endpoint: Some("https://s3.example.org".to_owned()),
//!     ..Settings::default()
//! })?;
//! let head = Key::new("results/alice/hello/fedora-44-x86_64/head")?;
//! let first = bucket.switch(&head, b"00000001-1", None).await?;
//! bucket.switch(&head, b"00000002-1", Some(&first)).await?;
//! # Ok(())
//! # }
//! ```

mod bucket;
mod error;
mod key;
mod settings;

pub use bucket::{Bucket, Entry, Object, Version};
pub use error::Error;
pub use key::Key;
pub use settings::Settings;
