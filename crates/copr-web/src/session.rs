//! The cookie of a session, and when it may be believed.
//!
//! A browser sends the cookie along with requests that other sites make up. Reading does no harm then (the other site
//! never sees the answer), so a request that changes something has to come from this service's own pages, which
//! browsers say in `Sec-Fetch-Site` and `Origin` and no page can make them say wrongly. python-copr is no browser and
//! sends neither.

use crate::Web;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use copr_app::{Refusal, session};
use copr_db::account::Account;
use url::Url;

/// What python-copr looks for.
const NAME: &str = "session";

/// Whose session a request belongs to. 403 for a request that another site made a browser send.
pub async fn account(parts: &Parts, web: &Web) -> Result<Option<Account>, Refusal> {
    let Some(secret) = secret(&parts.headers) else { return Ok(None) };
    let account = session::account(&web.app, secret).await?;
    if account.is_some() && !is_safe(&parts.method) && is_foreign(&parts.headers, &web.app.rules.public_url) {
        return Err(Refusal::forbidden("Another site made this request; a session is believed for this site's own."));
    }
    Ok(account)
}

/// The header that hands a session's secret to the client.
pub fn cookie(secret: &str, public_url: &str) -> Option<HeaderValue> {
    let secure = if public_url.starts_with("https://") { "; Secure" } else { "" };
    let life = session::LIFE;
    HeaderValue::from_str(&format!("{NAME}={secret}; HttpOnly; Path=/; SameSite=Lax; Max-Age={life}{secure}")).ok()
}

fn secret(headers: &HeaderMap) -> Option<&str> {
    let texts = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value.trim_matches('"'))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser says that the request was made by somebody else's page. `same-site` is somebody else too: other
/// services of the same organisation.
fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    // Browsers before 2023 know only this one.
    let Some(origin) = text(header::ORIGIN) else { return false };
    let Ok(origin) = Url::parse(origin) else { return true };
    let public = Url::parse(public_url).is_ok_and(|public| public.origin() == origin.origin());
    let addressed =
        text(header::HOST).is_some_and(|host| origin[url::Position::BeforeHost..url::Position::AfterPort] == *host);
    !public && !addressed
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://copr.example.org";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_secret_is_found_among_other_cookies() {
        for (cookie, found) in [
            ("session=abc", Some("abc")),
            ("a=b; session=abc; c=d", Some("abc")),
            ("session=\"abc\"", Some("abc")),
            ("xsession=abc", None),
            ("session", None),
            ("", None),
        ] {
            assert_eq!(secret(&headers(&[("cookie", cookie)])), found, "{cookie}");
        }
        assert_eq!(secret(&headers(&[])), None);
    }

    #[test]
    fn the_cookie_is_for_this_service_alone() {
        let plain = cookie("abc", "http://127.0.0.1:5000").expect("a cookie");
        assert_eq!(plain, "session=abc; HttpOnly; Path=/; SameSite=Lax; Max-Age=2678400");
        let secure = cookie("abc", PUBLIC).expect("a cookie");
        assert_eq!(secure, "session=abc; HttpOnly; Path=/; SameSite=Lax; Max-Age=2678400; Secure");
    }

    #[test]
    fn what_another_site_makes_a_browser_send_is_foreign() {
        for (pairs, foreign) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", PUBLIC)], true),
            (&[("origin", PUBLIC)], false),
            (&[("origin", "http://copr.example.org")], true),
            (&[("origin", "https://copr.example.org.evil.example")], true),
            (&[("origin", "https://evil.example")], true),
            (&[("origin", "null")], true),
            (&[("origin", "http://10.0.0.1:5000"), ("host", "10.0.0.1:5000")], false),
            (&[("origin", "http://10.0.0.1:5001"), ("host", "10.0.0.1:5000")], true),
        ] {
            assert_eq!(is_foreign(&headers(pairs), PUBLIC), foreign, "{pairs:?}");
        }
    }
}
