//! copr-sandbox
