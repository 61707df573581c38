//! The client library and a running service: every method of every part of it.

mod builds;
mod cast;
mod packages;
mod projects;
mod service;
#[expect(dead_code, reason = "made for clients that are programs, which need more")]
#[path = "../clients/stage.rs"]
mod stage;
