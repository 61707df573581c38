//! copr-builder
