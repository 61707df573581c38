//! The stages.

/// Runs a stage of a sandbox, and never returns, when this process was started as one; else
/// returns at once. Call it first in `main`, before any thread exists.
pub fn main_if_child() {}
