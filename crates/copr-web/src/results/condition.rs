//! Validators, conditional requests and ranges (RFC 9110 §8.8, §13, §14).

use axum::http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Validators {
    /// A strong tag: files are replaced by rename (another inode) or grow at their end (another size).
    pub(super) tag: String,
    /// Seconds since the epoch.
    pub(super) modified: i64,
}

impl Validators {
    pub(super) fn of(meta: &Metadata) -> Self {
        let tag = format!("\"{:x}-{:x}-{:x}.{:x}\"", meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
        Self { tag, modified: meta.mtime() }
    }

    /// `Last-Modified`.
    pub(super) fn last_modified(&self) -> Option<String> {
        let time = Timestamp::from_second(self.modified).ok()?;
        DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok()
    }

    /// Whether the client has this state already.
    pub(super) fn is_known(&self, headers: &HeaderMap) -> bool {
        match text(headers, &header::IF_NONE_MATCH) {
            Some(tags) => names_tag(tags, &self.tag),
            None => text(headers, &header::IF_MODIFIED_SINCE)
                .and_then(parse_date)
                .is_some_and(|since| self.modified <= since),
        }
    }

    /// Whether a range of this state fits to what the client has.
    fn fits_range(&self, headers: &HeaderMap) -> bool {
        match text(headers, &header::IF_RANGE) {
            None => true,
            Some(tag) if tag.starts_with('"') => tag == self.tag,
            Some(date) => parse_date(date) == Some(self.modified),
        }
    }
}

/// Whether `If-None-Match` names a tag.
pub(crate) fn names_tag(tags: &str, tag: &str) -> bool {
    tags.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn parse_date(text: &str) -> Option<i64> {
    DateTimeParser::new().parse_timestamp(text).ok().map(Timestamp::as_second)
}

/// The part of a file that a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Some of it: `start` to `start + length`, never empty.
    Range {
        /// First byte.
        start: u64,
        /// Bytes.
        length: u64,
    },
    /// A range that lies behind its end.
    Unsatisfiable,
}

/// The part that a request wants of `size` bytes. What is no single range of bytes is ignored, as §14.2 allows.
pub(super) fn part(headers: &HeaderMap, validators: &Validators, size: u64) -> Part {
    let Some(spec) = text(headers, &header::RANGE).and_then(|range| range.strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    if !validators.fits_range(headers) {
        return Part::Whole;
    }
    let Some((first, last)) = spec.trim().split_once('-') else { return Part::Whole };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let (start, end) = match (number(first), number(last)) {
        (Some(start), None) if last.is_empty() => (start, size),
        (Some(start), Some(last)) if start <= last => (start, last.saturating_add(1).min(size)),
        (None, Some(tail)) if first.is_empty() => (if tail == 0 { size } else { size.saturating_sub(tail) }, size),
        _ => return Part::Whole,
    };
    if start >= size { Part::Unsatisfiable } else { Part::Range { start, length: end - start } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn validators() -> Validators {
        Validators { tag: "\"1-2-3\"".to_owned(), modified: 784_111_777 }
    }

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        let of = |range: &str| part(&headers(&[(header::RANGE, range)]), &validators(), 100);
        assert_eq!(of("bytes=0-0"), Part::Range { start: 0, length: 1 });
        assert_eq!(of("bytes=90-"), Part::Range { start: 90, length: 10 });
        assert_eq!(of("bytes=90-1000"), Part::Range { start: 90, length: 10 });
        assert_eq!(of("bytes=-10"), Part::Range { start: 90, length: 10 });
        assert_eq!(of("bytes=-1000"), Part::Range { start: 0, length: 100 });
        assert_eq!(of("bytes=0-99999999999999999999999"), Part::Range { start: 0, length: 100 });
        for behind in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(of(behind), Part::Unsatisfiable, "{behind}");
        }
        for ignored in ["bytes=5-3", "bytes=a-b", "bytes=-", "bytes=0-1,5-6", "lines=0-1", "bytes=+1-2", "bytes=1-x"] {
            assert_eq!(of(ignored), Part::Whole, "{ignored}");
        }
    }

    #[test]
    fn a_range_of_another_state_is_not_sent() {
        let of = |condition: &str| {
            let asked = headers(&[(header::RANGE, "bytes=1-2"), (header::IF_RANGE, condition)]);
            part(&asked, &validators(), 100) != Part::Whole
        };
        assert!(of("\"1-2-3\""));
        assert!(of("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!of("\"9-9-9\""));
        assert!(!of("W/\"1-2-3\""));
        assert!(!of("Sun, 06 Nov 1994 08:49:38 GMT"));
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let known = |name: HeaderName, value: &str| validators().is_known(&headers(&[(name, value)]));
        assert!(known(header::IF_NONE_MATCH, "\"x\", \"1-2-3\""));
        assert!(known(header::IF_NONE_MATCH, "*"));
        assert!(!known(header::IF_NONE_MATCH, "\"x\""));
        assert!(known(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT"));
        assert!(!known(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT"));
        assert_eq!(validators().last_modified().as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        let both = [(header::IF_NONE_MATCH, "\"x\""), (header::IF_MODIFIED_SINCE, "Sun, 06 Nov 2094 08:49:37 GMT")];
        assert!(!validators().is_known(&headers(&both)), "the tag outweighs the date");
    }
}
