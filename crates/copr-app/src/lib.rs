//! copr-app
