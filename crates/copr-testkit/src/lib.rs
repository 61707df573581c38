//! copr-testkit
