//! What can be asked of the service as a whole.

use super::{call, example, need};
use copr_ui::help::Call;
use copr_wire::v1::{Nothing, Queue};

/// The calls.
pub(super) fn calls() -> Vec<Call> {
    let status = Call {
        result: vec![
            need("importing", "number", "Sources that are being taken in."),
            need("waiting", "number", "Tasks that wait for a builder."),
            need("running", "number", "Tasks that builders work on."),
        ],
        example: example(Queue { importing: 0, waiting: 12, running: 4 }),
        ..call("Queue of the service", "GET", &["/api/status/"])
    };
    let check = Call {
        about: "Tells whether a login and a token are good.",
        example: example(Nothing {}),
        ..call("Check a token", "POST", &["/api/auth_check/"])
    };
    vec![status, check]
}
