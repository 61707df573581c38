//! copr-store
