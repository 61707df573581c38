//! copr-db
