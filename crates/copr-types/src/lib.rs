//! copr-types
