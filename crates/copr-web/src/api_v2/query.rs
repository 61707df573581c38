//! What stands behind the question mark. Unknown arguments are ignored.

use super::refused::Refused;
use super::show::links;
use crate::Web;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use copr_app::Refusal;
use copr_db::Page;
use copr_wire::v2::Links;
use url::form_urlencoded;

/// Most items of a page, and how many there are when nothing is said.
const MOST: i64 = 100;

/// The arguments, in order.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl FromRequestParts<Web> for Query {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Refused> {
        Ok(Self::read(parts.uri.query().unwrap_or_default())?)
    }
}

impl Query {
    fn read(text: &str) -> Result<Self, Refusal> {
        let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Refusal::invalid("an argument can not hold a NUL character"));
        }
        Ok(Self(pairs))
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A text, when it is there and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.first(name).filter(|value| !value.is_empty())
    }

    /// A whole number. One too large for anything is the largest or the smallest there is.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.first(name).map(str::trim) else { return Ok(None) };
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(Refusal::field(name, "Not a valid integer value."));
        }
        Ok(Some(digits.parse().unwrap_or(i64::MAX) * sign))
    }

    /// A switch.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.first(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "yes" | "1") => Ok(Some(true)),
            Some("false" | "no" | "0") => Ok(Some(false)),
            Some(_) => Err(Refusal::field(name, "Not a valid choice: say `true` or `false`.")),
        }
    }

    /// Whose things are wanted: `@` and a name is a group, and a group may be said by itself.
    pub fn owners(&self) -> (Option<String>, Option<String>) {
        let group = |name: &str| format!("@{}", name.trim_start_matches('@'));
        (self.text("owner").map(str::to_owned), self.text("group").map(group))
    }

    /// Which part of a list is wanted: what is no number of items from 1 to 100 is 100.
    pub fn page(&self) -> Result<Page, Refusal> {
        let limit = self.number("limit")?.filter(|limit| (1..=MOST).contains(limit)).unwrap_or(MOST);
        let offset = self.number("offset")?.unwrap_or(0);
        if offset < 0 {
            return Err(Refusal::field("offset", "Number must be at least 0."));
        }
        Ok(Page { limit: Some(limit), offset, descending: false })
    }

    /// The link of a list to itself, as it was asked for; with the limit that there is where one was said.
    pub fn itself(&self, path: &str, page: Option<&Page>) -> Links {
        let limit = page.and_then(|page| page.limit).filter(|_| self.first("limit").is_some());
        self.link(path, limit)
    }

    /// The same, with the limit in any case.
    pub fn itself_with_limit(&self, path: &str, page: &Page) -> Links {
        self.link(path, page.limit)
    }

    fn link(&self, path: &str, limit: Option<i64>) -> Links {
        let mut text = form_urlencoded::Serializer::new(String::new());
        let mut limit = limit.map(|limit| limit.to_string());
        for (name, value) in &self.0 {
            match name.as_str() {
                "limit" => text.extend_pairs(limit.take().map(|limit| ("limit", limit))),
                _ => text.append_pair(name, value),
            };
        }
        text.extend_pairs(limit.map(|limit| ("limit", limit)));
        let text = text.finish();
        let href = if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") };
        links([("self", href)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Query {
        Query::read(text).expect("a plain query")
    }

    fn page(text: &str) -> Result<(i64, i64), String> {
        let page = read(text).page().map_err(|refusal| refusal.message)?;
        Ok((page.limit.expect("a limit"), page.offset))
    }

    #[test]
    fn a_page_has_at_most_a_hundred_items() {
        for (text, expected) in [
            ("", (100, 0)),
            ("limit=1&offset=7", (1, 7)),
            ("limit=100", (100, 0)),
            ("limit=0", (100, 0)),
            ("limit=101", (100, 0)),
            ("limit=-5", (100, 0)),
            ("limit=99999999999999999999999", (100, 0)),
            ("offset=99999999999999999999999", (100, i64::MAX)),
        ] {
            assert_eq!(page(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["limit=x", "limit=1.5", "limit=", "limit=-", "limit=0x1", "limit=1e3"] {
            assert_eq!(page(text), Err("limit: Not a valid integer value.".to_owned()), "{text}");
        }
        for text in ["offset=-1", "offset=-99999999999999999999999"] {
            assert_eq!(page(text), Err("offset: Number must be at least 0.".to_owned()), "{text}");
        }
        assert!(Query::read("a=%00").is_err());
    }

    #[test]
    fn switches_have_three_words_each() {
        for (word, on) in [("True", true), ("YES", true), ("1", true), ("False", false), ("no", false), ("0", false)] {
            assert_eq!(read(&format!("x={word}")).flag("x").ok().flatten(), Some(on), "{word}");
        }
        assert_eq!(read("").flag("x").ok().flatten(), None);
        for word in ["", "2", "on", "truee"] {
            assert!(read(&format!("x={word}")).flag("x").is_err(), "{word}");
        }
    }

    #[test]
    fn a_list_says_how_it_was_asked_for() {
        let href = |links: Links| links["self"].href.clone();
        for (text, plain, limited) in [
            ("", "/p", "/p?limit=100"),
            ("limit=105", "/p?limit=100", "/p?limit=100"),
            ("limit=7&offset=2&limit=8", "/p?limit=7&offset=2", "/p?limit=7&offset=2"),
            ("owner=%40g&offset=2", "/p?owner=%40g&offset=2", "/p?owner=%40g&offset=2&limit=100"),
            ("project_id=3985&limit=1", "/p?project_id=3985&limit=1", "/p?project_id=3985&limit=1"),
        ] {
            let query = read(text);
            let page = query.page().expect("a page");
            assert_eq!(href(query.itself("/p", Some(&page))), plain, "{text}");
            assert_eq!(href(query.itself_with_limit("/p", &page)), limited, "{text}");
        }
        assert_eq!(href(read("active_only=True").itself("/p", None)), "/p?active_only=True");
    }
}
