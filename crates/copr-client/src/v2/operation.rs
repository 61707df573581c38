//! What came of a change.

use reqwest::StatusCode;

use crate::call::Answer;

/// What came of a change. Refusals are errors instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationResult {
    status: u16,
    location: Option<String>,
}

impl OperationResult {
    pub(super) fn of(answer: &Answer) -> Self {
        Self { status: answer.status.as_u16(), location: answer.location.clone() }
    }

    /// Whether the service has done it.
    ///
    /// (python-copr compared with one status, which was not always that of the service.)
    pub fn is_successful(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success())
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Where the service says that the thing is now, if it says so.
    pub fn new_location(&self) -> Option<&str> {
        self.location.as_deref()
    }
}
