//! copr-ui
