//! Words that several commands need: likeness of names, and times.

use jiff::Timestamp;

/// A `hint:` line with the known name that looks most like a wrong one; otherwise another hint.
pub(super) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    let best = known.into_iter().map(|other| (strsim::jaro_winkler(name, other), other));
    match best.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
        Some((likeness, other)) if likeness > 0.9 => format!("hint: did you mean `{other}`?"),
        _ => format!("hint: {otherwise}"),
    }
}

/// A point in time for programs: RFC 3339 in UTC.
pub(super) fn stamp(seconds: i64) -> String {
    Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

/// A span of time for people: its largest unit alone.
pub(super) fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

/// `1 chroot`, `2 chroots`.
pub(super) fn count(number: usize, noun: &str) -> String {
    many(number, noun, &format!("{noun}s"))
}

/// The same where more than one are not called by an `s`.
pub(super) fn many(number: usize, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {more}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_one_unit() {
        let spans = [-5, 0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(span);
        assert_eq!(spans, ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"]);
    }

    #[test]
    fn a_hint_names_what_is_near_and_only_that() {
        assert_eq!(hint("adda", ["bob", "ada"], "look"), "hint: did you mean `ada`?");
        assert_eq!(hint("zoe", ["bob", "ada"], "look"), "hint: look");
    }
}
