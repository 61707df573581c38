//! copr-sign
