//! copr-wire
