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
    if let Some(site) = headers.get("sec-fetch-site") {
        return !is_own_site(site);
    }
    // Browsers before 2023 know only this one.
    headers.get(header::ORIGIN).is_some_and(|origin| !is_own_address(origin, headers, public_url))
}

/// Whether a browser says that one of our own pages, or whoever sits before it, asked for a page to be shown. A request
/// that says nothing about itself is nobody's, and so is one for a page that is only fetched in case it is wanted.
pub fn is_wanted_here(headers: &HeaderMap, public_url: &str) -> bool {
    let ahead = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| headers.contains_key(*name));
    let inside = headers.get("sec-fetch-dest").is_some_and(|dest| dest != "document");
    let ours = match headers.get("sec-fetch-site") {
        Some(site) => is_own_site(site),
        None => [header::ORIGIN, header::REFERER]
            .iter()
            .find_map(|name| headers.get(name))
            .is_some_and(|address| is_own_address(address, headers, public_url)),
    };
    ours && !ahead && !inside
}

fn is_own_site(site: &HeaderValue) -> bool {
    matches!(site.as_bytes(), b"same-origin" | b"none")
}

/// Whether an address is one of this service: as it is known, or as the request reached it.
fn is_own_address(address: &HeaderValue, headers: &HeaderMap, public_url: &str) -> bool {
    let Ok(address) = Url::parse(address.to_str().unwrap_or_default()) else { return false };
    let public = Url::parse(public_url).is_ok_and(|public| public.origin() == address.origin());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    public || host.is_some_and(|host| address[url::Position::BeforeHost..url::Position::AfterPort] == *host)
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

    #[test]
    fn only_what_our_own_pages_ask_for_is_wanted_here() {
        for (pairs, wanted) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none"), ("sec-fetch-dest", "document")], true),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "image")], false),
            (&[("sec-fetch-site", "none"), ("sec-purpose", "prefetch;prerender")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("referer", "https://copr.example.org/api/")], false),
            (&[("referer", "https://copr.example.org/api/")], true),
            (&[("referer", "https://copr.example.org.evil.example/")], false),
            (&[("referer", "https://evil.example/?https://copr.example.org/")], false),
            (&[("origin", PUBLIC)], true),
            (&[("origin", "null"), ("referer", "https://copr.example.org/")], false),
            (&[("referer", "http://10.0.0.1:5000/api/"), ("host", "10.0.0.1:5000")], true),
        ] {
            assert_eq!(is_wanted_here(&headers(pairs), PUBLIC), wanted, "{pairs:?}");
        }
    }
}
