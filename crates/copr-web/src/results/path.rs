//! Paths below a served directory, parsed once from the percent-encoded form.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands unencoded in a path's part (RFC 3986, `pchar`), less what HTML or shells would read as their own.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'+').remove(b':').remove(b'@');

/// One part of a path as it stands in an address.
pub(crate) fn encode(part: &str) -> String {
    utf8_percent_encode(part, ENCODED).to_string()
}

/// A path whose parts are plain, visible names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreePath {
    parts: Vec<String>,
    /// Whether the address ended in a slash, as those of directories do.
    pub(crate) trailing_slash: bool,
}

impl TreePath {
    /// Parses the encoded path. `None` when a part is `.`, `..` or another hidden name, holds a slash, a NUL or what
    /// is no UTF-8. Doubled slashes count as one: base addresses often end in a slash of their own.
    pub(crate) fn parse(encoded: &str) -> Option<Self> {
        let parts = encoded
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8().ok().map(|part| part.into_owned()))
            .collect::<Option<Vec<String>>>()?;
        let path = Self { parts, trailing_slash: encoded.ends_with('/') };
        path.parts.iter().all(|part| is_visible(part)).then_some(path)
    }

    /// A path of parts that are names already; `None` as for [`TreePath::parse`].
    pub(crate) fn of(parts: &[&str]) -> Option<Self> {
        let path = Self { parts: parts.iter().map(|part| (*part).to_owned()).collect(), trailing_slash: false };
        path.parts.iter().all(|part| is_visible(part)).then_some(path)
    }

    /// The same path below another owner and directory; `None` as for [`TreePath::parse`].
    pub(crate) fn moved(&self, owner: &str, dir: &str) -> Option<Self> {
        let rest = self.parts.iter().skip(2).map(String::as_str);
        let parts: Vec<&str> = [owner, dir].into_iter().chain(rest).collect();
        Some(Self { trailing_slash: self.trailing_slash, ..Self::of(&parts)? })
    }

    /// The names, outermost first.
    pub(crate) fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The last name; empty for the root.
    pub(crate) fn name(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The same path with something added to its last name.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        let mut longer = self.clone();
        if let Some(last) = longer.parts.last_mut() {
            last.push_str(suffix);
        }
        longer
    }

    /// The address below `prefix`, encoded, with a slash at its end where the path has one.
    pub(crate) fn whole_address(&self, prefix: &str) -> String {
        self.address(prefix) + if self.trailing_slash { "/" } else { "" }
    }

    /// The address below `prefix`, encoded, without a trailing slash.
    pub(crate) fn address(&self, prefix: &str) -> String {
        let mut address = prefix.to_owned();
        for part in &self.parts {
            address.push('/');
            address.push_str(&encode(part));
        }
        address
    }
}

/// Names with a leading dot are files in the making and notes of our own.
pub(super) fn is_visible(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packages_and_directories_survive_the_round_trip() {
        for name in
            ["hello-2.0~rc1^git3+x-1.src.rpm", "hello:custom:x", "@devs", "žlutý kůň", "100%", "a&b\"<c>", "a?b#c"]
        {
            let path = TreePath::parse(&format!("/{}", encode(name))).unwrap();
            assert_eq!(path.parts(), [name]);
        }
        let address = TreePath::of(&["@devs", "hello:custom:x", "a~b^c+d"]).unwrap().address("/results");
        assert_eq!(address, "/results/@devs/hello:custom:x/a~b%5Ec+d");
    }

    #[test]
    fn encoded_and_literal_forms_mean_the_same() {
        assert_eq!(TreePath::parse("/@devs/a:b"), TreePath::parse("/%40devs/a%3Ab"));
        assert_eq!(TreePath::parse("//a///b"), TreePath::parse("/a/b"));
    }

    #[test]
    fn nothing_hidden_or_outside_has_a_path() {
        for bad in ["/..", "/a/../b", "/%2e%2e/b", "/a/.", "/a%2Fb", "/%2e%2e%2fetc", "/a/.tmpX", "/a%00b", "/%ff"] {
            assert_eq!(TreePath::parse(bad), None, "{bad}");
        }
    }
}
