//! Where things are: the checkout, the cache of this machine, scratch directories.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the checkout that this crate was compiled from.
pub fn checkout() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate lies in `crates/copr-testkit` of the checkout").to_path_buf()
}

/// What is worth keeping between runs: `$XDG_CACHE_HOME/coprd`, else `~/.cache/coprd`.
///
/// The directory need not exist yet.
pub fn cache_dir() -> PathBuf {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    match set("XDG_CACHE_HOME") {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(set("HOME").unwrap_or_else(|| "/root".into())).join(".cache"),
    }
    .join("coprd")
}

/// A directory of one test's own, removed when the value is dropped.
pub fn temp_dir() -> tempfile::TempDir {
    tempfile::Builder::new()
        .prefix("coprd-test-")
        .tempdir()
        .unwrap_or_else(|error| panic!("can't make a temporary directory: {error}"))
}
