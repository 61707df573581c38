//! Small pictures that tell how a build stands, for pages elsewhere.

use copr_types::State;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// It succeeded.
    Succeeded,
    /// It failed.
    Failed,
    /// It goes on.
    InProgress,
    /// There is nothing, or nothing that one of the others tells.
    Unknown,
    /// The address names nothing.
    BadUrl,
}

impl Badge {
    /// The picture for the state of a build as a whole; none for no build.
    pub fn of(state: Option<State>) -> Self {
        match state {
            Some(State::Succeeded | State::Skipped) => Self::Succeeded,
            Some(State::Failed) => Self::Failed,
            Some(State::Importing | State::Pending | State::Starting | State::Running | State::Publishing) => {
                Self::InProgress
            }
            Some(State::Waiting | State::Canceled | State::Forking | State::Forked) | None => Self::Unknown,
        }
    }

    /// The picture as PNG.
    pub fn png(self) -> &'static [u8] {
        match self {
            Self::Succeeded => include_bytes!("../assets/badges/succeeded.png"),
            Self::Failed => include_bytes!("../assets/badges/failed.png"),
            Self::InProgress => include_bytes!("../assets/badges/in_progress.png"),
            Self::Unknown => include_bytes!("../assets/badges/unknown.png"),
            Self::BadUrl => include_bytes!("../assets/badges/bad_url.png"),
        }
    }
}
