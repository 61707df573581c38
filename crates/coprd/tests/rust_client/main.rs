//! The client library and a running service: every method of every part of it.

mod builds;
mod cast;
#[cfg(feature = "gssapi")]
mod kerberos;
mod packages;
mod projects;
mod results;
mod service;
#[path = "../clients/stage.rs"]
mod stage;
