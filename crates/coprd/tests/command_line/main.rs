//! What `copr` does and copr-cli does not, with a running service: at a terminal, and beside it.

mod cast;
mod chains;
mod download;
mod generations;
mod hints;
mod login;
mod logs;
mod output;
#[expect(dead_code, reason = "others need more of it")]
#[path = "../clients/stage.rs"]
mod stage;
mod table;
