//! copr-web
