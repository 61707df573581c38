//! What is in a directory, by the page that shows it: the service's own, or one of Apache, nginx and lighttpd.

use html5gum::{Token, Tokenizer};
use percent_encoding::percent_decode_str;
use url::Url;

use super::name::is_plain;

/// A file or directory in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: String,
    pub url: Url,
    pub is_directory: bool,
}

/// The entries of the directory `base`, whose address ends in a slash: all links to something directly in it. Other
/// links are no entries, nor are names that lead elsewhere.
pub(super) fn entries(base: &Url, html: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for Ok(token) in Tokenizer::new(html) {
        let Token::StartTag(tag) = token else { continue };
        let Some(href) = (*tag.name == *b"a").then(|| tag.attributes.get(&b"href"[..])).flatten() else { continue };
        let entry = std::str::from_utf8(href).ok().and_then(|href| entry(base, href));
        if let Some(entry) = entry
            && entries.iter().all(|earlier| earlier.name != entry.name)
        {
            entries.push(entry);
        }
    }
    entries
}

fn entry(base: &Url, href: &str) -> Option<Entry> {
    let url = base.join(href).ok()?;
    let is_elsewhere = url.origin() != base.origin() || url.query().is_some() || url.fragment().is_some();
    let name = url.path().strip_prefix(base.path()).filter(|_| !is_elsewhere)?;
    let (name, is_directory) = name.strip_suffix('/').map_or((name, false), |name| (name, true));
    let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
    is_plain(&name).then_some(Entry { name, url, is_directory })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(base: &str, html: &str) -> Vec<String> {
        let entries = entries(&Url::parse(base).unwrap(), html.as_bytes());
        let text = |entry: &Entry| format!("{}{}", entry.name, if entry.is_directory { "/" } else { "" });
        entries.iter().map(text).collect()
    }

    #[test]
    fn pages_of_several_servers_are_read() {
        let base = "https://h/results/a/b/c/00000001-hello/";
        let apache = r#"<table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
            <tr><td><a href="/results/a/b/c/">Parent Directory</a></td></tr>
            <tr><td><a href="build.log.gz">build.log.gz</a></td><td align="right">12K</td></tr>
            <tr><td><a href="fedora-review/">fedora-review/</a></td></tr></table>"#;
        assert_eq!(names(base, apache), ["build.log.gz", "fedora-review/"]);
        let nginx = "<pre><a href=\"../\">../</a>\n<a href=\"a%2Bb.rpm\">a+b.rpm</a> 26-Nov-2026 1234\n</pre>";
        assert_eq!(names(base, nginx), ["a+b.rpm"]);
        let absolute = "<A HREF='/results/a/b/c/00000001-hello/x.rpm'>x</A><a href=x.rpm>again</a>";
        assert_eq!(names(base, absolute), ["x.rpm"]);
        let own = r#"<a href="/">coprd</a> <a href="./a:b~1%5Ex.rpm">…</a> <a name="x">"#;
        assert_eq!(names(base, own), ["a:b~1^x.rpm"]);
        assert_eq!(names(base, r#"<!-- <a href="x"> --><a href="a&amp;b.rpm">"#), ["a&b.rpm"]);
    }

    #[test]
    fn links_that_lead_elsewhere_are_no_entries() {
        let base = "https://h/r/x/";
        for href in [
            "..",
            "../y",
            "..%2f..%2fetc",
            "%2e%2e/y",
            "a/b",
            "a%2fb",
            "/etc/passwd",
            "//evil/r/x/a",
            "https://h:8/r/x/a",
            "http://h/r/x/a",
            ".hidden",
            "%2ehidden",
            "a%00b",
            "a%0ab",
            "a%5cb",
            "a?b",
            "#a",
            "javascript:alert(1)",
            "%ff",
            "./",
        ] {
            assert_eq!(names(base, &format!("<a href=\"{href}\">")), [""; 0], "{href}");
        }
    }
}
