//! Which generation of a repository a reader is looking at.
//!
//! A reader fetches `repomd.xml` and comes back for its signature. When a new generation is published in between, the
//! new signature does not fit the old file, and no order of signatures in one file serves both readers (dnf 4.14 with
//! GnuPG 2.2 stops at the first that is bad). So the generation that was served is remembered for a while, and the
//! signature that follows is taken from it. Readers are told apart by address and program: librepo opens a new
//! connection for each file.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{header, request};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a reader may take between the two.
const REMEMBERED: Duration = Duration::from_secs(30);
/// Readers remembered at most; the memory is for seconds and small.
const MOST: usize = 10_000;

/// Who reads, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reader(String);

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Infallible> {
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
        let forwarded = text(header::HeaderName::from_static("x-forwarded-for"));
        Ok(Self(format!("{}|{forwarded}|{}", peer.unwrap_or_default(), text(header::USER_AGENT))))
    }
}

/// What readers were served lately.
#[derive(Debug, Default)]
pub(super) struct Served(Mutex<HashMap<(Reader, String), (String, Instant)>>);

impl Served {
    /// Notes the generation of which a reader got `repomd.xml`.
    pub(super) fn note(&self, reader: Reader, repository: String, generation: String, now: Instant) {
        let mut served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if served.len() >= MOST {
            served.retain(|_, (_, when)| now.duration_since(*when) < REMEMBERED);
            if served.len() >= MOST {
                served.clear();
            }
        }
        served.insert((reader, repository), (generation, now));
    }

    /// The generation whose signature a reader is to get; none when it may be any.
    pub(super) fn of(&self, reader: Reader, repository: String, now: Instant) -> Option<String> {
        let served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (generation, when) = served.get(&(reader, repository))?;
        (now.duration_since(*when) < REMEMBERED).then(|| generation.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_given_what_goes_with_what_it_has() {
        let (served, now) = (Served::default(), Instant::now());
        let (one, other) = (Reader("a".into()), Reader("b".into()));
        served.note(one.clone(), "r".into(), "1".into(), now);
        served.note(other.clone(), "r".into(), "2".into(), now);
        assert_eq!(served.of(one.clone(), "r".into(), now).as_deref(), Some("1"));
        assert_eq!(served.of(other, "r".into(), now).as_deref(), Some("2"));
        assert_eq!(served.of(one, "another".into(), now), None);
    }

    #[test]
    fn it_is_forgotten_after_a_while() {
        let (served, now) = (Served::default(), Instant::now());
        served.note(Reader("a".into()), "r".into(), "1".into(), now);
        assert_eq!(served.of(Reader("a".into()), "r".into(), now + REMEMBERED), None);
    }
}
