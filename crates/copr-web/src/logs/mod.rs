//! Watching builds: logs while they grow, states as they change, as server-sent events.
//!
//! `GET /coprs/build/{id}/log/{source|chroot}` sends what the log holds and then what comes:
//!
//! | event | data | id |
//! |---|---|---|
//! | `log` | a JSON string: the next piece of text | offset behind it, in bytes |
//! | `restart` | `{}`: another attempt began, its log starts anew | `0` |
//! | `end` | `{"state": …, "size": …}`: nothing more will come | |
//!
//! It begins at `?offset=`, or where `Last-Event-ID` says after a lost connection. `GET /coprs/build/{id}/events`
//! sends `state` (`{"id", "state", "finished", "steps": [{"name", "state", "phase", "doing"}]}`) at once and at every
//! change, and `end` when the build has ended. The growing file itself is at its place under `/results/`, for readers
//! that would rather ask for ranges.

mod bell;
mod follow;
mod growing;
mod log_stream;
pub(crate) mod snapshot;
mod state_stream;

pub use follow::Live;
pub(crate) use growing::{LastPart, last_part};

use crate::routes::{Routes, get};

/// The routes.
pub(crate) fn router() -> Routes<Live> {
    Routes::new()
        .route("/coprs/build/{id}/log/{step}", get(log_stream::show))
        .route("/coprs/build/{id}/events", get(state_stream::show))
}
