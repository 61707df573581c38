//! States of sources and build chroots, the events that change them, and the one table that joins the two.
//!
//! Every change of state in the system goes through [`next`]; the SQL that stores the result repeats
//! the guard. Numbers and names are those of the Copr API.

use crate::UnknownWord;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a build's source, or one chroot of a build, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A chroot whose sources are not there yet.
    Waiting,
    /// In the queue.
    Pending,
    /// A builder holds the lease.
    Starting,
    /// The builder reported that it works on it.
    Running,
    /// The source package is being taken in (sources only).
    Importing,
    /// Built and uploaded; the repository does not hold it yet (chroots only; `running` on the wire).
    Publishing,
    /// For a chroot: installable from the published repository.
    Succeeded,
    /// Ended without a result.
    Failed,
    /// Ended by request.
    Canceled,
    /// Never built, for the reason that is stored with it.
    Skipped,
    /// Copied from another project; the repository does not hold it yet (chroots only; `forked` on the wire).
    Forking,
    /// Copied from another project and installable from the published repository.
    Forked,
}

impl State {
    /// All states.
    pub const ALL: [Self; 12] = [
        Self::Waiting,
        Self::Pending,
        Self::Starting,
        Self::Running,
        Self::Importing,
        Self::Publishing,
        Self::Succeeded,
        Self::Failed,
        Self::Canceled,
        Self::Skipped,
        Self::Forking,
        Self::Forked,
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Importing => "importing",
            Self::Publishing => "publishing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Forking => "forking",
            Self::Forked => "forked",
        }
    }

    /// Reads the word in the database.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The word that clients know: `publishing` is `running` to them, `forking` is `forked`.
    pub fn on_the_wire(self) -> &'static str {
        match self {
            Self::Publishing => "running",
            Self::Forking => "forked",
            other => other.as_str(),
        }
    }

    /// Copr's number of the state (`StatusEnum`).
    pub fn number(self) -> i64 {
        match self {
            Self::Failed => 0,
            Self::Succeeded => 1,
            Self::Canceled => 2,
            Self::Running | Self::Publishing => 3,
            Self::Pending => 4,
            Self::Skipped => 5,
            Self::Starting => 6,
            Self::Importing => 7,
            Self::Forking | Self::Forked => 8,
            Self::Waiting => 9,
        }
    }

    /// Nothing will change it any more.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled | Self::Skipped | Self::Forked)
    }

    /// It was built, here or in the project that it is copied from: what it produced is known.
    pub fn has_ended(self) -> bool {
        self.is_finished() || self == Self::Forking
    }

    /// A builder or the publisher is busy with it.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Importing | Self::Publishing)
    }
}

impl TryFrom<String> for State {
    type Error = UnknownWord;
    fn try_from(word: String) -> Result<Self, UnknownWord> {
        Self::from_word(&word).ok_or(UnknownWord(word))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The source of a build.
    Source,
    /// One chroot of a build.
    Chroot,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The source is there: the chroot may be built, and nobody has to make a source any more.
    SourceReady,
    /// A builder took the lease.
    Leased,
    /// The builder started to work.
    Started,
    /// The lease ran out or was given back: somebody else may take it.
    LeaseLost,
    /// The builder, or a client with a ready package, delivered: a source package, or packages.
    Delivered,
    /// The source package is taken in.
    Imported,
    /// The published repository holds the packages.
    Published,
    /// It ended without a result.
    Failed,
    /// Someone with the right asked for the end.
    Canceled,
    /// This chroot can not build this source.
    Skipped,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 10] = [
        Self::SourceReady,
        Self::Leased,
        Self::Started,
        Self::LeaseLost,
        Self::Delivered,
        Self::Imported,
        Self::Published,
        Self::Failed,
        Self::Canceled,
        Self::Skipped,
    ];
}

/// An event that can not happen in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{event:?} can not happen to a {role:?} that is {state}")]
pub struct Illegal {
    /// Source or chroot.
    pub role: Role,
    /// The state it is in.
    pub state: State,
    /// What was to happen.
    pub event: Event,
}

/// The state after an event: the one transition table of the system.
pub fn next(role: Role, state: State, event: Event) -> Result<State, Illegal> {
    use Event as E;
    use State as S;
    match (role, state, event) {
        (Role::Chroot, S::Waiting, E::SourceReady) => Ok(S::Pending),
        (Role::Chroot, S::Waiting, E::Skipped) => Ok(S::Skipped),
        // A package that came ready with the request: nothing is to be made, and it is published as what a builder
        // delivers is.
        (Role::Source, S::Pending, E::SourceReady) => Ok(S::Succeeded),
        (Role::Chroot, S::Pending, E::Delivered) => Ok(S::Publishing),
        (_, S::Pending, E::Leased) => Ok(S::Starting),
        (_, S::Starting, E::Started) => Ok(S::Running),
        (_, S::Starting | S::Running, E::LeaseLost) => Ok(S::Pending),
        (Role::Source, S::Starting | S::Running, E::Delivered) => Ok(S::Importing),
        (Role::Chroot, S::Starting | S::Running, E::Delivered) => Ok(S::Publishing),
        (Role::Source, S::Importing, E::Imported) => Ok(S::Succeeded),
        (Role::Chroot, S::Publishing, E::Published) => Ok(S::Succeeded),
        (Role::Chroot, S::Forking, E::Published) => Ok(S::Forked),
        (_, from, E::Failed) if !from.is_finished() => Ok(S::Failed),
        // Once the packages are on their way into the repository the build has ended for its owner:
        // a cancel that comes then is too late (and would leave packages of a canceled build behind).
        (_, from, E::Canceled) if !from.is_finished() && !matches!(from, S::Publishing | S::Forking) => Ok(S::Canceled),
        (role, state, event) => Err(Illegal { role, state, event }),
    }
}

/// The state of a whole build as the API shows it (first rule that fits; contract "Build states").
/// `None` is the API's `unknown`.
pub fn of_build(canceled: bool, source: State, chroots: &[State]) -> Option<State> {
    if canceled {
        return Some(State::Canceled);
    }
    if matches!(source, State::Starting | State::Pending | State::Running | State::Importing | State::Failed) {
        return Some(source);
    }
    if chroots.is_empty() {
        return Some(State::Waiting);
    }
    let any = |wanted: State| chroots.contains(&wanted);
    if any(State::Publishing) {
        return Some(State::Running);
    }
    [State::Running, State::Starting, State::Pending, State::Failed, State::Succeeded, State::Skipped]
        .into_iter()
        .find(|state| any(*state))
        .or((any(State::Forking) || any(State::Forked)).then_some(State::Forked))
        .or(any(State::Waiting).then_some(State::Pending))
}

/// Whether a build has ended: canceled, its source failed, or each chroot ended. A copy has ended before it began.
pub fn is_finished(canceled: bool, source: State, chroots: &[State]) -> bool {
    canceled
        || matches!(source, State::Failed | State::Canceled)
        || (!chroots.is_empty() && chroots.iter().all(|state| state.has_ended()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_table_reads_like_the_life_of_a_build() {
        let walk = |role, path: &[Event], start| path.iter().try_fold(start, |state, event| next(role, state, *event));
        use Event as E;
        assert_eq!(
            walk(Role::Source, &[E::Leased, E::Started, E::Delivered, E::Imported], State::Pending),
            Ok(State::Succeeded)
        );
        assert_eq!(
            walk(
                Role::Chroot,
                &[
                    E::SourceReady,
                    E::Leased,
                    E::Started,
                    E::LeaseLost,
                    E::Leased,
                    E::Started,
                    E::Delivered,
                    E::Published
                ],
                State::Waiting
            ),
            Ok(State::Succeeded)
        );
        assert_eq!(walk(Role::Chroot, &[E::Published], State::Forking), Ok(State::Forked));
        assert!(next(Role::Chroot, State::Forking, E::Canceled).is_err());
        let ready = [E::Delivered, E::Published];
        assert_eq!(walk(Role::Chroot, &ready, State::Pending), Ok(State::Succeeded));
        assert_eq!(walk(Role::Source, &[E::SourceReady], State::Pending), Ok(State::Succeeded));
        assert!(next(Role::Chroot, State::Publishing, E::Canceled).is_err());
        assert!(next(Role::Chroot, State::Waiting, E::Leased).is_err());
    }

    #[test]
    fn the_whole_build_shows_the_contracts_state() {
        use State as S;
        let of = |chroots: &[S]| of_build(false, S::Succeeded, chroots);
        assert_eq!(of(&[S::Succeeded, S::Running]), Some(S::Running));
        assert_eq!(of(&[S::Succeeded, S::Failed]), Some(S::Failed));
        assert_eq!(of(&[S::Skipped, S::Forked]), Some(S::Skipped));
        assert_eq!(of(&[S::Forked, S::Forking]), Some(S::Forked));
        assert!(is_finished(false, S::Succeeded, &[S::Forked, S::Forking]));
        assert_eq!(of(&[S::Waiting]), Some(S::Pending));
        assert_eq!(of(&[S::Canceled]), None);
        assert_eq!(of(&[]), Some(S::Waiting));
        assert_eq!(of_build(true, S::Failed, &[]), Some(S::Canceled));
        assert_eq!(of_build(false, S::Importing, &[S::Waiting]), Some(S::Importing));
    }

    proptest! {
        #[test]
        fn what_ended_stays_ended(state in prop::sample::select(&State::ALL[..]), event in prop::sample::select(&Event::ALL[..])) {
            for role in [Role::Source, Role::Chroot] {
                if state.is_finished() {
                    prop_assert!(next(role, state, event).is_err());
                }
            }
        }

        #[test]
        fn every_unfinished_state_can_fail(state in prop::sample::select(&State::ALL[..])) {
            for role in [Role::Source, Role::Chroot] {
                prop_assert_eq!(next(role, state, Event::Failed).is_ok(), !state.is_finished());
            }
        }
    }
}
