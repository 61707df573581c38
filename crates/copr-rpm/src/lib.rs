//! copr-rpm
