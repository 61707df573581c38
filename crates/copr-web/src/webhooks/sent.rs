//! What came with a call: who calls, what proves it, and the body as JSON.

use axum::http::HeaderMap;
use copr_app::webhook::{Caller, Door};
use copr_types::Forge;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Most characters that are kept of a text.
const LONGEST: usize = 250;

/// A request of a forge.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// A request that says nothing that can be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What the caller is answered.
    pub answer: &'static str,
    /// What is wrong, for the history.
    pub why: String,
}

impl Malformed {
    /// The contract's answer to what lacks something.
    pub fn new(why: impl Into<String>) -> Self {
        Self { answer: "Bad Request", why: why.into() }
    }
}

impl Sent<'_> {
    /// The body as JSON: as it is, or as the field `payload` of a form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Malformed> {
        let form = crate::form::kind(self.headers) == "application/x-www-form-urlencoded";
        let text = match form {
            true => url::form_urlencoded::parse(self.body)
                .find(|(name, _)| name == "payload")
                .map(|(_, value)| Cow::Owned(value.into_owned().into_bytes())),
            false => Some(Cow::Borrowed(self.body)),
        };
        let text = text.ok_or_else(|| Malformed::new("the form has no field `payload`"))?;
        serde_json::from_slice(&text).map_err(|error| Malformed::new(format!("the payload can not be read: {error}")))
    }
}

/// The first of some headers that is there and says something.
pub fn header(headers: &HeaderMap, names: &[&str]) -> Option<String> {
    let texts = names.iter().filter_map(|name| headers.get(*name)?.to_str().ok());
    texts.map(str::trim).find(|text| !text.is_empty()).map(short)
}

/// A text of somebody else's as it may be kept: not too long, and without what is no letter.
pub fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// Names of headers that say the same.
type Names = &'static [&'static str];
/// Where a forge tells what happened, and the number of the call.
type Way = (Names, Names);

/// Who calls, as far as headers tell.
pub fn caller(forge: Forge, headers: &HeaderMap) -> Caller {
    let github = (&["x-github-event"][..], &["x-github-delivery"][..]);
    // A hook whose own calls make GitLab call again has one event of them all; a newer name tells calls apart.
    let gitlab = (&["x-gitlab-event"][..], &["idempotency-key", "x-gitlab-event-uuid"][..]);
    let bitbucket = (&["x-event-key"][..], &["x-request-uuid", "x-request-id"][..]);
    let forgejo = (
        &["x-forgejo-event", "x-gitea-event", "x-gogs-event"][..],
        &["x-forgejo-delivery", "x-gitea-delivery", "x-gogs-delivery"][..],
    );
    let all: [Way; 4] = [forgejo, github, gitlab, bitbucket];
    let ways = match forge {
        Forge::Github => &[github][..],
        Forge::Gitlab => &[gitlab],
        Forge::Bitbucket => &[bitbucket],
        Forge::Forgejo => &[forgejo],
        Forge::Custom => &all,
    };
    let first = |pick: fn(&Way) -> Names| ways.iter().find_map(|way| header(headers, pick(way)));
    Caller {
        forge,
        event: first(|way| way.0).unwrap_or_default(),
        delivery: first(|way| way.1),
        user_agent: header(headers, &["user-agent"]),
        sender: None,
    }
}

/// Whether every proof that came with a body is right. What says nothing is no proof: Forgejo and Gitea send the headers of signatures
/// empty when they are told no secret.
pub fn is_genuine(door: &Door, headers: &HeaderMap, body: &[u8]) -> bool {
    const SIGNATURES: [&str; 5] =
        ["x-hub-signature-256", "x-forgejo-signature", "x-gitea-signature", "x-gogs-signature", "x-hub-signature"];
    let signatures = SIGNATURES.iter().flat_map(|name| headers.get_all(*name)).filter_map(signature);
    let tokens = headers.get_all("x-gitlab-token").into_iter().filter(|token| !token.is_empty());
    signatures.into_iter().all(|signature| door.signed(body, signature))
        && tokens.into_iter().all(|token| token.to_str().is_ok_and(|token| door.knows(token)))
}

/// The signature in a header; none in one that says nothing, and none in one of SHA-1, beside which GitHub sends a better one.
fn signature(value: &axum::http::HeaderValue) -> Option<&str> {
    let text = value.to_str().unwrap_or("unreadable").trim();
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    (!text.is_empty() && !text.starts_with("sha1=")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use serde_json::Value;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_payload_is_json_or_the_field_of_a_form() {
        let read = |kind: &'static str, body: &'static str| {
            let headers = headers(&[("content-type", kind)]);
            Sent { headers: &headers, body: body.as_bytes() }.json::<Value>().map(|value| value["a"].clone())
        };
        assert_eq!(read("application/json", r#"{"a": 1}"#), Ok(1.into()));
        assert_eq!(read("text/plain", r#"{"a": 1}"#), Ok(1.into()));
        assert_eq!(
            read("application/x-www-form-urlencoded; charset=utf-8", "payload=%7B%22a%22%3A+1%7D"),
            Ok(1.into())
        );
        for (kind, body, why) in [
            ("application/x-www-form-urlencoded", "other=1", "the form has no field `payload`"),
            ("application/x-www-form-urlencoded", "payload=x", "the payload can not be read"),
            ("application/json", "", "the payload can not be read"),
            ("application/json", "{\"a\": ", "the payload can not be read"),
        ] {
            let malformed = read(kind, body).expect_err("nothing to read");
            assert!(malformed.why.starts_with(why) && malformed.answer == "Bad Request", "{malformed:?}");
        }
    }

    #[test]
    fn each_forge_names_its_calls_in_headers_of_its_own() {
        let all = headers(&[
            ("x-github-event", "push"),
            ("x-github-delivery", "d1"),
            ("x-gitea-event", "create"),
            ("x-gitea-delivery", "d2"),
            ("x-gitlab-event", "Push Hook"),
            ("idempotency-key", "d3"),
            ("x-gitlab-event-uuid", "other"),
            ("x-event-key", "repo:push"),
            ("x-request-uuid", "d4"),
            ("user-agent", "test"),
        ]);
        for (forge, event, delivery) in [
            (Forge::Github, "push", "d1"),
            (Forge::Forgejo, "create", "d2"),
            (Forge::Gitlab, "Push Hook", "d3"),
            (Forge::Bitbucket, "repo:push", "d4"),
            (Forge::Custom, "create", "d2"),
        ] {
            let caller = caller(forge, &all);
            assert_eq!((caller.event.as_str(), caller.delivery.as_deref()), (event, Some(delivery)));
            assert_eq!(caller.user_agent.as_deref(), Some("test"));
        }
        let nobody = caller(Forge::Custom, &HeaderMap::new());
        assert_eq!((nobody.event.as_str(), nobody.delivery, nobody.user_agent), ("", None, None));
    }

    #[test]
    fn texts_of_others_are_cut_and_cleaned() {
        assert_eq!(short("a\0b\nc"), "abc");
        assert_eq!(short(&"ž".repeat(1000)).chars().count(), LONGEST);
    }

    #[test]
    fn what_says_nothing_is_no_signature() {
        for (value, expected) in [
            ("sha256=abc", Some("abc")),
            ("abc", Some("abc")),
            ("sha256=", None),
            ("", None),
            ("sha1=abc", None),
            ("md5=abc", Some("md5=abc")),
        ] {
            assert_eq!(signature(&HeaderValue::from_static(value)), expected, "{value}");
        }
    }
}
