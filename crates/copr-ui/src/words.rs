//! Words for people: times, sizes, states, failures.

use copr_types::{Failure, FailureClass, Phase, State};
use jiff::Timestamp;

/// A time to the minute, UTC.
pub fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}

/// How long something took.
pub fn duration(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A size in bytes, in units that fit.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// What is being done in a phase.
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Fetch => "fetching the source",
        Phase::Srpm => "making the source package",
        Phase::Import => "taking the source package in",
        Phase::Buildroot => "making the buildroot",
        Phase::Builddeps => "installing build dependencies",
        Phase::Build => "building",
        Phase::Upload => "bringing the results in",
        Phase::Publish => "signing and publishing",
    }
}

/// What is being done in a state, or waited for; empty when it has ended.
pub fn doing(state: State, at: Option<Phase>) -> &'static str {
    match (state, at) {
        (State::Publishing, _) => phase(Phase::Publish),
        (State::Importing, _) => phase(Phase::Import),
        (state, Some(at)) if state.is_active() => phase(at),
        (State::Waiting, _) => "waits for the source package",
        (State::Pending, _) => "waits for a builder",
        _ => "",
    }
}

/// Whose fault a failure is, as the beginning of a sentence.
pub fn fault(class: FailureClass) -> &'static str {
    match class {
        FailureClass::User => "The package could not be built",
        FailureClass::Infrastructure => "Something went wrong on our side, not in the package",
        FailureClass::Resource => "A limit was reached",
        FailureClass::Policy => "A rule of this service forbids it",
    }
}

/// A failure in one sentence, without its message.
pub fn failure(failure: &Failure) -> String {
    format!("{} while {}.", fault(failure.class), phase(failure.phase))
}

/// A state as a word, and as a class of the style sheet.
pub fn state(state: Option<State>) -> &'static str {
    state.map_or("unknown", State::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_short() {
        let sizes = [0, 1023, 1024, 1536, 10 * 1024, 1 << 20, 5 << 30, 1 << 50].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "10 KiB", "1.0 MiB", "5.0 GiB", "1024 TiB"]);
        assert_eq!([3, 61, 3661].map(duration), ["3 s", "1 min 1 s", "1 h 1 min"]);
        assert_eq!(time(0), "1970-01-01 00:00 UTC");
    }

    #[test]
    fn a_failure_says_whose_fault_and_where() {
        let deps = Failure::new(FailureClass::User, Phase::Builddeps, "nothing provides `x`");
        assert_eq!(failure(&deps), "The package could not be built while installing build dependencies.");
    }
}
