//! What each method of the old client sends, and what it needs back: a test for each row of the contract's checklist.

mod builds;
mod projects;
mod rest;

use super::{Answer, get};
use crate::server::Server;
use serde_json::Value;

/// What the client reads of an answer it gets a `Location` with: it asks for that without a login.
async fn follow(server: &Server, answer: &Answer) -> Value {
    get(server, &answer.made(server)).await.ok()
}
